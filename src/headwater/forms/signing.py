"""Signatures under documents: which are asked, which are missing, and how they are written, in one statement for any number."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

from django.db import connection

from headwater.core.command import Actor
from headwater.core.errors import Refused
from headwater.core.translation import gettext as _
from headwater.forms.answers.state import Answers
from headwater.forms.shapes import Document, Form

Consent = bool | Collection[str]
"""What somebody agrees to: everything that is asked, nothing, or the texts with these digests, as they were shown and ticked."""
Signer = tuple[int, str]
"""Whoever signs, as (id of the person, institution, agency or referee, name)."""
Signed = Mapping[tuple[str, str, int], set[str]]
"""Digests of what was signed, by (document, party, id of the signer)."""


class Signing(Protocol):
    """One signature to be written."""

    def values(self) -> tuple[Any, ...]:
        """The values of the columns of the table."""
        ...

    def words(self) -> Document | None:
        """The document whose words are kept beside it; None where the table keeps none."""
        ...


@dataclass(frozen=True)
class SignatureTable:
    """A table of signatures: its columns with their types, the constraint that lets nobody sign the same twice, and where the exact
    words stand ("" where what is signed is kept with its subject). With `renews`, signing the same again renews the time.
    """

    table: str
    columns: Mapping[str, str]
    once: str
    texts: str = ""
    renews: Sequence[str] = ()

    @cached_property
    def statement(self) -> str:
        """Foreign keys are checked at the end of the statement, when the words are there."""
        words = f"""words AS (INSERT INTO {self.texts} (digest, title_zh, title_en, text_zh, text_en)
            SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[]) ON CONFLICT DO NOTHING),"""  # noqa: S608
        renewal = f"UPDATE SET {', '.join(f'{c} = EXCLUDED.{c}' for c in self.renews)}" if self.renews else "NOTHING"
        places = ", ".join(f"%s::{kind}[]" for kind in self.columns.values())
        return f"""WITH {words if self.texts else ""} written AS (
            INSERT INTO {self.table} ({", ".join(self.columns)}, account_id, signed_at)
            SELECT s.*, %s::bigint, %s::timestamptz FROM unnest({places}) AS s
            ON CONFLICT ON CONSTRAINT {self.once} DO {renewal} RETURNING id)
            SELECT id FROM written ORDER BY id"""  # noqa: S608 -- names of our own tables


def sign(table: SignatureTable, signings: Sequence[Signing], *, actor: Actor, at: datetime) -> list[int]:
    """Write signatures with the words they stand under; returns the keys of those that were written. Call inside a command."""
    if not signings:
        return []
    values: list[Any] = []
    if table.texts:
        words = {d.digest: d for s in signings if (d := s.words()) is not None}
        texts = [(d.digest, d.title_zh, d.title_en, d.text_zh, d.text_en) for d in words.values()]
        values += [list(column) for column in zip(*texts, strict=True)]
    values += [actor.account.pk if actor.account else None, at]
    values += [list(column) for column in zip(*(s.values() for s in signings), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(table.statement, values)
        return [pk for (pk,) in cursor.fetchall()]


def to_sign(documents: Sequence[Document], consent: Consent) -> list[Document]:
    """The documents that are signed now.

    Raises:
        Refused: a required one is not among what was agreed to, or its words are not those that were shown.
    """
    if consent is True:
        return list(documents)
    ticked = set() if consent is False else set(consent)
    agreed_documents = [d for d in documents if d.digest in ticked]
    lacking = [d for d in documents if d.required and d not in agreed_documents]
    if lacking:
        names = "、".join(f"《{d.title_zh}》" for d in lacking)
        raise Refused.because(_("请阅读并签署：%s") % names, field="agree")
    return agreed_documents


def asked(form: Form, party: str, answers: Answers | None) -> list[Document]:
    """The documents that `party` signs; one whose condition does not hold, or cannot be told, is not asked.

    `answers` may be None where `needs_answers` is false.
    """
    return [d for d in form.documents_of(party) if not d.when or (answers is not None and answers.holds(d.when) is True)]


def needs_answers(form: Form, party: str) -> bool:
    return any(d.when for d in form.documents_of(party))


def unsigned(
    documents: Sequence[Document], party: str, people: Sequence[Signer], signed: Signed
) -> list[tuple[Document, str, bool]]:
    """Required signatures that are missing: (document, name of the signer, whether an earlier wording is signed)."""
    gaps = []
    for d in documents:
        for pk, name in people:
            texts = signed.get((d.code, party, pk), set())
            if d.required and d.digest not in texts:
                gaps.append((d, name, bool(texts)))
    return gaps
