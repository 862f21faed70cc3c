"""Rows of a page: those that are no records, and the fields that reading records in either language takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, QuerySet
from django.http import HttpRequest

PAGE = 50


class Rows:
    """Rows under the foot of a listing, page by page: those behind a figure, or records that stand in an order of their own. `files`
    says whether the page also gives them as files.
    """

    selectable, is_long = False, False

    def __init__(
        self, request: HttpRequest, rows: Sequence[Any] | QuerySet[Any], size: int = PAGE, *, files: bool = True
    ) -> None:
        self._get, self.files = request.GET, files
        text = self._get.get("page", "")
        self.total = rows.count() if isinstance(rows, QuerySet) else len(rows)
        pages = max(1, -(-self.total // size))
        self.page = min(int(text), pages) if text.isdecimal() and len(text) < 9 and int(text) else 1
        self.objects = rows[(self.page - 1) * size : self.page * size]
        self.first_page, self.has_next = self.page == 1, self.page < pages

    def _query(self, **changes: str) -> str:
        get = self._get.copy()
        get.pop("page", None)
        for name, value in changes.items():
            get[name] = value
        return get.urlencode()

    query = property(_query)

    @property
    def next_query(self) -> str:
        return self._query(page=str(self.page + 1))

    @property
    def xlsx_query(self) -> str:
        return self._query(format="xlsx")

    @property
    def csv_query(self) -> str:
        return self._query(format="csv")


def in_both_languages(model: type[Model], paths: Sequence[str]) -> Iterator[str]:
    """Return the paths to fields, and for each text in Chinese the one in English that stands beside it."""
    for path in paths:
        yield path
        *way, name = path.split("__")
        if name.endswith("_zh"):
            holder: Any = model
            for part in way:
                holder = holder._meta.get_field(part).related_model
            try:
                holder._meta.get_field(f"{name[:-2]}en")
            except FieldDoesNotExist:
                continue
            yield f"{path[:-2]}en"
