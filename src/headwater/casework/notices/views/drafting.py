"""The form in which an officer types a list to publish."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from headwater.casework.notices.models import NoticeKind
from headwater.casework.notices.services.publishing import Line
from headwater.core.i18n import Bilingual
from headwater.core.names import normal_name
from headwater.registry.models import Organisation

MOST_TYPED = 2000


class DraftForm:
    """A list as it was typed: one line for each item, its cells divided by bars or tabs, as they come out of a spreadsheet."""

    def __init__(self, request: HttpRequest, kind: NoticeKind) -> None:
        post = request.POST if request.method == "POST" else None
        self.kind, self.is_whole = kind, post is not None
        self.what_zh = post.get("what_zh", "").strip() if post else ""
        self.what_en = post.get("what_en", "").strip() if post else ""
        self.text = post.get("lines", "") if post else ""
        self.errors: dict[str, str] = {}

    @property
    def heads(self) -> list[str]:
        """Return what the cells of a line are, in their order."""
        rule = self.kind.rule
        return [str(rule.line), str(rule.holder), *(str(word) for _code, word in rule.columns)]

    @property
    def what(self) -> Bilingual:
        return Bilingual(self.what_zh, self.what_en)

    @property
    def hidden(self) -> dict[str, Any]:
        """Return what brings the list back with the confirmation."""
        return {"what_zh": self.what_zh, "what_en": self.what_en, "lines": self.text}

    def lines(self) -> list[Line]:
        """Read the lines; what is wrong is left in `errors`."""
        columns = [code for code, _word in self.kind.rule.columns]
        rows = [row for row in self.text.replace("\t", "|").replace("｜", "|").splitlines() if row.strip()]
        cells = [[cell.strip() for cell in row.split("|")] for row in rows]
        if not self.what_zh or len(self.what_zh) > 60 or len(self.what_en) > 100:
            self.errors["what_zh"] = _("请写明公示的事项（中文不超过 60 字，英文不超过 100 字符）")
        if not 1 <= len(rows) <= MOST_TYPED:
            self.errors["lines"] = _("名单应有 1 至 %d 项") % MOST_TYPED
        wrong = [n for n, row in enumerate(cells, start=1) if not row[0] or len(row) > 2 + len(columns) or len(row[0]) > 200]
        if wrong:
            words = {"n": "、".join(map(str, wrong[:10])), "most": 2 + len(columns)}
            self.errors["lines"] = _("第 %(n)s 行：第一栏不能为空或超过 200 字，且最多 %(most)d 栏") % words
        known = _organisations(row[1] for row in cells if len(row) > 1 and row[1])
        return [self._line(row, columns, known) for row in cells]

    @staticmethod
    def _line(row: list[str], columns: list[str], known: dict[str, Organisation]) -> Line:
        name = row[1] if len(row) > 1 else ""
        home = known.get(normal_name(name).casefold())
        holder = Bilingual(home.name_zh, home.name_en) if home else Bilingual(name[:200])
        cells = {code: Bilingual(text) for code, text in zip(columns, row[2:], strict=False) if text}
        return Line(Bilingual(row[0]), holder, organisation=home, cells=cells)


def _organisations(names: Iterable[str]) -> dict[str, Organisation]:
    """Return the registered institutions of some names, by the normal form of the name (1 query)."""
    wanted = {name for one in names for name in (one, normal_name(one))}
    rows = Organisation.objects.filter(name_zh__in=wanted).order_by("pk") if wanted else []
    return {normal_name(o.name_zh).casefold(): o for o in rows}
