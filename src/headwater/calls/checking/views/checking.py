"""Pages of the formal check: the queue, the clear ones together, one application with its evidence, the answer to a re-check."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Case, IntegerField, Q, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from headwater.calls.checking.services import acts
from headwater.calls.checking.services.checking import clear_ones, decide_check
from headwater.calls.checking.services.exports import APPLICATIONS
from headwater.calls.checking.services.rechecking import answer_recheck
from headwater.calls.clocks import timeline
from headwater.calls.deciding.services.sights import recheck_sight
from headwater.calls.forms import AnswerForm, CheckForm
from headwater.calls.models import Application, Call, Decision, FormalCheck, record_of_refusal
from headwater.calls.pages import RELATED, application_context, confirmed, the_call
from headwater.calls.schemes import scheme_of
from headwater.calls.states import IN_THE_HOUSE, REFUSAL_CODES, State
from headwater.calls.terms import region_words
from headwater.calls.words import state_choices, state_word, words_of
from headwater.core import clock
from headwater.core.i18n import both, named
from headwater.core.jobs import enqueue
from headwater.core.listing import PAGE, Column, Filter, Listing
from headwater.core.own import without_own
from headwater.core.permission import access, may, page
from headwater.core.views.acts import confirm_act
from headwater.core.views.archives import bar_answer
from headwater.core.web import attempt
from headwater.registry.queries import basis_of, person_url, region_of
from headwater.schemes.evidence import evidence_of

WAITING = (State.RECEIVED, State.RECHECK)
PLACES = {FormalCheck.Verdict.FAULTY: 0, FormalCheck.Verdict.EYES: 1, FormalCheck.Verdict.CLEAR: 2}
"""The queue shows what needs work first; what no rule has looked at yet comes last."""
UNCHECKED = len(PLACES)
NARROWING = ("verdict", "state", "q")
"""What narrows the queue goes with the officer from one application to the next."""


def narrowing(request: HttpRequest) -> str:
    query = urlencode({name: request.GET[name] for name in NARROWING if request.GET.get(name)})
    return f"?{query}" if query else ""


def waiting(request: HttpRequest, call: Call) -> Any:
    """Return what waits in a call for an officer who takes no part in it, with its place in the order of work."""
    place = Case(
        *(When(check_result__verdict=verdict, then=Value(n)) for verdict, n in PLACES.items()),
        default=Value(UNCHECKED),
        output_field=IntegerField(),
    )
    rows = Application.objects.visible_to(request.user).filter(call=call, state__in=WAITING)
    return without_own(rows, request.user).annotate(place=place)


def queue(request: HttpRequest, call: Call, size: int = PAGE) -> Listing:
    where, leader_page = narrowing(request), person_url(request.user)
    return Listing(
        request,
        waiting(request, call),
        name="check",
        title=f"{call.code} {_('形式审查')}",
        order="place",
        search=("title_zh", "number", "leader__name_zh"),
        columns=[
            Column(
                words_of(call)["title"],
                lambda a: named(a, "title"),
                kind="title",
                url=lambda a: f"/office/applications/{a.pk}/{where}",
            ),
            Column(_("编号"), lambda a: a.number),
            Column(_("申请人"), lambda a: both(a.leader), url=lambda a: leader_page(a.leader)),
            Column(
                _("自动检查"),
                lambda a: FormalCheck.Verdict(a.check_result.verdict) if hasattr(a, "check_result") else "",
                kind="state",
            ),
            Column(
                _("问题代码"),
                lambda a: "、".join(a.check_result.failed) if hasattr(a, "check_result") else _("尚未检查"),
                phone=True,
            ),
            Column(_("状态"), lambda a: state_word(call, State(a.state)), kind="state"),
        ],
        only=(
            "number",
            "title_zh",
            "state",
            "leader__name_zh",
            "leader__organisation",
            "leader__account",
            "check_result__verdict",
            "check_result__failed",
        ),
        filters=[
            Filter("verdict", _("自动检查"), FormalCheck.Verdict.choices, "check_result__verdict"),
            Filter("state", _("状态"), state_choices(call, WAITING), "state"),
        ],
        selectable=True,
        page_size=size,
        empty_title=_("没有待审查的申请"),
        empty_hint=_("收到的申请都已审查完毕。"),
    )


@page("calls.check")
def check_queue(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the formal check: the officer runs the rules, accepts the clear applications together and looks at the rest one by
    one.
    """
    call = the_call(request, pk, "calls.check")
    if request.method == "POST" and "format" not in request.POST:
        job = enqueue("calls.formal_check", actor=request.actor, call=call.pk)
        return redirect("job", pk=job.pk)
    listing = queue(request, call)
    if request.method == "POST":
        return bar_answer(request, listing, kind=APPLICATIONS, title=f"{call.code} {_('形式审查')}")
    clear = clear_ones(call, request.user).count()
    return listing.export() or render(
        request, "calls/checking/check.html", {"list": listing, "call": call, "clear": clear, "tab": "check"}
    )


@page("calls.check")
def accept_clear(request: HttpRequest, pk: int) -> HttpResponse:
    """Show exactly what would be accepted, to read and to download. Once it is confirmed and has not changed since, a job
    accepts it.
    """
    call = the_call(request, pk, "calls.check")
    rows = clear_ones(call, request.user)
    keys = rows.order_by("pk").values_list("pk", "check_result__ran_at")
    digest = hashlib.sha256("\n".join(f"{key} {ran}" for key, ran in keys).encode()).hexdigest()
    if request.method == "POST":
        if request.POST.get("seen") == digest and keys:
            job = enqueue("calls.accept_clear", actor=request.actor, call=call.pk, until=clock.now().isoformat())
            return redirect("job", pk=job.pk)
        messages.warning(request, _("您核对之后情况有变化，没有办理任何一项；请重新核对。"))
    leader_page = person_url(request.user)
    listing = Listing(
        request,
        rows,
        name=f"{call.code}-clear",
        title=f"{call.code} {_('受理自动通过的')}",
        order="number",
        search=("title_zh", "number", "leader__name_zh", "host__name_zh"),
        columns=[
            Column(
                words_of(call)["title"], lambda a: both(a, "title"), kind="title", url=lambda a: f"/office/applications/{a.pk}/"
            ),
            Column(_("编号"), lambda a: a.number, sort="number"),
            Column(_("申请人"), lambda a: both(a.leader), url=lambda a: leader_page(a.leader)),
            Column(_("依托单位"), lambda a: both(a.host)),
            Column(_("检查时间"), lambda a: a.check_result.ran_at, kind="date"),
        ],
        only=(
            "number",
            "title_zh",
            "leader__name_zh",
            "leader__organisation",
            "leader__account",
            "host__name_zh",
            "check_result__ran_at",
        ),
        empty_title=_("没有自动通过的申请"),
    )
    act = acts.accepting_clear(len(keys), f"/office/calls/{pk}/check/")
    context = {"list": listing, "call": call, "act": act, "count": len(keys), "seen": digest, "tab": "check"}
    return listing.export() or render(request, "calls/checking/accept_clear.html", context)


def neighbours(rows: Any, place: int, pk: int) -> tuple[int | None, int | None]:
    """Return the keys of the applications before and after a place in the queue."""
    before = rows.filter(Q(place__lt=place) | Q(place=place, pk__lt=pk)).order_by("-place", "-pk")
    after = rows.filter(Q(place__gt=place) | Q(place=place, pk__gt=pk)).order_by("place", "pk")
    return before.values_list("pk", flat=True).first(), after.values_list("pk", flat=True).first()


def similar(request: HttpRequest, row: Application) -> dict[str, Any]:
    """Return the applications with the same title or text. The officer learns only number and share of those outside their
    calls, and nothing of their own.
    """
    same = Application.objects.filter(title_zh=row.title_zh, state__in=IN_THE_HOUSE).exclude(pk=row.pk)
    same_title = list(without_own(same, request.user).select_related("leader")[:5])
    likenesses = list(without_own(row.likenesses.all(), request.user).select_related("other__leader", "other__call"))
    keys = [a.pk for a in same_title] + [x.other_id for x in likenesses]
    visible = set(Application.objects.visible_to(request.user).filter(pk__in=keys).values_list("pk", flat=True))
    return {"same_title": same_title, "likenesses": likenesses, "visible": visible}


def explained(row: Application, results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the answers of the rules with their inputs in words and the source that the region names for each rule."""
    region, scheme = region_of(row.call.scheme.region), scheme_of(row.call)
    general, words = basis_of(region, "rules"), region_words(row.call)
    return [r | {"evidence": evidence_of(r, scheme, words), "source": basis_of(region, r["rule"]) or general} for r in results]


@page("calls.check")
def application(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an application as the officer sees it, with the evidence beside each rule. One key accepts, one refuses, others go
    on and back.
    """
    row = access(request.user, "calls.check", Application.objects.visible_to(request.user).select_related(*RELATED), pk=pk)
    result = getattr(row, "check_result", None)
    place = PLACES[FormalCheck.Verdict(result.verdict)] if result else UNCHECKED
    where = narrowing(request)
    listing = queue(request, row.call, size=1)
    form = CheckForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        following = neighbours(listing.rows_all, place, row.pk)[1]
        then = f"/office/applications/{following}/{where}" if following else f"/office/calls/{row.call_id}/check/{where}"
        answer = _answered(request, row, form.cleaned_data["note"], then)
        if answer is not None:
            return answer
    before, after = neighbours(listing.rows_all, place, row.pk) if row.state in WAITING else (None, None)
    return render(
        request,
        "calls/checking/office_application.html",
        {
            **application_context(row, reader=request.user),
            **similar(request, row),
            "call": row.call,
            "result": result,
            "results": explained(row, result.results) if result else [],
            "rechecked": record_of_refusal(row),
            "codes": REFUSAL_CODES.items(),
            "steps": timeline(row, to_host=True),
            "letters": row.letters.all(),
            "may_answer": row.state == State.RECHECK and may(request.user, "calls.recheck.answer", row),
            "typed": request.POST if request.method == "POST" else None,
            "ticked": request.POST.getlist("codes") if request.method == "POST" else result.failed if result else [],
            "before": before,
            "after": after,
            "where": where,
            "form": form,
            "seen": recheck_sight(row).token if row.state == State.RECHECK else "",
        },
        status=422 if form.errors else 200,
    )


def _answered(request: HttpRequest, row: Application, note: str, then: str) -> HttpResponse | None:
    """Accept at once what the rules have looked at. A refusal, and what no rule has looked at, are read once more first. None
    where the command refuses at once.
    """
    accept, codes = request.POST.get("decision") == "accept", request.POST.getlist("codes")
    unchecked = accept and not hasattr(row, "check_result") and row.state == State.RECEIVED
    chosen = {"accept": accept, "codes": [] if accept else codes, "note": note, "unchecked": unchecked}
    work = partial(decide_check, applications=[row], actor=request.actor, **chosen)
    done = _("已受理。") if accept else _("已决定不予受理，通知书已生成。")
    refusable = not accept and row.state == State.RECEIVED and bool(codes) and all(c in REFUSAL_CODES for c in codes)
    if unchecked or refusable:
        act = acts.accepting_unchecked(row, note, request.get_full_path()) if accept else None
        act = act or acts.refusing(row, codes, note, request.get_full_path())
        return confirm_act(request, act, work, done, then=then, template="calls/act.html", call=row.call, tab="check")
    return redirect(then) if attempt(request, work, success=done) else None


@page("calls.check", methods=("POST",))
def recheck(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the answer to a re-check with all that it does, and give it once it is confirmed."""
    row = access(
        request.user, "calls.recheck.answer", Application.objects.visible_to(request.user).select_related(*RELATED), pk=pk
    )
    form = AnswerForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("请写明复审决定的理由"))
        return redirect("office_application", pk=pk)
    revoke, answer = request.POST.get("decision") == "revoke", form.cleaned_data["answer"]
    seen = request.POST.get("seen", "")
    if not confirmed(request, answer):
        return render(request, "calls/answer_preview.html", _of_recheck(row, revoke, answer, seen))
    attempt(
        request,
        lambda: answer_recheck(application=row, revoke=revoke, answer=answer, actor=request.actor, seen=seen),
        success=_("复审决定已发出。"),
    )
    return redirect("office_application", pk=pk)


def _of_recheck(row: Application, revoke: bool, answer: str, seen: str) -> dict[str, Any]:
    decided = isinstance(record_of_refusal(row), Decision)
    revoked = _("撤销原决定，申请重新提出决定") if decided else _("撤销原决定，申请转为“已受理”，进入评审")
    kept = state_word(row, State.REJECTED if decided else State.NOT_ACCEPTED).label
    goes_on = revoked if revoke else _("维持原决定，申请保持“%s”，不能再申请复审") % kept
    return {
        "call": row.call,
        "title": _("核对复审决定"),
        "chosen": _("撤销原决定") if revoke else _("维持原决定"),
        "answer": answer,
        "acts": [goes_on, f"{words_of(row)['letter_recheck']}：{answer}"],
        "recipients": _("申请人和依托单位，通知书即时发出"),
        "hidden": {"decision": "revoke" if revoke else "uphold", "seen": seen},
        "back": f"/office/applications/{row.pk}/",
        "action": f"/office/applications/{row.pk}/recheck/",
        "tab": "check",
    }
