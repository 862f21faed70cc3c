"""Pages for those who see entries from inside: lists, a new entry, the page of an entry with its tabs."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from headwater.core.permission import page
from headwater.core.web import attempt
from headwater.registers.cleaning import cleaned_answers
from headwater.registers.declared import REGISTERS, RegisterOf
from headwater.registers.doors import inside_entry, page_of, register_or_404
from headwater.registers.entries import entries_of
from headwater.registers.forms import NewEntryForm
from headwater.registers.kinds import kinds_here
from headwater.registers.listings import entry_list
from headwater.registers.pages import ENGINE_TABS, entry_page, is_moving_rows, questions_of, read_questions
from headwater.registers.services.opening import Draft, open_entry
from headwater.registers.shapes import Kind


@page("registers.list")
def registers(request: HttpRequest) -> HttpResponse:
    """List the registers of which one sees entries from inside, with how many."""
    kinds = kinds_here()
    lines = []
    for register in sorted(REGISTERS.values(), key=lambda r: r.place):
        if mine := [k for k in kinds.values() if k.register == register.code]:
            count = entries_of(register).inside(request.user).count()
            lines.append({"register": register, "kinds": mine, "count": count})
    return render(request, "registers/office_registers.html", {"lines": lines})


@page("registers.list")
def register(request: HttpRequest, register: str) -> HttpResponseBase:
    found = register_or_404(register)
    rows = entry_list(request, found, public=False)
    answer = rows.listing.export()
    if answer:
        return answer
    may_open = request.user.has_perm("registers.open")
    context = {
        "rows": rows,
        "list": rows.listing,
        "view": request.GET.get("view", ""),
        "new_kinds": list(rows.kinds.values()) if may_open else [],
        "may_import": request.user.has_perm("registry.import"),
    }
    return render(request, "registers/office_register.html", context)


@page("registers.open")
def new(request: HttpRequest, register: str, kind: str) -> HttpResponse:
    """Open an entry of a kind."""
    found = register_or_404(register)
    of = kinds_here(found.code).get(kind)
    if of is None:
        raise Http404
    post = request.POST if request.method == "POST" else None
    moving = is_moving_rows(request)
    form = NewEntryForm(found, of, post)
    values, errors = read_questions(of.form, post) if post is not None else ({}, {})
    if not moving and not errors:
        values, reasons = cleaned_answers(of.form, values)
        errors = {reason.field: reason.text for reason in reasons}
    if post is not None and not moving and not errors and form.is_valid():
        made: list[Any] = []

        def work() -> None:
            made.append(open_entry(register=found, draft=_draft(found, of, form, values), actor=request.actor))

        if attempt(request, work, form=form, success=_("已登记。")):
            return redirect(page_of(found, made[0]))
    context = {
        "register": found,
        "kind": of,
        "form": NewEntryForm(found, of, initial=post.dict()) if post is not None and moving else form,
        "sections": questions_of(of.form, None, {}, values, post, errors),
    }
    return render(request, "registers/new_entry.html", context, status=200 if post is None or moving else 422)


def _draft(register: RegisterOf, kind: Kind, form: NewEntryForm, answers: dict[str, Any]) -> Draft:
    values = form.cleaned_data
    typed = [f.name for f in register.fields]
    columns = {n: values[n] for n in ("name_en", "name_mn", "place", "discipline", "field", "latitude", "longitude", *typed)}
    return Draft(
        kind=kind.code,
        name_zh=values["name_zh"],
        host=values["host"],
        state=values["state"],
        number=values["number"],
        since=values["since"],
        columns=columns,
        answers=answers,
        keepers={role: values[role] for role in kind.roles if values.get(role)},
    )


@page("registers.view")
def entry(request: HttpRequest, register: str, pk: int, tab: str = "record") -> HttpResponse:
    found = register_or_404(register)
    row = inside_entry(request, found, pk)
    context = entry_page(request, found, row, tab)
    if context is None:
        raise Http404
    return render(request, ENGINE_TABS.get(tab, "registers/entry_tab.html"), context)
