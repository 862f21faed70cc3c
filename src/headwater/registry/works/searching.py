"""How works are found: entries of the search, written with a work, and for large tables by the worker soon after."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Exists, OuterRef, QuerySet

from headwater.core.models import SearchEntry
from headwater.core.search import SearchRow, index
from headwater.registry.models import Work, WorkAuthor, WorkIdentifier
from headwater.registry.works.kinds import kind_label

KIND = "work"
AT_ONCE = 500
"""So many works are made searchable while somebody waits; more are left to the worker."""
BATCH = 2000


def index_works(keys: Sequence[int]) -> None:
    """Make works searchable as they are now (4 queries)."""
    if len(keys) > AT_ONCE:
        forget_works(keys)
    elif keys:
        index(_entries(Work.objects.filter(pk__in=keys)))


def forget_works(keys: Sequence[int]) -> None:
    """Take works out of the search: they are gone, or the worker takes them in anew."""
    SearchEntry.objects.filter(kind=KIND, object_id__in=keys).delete()


def take_in() -> int:
    """Make works searchable that are not; returns how many. It may be run at any time."""
    count = 0
    missing = Work.objects.filter(~Exists(SearchEntry.objects.filter(kind=KIND, object_id=OuterRef("pk")))).order_by("pk")
    while rows := list(missing[:BATCH].values_list("pk", flat=True)):
        count += index(_entries(Work.objects.filter(pk__in=rows)))
    return count


def _entries(works: QuerySet[Work]) -> Iterable[SearchRow]:
    rows = list(works)
    keys = [row.pk for row in rows]
    names, numbers = _texts(WorkAuthor, "name", keys), _texts(WorkIdentifier, "value", keys)
    for row in rows:
        authors = names.get(row.pk, [])
        body = " ".join([row.title_en, row.venue, row.keywords, *authors[:50], *numbers.get(row.pk, []), row.abstract])
        facts = [kind_label(row.kind), "、".join(authors[:3]), row.venue, row.issued]
        title = row.title_zh or row.title_en
        yield SearchRow(KIND, row.pk, title, f"/works/{row.pk}/", body, " · ".join(f for f in facts if f))


def _texts(model: type[WorkAuthor] | type[WorkIdentifier], name: str, keys: Sequence[int]) -> dict[int, list[str]]:
    texts: dict[int, list[str]] = {}
    for key, text in model._base_manager.filter(work__in=keys).order_by("pk").values_list("work", name):
        texts.setdefault(key, []).append(text)
    return texts
