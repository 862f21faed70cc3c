"""Pages on which officers draft calls: clone, change, read the form as an applicant would. A second officer then approves."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.calls.applying.services.assigning import assign
from headwater.calls.applying.views.typed import basic_context, control_of, read_values
from headwater.calls.endorsing.services.batches import plan_invitation
from headwater.calls.facts import topic_results
from headwater.calls.forms import CallForm, InvitationForm, SchemeForm
from headwater.calls.loading import answers_in
from headwater.calls.models import Application, Call
from headwater.calls.pages import RELATED, confirm, the_call
from headwater.calls.publishing.services import acts
from headwater.calls.publishing.services.calls import CALL_FIELDS, save_call
from headwater.calls.publishing.services.cloning import clone_call, full_call, last_call
from headwater.calls.publishing.services.stages import LEAST_WORDS, invite
from headwater.calls.schemes import scheme_of
from headwater.calls.states import Stage, State
from headwater.calls.terms import call_terms, overrides_from, terms_of, usual_start, usual_terms
from headwater.core.errors import Refused
from headwater.core.i18n import named
from headwater.core.own import without_own
from headwater.core.permission import page
from headwater.core.views.acts import confirm_act
from headwater.core.web import attempt, keys_in
from headwater.forms.answers.judging import field_facts, judge
from headwater.forms.answers.state import Answers
from headwater.forms.binding import bind, live
from headwater.forms.results import Result, Verdict
from headwater.schemes import Scheme
from headwater.schemes.rules import Facts, PersonFacts, evaluation


@page("calls.call.begin")
def new_call(request: HttpRequest) -> HttpResponse:
    """Draft a call from last year's of the same scheme. Nothing is stored before it is saved."""
    start = SchemeForm(request.GET or None)
    if not start.is_valid():
        return redirect("office")
    scheme, year = start.cleaned_data["scheme"], start.cleaned_data["year"]
    call = clone_call(scheme=scheme, year=year, last=last_call(scheme))
    return edit_page(request, call, f"{_('新建批次')}：{named(scheme)}")


@page("calls.call.begin")
def new_full_call(request: HttpRequest, pk: int) -> HttpResponse:
    outline = the_call(request, pk, "calls.call.begin")
    if outline.stage != Stage.OUTLINE:
        return redirect("call_board", pk=pk)
    return edit_page(request, full_call(outline), f"{_('新建正式申报批次')}：{named(outline, 'title')}")


@page("calls.call.draft")
def edit_call(request: HttpRequest, pk: int) -> HttpResponse:
    call = the_call(request, pk, "calls.call.draft")
    return edit_page(request, call, f"{_('修改批次')}：{named(call, 'title')}")


def edit_page(request: HttpRequest, call: Call, title: str) -> HttpResponse:
    terms = call_terms(call)
    form = CallForm(request.POST or None, call=call, terms=terms)
    if request.method == "POST" and form.is_valid():
        for name in {*CALL_FIELDS, "stage"} & set(form.cleaned_data) & set(request.POST):
            setattr(call, name, form.cleaned_data[name])
        call.overrides = overrides_from(terms, form.cleaned_data)
        if attempt(request, lambda: save_call(call=call, actor=request.actor), form=form, success=_("批次已保存。")):
            return redirect("call_board", pk=call.pk)
    context = {"form": form, "title": title, "call": call, "last": call.cloned_from if call.pk is None else None}
    return render(request, "calls/publishing/call_edit.html", context, status=422 if form.errors else 200)


@page("calls.board")
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the form as an applicant will see it, to be tried. It answers like the editor and stores nothing."""
    call = the_call(request, pk)
    scheme = scheme_of(call)
    trial = Application(call=call, limit_year=call.year, limit_group=scheme.limit_group, starts_on=usual_start(call))
    trial.amount_fen, trial.months = usual_terms(call)
    errors: dict[str, str] = {}
    if request.method == "POST":
        values, errors = read_values(request.POST, [n for n in request.POST if n != "csrfmiddlewaretoken"], scheme)
        errors |= _try(trial, values)
    answers = answers_in(call)(trial, {}, 0)
    if request.headers.get("X-Autosave"):
        return JsonResponse({"message": _("试填：没有保存"), "errors": errors, "live": live(answers)})
    results = _judged(trial, scheme, answers) if request.method == "POST" else []
    return render(
        request,
        "calls/publishing/call_preview.html",
        {
            "call": call,
            "application": trial,
            "scheme": scheme,
            "parts": [(s, bind(s.fields, answers, request.POST if errors else None, errors)) for s in scheme.sections],
            "errors": errors,
            **basic_context(trial, request.POST if errors else None),
            "own": True,
            "results": [r for r in results if r.outcome == Verdict.FAILED],
        },
        status=422 if errors else 200,
    )


ON_THE_FORM = frozenset(
    {"title_given", "discipline_chosen", "sections_complete", "amount_in_range", "term_in_range", "note_filled"}
)
"""Rules that need nobody's records: what the form itself holds."""


def _judged(row: Application, scheme: Scheme, answers: Answers) -> list[Result]:
    """Return the results of the rules and of the scheme's checks on what was typed."""
    facts = Facts(
        year=row.call.year,
        deadline=timezone.localtime(row.call.closes_at),
        leader=PersonFacts(name=""),
        scheme=scheme.code,
        flags=frozenset(row.flags),
        fields=field_facts(answers),
        title_length=len(row.title_zh.strip()),
        title_words=scheme.words.table["title"],
        discipline_level=row.discipline.level if row.discipline else None,
        amount_fen=row.amount_fen,
        months=row.months,
    )
    judged = evaluation([u for u in scheme.rules if u.name in ON_THE_FORM], terms_of(row.call))(facts)
    return [*judged, *topic_results(row, row.call), *judge(answers)]


def _try(trial: Application, values: dict[str, Any]) -> dict[str, str]:
    """Put values on an application that is never saved. Returns what would be refused."""
    errors: dict[str, str] = {}
    for name, value in values.items():
        try:
            assign(trial, {name: value})
        except Refused as refused:
            errors |= {control_of(r.field): r.text for r in refused.reasons}
    return errors


@page("calls.check")
def invitations(request: HttpRequest, pk: int) -> HttpResponse:
    """List the outlines that may be invited. The officer chooses, reads the exact rows, and invites all of them or none."""
    call = the_call(request, pk, "calls.check")
    others = without_own(Application.objects.visible_to(request.user).filter(call=call), request.user)
    rows = others.filter(state__in=[State.ACCEPTED, State.REVIEWED]).select_related(*RELATED).order_by("number")
    here = request.path
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        yes = request.POST.get("decision", "invite") == "invite"
        pks = keys_in(request.POST, "pk")
        chosen = list(rows.filter(pk__in=pks).prefetch_related("participants__person"))
        reason = form.cleaned_data["reason"]
        if not chosen:
            messages.error(request, _("请先选择申请"))
        elif yes:
            plan = plan_invitation(chosen, request.user)
            page_context = {"title": _("核对后邀请正式申报"), "action": here, "back": here, "verb": _("确认邀请")}
            return confirm(
                request,
                plan,
                lambda: invite(applications=plan.ready, yes=True, actor=request.actor),
                _("已邀请 %d 项。"),
                page_context,
            )
        elif len(reason.strip()) < LEAST_WORDS:
            form.add_error("reason", _("请写明不邀请的理由"))
        else:
            act = acts.not_inviting(chosen, reason.strip(), here)
            work = partial(invite, applications=chosen, yes=False, reason=reason, actor=request.actor)
            told = _("已告知 %d 项未受邀。") % len(chosen)
            return confirm_act(request, act, work, told, template="calls/act.html", call=call, tab="invite")
    done = others.filter(state=State.INVITED).select_related("leader", "host").order_by("number")
    context = {"call": call, "rows": rows, "done": done, "tab": "invite", "form": form, "chosen": keys_in(request.POST, "pk")}
    return render(request, "calls/publishing/invite.html", context, status=422 if form.errors else 200)
