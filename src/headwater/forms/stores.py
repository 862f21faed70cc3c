"""Where what people write about a subject is kept: one set of functions serves the tables of forms and those that are older."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Model, QuerySet

from headwater.core.register import Register


@dataclass(frozen=True)
class Store:
    """The tables of one kind of subject: its versions, who has it open, words that came when a session was over.

    `link` is the column that holds the key of the subject. Tables that hold several kinds say which in the column `subject_kind`,
    where `shared` is true. A step is marked with what the table `content` (as "a", with the key "a.<key>") holds then: `digest` and
    `beside` are expressions over it.
    """

    kind: str
    subject: type[Model]
    versions: type[Model]
    presence: type[Model]
    unsaved: type[Model]
    link: str
    content: str
    digest: str
    beside: str = "'{}'::jsonb"
    shared: bool = False

    def of(self, pk: int) -> Subject:
        return Subject(self, pk)

    @cached_property
    def columns(self) -> str:
        """The columns that name a subject, for a statement."""
        return f"subject_kind, {self.link}" if self.shared else self.link

    @cached_property
    def values(self) -> str:
        """The values of `columns`, which `Subject.names` fills in."""
        return "%(subject_kind)s::text, %(subject)s::bigint" if self.shared else "%(subject)s::bigint"

    def match(self, table: str) -> str:
        """The condition that a row of `table` is about the subject."""
        own = f"{table}.{self.link} = %(subject)s::bigint"
        return f"{own} AND {table}.subject_kind = %(subject_kind)s::text" if self.shared else own


@dataclass(frozen=True)
class Subject:
    """What somebody writes about: a row of the model that its store names."""

    store: Store
    pk: int

    @property
    def names(self) -> dict[str, Any]:
        """The parameters of the statements of the store."""
        return {"subject": self.pk, "subject_kind": self.store.kind}

    @property
    def where(self) -> dict[str, Any]:
        """The condition `match` for a queryset."""
        own = {self.store.link: self.pk}
        return own | {"subject_kind": self.store.kind} if self.store.shared else own

    def rows(self, model: type[Model]) -> QuerySet[Any]:
        return model._default_manager.filter(**self.where)


STORES: Register[Store] = Register("kind of subject")
"""The kinds of subject by their code."""


def store(entry: Store) -> Store:
    """Register a kind of subject."""
    return STORES.add(entry.kind, entry)
