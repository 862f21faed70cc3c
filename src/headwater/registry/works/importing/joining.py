"""How two accounts of one work become one: what the newer says, with authors joined so that nobody is lost or doubled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from headwater.registry.works.values import LISTS, TEXTS, Author, NewWork


def joined(old: NewWork, new: NewWork, *, overwrites: bool) -> NewWork:
    """Return a work as `old` has it, with what `new` adds; what both say otherwise is taken from `new` where it `overwrites`.

    Identifiers are only added: one of the same kind that differs is another work's.
    """
    texts: dict[str, Any] = {name: _text(getattr(old, name), getattr(new, name), overwrites) for name in TEXTS}
    issued = new.issued if len(new.issued) > len(old.issued) and new.issued.startswith(old.issued[:4]) else old.issued
    if overwrites and new.issued and new.issued != old.issued[: len(new.issued)]:
        issued = new.issued
    lists: dict[str, Any] = {name: list(dict.fromkeys([*getattr(old, name), *getattr(new, name)])) for name in LISTS}
    return replace(
        old,
        **texts,
        **lists,
        issued=issued,
        kind=old.kind or new.kind,
        authors=joined_authors(old.authors, new.authors),
        identifiers={**new.identifiers, **old.identifiers},
    )


def _text(old: str, new: str, overwrites: bool) -> str:
    return (new or old) if overwrites else (old or new)


def joined_authors(old: Sequence[Author], new: Sequence[Author]) -> list[Author]:
    """Return all authors in order: the longer list as it is printed, with the people and institutions that either knows.

    An author of the shorter list who is not in the longer one comes after it, unless the place of each is told.
    """
    first, second = (old, new) if len(old) >= len(new) else (new, old)
    authors = list(first)
    for author in second:
        at = _place(authors, author)
        if at is None:
            authors.append(author)
        else:
            known = authors[at]
            authors[at] = replace(
                known, person=known.person or author.person, organisation=known.organisation or author.organisation
            )
    return sorted(authors, key=lambda a: a.place) if all(a.place for a in authors) else authors


def _place(authors: Sequence[Author], author: Author) -> int | None:
    """Return where an author stands already: as the same person, or under the same name where nobody else is said to be it."""
    if author.person:
        for n, one in enumerate(authors):
            if one.person == author.person:
                return n
    for n, one in enumerate(authors):
        if one.name.casefold() == author.name.casefold() and (one.person is None or author.person is None):
            return n
    return None


def conflicts(one: NewWork, other: NewWork) -> list[str]:
    """Return the schemes in which two works have different numbers."""
    return [s for s, value in one.identifiers.items() if other.identifiers.get(s, value) != value]
