from typing import Any

from django.utils import timezone

from headwater.core.open_data import OPEN_DATA, Dataset
from headwater.policy.models import Article
from headwater.policy.queries import latest_values
from headwater.policy.registry import INDICATORS


def articles() -> list[list[Any]]:
    rows = Article.objects.prefetch_related("agencies", "measures")
    return [[a.number, a.title_zh, a.title_en, "、".join(g.name_zh for g in a.agencies.all()), len(a.measures.all())] for a in rows]


def indicators() -> list[list[Any]]:
    values = latest_values()
    at = timezone.localtime(values.at).isoformat(timespec="minutes") if values.at else ""
    return [
        [i.code, i.label_zh, i.label_en, values.get(i.code), i.unit_en, " ".join(map(str, i.articles)), at]
        for i in INDICATORS.values()
    ]


ARTICLE = ("number", "title_zh", "title_en", "agencies", "measures")
INDICATOR = ("code", "label_zh", "label_en", "value", "unit", "articles", "computed_at")
OPEN_DATA.add("articles", Dataset("政策条款", "Policy articles", ARTICLE, articles))
OPEN_DATA.add("indicators", Dataset("指标", "Indicators", INDICATOR, indicators))
