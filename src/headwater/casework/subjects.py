"""What the engines of casework must know of a kind of record about which people file something.

The app of the record declares it once (`SUBJECTS`). Who holds a role for a record, and for which records somebody holds a role, follow
from the same paths, so that a page and its list cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.apps import apps
from django.db.models import Model, Q, QuerySet

from headwater.core.i18n import Bilingual
from headwater.core.register import Register
from headwater.forms.context import Context


@dataclass(frozen=True)
class SubjectKind:
    """A kind of record (`kind` is app.model) that is the subject of requests, reports, bodies and notices.

    `paths` lead from the record to what a role can be limited to: "organisation" to its institution, "agency" to the agency over
    it, its own kind to its key. `people` gives the keys of the persons who have a part in a record: they approve nothing about it.
    `context` is what forms may ask of a record on a day. `visible` says which records a person may know of.
    """

    kind: str
    label: str | Bilingual
    name: Callable[[Any], Bilingual]
    url: Callable[[Any], str]
    region: Callable[[Any], str]
    paths: Mapping[str, str]
    visible: Callable[[Any], QuerySet[Any]]
    people: Callable[[Any], Iterable[int]]
    context: Callable[[Any, date], Context]

    @property
    def model(self) -> type[Model]:
        return apps.get_model(self.kind)

    def scope_of(self, record: Model, limit: str) -> int | None:
        """Return the key of what a role is limited to for a record; None where this kind leads to no such thing.

        One query where the path leads through another table and the record has not read it yet.
        """
        value: Any = record
        for part in self.paths.get(limit, "").split("__"):
            value = getattr(value, part, None) if part and value is not None else None
        return value if isinstance(value, int) else getattr(value, "pk", None)


SUBJECTS: Register[SubjectKind] = Register("kind of subject of casework")
"""By kind of record (app.model)."""


def subject_of(kind: str, pk: int) -> Any:
    """Return the record that a row of casework is about.

    Raises:
        LookupError: the kind is unknown, or the record is gone.
    """
    record = SUBJECTS[kind].model._base_manager.filter(pk=pk).first()
    if record is None:
        raise LookupError(f"no {kind} {pk}")
    return record


def kind_of(record: Model) -> SubjectKind:
    """
    Raises:
        LookupError: nobody declared this kind of record.
    """
    return SUBJECTS[record._meta.label_lower]


def holds(account: Any, role: str, record: Model) -> bool:
    """Return whether `account` holds `role` for a record: for everything, or for what the record belongs to."""
    kind = kind_of(record)
    return any(
        grant.role == role and (grant.scope == "all" or grant.scope_id == kind.scope_of(record, grant.limit))
        for grant in account.grants
        if grant.scope == "all" or grant.limit in kind.paths
    )


def held(account: Any, roles: Iterable[str], kind: SubjectKind) -> Q:
    """Return the condition on records of a kind for which `account` holds one of `roles`."""
    condition, wanted = Q(pk__in=[]), set(roles)
    for grant in account.grants:
        if grant.role not in wanted:
            continue
        if grant.scope == "all":
            return ~Q(pk__in=[])
        if grant.limit in kind.paths:
            condition |= Q(**{kind.paths[grant.limit]: grant.scope_id})
    return condition


def rows_about(rows: QuerySet[Any], account: Any) -> QuerySet[Any]:
    """Return the rows of an engine (with `subject_kind`, `subject_id`) that are about records which `account` may know of."""
    condition = Q(pk__in=[])
    for kind in SUBJECTS.values():
        condition |= Q(subject_kind=kind.kind, subject_id__in=kind.visible(account).values("pk"))
    return rows.filter(condition)
