"""Transition tables of calls and applications."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.calls.models import Application, Call
from headwater.calls.phases import arrived
from headwater.calls.schemes import scheme_of
from headwater.calls.states import CANCELLABLE, CallState, Stage, State
from headwater.core import clock
from headwater.core.errors import Reason
from headwater.core.parameters import Parameters
from headwater.core.workflow import Transition, Workflow
from headwater.registry.queries import basis_of, region_of


def before_deadline(application: Application) -> Reason | None:
    """Return why an application misses the deadline. The deadline is hard, by the server's clock: its own second is already
    late.
    """
    call = application.call
    now = clock.now()
    if call.state != CallState.PUBLISHED or now < call.opens_at:
        return Reason(_("该批次尚未开始申报"), code="F14")
    if now >= call.closes_at:
        return Reason(_("已过申报截止时间 %s") % f"{timezone.localtime(call.closes_at):%Y-%m-%d %H:%M}", code="F14")
    return None


def before_endorsement_deadline(application: Application) -> Reason | None:
    if clock.now() >= application.call.endorse_by:
        return Reason(_("%s：已过单位审核截止时间") % application, code="F14")
    return None


def host_can_act(application: Application) -> Reason | None:
    """Return why an agency cannot return an application: its host could no longer endorse it."""
    due = application.call.endorse_by
    if clock.now() < due:
        return None
    text = _("%(application)s：已过单位审核截止时间 %(due)s，退回后单位不能再报送；不推荐的，到归口推荐截止时间逾期关闭")
    return Reason(text % {"application": application, "due": f"{timezone.localtime(due):%Y-%m-%d %H:%M}"}, code="F14")


def before_recommendation_deadline(application: Application) -> Reason | None:
    if clock.now() >= application.call.recommend_by:
        return Reason(_("%s：已过归口推荐截止时间") % application, code="F14")
    return None


def goes_direct(application: Application) -> Reason | None:
    return None if application.host.direct else Reason(_("%s：须经归口管理部门推荐") % application)


def goes_through_agency(application: Application) -> Reason | None:
    return None if not application.host.direct else Reason(_("%s：依托单位直接报送") % application)


def guide_lead(call: Call) -> Reason | None:
    """Return why a call cannot open so soon: the guide must be published some days before (handbook vector CK-1)."""
    lead = Parameters(call.scheme.region, clock.local_day(call.opens_at)).number("guide_lead_days", call.scheme.code)
    first = clock.due(clock.today(), "guide_lead_days", lead).day
    if not lead or first <= clock.local_day(call.opens_at):
        return None
    basis = basis_of(region_of(call.scheme.region), "guide_lead")
    sentence = _("指南须在申报开始前至少 %(days)d 日发布%(basis)s，最早可于 %(day)s 开始申报")
    values = {"days": lead, "day": first.isoformat(), "basis": _("（%s）") % basis if basis else ""}
    return Reason(sentence % values, field="opens_at")


def guide_time(call: Call) -> Reason | None:
    return Reason(_("申报截止时间已过，不能发布"), field="closes_at") if clock.now() >= call.closes_at else None


def is_outline(application: Application) -> Reason | None:
    return None if application.call.stage == Stage.OUTLINE else Reason(_("%s：不是预申报") % application)


def decided_on_review(application: Application) -> Reason | None:
    """Return why an application cannot be decided right after its review: where the scheme has a panel, it goes before the
    panel first.
    """
    if not scheme_of(application.call).has_panel:
        return None
    return Reason(_("%s 未经会议评审，不能提出支持") % application)


T = Transition
S = State
L = gettext_lazy

APPLICATION = Workflow(
    "application",
    "calls.application",
    State,
    (
        T(S.DRAFT, "submit", S.HOST_REVIEW, "calls.application.submit", L("提交"), (before_deadline,)),
        T(S.DRAFT, "expire", S.EXPIRED, "calls.check", L("逾期关闭")),
        T(S.DRAFT, "withdraw", S.WITHDRAWN, "calls.application.withdraw", L("撤回")),
        T(S.WITHDRAWN, "reopen", S.DRAFT, "calls.application.submit", L("重新编辑"), (before_deadline,)),
        T(S.HOST_REVIEW, "withdraw", S.WITHDRAWN, "calls.application.withdraw", L("撤回")),
        T(S.RECOMMENDING, "withdraw", S.WITHDRAWN, "calls.application.withdraw", L("撤回")),
        T(S.RECEIVED, "withdraw", S.WITHDRAWN, "calls.application.withdraw", L("撤回")),
        T(S.ACCEPTED, "withdraw", S.WITHDRAWN, "calls.application.withdraw", L("撤回")),
        T(S.HOST_REVIEW, "return", S.DRAFT, "calls.endorse", L("退回修改"), (before_deadline,)),
        T(
            S.HOST_REVIEW,
            "endorse",
            S.RECOMMENDING,
            "calls.endorse",
            L("报送"),
            (before_endorsement_deadline, goes_through_agency),
        ),
        T(S.HOST_REVIEW, "endorse_direct", S.RECEIVED, "calls.endorse", L("报送"), (before_endorsement_deadline, goes_direct)),
        T(S.HOST_REVIEW, "not_endorse", S.NOT_ENDORSED, "calls.endorse", L("不予报送"), (before_endorsement_deadline,)),
        T(S.HOST_REVIEW, "expire", S.EXPIRED, "calls.check", L("逾期关闭")),
        T(S.RECOMMENDING, "return", S.HOST_REVIEW, "calls.recommend", L("退回单位"), (host_can_act,)),
        T(S.RECOMMENDING, "recommend", S.RECEIVED, "calls.recommend", L("推荐"), (before_recommendation_deadline,)),
        T(S.RECOMMENDING, "expire", S.EXPIRED, "calls.check", L("逾期关闭")),
        T(S.RECEIVED, "accept", S.ACCEPTED, "calls.check", L("予以受理")),
        T(S.RECEIVED, "refuse", S.NOT_ACCEPTED, "calls.check", L("不予受理")),
        T(S.NOT_ACCEPTED, "ask_recheck", S.RECHECK, "calls.recheck", L("申请复审")),
        T(S.RECHECK, "uphold", S.NOT_ACCEPTED, "calls.recheck.answer", L("维持原决定")),
        T(S.RECHECK, "revoke", S.ACCEPTED, "calls.recheck.answer", L("撤销原决定")),
        T(S.REJECTED, "ask_recheck_decision", S.RECHECK, "calls.recheck", L("申请复审")),
        T(S.RECHECK, "uphold_decision", S.REJECTED, "calls.recheck.answer", L("维持原决定")),
        T(S.RECHECK, "revoke_decision", S.PANEL, "calls.recheck.answer", L("撤销原决定")),
        T(S.RECHECK, "revoke_unheard_decision", S.REVIEWED, "calls.recheck.answer", L("撤销原决定")),
        T(S.ACCEPTED, "invite", S.INVITED, "calls.invite", L("邀请正式申报"), (is_outline, arrived)),
        T(S.ACCEPTED, "not_invite", S.REJECTED, "calls.invite", L("不邀请"), (is_outline, arrived)),
        T(S.REVIEWED, "invite", S.INVITED, "calls.invite", L("邀请正式申报"), (is_outline, arrived)),
        T(S.REVIEWED, "not_invite", S.REJECTED, "calls.invite", L("不邀请"), (is_outline, arrived)),
        T(S.ACCEPTED, "start_review", S.IN_REVIEW, "calls.review.start", L("送审"), (arrived,)),
        T(S.IN_REVIEW, "reviews_complete", S.REVIEWED, "calls.review.start", L("评审完成"), (arrived,)),
        T(S.REVIEWED, "to_panel", S.PANEL, "calls.review.start", L("提交会议评审"), (arrived,)),
        T(S.PANEL, "off_panel", S.REVIEWED, "calls.review.start", L("退出会议评审"), (arrived,)),
        T(S.REVIEWED, "propose_funding", S.PROPOSED, "calls.decide.propose", L("拟批准"), (arrived, decided_on_review)),
        T(S.REVIEWED, "propose_refusal", S.NOT_PROPOSED, "calls.decide.propose", L("拟不批准"), (arrived,)),
        T(S.PANEL, "propose_funding", S.PROPOSED, "calls.decide.propose", L("拟批准"), (arrived,)),
        T(S.PANEL, "propose_refusal", S.NOT_PROPOSED, "calls.decide.propose", L("拟不批准"), (arrived,)),
        T(S.PROPOSED, "reconsider", S.PANEL, "calls.decide.propose", L("撤回拟定的决定")),
        T(S.PROPOSED, "reconsider_unheard", S.REVIEWED, "calls.decide.propose", L("撤回拟定的决定"), (decided_on_review,)),
        T(S.NOT_PROPOSED, "reconsider", S.PANEL, "calls.decide.propose", L("重新考虑")),
        T(S.NOT_PROPOSED, "reconsider_unheard", S.REVIEWED, "calls.decide.propose", L("重新考虑，可提交会议评审")),
        T(S.PROPOSED, "send_back", S.PANEL, "calls.decide.approve", L("退回拟定的决定")),
        T(S.PROPOSED, "send_back_unheard", S.REVIEWED, "calls.decide.approve", L("退回拟定的决定"), (decided_on_review,)),
        T(S.NOT_PROPOSED, "send_back", S.PANEL, "calls.decide.approve", L("退回拟定的决定")),
        T(S.NOT_PROPOSED, "send_back_unheard", S.REVIEWED, "calls.decide.approve", L("退回拟定的决定")),
        T(S.PROPOSED, "publish", S.PUBLICITY, "calls.notice.publish", L("公示"), (arrived,)),
        T(S.PUBLICITY, "suspend", S.OBJECTION, "calls.objection.answer", L("异议中止")),
        T(S.OBJECTION, "resume", S.PUBLICITY, "calls.objection.answer", L("恢复公示")),
        T(S.OBJECTION, "strike", S.REJECTED, "calls.notice.publish", L("异议成立"), (arrived,)),
        T(S.PUBLICITY, "approve", S.APPROVED, "calls.notice.publish", L("批准"), (arrived,)),
        T(S.NOT_PROPOSED, "reject", S.REJECTED, "calls.notice.publish", L("不批准"), (arrived,)),
        *(T(s, "cancel", S.WITHDRAWN, "calls.call.draft", L("批次取消")) for s in S if s in CANCELLABLE),
    ),
)

CALL = Workflow(
    "call",
    "calls.call",
    CallState,
    (
        T(CallState.DRAFT, "ask_approval", CallState.APPROVAL, "calls.call.draft", L("提请核准")),
        T(CallState.APPROVAL, "send_back", CallState.DRAFT, "calls.call.draft", L("退回修改")),
        T(CallState.APPROVAL, "publish", CallState.PUBLISHED, "calls.call.approve", L("核准发布"), (guide_time, guide_lead)),
        T(CallState.PUBLISHED, "finish", CallState.FINISHED, "calls.notice.publish", L("办结")),
        T(CallState.PUBLISHED, "cancel", CallState.CANCELLED, "calls.call.draft", L("取消批次")),
    ),
)
