"""The score sheet of one entry: for officers with what they find of it, for its own people as it was graded."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from headwater.core.permission import access, page
from headwater.core.web import attempt, key_in
from headwater.evaluations.forms import TickForm, ValueForm, VetoForm
from headwater.evaluations.material import Material, material_of
from headwater.evaluations.models import Entrant, Grade, Round, Veto
from headwater.evaluations.services.verifying import answer_veto, correct_value, enter_veto, tick, withdraw_value
from headwater.evaluations.sheets import CHECKLIST, QUANTITY
from headwater.evaluations.showing import frozen_sheet, grade_name, live_sheet, veto_choices, veto_name, why_words
from headwater.evaluations.subjects import entry_of
from headwater.evaluations.views.doors import entrant_url, open_draft, the_entrant, the_round
from headwater.evaluations.visits import visits_of
from headwater.registers.doors import page_of
from headwater.registers.subjects import register_of


@page("evaluations.view")
def entrant(request: HttpRequest, pk: int, entrant: int) -> HttpResponse:
    """Show an entry's score sheet, row by row, with what its points came from; officers tick, correct and veto here."""
    round_ = the_round(request, pk)
    row = the_entrant(request, round_, entrant)
    material = material_of(round_, [row])[row.pk]
    bound: dict[str, forms.Form] = {}
    if request.method == "POST":
        answer = _act(request, round_, row, material, bound)
        if answer is not None:
            return answer
    entry = entry_of(row)
    context = {
        "round": round_,
        "call": round_.call,
        "row": row,
        "entry_url": page_of(register_of(entry), entry) if entry is not None else "",
        "heads": live_sheet(round_, material, marks=request.user.has_perm("evaluations.marks", row)),
        "total": material.points(round_.of).total,
        "vetoes": [
            (v, veto_name(round_.of, v.code), _may_answer(request, v))
            for v in row.vetoes.select_related("entered_by", "answered_by")
        ],
        "missing_material": "no_material" in material.vetoes,
        "grades": [_graded(round_, g) for g in row.grades.order_by("-pk")],
        "visits": visits_of(round_, [row]),
        "may_verify": request.user.has_perm("evaluations.verify", row) and not round_.closed_at and open_draft(round_) is None,
        "ticks": [bound.get(f"tick-{i.code}") or _tick_form(round_, row, material, i.code) for i in _of(round_, row, CHECKLIST)],
        "value_form": bound.get("value") or ValueForm(_indicators(round_, row), auto_id="value-%s"),
        "veto_form": bound.get("veto") or VetoForm(veto_choices(round_.of), auto_id="veto-%s"),
        "verified": [v for v in material.verified.values() if v.value is not None],
    }
    return render(request, "evaluations/entrant.html", context, status=422 if bound else 200)


def _may_answer(request: HttpRequest, veto: Veto) -> bool:
    return veto.state == Veto.State.PROPOSED and request.user.has_perm("evaluations.confirm", veto)


def _of(round_: Round, row: Entrant, kind: str) -> list[Any]:
    return [i for i in round_.of.of_type(row.type) if i.kind == kind]


def _indicators(round_: Round, row: Entrant) -> list[tuple[str, str]]:
    return [(i.code, f"{i.name}（{i.unit}）" if i.unit.zh else str(i.name)) for i in _of(round_, row, QUANTITY)]


def _tick_form(round_: Round, row: Entrant, material: Material, code: str, data: Any = None) -> TickForm:
    indicator = round_.of.indicator(code)
    found = material.verified.get(code)
    first = {"indicator": code, "met": (found.met or []) if found else [], "note": found.note if found else ""}
    items = [(c, str(words)) for c, words in indicator.items] if indicator else []
    form = TickForm(items, data, initial=first, auto_id=f"tick-{code}-%s")
    form.label = str(indicator.name) if indicator else ""  # type: ignore[attr-defined]
    return form


def _graded(round_: Round, g: Grade) -> dict[str, Any]:
    return {"grade": g, "name": grade_name(round_.of, g.grade), "why": why_words(round_.of, g.why, g.passed_over, g.vetoes)}


def _act(
    request: HttpRequest, round_: Round, row: Entrant, material: Material, bound: dict[str, forms.Form]
) -> HttpResponse | None:
    """Do what was sent; None where a form has mistakes, which is then among `bound`."""
    do = request.POST.get("do", "")
    back = redirect(entrant_url(row))
    if do == "tick":
        form: forms.Form = _tick_form(round_, row, material, request.POST.get("indicator", ""), request.POST)
        return _done(
            request,
            form,
            _("核对清单已保存。"),
            lambda v: tick(entrants=[row], actor=request.actor, **v),
            back,
            bound,
            f"tick-{request.POST.get('indicator', '')}",
        )
    if do == "value":
        form = ValueForm(_indicators(round_, row), request.POST, auto_id="value-%s")
        return _done(
            request,
            form,
            _("核定值已保存。"),
            lambda v: correct_value(entrant=row, actor=request.actor, **v),
            back,
            bound,
            "value",
        )
    if do == "withdraw":
        code = request.POST.get("indicator", "")
        attempt(request, lambda: withdraw_value(entrant=row, indicator=code, actor=request.actor), success=_("核定值已撤回。"))
        return back
    if do == "veto":
        form = VetoForm(veto_choices(round_.of), request.POST, auto_id="veto-%s")
        return _done(
            request,
            form,
            _("已登记，由另一位主管核定。"),
            lambda v: enter_veto(entrant=row, actor=request.actor, **v),
            back,
            bound,
            "veto",
        )
    if do in {"confirm", "drop"}:
        veto = get_object_or_404(row.vetoes.select_related("entrant"), pk=key_in(request.POST, "veto"))
        attempt(request, lambda: answer_veto(veto=veto, confirm=do == "confirm", actor=request.actor), success=_("已核定。"))
        return back
    raise Http404


def _done(
    request: HttpRequest, form: forms.Form, success: str, work: Any, back: HttpResponse, bound: dict[str, forms.Form], name: str
) -> HttpResponse | None:
    if form.is_valid() and attempt(request, lambda: work(form.cleaned_data), form=form, success=success):
        return back
    bound[name] = form
    return None


@page("evaluations.result")
def result(request: HttpRequest, pk: int) -> HttpResponse:
    """Show those who answer for an entry how its grade came about, from the day on which it is published."""
    rows = Grade.objects.filter(state__in=[Grade.State.PUBLISHED, Grade.State.FINAL, Grade.State.STRUCK])
    grade: Grade = access(
        request.user, "evaluations.result", rows.select_related("entrant__round__call__scheme", "draft__notice"), pk=pk
    )
    round_ = grade.entrant.round
    context = {
        "round": round_,
        "row": grade.entrant,
        "grade": grade,
        "name": grade_name(round_.of, grade.grade),
        "why": why_words(round_.of, grade.why, grade.passed_over, grade.vetoes),
        "heads": frozen_sheet(grade),
    }
    return render(request, "evaluations/result.html", context)
