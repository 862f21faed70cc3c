"""Numbered letters on what became of the lines of a notice, where its kind has any: kept as data, rendered as PDF when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from headwater.casework.notices.kinds import LetterTexts
from headwater.casework.notices.models import NoticeLetter, NoticeRow, Objection, ObjectionState
from headwater.casework.notices.services.publishing import LANGUAGES, concerned
from headwater.core import clock
from headwater.core.clock import official_day
from headwater.core.correspondence import office, paper_numbers
from headwater.core.services import notify
from headwater.registry.queries import region_of
from headwater.schemes.papers import usual_papers


def write_letters(rows: Sequence[NoticeRow]) -> list[NoticeLetter]:
    """Write one letter for each line that has come to its end, and tell whom it concerns. Call inside a command."""
    texts = rows[0].notice.rule.letter if rows else None
    if texts is None:
        return []
    notice = rows[0].notice
    region = region_of(notice.kind.region)
    upheld = (
        Objection.objects.filter(row__in=rows, state=ObjectionState.UPHELD).order_by("settled_at").values_list("row", "answer")
    )
    reasons: dict[int, str] = dict(upheld)
    numbers = paper_numbers(region.notice_mark or region.letter_mark, len(rows))
    letters = [
        NoticeLetter(
            row=row,
            number=number,
            body={"issuer": region.department_zh, "text": {c: _text(row, texts, reasons.get(row.pk, ""), c) for c in LANGUAGES}},
        )
        for row, number in zip(rows, numbers, strict=True)
    ]
    NoticeLetter.objects.bulk_create(letters, batch_size=1000)
    for letter in letters:
        title = letter.row.title
        notify(
            concerned([letter.row]),
            title=lambda title=title: _("公示结果通知书：%s") % title,  # type: ignore[misc]
            body=letter.number,
            url=f"/notices/letters/{letter.pk}/",
        )
    return letters


def _text(row: NoticeRow, texts: LetterTexts, reason: str, code: str) -> dict[str, Any]:
    """Return heading, addressee and paragraphs of a letter in one language."""
    notice, struck = row.notice, row.state == NoticeRow.State.STRUCK
    with translation.override(LANGUAGES[code]):
        who = office()
        values = {
            "what": notice.what_zh if code == "zh" else notice.what_en or notice.what_zh,
            "title": row.title_zh if code == "zh" else row.title_en or row.title_zh,
            "holder": row.holder_zh if code == "zh" else row.holder_en or row.holder_zh,
            "starts": official_day(clock.local_day(notice.starts_at), code),
            "ends": official_day(clock.last_day(notice.ends_at), code),
            "result": str(row.get_state_display()),
            "reason": reason,
            "office": who.name,
            "contact": ("；" if code == "zh" else "; ").join(who.contact.values()),
        }
        text = texts.struck if struck else texts.final
        said = (getattr(text, code) or text.zh).format(**values)
        return {
            "heading": getattr(texts.heading, code) or texts.heading.zh,
            "addressee": values["holder"] or values["title"],
            "paragraphs": [["p", line] for line in said.split("\n") if line.strip()],
        }


def letter_data(letter: NoticeLetter, language: str = "zh") -> dict[str, Any]:
    """Return the data that the Typst template of letters needs."""
    text, seal = letter.body["text"][language], usual_papers()["letter_seal"]
    return {
        "kind": "notice",
        "language": language,
        "letter_number": letter.number,
        "date": official_day(clock.local_day(letter.issued_at), language),
        "issuer": letter.body["issuer"],
        "annex": "",
        "seal": seal.zh if language == "zh" else seal.en,
        **text,
    }
