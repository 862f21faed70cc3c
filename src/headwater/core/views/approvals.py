"""What waits for somebody's approval, and a matter with its chain: what it is, who answered what, and the answer of the reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.db.models import DateTimeField, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.core import clock
from headwater.core.acts import Act
from headwater.core.approvals import CHAINS, NOTE_CHARS, accounts_asked, answer, case_sight, in_the_way, subject_of, waiting_for
from headwater.core.i18n import named
from headwater.core.listing import Column, Filter, Listing
from headwater.core.models import ApprovalAnswer, ApprovalCase, ApprovalStep, Verdict
from headwater.core.permission import access, page
from headwater.core.roles import ROLES
from headwater.core.views.acts import confirm_act, given

VERBS = {
    Verdict.APPROVE: gettext_lazy("批准这一事项"),
    Verdict.REFUSE: gettext_lazy("驳回这一事项"),
    Verdict.SEND_BACK: gettext_lazy("退回修改"),
}
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
SOON_DAYS = 3
DUE = (("late", gettext_lazy("已逾期")), ("soon", gettext_lazy("三日内到期")), ("none", gettext_lazy("没有期限")))
PARTS = {
    "": ("approvals", gettext_lazy("待我审批")),
    "answered": ("approvals_answered", gettext_lazy("我办理过的")),
    "proposed": ("approvals_proposed", gettext_lazy("我提出的")),
}


@dataclass(frozen=True)
class ShownStep:
    """A step as a page shows it: `answers` with who gave them, `stands` is done, now or empty."""

    step: ApprovalStep
    answers: list[ApprovalAnswer]
    stands: str

    @property
    def missing(self) -> int:
        given = [a for a in self.answers if a.verdict == Verdict.APPROVE and a.voided_at is None]
        return max(0, self.step.least - len(given))


def chain_shown(case: ApprovalCase) -> list[ShownStep]:
    """Return the steps of a case with their answers: two queries."""
    by_step: dict[int, list[ApprovalAnswer]] = {}
    for one in case.answers.select_related("account").order_by("pk"):
        by_step.setdefault(one.step_id, []).append(one)
    done = case.state == ApprovalCase.State.APPROVED

    def stands(step: ApprovalStep) -> str:
        return "done" if done or step.place < case.place else "now" if case.is_open and step.place == case.place else ""

    return [ShownStep(step, by_step.get(step.pk, []), stands(step)) for step in case.steps.order_by("place")]


def _in_time(rows: QuerySet[ApprovalCase], choice: str) -> QuerySet[ApprovalCase]:
    now = clock.now()
    if choice == "none":
        return rows.filter(due_sort=NEVER)
    return (
        rows.filter(due_sort__lt=now) if choice == "late" else rows.filter(due_sort__range=(now, now + timedelta(days=SOON_DAYS)))
    )


def _due(case: Any) -> Any:
    return case.due_at if case.is_open else None


@page("core.approval.view")
def approvals(request: HttpRequest, part: str = "") -> HttpResponse:
    """List what waits for the reader, most urgent first, or what they answered, or proposed."""
    rows: QuerySet[ApprovalCase] = {
        "": waiting_for(request.user),
        "answered": ApprovalCase.objects.filter(Q(answers__account=request.user)).distinct(),
        "proposed": ApprovalCase.objects.filter(proposed_by=request.user),
    }[part]
    far = Value(NEVER, DateTimeField())
    listing = Listing(
        request,
        rows.with_step().annotate(due_sort=Coalesce("due_at", far)).select_related("proposed_by"),
        [
            Column(_("事项"), lambda c: c.title, kind="title", url=lambda c: reverse("approval", args=[c.pk])),
            Column(_("类别"), lambda c: CHAINS[c.subject_kind].label),
            Column(_("提出人"), lambda c: named(c.proposed_by) if c.proposed_by else _("系统")),
            Column(_("提出时间"), lambda c: c.proposed_at, sort="proposed_at", kind="date"),
            Column(_("当前步骤"), lambda c: ROLES[c.asked_role].label if c.is_open else ""),
            Column(_("办理期限"), _due, sort="due_sort", kind="date", phone=True),
            Column(_("状态"), lambda c: ApprovalCase.State(c.state), kind="state"),
        ],
        title=_("审批"),
        name="approvals",
        order="-id" if part else "due_sort",
        search=("title_zh", "title_en", "proposed_by__name_zh"),
        filters=[
            Filter("kind", _("类别"), [(kind, chain.label) for kind, chain in CHAINS.items()], "subject_kind"),
            Filter("due", _("办理期限"), DUE, apply=_in_time),
            *([Filter("state", _("状态"), ApprovalCase.State.choices, "state")] if part else []),
        ],
        empty_title=_("没有待您审批的事项") if not part else _("还没有记录"),
        empty_hint=_("轮到您办理的事项会按期限排在这里；您提出或参与的事项由他人办理。"),
    )
    tabs = [(label, reverse(route), code == part) for code, (route, label) in PARTS.items()]
    return listing.export() or render(request, "core/approvals.html", {"list": listing, "tabs": tabs})


class AnswerForm(forms.Form):
    """The reason of an answer; without one nothing is refused or sent back."""

    note = forms.CharField(max_length=NOTE_CHARS, widget=forms.Textarea(attrs={"rows": 3}))
    back_to = forms.ChoiceField(required=False)

    def __init__(self, data: Any, *, verdict: Verdict, earlier: list[ApprovalStep]) -> None:
        super().__init__(data)
        note = self.fields["note"]
        note.required = verdict != Verdict.APPROVE
        note.label = _("意见（选填）") if verdict == Verdict.APPROVE else _("理由")
        note.error_messages["required"] = _("请写明理由")
        if verdict == Verdict.SEND_BACK and earlier:
            steps = [(s.code, _("第 %(n)d 步：%(role)s") % {"n": s.place, "role": s.role_label}) for s in earlier]
            self.fields["back_to"] = forms.ChoiceField(
                label=_("退回到"), required=False, choices=[("", _("提出人（修改后重新提交）")), *steps]
            )
        else:
            del self.fields["back_to"]


@page("core.approval.view")
def approval(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a matter and its chain to who is in it; the answer is read as an act before it is given."""
    case = access(request.user, "core.approval.view", ApprovalCase.objects.visible_to(request.user), pk=pk)
    verdict = request.POST.get("verdict", "")
    if request.method == "POST" and verdict in Verdict.values:
        return _answer(request, case, Verdict(verdict))
    chain, subject = CHAINS[case.subject_kind], subject_of(case)
    steps, waits = chain_shown(case), waiting_for(request.user).filter(pk=case.pk).exists()
    now = next((s for s in steps if s.stands == "now"), None)
    context = {
        "case": case,
        "chain": chain,
        "url": chain.url(subject),
        "shown": chain.show(request, subject),
        "steps": steps,
        "now": now,
        "waits": waits,
        "against": in_the_way(case, request.user) if waits else [],
        "seen": case_sight(case).token,
        "verbs": VERBS.items(),
        "nobody": now is not None and not accounts_asked(case, now.step).exists(),
    }
    return render(request, "core/approval.html", context)


def _answer(request: HttpRequest, case: ApprovalCase, verdict: Verdict) -> HttpResponse:
    steps = list(case.steps.order_by("place"))
    step, url = steps[case.place - 1], reverse("approval", args=[case.pk])
    form = AnswerForm(given(request), verdict=verdict, earlier=steps[: case.place - 1])
    looked = request.POST.get("looked", "")
    why_not = in_the_way(case, request.user) if verdict == Verdict.APPROVE else []
    changes, told = _consequences(case, steps, verdict)
    act = Act(
        title=_("%(verdict)s：%(title)s") % {"verdict": VERBS[verdict], "title": case.title},
        verb=str(VERBS[verdict]),
        back=url,
        changes=changes,
        told=told,
        undo=_("意见提交后不能更改；后面的步骤可以退回重办，办结后须另行提出。"),
        blocked=[r.text for r in why_not],
        hidden={"verdict": verdict.value, "looked": looked},
        form=form,
    )

    def work() -> None:
        note, back_to = form.cleaned_data["note"], form.cleaned_data.get("back_to", "")
        answer(case=case, verdict=verdict, seen=looked, note=note, back_to=back_to, actor=request.actor)

    about = _("第 %(n)d 步：%(role)s") % {"n": step.place, "role": step.role_label}
    return confirm_act(request, act, work, _("已办理。"), then=reverse("approvals"), about=about)


def _consequences(case: ApprovalCase, steps: list[ApprovalStep], verdict: Verdict) -> tuple[list[str], list[str]]:
    """Say what an answer brings about, and who is told."""
    proposer = _("提出人 %s") % named(case.proposed_by) if case.proposed_by else _("提出人")
    if verdict == Verdict.REFUSE:
        return [_("事项办结，结果为“不予批准”")], [_("%s，连同理由") % proposer]
    if verdict == Verdict.SEND_BACK:
        back = [_("退回提出人的，本次审批结束，修改后重新提交"), _("退回前面步骤的，从该步起已有的意见作废，重新办理")]
        return back if case.place > 1 else back[:1], [_("%s，连同理由") % proposer]
    step = steps[case.place - 1]
    approved = case.answers.filter(step=step, verdict=Verdict.APPROVE, voided_at=None).count() + 1
    if approved < step.least:
        return [_("本步骤还需另外 %d 人批准") % (step.least - approved)], []
    if case.place < len(steps):
        following = steps[case.place]
        words = {"n": following.place, "role": following.role_label}
        return [_("进入第 %(n)d 步，由“%(role)s”办理") % words], [_("“%s”中可以办理的人员") % following.role_label]
    subject = subject_of(case)
    return [_("事项办结，结果为“已批准”"), *map(str, CHAINS[case.subject_kind].effect(subject))], [proposer]
