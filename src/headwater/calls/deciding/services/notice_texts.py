"""The words of a public notice around its list, as they are published, and the data of its PDF."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from headwater.calls.deciding.services.paragraphs import Style
from headwater.calls.models import Call, Notice, NoticeRow
from headwater.calls.schemes import scheme_of
from headwater.calls.words import words_of
from headwater.core.clock import local_day, official_day
from headwater.core.i18n import in_language, named
from headwater.core.money import wan, yuan
from headwater.core.parameters import Parameters
from headwater.registry.queries import department_of, region_of
from headwater.schemes import Scheme

LINE = (
    *("notice", "position", "title", "leader", "host", "amount_fen"),
    *("application__number", "application__title_en", "application__leader__name_en", "application__host__name_en"),
)
"""What a line of a notice shows: not the text of its application."""


def notice_texts(call: Call, rows: Sequence[NoticeRow], starts: date, ends: date) -> dict[str, dict[str, Any]]:
    """Return the paragraphs of a notice in both languages: opening, how to object, whom to turn to; and who publishes it."""
    region = region_of(call.scheme.region)
    days = Parameters(call.scheme.region, starts).number("publicity_working_days", call.scheme.code)
    return {code: _texts(call, rows, (starts, ends, days), Style.of(code, region, call.scheme)) for code in ("zh", "en")}


def _texts(call: Call, rows: Sequence[NoticeRow], period: tuple[date, date, int], style: Style) -> dict[str, Any]:
    papers, words, code = scheme_of(call).papers, words_of(call), style.language
    total = sum(r.amount_fen for r in rows)
    values: dict[str, Any] = {
        "call": style.pick(call.title_zh, call.title_en),
        "title": style.pick(call.title_zh, call.title_en),
        "count": len(rows),
        "proposed": words.zh("proposed") if code == "zh" else words.en("proposed"),
        "starts": official_day(period[0], code),
        "ends": official_day(period[1], code),
        "days": period[2],
        "office": style.office.name,
        "contact": "；".join(filter(None, [call.contact, style.contact])),
    }
    if scheme_of(call).has_money:
        word = words.zh("amount") if code == "zh" else words.en("amount")
        values["total"] = papers.text("notice_total", code, amount_word=word, amount=wan(total), amount_yuan=yuan(total))
    texts = [papers.text(f"notice_{key}", code, **values) for key in ("opening", "objecting", "contact")]
    return {"paragraphs": [text for text in texts if text], "issuer": style.pick(style.region.department_zh, style.office.name)}


def notice_data(notice: Notice, language: str = "zh") -> dict[str, Any]:
    """Return the data that the Typst template of notices needs: in Chinese, or as a translation."""
    scheme = scheme_of(notice.call)
    texts = notice.texts.get(language, {})
    rows = list(notice.rows.select_related("application__leader", "application__host").only(*LINE))
    with in_language(language):
        return {
            "language": language,
            "translation": scheme.papers.text("translation", language),
            "heading": named(notice, "title"),
            "paragraphs": [["p", text] for text in texts.get("paragraphs", [])],
            "issuer": texts.get("issuer") or department_of(region_of(notice.call.scheme.region)),
            "date": official_day(local_day(notice.starts_at), language),
            "annex": scheme.papers.text("notice_annex", language, title=named(notice, "title")),
            "heads": _heads(scheme),
            "rows": [_line(r, with_money=scheme.has_money) for r in rows],
            "digest": notice.digest,
            "total": wan(sum(r.amount_fen for r in rows)) if scheme.has_money else "",
        }


def _heads(scheme: Scheme) -> list[str]:
    heads = [_("序号"), _("申请编号"), scheme.words["title"], _("负责人"), _("依托单位")]
    return [*heads, scheme.words["amount"] + _("（万元）")] if scheme.has_money else heads


def _line(row: NoticeRow, *, with_money: bool) -> list[str]:
    """Return a line as it was published; in English with the names that the records have."""
    said = [str(row.in_words[key]) for key in ("title", "leader", "host")]
    return [str(row.position), row.application.number, *said, *([wan(row.amount_fen)] if with_money else [])]
