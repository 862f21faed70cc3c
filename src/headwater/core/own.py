"""One's own cases: nobody acts on, or learns more of in office, what they have a part in themselves.

A case is what is judged: an application. The app that keeps the cases says who has which part in them (`source`); every app says of
each kind of its records how it leads to cases (`leads_to`), or that it is of no single one (`of_many`). Predicate, query set and count
follow from these, so that they cannot differ. A kind that nobody has declared is an error, not a yes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any, TypeVar

from django.apps import apps
from django.db.models import Model, Q, QuerySet

from headwater.core.register import Register

Rows = TypeVar("Rows", bound=QuerySet[Any, Any])


class Part(StrEnum):
    """What somebody has to do with a case. Close family counts for whatever part they have in person."""

    LEADER = "leader"
    MEMBER = "member"
    REFEREE = "referee"
    FAMILY = "family"
    SIGNATORY = "signatory"


Source = Callable[[Any], Iterable[tuple[int, str]]]
PATHS: Register[tuple[str, ...]] = Register("kind of record with cases")
"""By kind of record (app.model): the lookups that lead to its cases; none for a kind that holds the cases of many people, or of nobody:
what is listed in it leaves one's own out."""
SOURCES: Register[Source] = Register("source of own cases")
"""Who has a part in what: functions from an account to (case, part)."""


def leads_to(model: type[Model], *paths: str) -> None:
    PATHS.add(model._meta.label_lower, paths)


def of_many(*models: type[Model]) -> None:
    for model in models:
        PATHS.add(model._meta.label_lower, ())


def parts_of(account: Any) -> dict[int, set[Part]]:
    """Return the parts of an account by case; read once for a request, like its grants.

    Raises:
        RuntimeError: nothing says who has a part in what.
    """
    if not getattr(account, "pk", None):
        return {}
    if not SOURCES:
        raise RuntimeError("no source of own cases")
    parts: dict[int, set[Part]] | None = account.__dict__.get("own_parts")
    if parts is None:
        parts = {}
        for function in SOURCES.values():
            for case, part in function(account):
                parts.setdefault(case, set()).add(Part(part))
        account.__dict__["own_parts"] = parts
    return parts


def own_cases(account: Any, *, but: Part | None = None) -> frozenset[int]:
    """Return the cases in which `account` has a part, other than the part `but` alone."""
    return frozenset(case for case, parts in parts_of(account).items() if parts - {but})


def paths_of(model: type[Model]) -> tuple[str, ...]:
    """
    Raises:
        KeyError: nobody has said how this kind leads to cases.
    """
    paths = PATHS.get(model._meta.label_lower)
    if not paths:
        raise KeyError(f"{model._meta.label} does not say whose case it is")
    return paths


def holds_many(model: type[Model]) -> bool:
    """Return whether records of this kind hold the cases of many people, or of nobody."""
    return PATHS.get(model._meta.label_lower) == ()


def cases_of(record: Model) -> set[int]:
    """Return the cases of a record: at once where it names them, else by one query for each path."""
    kind = type(record)
    if holds_many(kind):
        return set()
    cases: set[int] = set()
    for path in paths_of(kind):
        if path == "pk" or "__" not in path:
            cases.add(record.pk if path == "pk" else getattr(record, f"{path}_id"))
        else:
            cases |= set(kind._base_manager.filter(pk=record.pk).values_list(path, flat=True))
    return cases - {None}


def not_own(account: Any, record: Model | None, *, but: Part | None = None) -> bool:
    """Return whether `account` has no part in any case of `record`. A record that holds the cases of many is nobody's own."""
    if record is None or holds_many(type(record)):
        return True
    paths_of(type(record))
    own = own_cases(account, but=but)
    return not own or own.isdisjoint(cases_of(record))


def rows_of(model: type[Model], cases: Iterable[int], prefix: str = "") -> Q:
    """Return the rows of `model` that lead to one of `cases`; `prefix` leads to them from another kind, for counts of it."""
    keys = sorted(cases)
    condition = Q(pk__in=[])
    for path in paths_of(model):
        condition |= Q(**{f"{prefix}{path}__in": keys})
    return condition


def own_rows(model: type[Model], account: Any, prefix: str = "") -> Q:
    """Return the rows of `model` that are one's own."""
    return rows_of(model, own_cases(account), prefix)


def without_own(rows: Rows, account: Any) -> Rows:
    """Return `rows` less one's own: lists, files and counts start from these."""
    own = sorted(own_cases(account))
    for path in paths_of(rows.model) if own else ():
        rows = rows.exclude(**{f"{path}__in": own})
    return rows


def own_events(account: Any) -> Q:
    """Return the events on one's own cases, whatever record of them they name."""
    return events_of(own_cases(account))


def events_of(cases: Iterable[int]) -> Q:
    """Return the events on some cases, whatever record of them they name."""
    keys = sorted(cases)
    condition = Q(pk__in=[])
    for model in (apps.get_model(label) for label, paths in PATHS.items() if keys and paths):
        rows = model._base_manager.filter(rows_of(model, keys))
        condition |= Q(subject_type=model._meta.label_lower, subject_id__in=rows.values("pk"))
    return condition | Q(after__application__in=keys) if keys else condition
