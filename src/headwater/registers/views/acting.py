"""Verbs of the kinds of entries, each shown before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.acts import Act, ReasonForm
from headwater.core.errors import Refused
from headwater.core.i18n import named
from headwater.core.permission import page
from headwater.core.roles import ROLES
from headwater.core.views.acts import confirm_act, given
from headwater.core.web import attempt, keys_in
from headwater.registers.approving import effects_in_words
from headwater.registers.columns import standing
from headwater.registers.declared import Doing, RegisterOf
from headwater.registers.doors import inside_entry, page_of, register_or_404, rows_of
from headwater.registers.kinds import kinds_here
from headwater.registers.models import Proposal
from headwater.registers.pages import is_moving_rows, questions_of, read_questions, requirements
from headwater.registers.services.acting import apply_verb, waiting, weigh, withdraw_proposal


@page("registers.act")
def do(request: HttpRequest, register: str, kind: str, verb: str) -> HttpResponse:
    """Show what a verb would do to the chosen entries of a kind, with what it asks, and do it."""
    found = register_or_404(register)
    of = kinds_here(found.code).get(kind)
    if of is None or verb not in of.verb:
        raise Http404
    chosen = keys_in(request.POST if request.method == "POST" else request.GET, "pk")
    entries = list(rows_of(found).inside(request.user).filter(pk__in=chosen, kind=kind).order_by("number"))
    if not entries:
        raise Http404
    what, weighing = of.verb[verb], Doing(kind=of, verb=of.verb[verb], on=clock.today(), account=request.user)
    post = request.POST if request.POST.get("confirmed") else None
    values, errors = read_questions(what.asks, post) if post is not None else ({}, dict[str, str]())
    context: dict[str, Any] = {"register": found, "kind": of, "what": what, "requirements": requirements(found, what)}

    def work() -> None:
        reason, keys = request.POST.get("reason", ""), [e.pk for e in entries]
        try:
            apply_verb(register=found, entries=keys, verb=verb, reason=reason, values=values, actor=request.actor)
        except Refused as refused:
            errors.update({r.field: r.text for r in refused.reasons if r.field and r.field != "reason"})
            raise

    act = _act(request, found, entries, weighing)
    done = post is not None and not errors and not is_moving_rows(request)
    if done:
        said = _("已提交审批。") if what.chain else _("已公示。") if what.notice else _("已办理。")
        answer = confirm_act(request, act, work, said, template="registers/do.html")
        if answer.status_code == HTTPStatus.FOUND:
            return answer
    context |= {"act": act, "form": act.form, "asks": questions_of(what.asks, entries[0], {}, values, post, errors)}
    return render(request, "registers/do.html", context, status=200 if post is None or is_moving_rows(request) else 422)


def _act(request: HttpRequest, register: RegisterOf, entries: Sequence[Any], weighing: Doing) -> Act:
    verb, kind = weighing.verb, weighing.kind
    prospects = weigh(register, entries, weighing)
    blocked = [r.text for p in prospects for r in p.reasons] + [r.text for r in waiting(entries)]
    after = str(kind.state[verb.target].label)
    rows = [[e.number, named(e), str(standing(e)), after] for e in entries]
    changes = effects_in_words(register, weighing, entries)
    if verb.chain:
        roles = " → ".join(str(ROLES[link.role].label) for link in verb.chain)
        changes = [_("提交审批：%s；末步同意时生效") % roles, *changes]
    return Act(
        title=f"{verb.label}",
        verb=_("提交审批") if verb.chain else _("公示") if verb.notice else str(verb.label),
        back=page_of(register, entries[0]) if len(entries) == 1 else f"/office/registers/{register.code}/?kind={kind.code}",
        changes=changes,
        undo=_undo(weighing),
        told=[_("条目的负责人、秘书和依托单位管理员"), *([_("审批链第一步的办理人")] if verb.chain else [])],
        columns=[_("编号"), _("名称"), _("现状态"), _("办理后")],
        rows=rows,
        blocked=list(dict.fromkeys(blocked)),
        hidden={"pk": [e.pk for e in entries]},
        form=ReasonForm(given(request)),
    )


def _undo(weighing: Doing) -> str:
    """Say how what was done is taken back: by which verbs from the new state, or not at all."""
    if weighing.verb.chain:
        return _("审批结束前可由提出人撤回；生效后按种类规定的其他办理事项变更。")
    if weighing.verb.notice:
        return _("公示期内异议成立的，不予办理；生效后按种类规定的其他办理事项变更。")
    back = [str(v.label) for v in weighing.kind.verbs_from(weighing.verb.target)]
    return _("之后可以办理：%s。") % "、".join(back) if back else _("办理后不能再变更状态。")


@page("registers.act", methods=("POST",))
def withdraw(request: HttpRequest, register: str, pk: int) -> HttpResponse:
    """Take back what waits for its approval with an entry."""
    found = register_or_404(register)
    row = inside_entry(request, found, pk)
    proposal = get_object_or_404(Proposal, state=Proposal.State.OPEN, subject_kind=found.label_of_model, subject_id=row.pk)
    attempt(request, lambda: withdraw_proposal(proposal=proposal, actor=request.actor), success=_("已撤回。"))
    return redirect(page_of(found, row))
