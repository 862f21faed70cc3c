"""Pages of experts: invitations and the review desk."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.calls.models import Party
from headwater.calls.pages import application_context
from headwater.calls.schemes import scheme_of
from headwater.calls.signatures import documents_for
from headwater.calls.words import grade_words
from headwater.core import clock
from headwater.core.errors import Refused
from headwater.core.i18n import named
from headwater.core.numbers import BadNumber, read_decimal
from headwater.core.permission import access, page
from headwater.core.web import attempt, keys_in
from headwater.registry.models import own_records
from headwater.review.models import Assignment, Conflict, Familiarity, Opinion
from headwater.review.rules import contradiction, hint_rule
from headwater.review.services.conflicts import declare_conflict
from headwater.review.services.inviting import answer_invitations
from headwater.review.services.opinions import save_opinions
from headwater.review.terms import review_terms, weights_of
from headwater.schemes.judging import Criterion, Judging

State = Assignment.State


def mine(request: HttpRequest) -> Any:
    return (
        Assignment.objects.visible_to(request.user)
        .filter(expert__person__in=own_records(request.user))
        .select_related("application__call__scheme", "application__discipline", "expert__person", "round")
    )


@page("review.desk")
def desk(request: HttpRequest) -> HttpResponse:
    """Invitations first, then what is to be written, then what is done. Of what has become one's own case since one was asked, call and
    number alone, to step back from it.
    """
    rows = mine(request).order_by("due_at", "pk")
    if request.method == "POST":
        assignments = list(rows.filter(state=State.INVITED, pk__in=keys_in(request.POST, "pk")))
        accept = request.POST.get("answer") == "accept"
        if not assignments:
            messages.error(request, _("请先选择邀请"))
        else:
            attempt(
                request,
                lambda: answer_invitations(
                    assignments=assignments,
                    accept=accept,
                    reason=request.POST.get("reason", ""),
                    actor=request.actor,
                    agree=request.POST.getlist("agree"),
                ),
                success=_("已接受 %d 项评审。") % len(assignments) if accept else _("已谢绝 %d 项。") % len(assignments),
            )
        return redirect("review")
    return render(
        request,
        "review/desk.html",
        {
            "to_leave": Assignment.objects.to_leave(request.user).select_related("application__call").order_by("pk"),
            "invited": rows.filter(state=State.INVITED),
            "writing": rows.filter(state=State.ACCEPTED),
            "done": rows.filter(state=State.SUBMITTED)[:100],
            "documents": expert_documents(list(rows.filter(state=State.INVITED))),
            "decline_reasons": reasons_to_decline(_("近期没有时间"), _("不熟悉该领域"), _("存在回避关系")),
        },
    )


def reasons_to_decline(*words: str) -> list[tuple[str, str]]:
    return [("", _("谢绝原因")), *((word, word) for word in words)]


def expert_documents(rows: list[Assignment]) -> list[Any]:
    """What an expert signs by accepting these invitations: each wording once."""
    by_application = documents_for([r.application for r in rows], Party.EXPERT)
    return list({d.digest: d for documents in by_application.values() for d in documents}.values())


@page("review.desk")
def assignment(request: HttpRequest, pk: int) -> HttpResponse:
    """Before accepting: topic and abstract only. Afterwards: the application left, the form right."""
    row = access(request.user, "review.opinion.read", mine(request), pk=pk)
    if row.state in {State.DECLINED, State.EXPIRED, State.RELEASED}:
        raise Http404
    if row.state == State.INVITED:
        context = {"row": row, "conflicts": Conflict.Kind.choices, "documents": expert_documents([row])}
        context["decline_reasons"] = reasons_to_decline(_("近期没有时间"), _("不熟悉该领域"))
        return render(request, "review/invitation.html", context)
    return opinion_page(request, row)


def opinion_page(request: HttpRequest, row: Assignment) -> HttpResponse:
    call = row.application.call
    weights = weights_of(call, row.application.research_class)
    least, judging = review_terms(call).least_chars, scheme_of(call).judging
    errors: dict[str, str] = {}
    typed = None
    if request.method == "POST" and row.state == State.ACCEPTED:
        values, errors = read_opinion(request.POST, judging)
        submit = request.POST.get("do") == "submit"
        if not errors:
            try:
                save_opinions(values={row.pk: values}, actor=request.actor, submit=submit)
                messages.success(request, _("评审意见已提交。") if submit else _("已保存。"))
                return redirect("review" if submit else request.path)
            except Refused as refused:
                errors = {r.field or "_": r.text for r in reversed(refused.reasons)}  # the first reason of a field is shown
        errors = keep(row, values, request) | errors
        typed = request.POST
    opinion = row.opinion
    if typed:
        opinion.refresh_from_db()
    criteria = [
        criterion(c, weights[c.code], typed.get(f"score_{c.code}") if typed else opinion.scores.get(c.code, ""), errors)
        for c in judging.criteria
        if weights.get(c.code, 0) > 0
    ]
    return render(
        request,
        "review/opinion.html",
        {
            **application_context(row.application, judging=True),
            "row": row,
            "opinion": opinion,
            "criteria": criteria,
            "values": typed or {"grade": opinion.grade, "familiarity": opinion.familiarity, **texts_of(opinion)},
            "grades": grade_words(call),
            "familiarities": Familiarity.choices,
            "least": least,
            "errors": errors,
            "hint_rule": json.dumps(hint_rule(weights, judging)),
            "disagrees": opinion.total is not None and opinion.grade and contradiction(opinion.total, opinion.grade, judging),
        },
        status=422 if errors else 200,
    )


def criterion(c: Criterion, weight: int, value: Any, errors: dict[str, str]) -> dict[str, Any]:
    """One criterion as the form shows it, in the reader's language."""
    name = f"score_{c.code}"
    hint = " · ".join(filter(None, [named(c, "help"), "0–100", *(f"{a.points}: {named(a)}" for a in c.anchors)]))
    texts = {"label": named(c, "label"), "hint": hint, "share": f"{weight}%"}
    return {"name": name, "id": f"s-{c.code}", "value": value, "error": errors.get(name, ""), **texts}


def texts_of(opinion: Opinion) -> dict[str, str]:
    return {"text_applicant": opinion.text_applicant, "text_fund": opinion.text_fund}


def read_opinion(post: Any, judging: Judging, names: set[str] | None = None) -> tuple[dict[str, Any], dict[str, str]]:
    """Typed values of an opinion form, and what could not be read, by field.

    The form carries `names`, else whatever was posted: such a field that is blank is cleared (None), any other stays as it was.
    """
    carried = set(post) if names is None else names
    values: dict[str, Any] = {"scores": {}}
    errors: dict[str, str] = {}
    for criterion in judging.criteria:
        if (name := f"score_{criterion.code}") in carried:
            try:
                values["scores"][criterion.code] = read_score(post.get(name, ""))
            except BadNumber as bad:
                errors[name] = str(bad)
    for name, allowed in (("grade", judging.values), ("familiarity", Familiarity.values)):
        if name in carried:
            text = post.get(name, "")
            if text and text not in map(str, allowed):
                errors[name] = _("请从列表中选择")
            else:
                values[name] = int(text) if text else None
    for name in ("text_applicant", "text_fund"):
        if name in carried:
            values[name] = post.get(name, "")
    return values, errors


def read_score(text: str) -> float | None:
    """A score from 0 to 100; nothing typed is none.

    Raises:
        BadNumber: it is not one.
    """
    if not text.strip():
        return None
    number = read_decimal(text)
    if not 0 <= number <= 100:
        raise BadNumber(_("应为 0 至 100 的数，例如 85 或 85.5"))
    return float(number)


def keep(row: Assignment, values: dict[str, Any], request: HttpRequest) -> dict[str, str]:
    """Save what can be saved: a text that is refused does not take the marks with it. Returns the errors by field."""
    errors: dict[str, str] = {}
    for _attempt in range(2):
        try:
            save_opinions(values={row.pk: values}, actor=request.actor)
            break
        except Refused as refused:
            errors |= {r.field or "_": r.text for r in refused.reasons}
            values = {k: v for k, v in values.items() if k not in errors}
    return errors


@page("review.desk", methods=("POST",))
def autosave(request: HttpRequest, pk: int) -> HttpResponse:
    row = access(request.user, "review.opinion.write", mine(request), pk=pk)
    judging = scheme_of(row.application.call).judging
    values, errors = read_opinion(request.POST, judging, set(request.POST.getlist("_fields")))
    errors |= keep(row, values, request)
    return JsonResponse({"message": _("已自动保存 %s") % f"{timezone.localtime(clock.now()):%H:%M:%S}", "errors": errors})


@page("review.desk", methods=("POST",))
def conflict(request: HttpRequest, pk: int) -> HttpResponse:
    """An expert declares a conflict: the assignment ends at once and the pair can never be made again."""
    to_leave = Assignment.objects.to_leave(request.user).select_related("application", "expert__person")
    own = to_leave.filter(pk=pk).exists()
    row = access(request.user, "review.assignment.leave", to_leave if own else mine(request), pk=pk)
    if (
        attempt(
            request,
            lambda: declare_conflict(
                application=row.application,
                expert=row.expert,
                kind="declared",
                evidence=request.POST.get("evidence", ""),
                actor=request.actor,
            ),
            success=_("已登记回避，谢谢。"),
        )
        or own
    ):
        return redirect("review")
    return redirect("assignment", pk=pk)
