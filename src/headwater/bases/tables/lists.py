"""The rows of a table as a list, whole on its own page and the first of them as a part of another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.bases.parts import TableKind
from headwater.bases.tables.declared import TableOf
from headwater.bases.tables.parts import table_of
from headwater.core.listing import Column, Listing
from headwater.core.rows import PAGE

SHOWN = 12


@dataclass(frozen=True)
class Part:
    """A table as a part of the page of a base: its first rows, where all of them stand, where one is added."""

    of: TableOf
    kind: TableKind
    rows: Listing
    all_url: str
    new_url: str

    @property
    def name(self) -> Any:
        return self.of.called(self.kind)

    @property
    def is_cut(self) -> bool:
        return self.rows.has_next


def rows_list(request: HttpRequest, base: Any, of: TableOf, kind: TableKind, *, page_size: int = PAGE) -> Listing:
    """Return the list of the rows of a table of a base; who may change them is led to each."""
    changes = request.user.has_perm("registers.fill", base)
    columns = list(of.columns(kind))
    if changes:
        columns.append(Column(_("变更"), lambda r: _("变更"), kind="action", url=lambda r: row_url(base, of, r.pk), export=False))
    rows: Any = of.model._default_manager.filter(base=base)
    return Listing(
        request,
        rows.select_related(*of.reads) if of.reads else rows,
        columns,
        title=f"{base.name_zh}{of.called(kind)}",
        name=of.code,
        order=of.order,
        search=of.search,
        empty_title=_("还没有%s") % of.noun,
        empty_hint=str(of.hint),
        page_size=page_size,
    )


def row_url(base: Any, of: TableOf, row: int) -> str:
    return reverse("base_line", args=[base.pk, of.code, row])


def part_of(request: HttpRequest, base: Any, code: str) -> Part | None:
    """Return a table of a base as a part of its page; None where its kind has none."""
    found = table_of(base, code)
    if found is None:
        return None
    of, kind = found
    may = request.user.has_perm("registers.fill", base)
    return Part(
        of,
        kind,
        rows_list(request, base, of, kind, page_size=SHOWN),
        reverse("base_table", args=[base.pk, code]),
        reverse("base_line_new", args=[base.pk, code]) if may else "",
    )


def parts_of(request: HttpRequest, base: Any, codes: tuple[str, ...]) -> list[Part]:
    return [part for code in codes if (part := part_of(request, base, code)) is not None]
