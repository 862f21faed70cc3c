"""Answers of a subject that has no table of its own for them: saved, restored and signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headwater.core import clock
from headwater.core.command import Actor
from headwater.core.errors import Reason, Refused
from headwater.core.translation import gettext as _
from headwater.forms.answers.cleaning import clean
from headwater.forms.answers.merging import same
from headwater.forms.answers.references import Registry
from headwater.forms.autosaving import Changes, put_values, refuse_too_large
from headwater.forms.models import AnswerSheet, Presence, Unsaved, Version
from headwater.forms.shapes import Document, Form
from headwater.forms.signing import SignatureTable
from headwater.forms.stores import Store, Subject, store
from headwater.forms.versions import SAVE, keep_version, undone

RESTORE = "restore"
DIGEST = "encode(sha256(convert_to(a.answers::text, 'UTF8')), 'hex')"
"""The digest of a sheet; the database writes JSON in one way only."""


def own_store(kind: str, subject: Any) -> Store:
    """Declare a kind of subject whose answers, versions and signatures stand in the tables of forms."""
    entry = Store(
        kind, subject, Version, Presence, Unsaved, link="subject_id", content="forms_answersheet", digest=DIGEST, shared=True
    )
    return store(entry)


@dataclass
class AnswersPut:
    """Puts answers on a sheet, as its form asks them."""

    form: Form
    row: AnswerSheet
    registry: Registry

    def current(self, name: str) -> Any:
        return self.row.answers.get(name)

    def stored(self, name: str) -> Any:
        return self.row.answers.get(name)

    def plain(self, value: Any) -> Any:
        return value

    def read(self, name: str, value: Any) -> tuple[Any, list[Reason]]:
        question = self.form.field(name)
        if question is None:
            return None, [Reason(_("没有这一栏"), field=name)]
        cleaned = clean(question, value, self.registry)
        return cleaned.value, [Reason(text, field=control) for control, text in cleaned.errors.items()]

    def put(self, name: str, value: Any) -> None:
        if value is None:
            del self.row.answers[name]
        else:
            self.row.answers[name] = value


def sheet_of(subject: Subject, *, lock: bool = False) -> AnswerSheet:
    """The answers of a subject; a new sheet where nobody has answered yet. With `lock`, for a command that changes it."""
    rows = AnswerSheet.objects.filter(**subject.where)
    if not lock:
        return rows.first() or AnswerSheet(**subject.where)
    AnswerSheet.objects.bulk_create([AnswerSheet(**subject.where)], ignore_conflicts=True)
    return rows.select_for_update().get()


def save_answers(
    subject: Subject,
    form: Form,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    base: Mapping[str, Any] | None = None,
    kind: str = SAVE,
) -> Changes:
    """Save the answers that are named, and no others: two people may write at once. Call inside a command.

    `base` has what the writer saw before changing it; where the sheet holds something else by now, both changes are merged. What
    the names held before is kept as a version.

    Raises:
        Refused: a value that cannot be stored (with its field), or too much of it.
    """
    row = sheet_of(subject, lock=True)
    changes = put_values(AnswersPut(form, row, Registry()), values, base)
    if changes.before:
        refuse_too_large(row.answers, changes)
        row.revision += 1
        row.saved_at = clock.now()
        row.save(update_fields=["answers", "revision", "saved_at"])
        keep_version(
            subject,
            revision=row.revision,
            at=row.saved_at,
            before=changes.before,
            clashes=changes.clashes,
            actor=actor,
            kind=kind,
        )
    return changes


def restore(subject: Subject, form: Form, version: int, *, names: Sequence[str], actor: Actor) -> list[str]:
    """Bring names (none: all that differ) back to what they held after a version; a save like any other. Call inside a command.

    Raises:
        Refused: nothing differs, or what any save refuses.
    """
    now = sheet_of(subject).answers
    then = undone(subject, dict(now), version)
    codes = [f.code for f in form.fields if not names or f.code in names]
    values = {code: then.get(code) for code in codes if not same(then.get(code), now.get(code))}
    if not values:
        raise Refused.because(_("内容没有差别，不需要恢复"))
    return sorted(save_answers(subject, form, values, actor=actor, kind=RESTORE).before)


SIGNATURES = SignatureTable(
    "forms_signature",
    {
        "subject_kind": "text",
        "subject_id": "bigint",
        "document": "text",
        "party": "text",
        "text_id": "text",
        "name": "text",
        "person_id": "bigint",
        "organisation_id": "bigint",
        "agency_id": "bigint",
    },
    once="signed_once",
    texts="forms_signedtext",
    renews=("signed_at", "account_id", "name"),
)


@dataclass(frozen=True)
class SubjectSigning:
    """A document signed about a subject, on the part of one person, institution or agency."""

    subject: Subject
    document: Document
    party: str
    name: str
    person: int | None = None
    organisation: int | None = None
    agency: int | None = None

    def values(self) -> tuple[Any, ...]:
        who = (self.name, self.person, self.organisation, self.agency)
        return (self.subject.store.kind, self.subject.pk, self.document.code, self.party, self.document.digest, *who)

    def words(self) -> Document:
        return self.document
