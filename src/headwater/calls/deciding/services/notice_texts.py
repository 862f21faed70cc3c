"""The words of a public notice around its list, as they are published, and the data of its PDF."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from headwater.calls.deciding.services.paragraphs import Style
from headwater.calls.models import Call, Notice, NoticeRow
from headwater.calls.schemes import scheme_of
from headwater.calls.words import words_of
from headwater.core.clock import local_day, official_day
from headwater.core.i18n import both, in_chinese
from headwater.core.money import wan, yuan
from headwater.core.parameters import Parameters
from headwater.registry.queries import region_of


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


def notice_data(notice: Notice) -> dict[str, Any]:
    """Return the data that the Typst template of notices needs, in Chinese."""
    scheme, texts = scheme_of(notice.call), notice.texts.get("zh", {})
    with in_chinese():
        heads = ["序号", "申请编号", scheme.words.zh("title"), "负责人", "依托单位"]
        heads += [f"{scheme.words.zh('amount')}（万元）"] if scheme.has_money else []
    lines = [
        [str(r.position), r.application.number, r.title, r.leader, r.host, *([wan(r.amount_fen)] if scheme.has_money else [])]
        for r in notice.rows.select_related("application").only(
            "notice", "position", "title", "leader", "host", "amount_fen", "application__number"
        )
    ]
    return {
        "heading": both(notice, "title").zh,
        "paragraphs": [["p", text] for text in texts.get("paragraphs", [])],
        "issuer": texts.get("issuer") or region_of(notice.call.scheme.region).department_zh,
        "date": official_day(local_day(notice.starts_at)),
        "annex": scheme.papers.text("notice_annex", title=notice.title_zh),
        "heads": heads,
        "rows": lines,
        "digest": notice.digest,
        "total": wan(sum(r.amount_fen for r in notice.rows.all())) if scheme.has_money else "",
    }
