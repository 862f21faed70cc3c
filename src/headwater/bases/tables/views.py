"""Pages of the tables beside the record of a base: the whole list with its files, a row, taking one away."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.bases.models import Base
from headwater.bases.parts import TableKind
from headwater.bases.tables.declared import TableOf
from headwater.bases.tables.importing import columns_of, import_lines, read_file
from headwater.bases.tables.lists import rows_list
from headwater.bases.tables.parts import table_of
from headwater.bases.tables.services import put_line, remove_line
from headwater.core.acts import Act, ReasonForm
from headwater.core.errors import Refused
from headwater.core.i18n import named
from headwater.core.permission import access, page
from headwater.core.views.acts import confirm_act, given
from headwater.core.web import attempt, key_in
from headwater.registers.contexts import RELATED
from headwater.registers.doors import page_of
from headwater.registers.subjects import register_of
from headwater.registry.tables import MOST_BYTES, ImportResult

Found = tuple[Base, TableOf, TableKind]


def found_table(request: HttpRequest, pk: int, table: str, action: str = "registers.view") -> Found:
    """Return a base that the reader sees from inside, with one of its tables; any other does not exist."""
    rows = Base.objects.inside(request.user).select_related("version", *RELATED)
    base = access(request.user, action, rows, pk=pk)
    found = table_of(base, table)
    if found is None:
        raise Http404
    return base, *found


@page("registers.view")
def rows(request: HttpRequest, pk: int, table: str) -> HttpResponseBase:
    base, of, kind = found_table(request, pk, table)
    listing = rows_list(request, base, of, kind)
    answer = listing.export()
    if answer:
        return answer
    may = request.user.has_perm("registers.fill", base)
    context = {
        "base": base,
        "of": of,
        "name": of.called(kind),
        "list": listing,
        "back": page_of(register_of(base), base),
        "new_url": reverse("base_line_new", args=[pk, table]) if may else "",
        "import_url": reverse("base_lines_import", args=[pk, table]) if may else "",
    }
    return render(request, "bases/tables/table.html", context)


@page("registers.fill")
def new_row(request: HttpRequest, pk: int, table: str) -> HttpResponse:
    base, of, kind = found_table(request, pk, table, "registers.fill")
    return _row_page(request, base, of, kind, None)


@page("registers.fill")
def row(request: HttpRequest, pk: int, table: str, row: int) -> HttpResponse:
    base, of, kind = found_table(request, pk, table, "registers.fill")
    record = of.model._default_manager.filter(base=base, pk=row).first()
    if record is None:
        raise Http404
    return _row_page(request, base, of, kind, record)


def _row_page(request: HttpRequest, base: Base, of: TableOf, kind: TableKind, record: Any) -> HttpResponse:
    """Show the form of a row and put what it says."""
    names = [f.name for f in of.model._meta.concrete_fields]
    initial = {name: getattr(record, name) for name in names} if record else None
    post = request.POST if request.method == "POST" else None
    form = of.form(base, kind, post, initial=initial)
    back = reverse("base_table", args=[base.pk, of.code])
    if post is not None and form.is_valid():
        seen = key_in(post, "seen")

        def work() -> None:
            key = record.pk if record else None
            put_line(table=of.code, base=base, values=form.cleaned_data, row=key, seen=seen, actor=request.actor)

        if attempt(request, work, form=form, success=_("已保存。")):
            return redirect(reverse("base_line_new", args=[base.pk, of.code]) if "more" in post else back)
    context = {
        "base": base,
        "of": of,
        "name": of.called(kind),
        "row": record,
        "form": form,
        "seen": post.get("seen", "") if post is not None else record.revision if record else 0,
        "back": back,
        "remove_url": reverse("base_line_remove", args=[base.pk, of.code, record.pk]) if record else "",
    }
    return render(request, "bases/tables/line.html", context, status=422 if form.errors else 200)


@page("registers.fill")
def remove(request: HttpRequest, pk: int, table: str, row: int) -> HttpResponse:
    base, of, kind = found_table(request, pk, table, "registers.fill")
    record = of.model._default_manager.filter(base=base, pk=row).first()
    if record is None:
        raise Http404
    kept = of.keeps(record)
    act = Act(
        title=_("删除%s") % of.noun,
        verb=_("删除"),
        back=reverse("base_table", args=[pk, table]),
        changes=[_("这一行不再计入任何数字；原来的内容留在历史中")],
        undo=_("不能恢复，需要时重新登记。曾经存在、已经结束的，应填写结束日期而不是删除。"),
        columns=[str(of.noun), str(of.called(kind))],
        rows=[[str(record), named(base)]],
        blocked=[kept] if kept else [],
        hidden={"revision": record.revision},
        form=ReasonForm(given(request)),
    )

    def work() -> None:
        reason, seen = request.POST.get("reason", ""), key_in(request.POST, "revision")
        remove_line(table=table, base=base, row=row, seen=seen, reason=reason, actor=request.actor)

    return confirm_act(request, act, work, _("已删除。"))


class FileForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("表格（xlsx 或 csv）"), widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}))


@page("registers.fill")
def import_file(request: HttpRequest, pk: int, table: str) -> HttpResponse:
    """Check a file of rows, or put them: every bad cell is told with its line, and then nothing is put."""
    base, of, kind = found_table(request, pk, table, "registers.fill")
    post = request.POST if request.method == "POST" else None
    form, results = FileForm(post, request.FILES if post is not None else None), list[ImportResult]()
    back = reverse("base_table", args=[pk, table])
    if post is not None and form.is_valid():
        sent = form.cleaned_data["file"]
        given = {"name": sent.name, "content": sent.read(MOST_BYTES + 1)}

        def work() -> None:
            if len(given["content"]) > MOST_BYTES:
                raise Refused.because(_("文件不能超过 10 MB"), field="file")
            if "put" in post:
                results.append(import_lines(base, of, kind, **given, actor=request.actor))
            else:
                results.append(read_file(base, of, kind, **given).result)

        done = attempt(request, work, form=form)
        if done and not results[0].dry_run:
            messages.success(request, _("已导入 %d 行。") % results[0].added)
            return redirect(back)
    context = {
        "base": base,
        "of": of,
        "name": of.called(kind),
        "form": form,
        "columns": columns_of(base, of, kind),
        "result": results[0] if results else None,
        "back": back,
    }
    bad = bool(form.errors or (results and results[0].errors))
    return render(request, "bases/tables/import.html", context, status=422 if bad else 200)
