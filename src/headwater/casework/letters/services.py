"""Letters about any record are written within the command from which they follow, and printed from what was kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Model

from headwater.casework.letters.models import CaseLetter
from headwater.casework.letters.texts import LANGUAGES, LetterText
from headwater.casework.subjects import kind_of
from headwater.core import clock
from headwater.core.clock import local_day, official_day
from headwater.core.command import Log
from headwater.core.correspondence import paper_numbers
from headwater.core.documents import render_pdf
from headwater.core.i18n import Bilingual
from headwater.core.models import Account
from headwater.registry.queries import region_of

MOST_HEADING_ZH, MOST_HEADING = 120, 200
Values = Mapping[str, Mapping[str, str]]
"""What fills the names of a text in, by language."""


def write_letter(
    *, text: LetterText, values: Values, record: Model, addressee: Bilingual, cause: Model, account: Account | None, log: Log
) -> CaseLetter:
    """Write a letter about a record, numbered with the letters of the department. Call inside a command; whoever calls tells people."""
    region = region_of(kind_of(record).region(record))
    letter = CaseLetter.objects.create(
        subject_kind=record._meta.label_lower,
        subject_id=record.pk,
        number=paper_numbers(region.notice_mark or region.letter_mark, 1)[0],
        heading_zh=text.heading("zh", values["zh"])[:MOST_HEADING_ZH],
        heading_en=text.heading("en", values["en"])[:MOST_HEADING],
        body={
            "issuer": region.department_zh,
            "addressee": {"zh": addressee.zh, "en": addressee.en or addressee.zh},
            "text": {language: text.paragraphs(language, values[language]) for language in LANGUAGES},
        },
        account=account,
        cause_kind=cause._meta.label_lower,
        cause_id=cause.pk,
        issued_at=clock.now(),
    )
    log(letter, after={"number": letter.number, "heading": letter.heading_zh})
    return letter


def letters_of(cause: Model) -> list[CaseLetter]:
    """Return the letters that followed from a record, the oldest first."""
    rows = CaseLetter.objects.filter(cause_kind=cause._meta.label_lower, cause_id=cause.pk)
    return list(rows.order_by("pk"))


def letter_data(letter: CaseLetter, language: str = "zh") -> dict[str, Any]:
    """Return the data that the Typst template of letters needs."""
    body = letter.body
    return {
        "kind": "case",
        "language": language,
        "letter_number": letter.number,
        "date": official_day(local_day(letter.issued_at), language),
        "heading": letter.heading_zh if language == "zh" else letter.heading_en,
        "issuer": body["issuer"],
        "addressee": body["addressee"][language],
        "paragraphs": [["p", paragraph] for paragraph in body["text"][language]],
        "annex": "",
        "seal": "",
    }


def letter_pdf(letter: CaseLetter, language: str = "zh") -> bytes:
    return render_pdf("core/typst/letter.typ", letter_data(letter, language))
