"""Pages of the tables beside a base: list, new row, change, strike, file."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.bases.doors import KEEP, VIEW, base_for
from headwater.bases.rows.declared import ROWS, RowTable
from headwater.bases.rows.forms import RowForm, SheetForm
from headwater.bases.rows.importing import import_rows
from headwater.bases.rows.pages import cells, kind_has, may_keep, row_listing
from headwater.bases.rows.services import mark_of, put_row, strike_row
from headwater.core.acts import Act, ReasonForm
from headwater.core.errors import Refused
from headwater.core.i18n import named
from headwater.core.permission import page
from headwater.core.views.acts import confirm_act, given
from headwater.core.web import attempt
from headwater.registers.doors import page_of
from headwater.registers.subjects import register_of


def _door(request: HttpRequest, pk: int, table: str, action: str = VIEW) -> tuple[Any, RowTable]:
    entry = base_for(request, pk, action)
    if table not in ROWS or not kind_has(entry, ROWS[table]):
        raise Http404
    return entry, ROWS[table]


def _context(entry: Any, table: RowTable) -> dict[str, Any]:
    return {
        "entry": entry,
        "table": table,
        "back": reverse("base_rows", args=[entry.pk, table.code]),
        "base_url": page_of(register_of(entry), entry, table.tab),
    }


@page(VIEW)
def rows(request: HttpRequest, pk: int, table: str) -> HttpResponseBase:
    """List a table beside a base, with its files; who keeps it puts rows and takes files over."""
    entry, of = _door(request, pk, table)
    listing = row_listing(request, entry, of)
    answer = listing.export()
    if answer:
        return answer
    context = _context(entry, of) | {"list": listing, "may_keep": may_keep(request, entry), "sheet": SheetForm()}
    return render(request, "bases/rows.html", context)


@page(KEEP)
def new(request: HttpRequest, pk: int, table: str) -> HttpResponse:
    entry, of = _door(request, pk, table, KEEP)
    return _form(request, entry, of, None)


@page(KEEP)
def change(request: HttpRequest, pk: int, table: str, row: int) -> HttpResponse:
    entry, of = _door(request, pk, table, KEEP)
    return _form(request, entry, of, get_object_or_404(of.rows_of(entry), pk=row))


def _form(request: HttpRequest, entry: Any, of: RowTable, row: Any) -> HttpResponse:
    post = request.POST if request.method == "POST" else None
    form = RowForm(of, entry, post, row=row)
    seen = (post or {}).get("seen", "") if post is not None else (mark_of(row) if row is not None else "")
    if post is not None and form.is_valid():

        def work() -> None:
            put_row(table=of, entry=entry, values=form.cleaned_data, row=row, seen=seen, actor=request.actor)

        if attempt(request, work, form=form, success=_("已保存。")):
            return redirect(reverse("base_rows", args=[entry.pk, of.code]))
    context = _context(entry, of) | {"form": form, "row": row, "seen": seen}
    context["strike_url"] = reverse("base_row_strike", args=[entry.pk, of.code, row.pk]) if row is not None else ""
    return render(request, "bases/row_form.html", context, status=200 if post is None else 422)


@page(KEEP)
def strike(request: HttpRequest, pk: int, table: str, row: int) -> HttpResponse:
    """Show the row that is to be taken away, and take it away."""
    entry, of = _door(request, pk, table, KEEP)
    found = get_object_or_404(of.rows_of(entry), pk=row)
    form = ReasonForm(given(request))
    back = reverse("base_rows", args=[entry.pk, of.code])
    shown = cells(of, [found])[0]["cells"]
    act = Act(
        title=_("删除%(one)s：%(base)s") % {"one": of.one, "base": named(entry)},
        verb=_("删除"),
        back=back,
        changes=[_("这一行从登记中删除；审计记录保留其内容和理由")],
        undo=_("不能撤回；需要的，可重新登记。"),
        columns=[str(label) for label, _value, _kind in shown],
        rows=[[("" if value is None else value) for _label, value, _kind in shown]],
        form=form,
    )

    def work() -> None:
        strike_row(table=of, row=found, reason=form.cleaned_data["reason"], actor=request.actor)

    return confirm_act(request, act, work, _("已删除。"))


@page(KEEP, methods=("POST",))
def sheet(request: HttpRequest, pk: int, table: str) -> HttpResponse:
    """Take over the rows of a file; with one bad cell nothing is taken, and every bad cell is shown."""
    entry, of = _door(request, pk, table, KEEP)
    form = SheetForm(request.POST, request.FILES)
    result = None
    if form.is_valid():
        sent = form.cleaned_data["file"]
        try:
            result = import_rows(table=of, entry=entry, name=sent.name, content=sent.read(), actor=request.actor)
        except Refused as refused:
            for reason in refused.reasons:
                form.add_error("file" if reason.field == "file" else None, reason.text)
    if result is not None and not result.errors:
        words = {"added": result.added, "changed": result.changed, "rows": result.rows}
        messages.success(request, _("读取 %(rows)d 行：新增 %(added)d 行，修改 %(changed)d 行。") % words)
        return redirect(reverse("base_rows", args=[entry.pk, of.code]))
    context = _context(entry, of) | {"sheet": form, "result": result}
    return render(request, "bases/sheet.html", context, status=422)
