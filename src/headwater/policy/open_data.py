from typing import Any

from django.utils import timezone

from headwater.core.indicators import INDICATORS
from headwater.core.open_data import OPEN_DATA, Dataset
from headwater.policy.queries import articles_here, figures_here, latest_values


def articles() -> list[list[Any]]:
    rows = articles_here().prefetch_related("agencies", "measures")
    return [[a.number, a.title_zh, a.title_en, "、".join(g.name_zh for g in a.responsible), len(a.measures.all())] for a in rows]


def indicators() -> list[list[Any]]:
    values = latest_values()
    at = timezone.localtime(values.at).isoformat(timespec="minutes") if values.at else ""
    articles: dict[str, list[int]] = {}
    for e in values.evidence:
        articles.setdefault(e.code, []).append(e.article.number)
    return [
        [c, e.label_zh, e.label_en, values.get(c), INDICATORS[e.indicator].unit, " ".join(map(str, articles[c])), at]
        for c, e in figures_here(values.evidence).items()
    ]


ARTICLE = ("number", "title_zh", "title_en", "agencies", "measures")
INDICATOR = ("code", "label_zh", "label_en", "value", "unit", "articles", "computed_at")
OPEN_DATA.add("articles", Dataset("政策条款", "Policy articles", ARTICLE, articles, lambda: articles_here().count()))
OPEN_DATA.add("indicators", Dataset("指标", "Indicators", INDICATOR, indicators, lambda: len(figures_here())))
