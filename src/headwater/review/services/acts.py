"""What the acts on experts do, as the officer reads it before: rows, consequences, who is told, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.calls.deciding.services.decisions import Proposal
from headwater.calls.models import Application, Call
from headwater.calls.phases import not_yet
from headwater.calls.states import State
from headwater.calls.words import words_of
from headwater.core import clock
from headwater.core.acts import Act, ReasonForm
from headwater.core.i18n import named
from headwater.review.models import ACTIVE, Assignment, Expert, Opinion, Round
from headwater.review.services.assigning import deadlines
from headwater.review.services.ending import Ending
from headwater.review.services.inviting import answer_dates
from headwater.review.services.replacing import Substitute
from headwater.review.services.selecting import Line
from headwater.review.terms import review_terms


class InviteForm(forms.Form):
    answer_by = forms.DateField(
        label=gettext_lazy("请专家答复的期限"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


def publishing(round_: Round, pairs: QuerySet[Assignment], back: str) -> Act:
    """The publication of a round: every pair, the dates, and the places that stay empty."""
    rows = list(pairs.select_related("application", "expert__person__organisation").order_by("application__number", "pk"))
    until, due = deadlines(round_.call)
    experts = {a.expert_id for a in rows}
    fresh = {a.application_id for a in rows if a.application.state == State.ACCEPTED}
    empty = round_.record.get("unfilled", 0)
    unfit = [a for a in rows if a.score <= 0]
    return Act(
        title=_("核对后发布指派方案"),
        verb=_("发布并邀请（%d 份）") % len(rows),
        back=back,
        columns=[_("申请编号"), _("专家"), _("申请"), _("单位"), _("匹配度")],
        rows=[
            [a.application.number, named(a.expert.person), named(a.application, "title"), _home(a.expert), f"{a.score:.3f}"]
            for a in rows
        ],
        changes=[
            _("向 %(experts)d 位专家发出 %(n)d 份评审邀请") % {"experts": len(experts), "n": len(rows)},
            _dates(until, due),
            *([_("%d 项申请开始通讯评审，申请人不能再撤回") % len(fresh)] if fresh else []),
        ],
        told=[_("%d 位专家：站内通知和邮件，附答复期限") % len(experts)],
        undo=_("方案发布后不能收回；尚未提交的评审任务可以逐项撤回，专家会收到通知。"),
        warnings=[_("还有 %d 个名额没有专家，这些申请的有效意见可能不足") % empty] if empty else [],
        blocked=[_("有 %d 对的匹配度为 0，不发出邀请；请重新运行指派") % len(unfit)] if unfit else [],
        hidden={"publish": round_.pk},
    )


def expiring(call: Call, late: QuerySet[Assignment], back: str) -> Act:
    """The end of invitations that nobody answered."""
    rows = list(late.select_related("application", "expert__person__organisation", "round").order_by("pk"))
    return Act(
        title=_("核对后收回逾期邀请"),
        verb=_("收回（%d 份）") % len(rows),
        back=back,
        columns=[_("专家"), _("申请编号"), _("申请"), _("答复期限")],
        rows=[
            [named(a.expert.person), a.application.number, named(a.application, "title"), _day(a.round.respond_by)] for a in rows
        ],
        changes=[_("这些专家不能再答复，名额由下一轮指派或加派补足")],
        told=[_("%d 位专家：邀请未在期限内答复，已收回") % len({a.expert_id for a in rows})],
        undo=_("收回的邀请不能恢复，也不再邀请同一位专家评审该申请；可以另请他人。"),
        blocked=[] if rows else [_("没有逾期未答的邀请")],
        hidden={"expire": "1"},
    )


def releasing(row: Assignment, back: str, data: Any) -> Act:
    """The end of one expert's task, with the reason that the expert reads."""
    valid = Assignment.objects.filter(application=row.application_id, state=Assignment.State.SUBMITTED).count()
    needed = review_terms(row.application.call).needed
    draft = Opinion.objects.filter(assignment=row).exclude(text_applicant="", scores={}).exists()
    return Act(
        title=_("核对后撤回评审任务"),
        verb=_("撤回"),
        back=back,
        columns=[_("专家"), _("申请编号"), _("申请"), _("状态"), _("评审截止"), _("草稿")],
        rows=[
            [
                named(row.expert.person),
                row.application.number,
                named(row.application, "title"),
                row.get_state_display(),
                _day(row.due_at),
                _("已保存，未提交") if draft else "—",
            ]
        ],
        changes=[
            _("该专家不能再答复或提交；已保存的草稿不计入结果"),
            _("该申请已有 %(valid)d 份有效意见，至少需要 %(needed)d 份") % {"valid": valid, "needed": needed},
        ],
        told=[_("%s：任务已收回，附所填的理由") % named(row.expert.person)],
        undo=_("不能恢复原任务，也不再邀请同一位专家评审该申请；可以另请他人。"),
        hidden={"release": row.pk},
        form=ReasonForm(data),
    )


def inviting(application: Application, one: Substitute, back: str, data: Any) -> Act:
    """One more invitation: fit, load and conflicts of the expert, and the date of the answer."""
    until, due = answer_dates(application.call)
    who, place = one.expert.person, one.expert.person.organisation_id
    same = Assignment.objects.filter(application=application, expert__person__organisation=place)
    alike = same.filter(state__in=ACTIVE).count() if place else 0
    most = review_terms(application.call).same_host
    starts = [_("申请开始通讯评审，申请人不能再撤回")] if application.state == State.ACCEPTED else []
    return Act(
        title=_("核对后邀请专家"),
        verb=_("发出邀请"),
        back=back,
        columns=[_("专家"), _("单位"), _("匹配度"), _("负荷"), _("回避关系")],
        rows=[[named(who), _home(one.expert), f"{one.fit:.3f}", one.load_said, "、".join(one.conflicts) or _("未发现")]],
        changes=[
            _("邀请其评审 %(number)s“%(title)s”") % {"number": application.number, "title": named(application, "title")},
            _("评审意见截止：%s") % _day(due),
            _("发出前再核对一次回避关系，有冲突的不发出"),
            *starts,
        ],
        told=[_("%s：站内通知和邮件，附答复期限") % named(who)],
        undo=_("专家提交意见之前可以撤回，须写明理由，专家会收到通知。"),
        warnings=[_("同一单位已有 %d 位专家评审该申请") % alike] if alike >= most else [],
        blocked=_against(one),
        hidden={"expert": one.expert.pk},
        form=InviteForm(data, initial={"answer_by": clock.last_day(until)}),
    )


def _against(one: Substitute) -> list[str]:
    reasons = [] if one.fits else [_("该专家与申请没有共同的申请代码和研究内容（匹配度为 0），不发出邀请")]
    reasons += [] if one.is_reader else [_("该专家不能阅读申请书所用的语言")]
    reasons += [] if one.has_room else [_("该专家已达评审上限")]
    return reasons + [_("不能指派：%s") % c for c in one.conflicts]


def ending(call: Call, plan: Ending, back: str, data: Any) -> Act:
    """The end of a review; its rows stand in tables of their own, and the command compares them by the digest of the plan."""
    early_call = not_yet(call)
    lost, people = len(plan.with_draft), {a.expert_id for a in plan.withdrawn}
    early = _("评审期限 %(day)s，提前 %(n)d 天结束；须写明理由") % {"day": _day(plan.due), "n": plan.days_early}
    return Act(
        title=_("结束评审"),
        verb=_("结束评审并排序（%d 项）") % len(plan.ready),
        back=back,
        changes=[
            *([early] if plan.due else [_("没有专家因此失去评审时间")]),
            _("%d 项结束评审，按已提交的意见排序") % len(plan.ready),
            _("%(n)d 项评审任务收回，其中 %(drafts)d 份草稿不计入结果") % {"n": len(plan.withdrawn), "drafts": lost},
            _("%d 项继续评审") % (len(plan.waiting) + len(plan.short)),
        ],
        told=[_("%d 位任务被收回的专家：致谢，并告知草稿没有提交") % len(people)] if people else [],
        blocked=[*([str(early_call)] if early_call else []), *([] if plan.ready else [_("没有一项申请有足够的有效意见")])],
        undo=_("结束评审不能撤销：收回的任务不能恢复，名次随之公布在决定页。意见不足的可以加派专家后再结束。"),
        form=ReasonForm(data) if plan.due else None,
    )


def proposing(call: Call, proposals: Sequence[Proposal], undecided: int, back: str) -> Act:
    """The proposal of decisions; its rows stand in tables of their own, beside the reasons that are asked."""
    words, fund = words_of(call), sum(1 for p in proposals if p.amount_fen is not None)
    counts = {"yes": words["proposed"], "n": fund, "no": words["not_proposed"], "m": len(proposals) - fund}
    left = undecided - len(proposals)
    return Act(
        title=_("核对决定"),
        verb=_("提出决定，提请核准（%d 项）") % len(proposals),
        back=back,
        changes=[
            _("提出 %(yes)s %(n)d 项、%(no)s %(m)d 项") % counts,
            *([_("另有 %d 项以后再提出；各项都有决定后才能核准") % left] if left > 0 else []),
            _("理由写进通知书；申请人在结果发布后才知道"),
        ],
        told=[_("提出人以外的项目主管和委员会：待办中出现“核准决定”")],
        undo=_("核准前可以在决定页逐项撤回，须写明理由；委员会也可以逐项退回。"),
    )


def drawing(lines: Sequence[Line], public: str, back: str) -> Act:
    """The draw among equals, made once."""
    return Act(
        title=_("核对后抽签"),
        verb=_("抽签"),
        back=back,
        columns=[_("编号"), _("申请"), _("组")],
        rows=[[a.number, named(a, "title"), line.group or "—"] for line in lines for a in line.equals],
        changes=[
            _("在得分相同的 %d 项中抽签，中签的列入建议") % sum(len(line.equals) for line in lines),
            _("公开种子：%s") % (public or _("由系统随机生成")),
            _("名单、种子和结果一并保存，任何人可以重演"),
        ],
        undo=_("抽签只进行一次，不能撤销或重抽。"),
        hidden={"do": "draw", "public": public},
    )


def _home(expert: Expert) -> str:
    return str(named(expert.person.organisation)) if expert.person.organisation else ""


def _dates(until: datetime, due: datetime) -> str:
    return _("请专家于 %(answer)s 前答复，评审意见截止 %(due)s") % {"answer": _day(until), "due": _day(due)}


def _day(at: datetime | None) -> str:
    return f"{clock.last_day(at)}" if at else ""
