"""The acts on the grades of a round, each shown before it is done: drafted, approved, published, discarded; and what follows from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from headwater.casework.notices.periods import provisional
from headwater.casework.notices.services.publishing import kind_named, period_of
from headwater.core import clock
from headwater.core.acts import Act, ReasonForm
from headwater.core.errors import Refused
from headwater.core.i18n import named
from headwater.core.permission import may, page
from headwater.core.views.acts import confirm_act, given
from headwater.evaluations.material import in_force, material_of
from headwater.evaluations.models import GradeDraft, Round
from headwater.evaluations.results import results_from
from headwater.evaluations.services.following import carry_out, consequences_due
from headwater.evaluations.services.grading import (
    approve_grades,
    discard_grades,
    draft_grades,
    grades_sight,
    publish_grades,
    standing_against,
)
from headwater.evaluations.showing import grade_name, why_words
from headwater.evaluations.views.doors import open_draft, round_url, the_round
from headwater.registry.queries import region_code


def heading() -> list[str]:
    return [_("组别"), _("编号"), _("名称"), _("名次"), _("总分"), _("等次"), _("说明")]


@page("evaluations.view")
def grades(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Show an act on the grades of a round with its exact rows, and do it once it is confirmed as it was shown."""
    if act not in ACTS:
        raise Http404
    action, make = ACTS[act]
    round_ = the_round(request, pk)
    draft = open_draft(round_)
    record: Any = draft if action == "evaluations.approve" else round_.call
    if record is None or not may(request.user, action, record):
        raise PermissionDenied(action)
    return make(request, round_, draft)


def _drafting(request: HttpRequest, round_: Round, draft: GradeDraft | None) -> HttpResponse:
    materials = material_of(round_)
    graded = in_force(round_)
    results = [r for r in results_from(round_, materials) if r.entrant.pk not in graded]
    against = [r.text for r in standing_against(round_, materials)]
    blocked = [*against, *([_("已有拟定的等次待核准或公示")] if draft else []), *([] if results else [_("所有条目都已有等次")])]
    act = Act(
        title=_("核对后拟定等次"),
        verb=_("拟定等次（%d 个）") % len(results),
        back=round_url(round_),
        columns=heading(),
        rows=[
            [
                str(r.entrant.group_name) or "—",
                r.entrant.number,
                named(r.entrant),
                r.graded.rank or "—",
                r.points.total,
                str(grade_name(round_.of, r.graded.grade)),
                why_words(round_.of, r.graded.why, r.graded.passed_over, r.material.vetoes),
            ]
            for r in results
        ],
        changes=[_("各项得分及其来源随等次一并冻结，核准、公示都以此为准"), _("冻结后核对清单、核定值和否决不能再改")],
        told=[_("委员会和其他主管：待办中出现核准")],
        undo=_("公示之前可以作废，写明理由后重新拟定。"),
        blocked=blocked,
    )
    return confirm_act(request, act, lambda: draft_grades(round_=round_, actor=request.actor), _("等次已拟定，请另一人核准。"))


def _rows(draft: GradeDraft) -> list[list[Any]]:
    sheet = draft.round.of
    rows = draft.grades.select_related("entrant").order_by("entrant__group", "rank", "entrant__number")
    return [
        [
            str(g.entrant.group_name) or "—",
            g.entrant.number,
            named(g.entrant),
            g.rank or "—",
            g.total,
            str(grade_name(sheet, g.grade)),
            why_words(sheet, g.why, g.passed_over, g.vetoes),
        ]
        for g in rows
    ]


def _approving(request: HttpRequest, round_: Round, draft: GradeDraft | None) -> HttpResponse:
    if draft is None:
        raise Http404
    rows = _rows(draft)
    act = Act(
        title=_("核对后核准等次"),
        verb=_("核准（%d 个）") % len(rows),
        back=round_url(round_),
        columns=heading(),
        rows=rows,
        changes=[_("等次可以公示；此时参评条目还不知道结果")],
        told=[_("本批次的主管：请发布公示")],
        undo=_("公示之前可以作废，写明理由后重新拟定。"),
        blocked=[] if draft.state == GradeDraft.State.DRAFTED else [_("没有待核准的等次")],
    )
    seen = grades_sight(draft).token
    return confirm_act(request, act, lambda: approve_grades(draft=draft, seen=seen, actor=request.actor), _("已核准。"))


def _publishing(request: HttpRequest, round_: Round, draft: GradeDraft | None) -> HttpResponse:
    if draft is None:
        raise Http404
    rows = _rows(draft)
    version = kind_named(round_.notice_kind, region_code())
    last, ends = period_of(version)
    note = provisional(last.missing)
    act = Act(
        title=_("核对后公示等次"),
        verb=_("公示（%d 个）") % len(rows),
        back=round_url(round_),
        columns=heading(),
        rows=rows,
        changes=[
            _("公示期：%(start)s 至 %(end)s") % {"start": clock.today(), "end": clock.last_day(ends)}
            + (f"。{note}" if note else ""),
            _("名称、依托单位、组别和拟定等次即时公开；得分只有参评条目自己和主管看到"),
            _("期满没有成立的异议的，等次自动生效；有异议的先处理"),
        ],
        told=[_("名单上各条目的负责人、秘书和依托单位")],
        undo=_("公示后不能收回；有误的按异议处理，异议成立的另行评定。"),
        blocked=[] if draft.state == GradeDraft.State.APPROVED else [_("等次尚未核准")],
    )
    seen = grades_sight(draft).token
    return confirm_act(request, act, lambda: publish_grades(draft=draft, seen=seen, actor=request.actor), _("已公示。"))


def _discarding(request: HttpRequest, round_: Round, draft: GradeDraft | None) -> HttpResponse:
    if draft is None:
        raise Http404
    act = Act(
        title=_("核对后作废拟定的等次"),
        verb=_("作废"),
        back=round_url(round_),
        columns=heading(),
        rows=_rows(draft),
        changes=[_("这些等次作废，留作记录；核对清单、核定值和否决可以再改")],
        undo=_("可以重新拟定。"),
        form=ReasonForm(given(request)),
    )
    reason = request.POST.get("reason", "")
    return confirm_act(request, act, lambda: discard_grades(draft=draft, reason=reason, actor=request.actor), _("已作废。"))


def _following(request: HttpRequest, round_: Round, draft: GradeDraft | None) -> HttpResponse:
    due = consequences_due(round_, request.user)
    ready = [d for d in due if not d.reasons]
    act = Act(
        title=_("核对后办理评估结果的运用"),
        verb=_("办理（%d 项）") % len(ready),
        back=round_url(round_),
        columns=[_("编号"), _("名称"), _("等次"), _("办理事项"), _("方式")],
        rows=[
            [
                d.entry.number,
                named(d.entry),
                str(grade_name(round_.of, d.grade.grade)) + (_("（连续两次）") if d.grade.again else ""),
                str(d.verb.label),
                _("提交审批") if d.verb.chain else _("先行公示") if d.verb.notice else _("直接办理"),
            ]
            for d in ready
        ],
        changes=[_("须审批的逐项提交审批，末步同意时生效；其余即时生效"), _("补助资格在经费到位之前只是资格记录")],
        told=[_("各条目的负责人、秘书和依托单位；审批链第一步的办理人")],
        undo=_("审批结束前可由提出人逐项撤回。"),
        warnings=[f"{d.entry.number} {d.verb.label}：{'；'.join(r.text for r in d.reasons)}" for d in due if d.reasons],
        blocked=[] if ready else [_("没有可以办理的事项")],
    )

    def work() -> None:
        if not ready:
            raise Refused.because(_("没有可以办理的事项"))
        carry_out(round_=round_, grades=[d.grade.pk for d in ready], actor=request.actor)

    return confirm_act(request, act, work, _("已办理。"))


Make = Callable[[HttpRequest, Round, "GradeDraft | None"], HttpResponse]
ACTS: dict[str, tuple[str, Make]] = {
    "draft": ("evaluations.draft", _drafting),
    "approve": ("evaluations.approve", _approving),
    "publish": ("evaluations.publish", _publishing),
    "discard": ("evaluations.draft", _discarding),
    "follow": ("evaluations.follow", _following),
}
