"""One list for every page: search, filters, sorting, keyset pages, export to xlsx and csv, rows to act on together.

A listing starts from a queryset that holds only what the viewer may see, so its counts and exports cannot tell of more.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import Promise, cached_property

from headwater.core.addresses import normal
from headwater.core.errors import Refused
from headwater.core.list_files import ListFile, ask_list
from headwater.core.lookups import MOST_CHARS, Lookup
from headwater.core.money import wan_cell
from headwater.core.names import normal_name
from headwater.core.rows import PAGE, in_both_languages
from headwater.core.sheets import csv_into, csv_stream, xlsx_into
from headwater.core.web import attached, keys_in, scratch, scratch_folder, streamed

Text = str | Promise
SHEET_ROWS = 1_000_000
"""More rows than this do not fit a sheet of Excel: the answer is csv then."""
AT_ONCE = 1_000
"""Rows that are written as a file while somebody waits. A longer csv goes out as it is read; a form asks a job for a longer workbook."""
KEPT_IN_MEMORY = 4 * 1024 * 1024
TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@dataclass(frozen=True)
class Column:
    """`value` gives the cell; `sort` names the model field to sort by; `kind` is text, long, number, money, date,
    moment, state, title or action.

    A column that only leads somewhere (`export=False`) stays out of files; one that is too long for a page (`screen=False`) is
    in files only. A phone shows the title, the state, what leads somewhere and the first two others; `phone` says otherwise.
    """

    label: Text
    value: Callable[[Any], Any]
    sort: str = ""
    kind: str = "text"
    url: Callable[[Any], str] | None = None
    export: bool = True
    screen: bool = True
    phone: bool | None = None


ALWAYS = frozenset({"title", "state", "action"})
"""Kinds of columns that a phone shows, too."""
FACTS = 2
"""So many other columns a phone shows."""


def on_phone(columns: Sequence[Column]) -> set[int]:
    """Return the places of the columns that a phone shows."""
    free = [n for n, c in enumerate(columns) if c.phone is None and c.kind not in ALWAYS]
    named = {n for n, c in enumerate(columns) if c.phone or (c.phone is None and c.kind in ALWAYS)}
    return named | set(free[: max(0, FACTS - sum(columns[n].kind not in ALWAYS for n in named))])


@dataclass(frozen=True)
class Filter:
    """A choice on the query string: from a short list, of a look-up, or `typed` (a "text" or a "date"). `field` is a lookup, or `apply`
    narrows the queryset itself; for a look-up it is given the records that were named, for a date the day.
    """

    name: str
    label: Text
    choices: Sequence[tuple[str, Text]] = ()
    field: str = ""
    apply: Callable[[QuerySet[Any], Any], QuerySet[Any]] | None = None
    lookup: Lookup | None = None
    typed: str = ""

    def choice(self, user: Any, text: str) -> Any:
        """Return what a text on the query string means; None where it means nothing here."""
        if self.lookup:
            return self.lookup.matching(user, text)
        if self.typed == "date":
            try:
                return date.fromisoformat(text)
            except ValueError:
                return None
        return text if self.typed or text in {str(c[0]) for c in self.choices} else None

    @property
    def options(self) -> list[tuple[str, Text]]:
        """Return the choices; the first stands for none and has the label of the filter."""
        return [("", self.label), *self.choices]


ADDRESSES = frozenset({"email", "to"})
"""Columns that hold addresses in their normal form: what is looked for is given the same."""


@dataclass
class Cell:
    value: Any
    kind: str
    url: str = ""
    label: Text = ""
    minor: bool = False
    """A phone leaves it out."""


@dataclass
class Listing:
    """`title` is what people call the list, on its page and of its files; `name` begins the names of its files.

    `only` names the fields that the columns read: nothing else is fetched, on the page and for files. A column that reads another
    one would ask again for each row. `prepare` is given the rows of a page, or of a stretch of a file, before their cells are asked
    for: it may read what they need.
    """

    request: HttpRequest
    queryset: QuerySet[Any]
    columns: Sequence[Column]
    title: Text = field(kw_only=True)
    search: Sequence[str] = ()
    filters: Sequence[Filter] = ()
    order: str = "pk"
    name: str = "list"
    empty_title: Text = ""
    empty_hint: Text = ""
    selectable: bool = False
    form_id: str = "bulk"
    page_size: int = PAGE
    prepare: Callable[[list[Any]], None] | None = None
    only: Sequence[str] = ()
    files: ClassVar[bool] = True
    q: str = field(init=False, default="")

    def __post_init__(self) -> None:
        get = self.request.GET
        self.q = get.get("q", "").strip()[:80]
        rows = self.queryset
        if self.q and self.search:
            matches, name = Q(), normal_name(self.q)
            for lookup in self.search:
                matches |= Q(**{f"{lookup}__icontains": normal(self.q) if lookup in ADDRESSES else self.q})
                if name and lookup.endswith(("name_zh", "name_en")):
                    matches |= Q(**{f"{lookup}__icontains": name})
            rows = rows.filter(matches)
        self.active: dict[str, str] = {}
        for f in self.filters:
            value = get.get(f.name, "").strip()[:MOST_CHARS]
            choice = f.choice(self.request.user, value) if value else None
            if choice is not None:
                self.active[f.name] = value
                rows = f.apply(rows, choice) if f.apply else rows.filter(**{f.field: choice})
        order = get.get("sort", self.order)
        fields = {c.sort for c in self.columns if c.sort} | {self.order.lstrip("-")}
        self.sort = order if order.lstrip("-") in fields else self.order
        self.rows_all = rows
        self.cursor = get.get("after", "")

    def _reading(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow rows to the fields of `only`, with the records that those lead to."""
        if not self.only:
            return rows
        related = {path.rpartition("__")[0] for path in self.only} - {""}
        rows = rows.select_related(None)
        return (rows.select_related(*sorted(related)) if related else rows).only(*in_both_languages(rows.model, self.only))

    @cached_property
    def _window(self) -> list[Any]:
        """One page after the cursor, and one row more: rows are ordered by (sort, pk), so a page is found without counting what
        went before. A file asks for no page.
        """
        key, down = self.sort.lstrip("-"), self.sort.startswith("-")
        order = [self.sort] if key == "pk" else [self.sort, "-pk" if down else "pk"]
        rows = self._reading(self.rows_all).order_by(*order)
        if self.cursor:
            rows = self._after(rows, self.cursor, key, down)
        return list(rows[: self.page_size + 1])

    @property
    def has_next(self) -> bool:
        return len(self._window) > self.page_size

    @cached_property
    def objects(self) -> list[Any]:
        rows = self._window[: self.page_size]
        if self.prepare:
            self.prepare(rows)
        return rows

    @cached_property
    def total(self) -> int:
        return self.rows_all.count() if self.cursor or self.has_next else len(self._window)

    @property
    def first_page(self) -> bool:
        return not self.cursor

    @property
    def is_long(self) -> bool:
        """Return whether its workbook is made by a job."""
        return self.total > AT_ONCE

    @staticmethod
    def _after(rows: QuerySet[Any], cursor: str, key: str, down: bool) -> QuerySet[Any]:
        try:
            value, pk = json.loads(urlsafe_b64decode(cursor.encode()))
            way = "lt" if down else "gt"
            if key == "pk":
                return rows.filter(**{f"pk__{way}": int(pk)})
            return rows.filter(Q(**{f"{key}__{way}": value}) | Q(**{key: value, f"pk__{way}": int(pk)}))
        except (ValueError, TypeError, OverflowError, ValidationError):
            return rows

    @property
    def next_cursor(self) -> str:
        last = self.objects[-1]
        value: Any = last
        key = self.sort.lstrip("-")
        for part in key.split("__"):
            value = getattr(value, part)
        return urlsafe_b64encode(json.dumps([value, last.pk], default=str).encode()).decode()

    def query(self, **changes: str) -> str:
        """Return the query string with changes; an empty value removes a key."""
        get = self.request.GET.copy()
        get.pop("after", None)
        for name, value in changes.items():
            if value:
                get[name] = value
            else:
                get.pop(name, None)
        return get.urlencode()

    @property
    def next_query(self) -> str:
        return self.query(after=self.next_cursor)

    @property
    def screen_columns(self) -> list[Column]:
        return [c for c in self.columns if c.screen]

    @property
    def heading(self) -> list[dict[str, Any]]:
        cells = []
        for c in self.screen_columns:
            current = self.sort.lstrip("-") == c.sort and bool(c.sort)
            order = f"-{c.sort}" if current and not self.sort.startswith("-") else c.sort
            cells.append(
                {
                    "label": c.label,
                    "kind": c.kind,
                    "query": self.query(sort=order) if c.sort else "",
                    "direction": ("descending" if self.sort.startswith("-") else "ascending") if current else "",
                }
            )
        return cells

    @property
    def cells(self) -> list[tuple[Any, list[Cell]]]:
        columns = self.screen_columns
        shown = on_phone(columns)
        placed = [(c, n not in shown) for n, c in enumerate(columns)]
        return [
            (o, [Cell(c.value(o), c.kind, c.url(o) if c.url else "", c.label, minor) for c, minor in placed])
            for o in self.objects
        ]

    @property
    def csv_query(self) -> str:
        return self.query(format="csv")

    @property
    def xlsx_query(self) -> str:
        return self.query(format="xlsx")

    @property
    def address(self) -> str:
        """Return where this list is, as it is narrowed and sorted."""
        return f"{self.request.path}?{self.query(format='')}"

    @property
    def narrowed(self) -> bool:
        return bool(self.q or self.active)

    def selection(self) -> QuerySet[Any]:
        """Return the rows that were ticked, or, when none was, the whole list as filtered."""
        pks = keys_in(self.request.POST, "pk")
        return self.rows_all.filter(pk__in=pks) if pks else self.rows_all

    def _prepared(self, rows: QuerySet[Any]) -> Iterator[Any]:
        """Yield rows for a file, so many at a time that memory does not grow with it."""
        stream = rows.iterator(chunk_size=500)
        while part := list(islice(stream, 500)):
            if self.prepare:
                self.prepare(part)
            yield from part

    def export(self, form: str = "", rows: QuerySet[Any] | None = None) -> HttpResponseBase | None:
        """Return `rows` (by default the whole list as filtered) as a file, when the query string or `form` asks for one.

        A whole list that is long goes out as csv while it is read; as a workbook it is made by a job, which only a form asks for.
        """
        form = form or self.request.GET.get("format", "")
        if form not in TYPES:
            return None
        chosen = self.rows_all if rows is None else rows
        ordered = self._reading(chosen).order_by(self.sort)
        wanted: ListFile | None = getattr(self.request, "list_file", None)
        if wanted is not None:
            return self._for_job(wanted, ordered)
        is_long = chosen is self.rows_all and ordered[AT_ONCE : AT_ONCE + 1].exists()
        if form == "xlsx" and is_long and self.request.method == "POST":
            return self._ask()
        if is_long or (form == "xlsx" and ordered[SHEET_ROWS : SHEET_ROWS + 1].exists()):
            return streamed(csv_stream(self._export_heading, self._export_rows(ordered)), self._file_name("csv"), TYPES["csv"])
        file = scratch(max_size=KEPT_IN_MEMORY)
        if form == "csv":
            text = TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
            csv_into(text, self._export_heading, self._export_rows(ordered))
            text.detach()
        else:
            with scratch_folder() as folder:
                xlsx_into(file, str(self.title), self._export_heading, self._export_rows(ordered), folder=folder)
        return attached(file, self._file_name(form), TYPES[form])

    def _ask(self) -> HttpResponse:
        """Ask for the whole list as a workbook, and lead to the job that makes it."""
        try:
            job = ask_list(address=self.address, title=str(self.title), actor=self.request.actor)  # type: ignore[attr-defined]
        except Refused as refused:
            messages.error(self.request, str(refused))
            return redirect(self.request.get_full_path())
        return redirect("job", pk=job.pk)

    @property
    def _export_heading(self) -> list[str]:
        return [str(c.label) for c in self.columns if c.export]

    def _export_rows(self, ordered: QuerySet[Any]) -> Iterator[list[Any]]:
        columns = [(c.value, c.kind) for c in self.columns if c.export]
        for row in self._prepared(ordered):
            yield [plain(value(row), kind) for value, kind in columns]

    def _file_name(self, form: str) -> str:
        return f"{self.name}-{timezone.localdate()}.{form}"

    def _for_job(self, wanted: ListFile, ordered: QuerySet[Any]) -> HttpResponse:
        """Write the list as a workbook for a job, as far as a sheet holds it."""
        total = min(ordered.count(), SHEET_ROWS)
        wanted.path = str(Path(wanted.folder) / self._file_name("xlsx"))

        def rows() -> Iterator[list[Any]]:
            for row in islice(self._export_rows(ordered), SHEET_ROWS):
                wanted.count += 1
                yield row
                if wanted.count % 1000 == 0:
                    wanted.progress(wanted.count, total)

        xlsx_into(wanted.path, str(self.title), self._export_heading, rows(), folder=wanted.folder)
        return HttpResponse()


def plain(value: Any, kind: str) -> Any:
    """Return a cell as a spreadsheet wants it: money in 万元, dates as dates, states in words."""
    if kind == "money" and value is not None:
        return wan_cell(value)
    if isinstance(value, datetime):
        return timezone.localtime(value).replace(tzinfo=None)
    if isinstance(value, (int, float, date)) or value is None:
        return value
    return str(getattr(value, "label", value))
