"""What the acts on decisions do, as they are read before: consequences, who is told, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from headwater.calls.clocks import provisional
from headwater.calls.deciding.services.decisions import notice_period
from headwater.calls.deciding.services.sentences import Planned
from headwater.calls.models import Application, Call, Decision, Letter, Notice, Objection
from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.calls.words import words_of
from headwater.core import clock
from headwater.core.acts import Act, ReasonForm
from headwater.core.i18n import named
from headwater.core.money import amount_said, wan


def approving(call: Call, rows: Sequence[Decision], back: str) -> Act:
    """The approval of all proposed decisions of a call; its rows stand in a table of their own."""
    words, funded = words_of(call), [d for d in rows if d.outcome == Decision.Outcome.FUND]
    money = _("，合计 %s") % amount_said(sum(d.amount_fen for d in funded)) if scheme_of(call).has_money else ""
    counts = {
        "yes": words["proposed"],
        "n": len(funded),
        "no": words["not_proposed"],
        "m": len(rows) - len(funded),
        "money": money,
    }
    return Act(
        title=_("核对后核准"),
        verb=_("核准以上决定（%d 项）") % len(rows),
        back=back,
        changes=[
            _("核准 %(yes)s %(n)d 项%(money)s，%(no)s %(m)d 项") % counts,
            _("之后由项目主管发布公示；申请人此时还不知道结果"),
        ],
        told=[_("本批次的项目主管：决定已核准，请发布公示")],
        undo=_("核准前可以逐项退回；核准后不能撤回，公示期间异议成立的，发布结果时除去。"),
        hidden={"do": "approve"},
    )


def publishing(call: Call, rows: Sequence[Decision], back: str) -> Act:
    """The publication of a notice: its title, its period, and everybody on it."""
    words, (last, ends) = words_of(call), notice_period(call)
    title = words.zh("notice", call=call.title_zh)
    english = words.en("notice", call=call.title_en or call.title_zh)
    hosts = {d.application.host_id for d in rows}
    note = provisional(last.missing)
    return Act(
        title=_("核对后公示"),
        verb=_("公示以上名单（%d 项）") % len(rows),
        back=back,
        changes=[
            _("标题：%s") % title,
            _("英文标题：%s") % english,
            _("公示期：%(start)s 至 %(end)s") % {"start": clock.today(), "end": clock.last_day(ends)}
            + (f"。{note}" if note else ""),
            _("名单即时公开：序号、名称、申请人、依托单位和金额如上表；任何人可以在公示期内提出异议"),
        ],
        told=[_("名单上的 %d 位申请人") % len({d.application.leader_id for d in rows}), _("名单上的 %d 家依托单位") % len(hosts)]
        if rows
        else [],
        undo=_("公示发布后不能收回；名单有误的，按异议处理，发布结果时除去。"),
        hidden={"do": "notice"},
    )


def releasing(notice: Notice, planned: Sequence[Planned], back: str) -> Act:
    """The release of results, at the end of a notice; the letters stand in a table of their own."""
    words, scheme = words_of(notice.call), scheme_of(notice.call)
    yes = sum(1 for p in planned if p.kind == Letter.Kind.APPROVED)
    counts = {"yes": words["approved"], "n": yes, "no": words["rejected"], "m": len(planned) - yes}
    starts = (
        [_("生成 %(n)d 份%(word)s，签订期限随之起算") % {"n": yes, "word": words["agreement"]}] if scheme.has_agreement else []
    )
    hosts = len({p.application.host_id for p in planned})
    return Act(
        title=_("核对通知书"),
        verb=_("公示期满，发布结果（%d 份通知书）") % len(planned),
        back=back,
        changes=[_("%(yes)s %(n)d 项，%(no)s %(m)d 项；结果公开") % counts, *starts, _("公示结束，处理意见发给异议人")],
        told=[_("%(n)d 位申请人和 %(m)d 家依托单位：通知书即时发出") % {"n": len(planned), "m": hosts}],
        undo=_("通知书发出后不能收回；之前可以更正各项用语。发布后有误的，由项目主管另行发文更正。"),
    )


def settling(objection: Objection, seen: str, back: str) -> Act:
    """The second officer's word that an objection is upheld."""
    line = objection.row
    return Act(
        title=_("核对后核定异议成立"),
        verb=_("核定成立"),
        back=back,
        columns=[_("名称"), _("申请人"), _("依托单位"), _("异议人"), _("处理意见")],
        rows=[[line.title, line.leader, line.host, objection.name, objection.answer]],
        changes=[_("公示期满发布结果时从名单中除去该项，金额退回批次预算，通知书写明处理意见")],
        told=[_("此时不另行通知；发布结果时申请人、依托单位和留有邮箱的异议人收到")],
        undo=_("结果发布前，项目主管可以更正处理意见，再由另一位项目主管核定。"),
        hidden={"objection": objection.pk, "decision": "settle", "seen_objection": seen},
    )


def taking_back(application: Application, decision: Decision, verb: str, back: str, data: Any) -> Act:
    """One proposed decision taken back by an officer (`reconsider`), or sent back by those who approve (`send_back`)."""
    words, fund = words_of(application), decision.outcome == Decision.Outcome.FUND
    sent = verb == "send_back"
    money = [wan(decision.amount_fen) if fund else "—"] if scheme_of(application.call).has_money else []
    who = decision.proposed_by or "—"
    return Act(
        title=_("核对后退回一项决定") if sent else _("核对后撤回一项决定"),
        verb=_("退回该项") if sent else _("撤回该项"),
        back=back,
        columns=[_("编号"), words["title"], _("申请人"), _("决定"), *([_("金额（万元）")] if money else []), _("提出人")],
        rows=[
            [
                application.number,
                named(application, "title"),
                named(application.leader),
                words["proposed"] if fund else words["not_proposed"],
                *money,
                who,
            ]
        ],
        changes=[
            _("该项恢复为未决定，由项目主管重新提出；其余各项不变"),
            *([_("该项金额退回批次预算")] if fund and money else []),
            _("本批次各项都有决定后才能核准"),
        ],
        told=[_("提出人 %s：附所填的理由") % who],
        undo=_("在决定页重新提出该项即恢复；申请人不会收到通知。"),
        hidden={"do": verb, "pk": application.pk},
        form=ReasonForm(data),
        blocked=[] if application.state in {State.PROPOSED, State.NOT_PROPOSED} else [_("该项没有待核准的决定")],
    )
