"""Signatures under documents: written with the words that were signed, in one statement for any number."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext as _

from headwater.calls.models import Application
from headwater.core.command import Actor
from headwater.core.errors import Refused
from headwater.forms.shapes import Document

Agreement = bool | Collection[str]
"""What somebody agrees to: everything that is asked, nothing, or the texts with these digests, as they were shown and ticked."""


@dataclass(frozen=True)
class Signing:
    """A document signed for an application by `party`, on the part of one person, institution, agency or referee."""

    application: int
    document: Document
    party: str
    name: str
    person: int | None = None
    organisation: int | None = None
    agency: int | None = None
    referee: int | None = None


COLUMNS = (
    *("application_id", "document", "party", "text_id", "name", "person_id", "organisation_id", "agency_id", "referee_id"),
    *("account_id", "signed_at"),
)
# Foreign keys are checked at the end of the statement, when the words are there. Signing the same words again renews the time.
SIGN = f"""WITH words AS (INSERT INTO calls_documenttext (digest, title_zh, title_en, text_zh, text_en)
        SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[]) ON CONFLICT DO NOTHING)
    INSERT INTO calls_documentsignature ({", ".join(COLUMNS)})
    SELECT s.*, %s::bigint, %s::timestamptz FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[],
        %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]) AS s
    ON CONFLICT ON CONSTRAINT document_signature_once DO UPDATE
        SET signed_at = EXCLUDED.signed_at, account_id = EXCLUDED.account_id, name = EXCLUDED.name"""  # noqa: S608 -- names of our own columns


def sign(signings: Sequence[Signing], *, actor: Actor, at: datetime) -> None:
    """Write signatures with the words they stand under. Call inside a command."""
    if not signings:
        return
    words = {s.document.digest: s.document for s in signings}
    texts = [(d.digest, d.title_zh, d.title_en, d.text_zh, d.text_en) for d in words.values()]
    rows = [
        (s.application, s.document.code, s.party, s.document.digest, s.name, s.person, s.organisation, s.agency, s.referee)
        for s in signings
    ]
    values = [list(column) for column in zip(*texts, strict=True)], [list(column) for column in zip(*rows, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(SIGN, [*values[0], actor.account.pk if actor.account else None, at, *values[1]])


def agreed(documents: Sequence[Document], agree: Agreement) -> list[Document]:
    """The documents that are signed now.

    Raises:
        Refused: a required one is not among what was agreed to, or its words are not those that were shown.
    """
    if agree is True:
        return list(documents)
    ticked = set() if agree is False else set(agree)
    found = [d for d in documents if d.digest in ticked]
    missing = [d for d in documents if d.required and d not in found]
    if missing:
        names = "、".join(f"《{d.title_zh}》" for d in missing)
        raise Refused.because(_("请阅读并签署：%s") % names, field="agree")
    return found


def signed_by_person(row: Application, documents: Sequence[Document], party: str, person: int, name: str) -> list[Signing]:
    return [Signing(row.pk, d, party, name, person=person) for d in documents]
