"""What the acts on a call's board do, as they are read before."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.calls.dates import DATE_LABELS
from headwater.calls.deciding.services.letters import letter_text
from headwater.calls.endorsing.services.endorsement import late_rows
from headwater.calls.models import Application, Call, Letter, Participant, SchemeVersion
from headwater.calls.publishing.services.wording import changed_words
from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.calls.words import state_inside, words_of
from headwater.core.acts import Act
from headwater.core.i18n import named
from headwater.core.models import Account
from headwater.core.money import amount_said
from headwater.core.own import without_own


def opening(call: Call, seen: str, back: str) -> Act:
    """The publication of a call by a second officer."""
    dates = [f"{label()}：{timezone.localtime(getattr(call, name)):%Y-%m-%d %H:%M}" for name, label in DATE_LABELS.items()]
    money = [_("预算：%s") % amount_said(call.budget_fen)] if scheme_of(call).has_money else []
    hosts = Account.objects.filter(role_grants__role="host_manager", role_grants__until__isnull=True).distinct().count()
    return Act(
        title=_("核对后核准发布"),
        verb=_("核准发布"),
        back=back,
        columns=[_("编号"), _("批次"), _("拟定人")],
        rows=[[call.code, named(call, "title"), call.drafted_by or "—"]],
        changes=[_("申报指南和申请表即时公开，单位限额随之确定"), *dates, *money],
        told=[_("%d 位依托单位管理员：申报指南发布") % hosts],
        undo=_("发布后不能收回；只能由两位项目主管延后时限、更改联系方式、补充说明或取消批次。"),
        hidden={"seen_call": seen},
    )


def rewording(call: Call, newer: SchemeVersion, account: Account, seen: str, back: str) -> Act:
    """The newest wording of the documents that are signed. Who signs anew works on a draft, which is nobody else's affair: no name, no
    number.
    """
    pairs = changed_words(call, newer)
    members = any("member" in d.signs for pair in pairs for d in pair if d)
    confirmed = Participant.objects.filter(application__call=call, application__state=State.DRAFT, confirmed_at__isnull=False)
    again = members and without_own(confirmed, account).exists()
    titles = "、".join(dict.fromkeys(named(d, "title") for pair in pairs for d in pair if d))
    return Act(
        title=_("核对后改用新文本"),
        verb=_("改用新文本"),
        back=back,
        changes=[_("改用新文本：%s") % titles, *([_("填写中的申请里，已签署旧文本的参与者须重新签署")] if again else [])],
        told=[_("须重新签署的参与者")] if again else [],
        undo=_("改用后不能恢复旧文本。"),
        hidden={"seen_call": seen},
    )


def closing_late(call: Call, account: Account, back: str) -> Act:
    """The closing of what missed its deadline. What was never received is its author's affair: no name, no title."""
    rows = list(without_own(late_rows(call), account).select_related("host", "call__scheme").order_by("pk"))
    submitted = [r for r in rows if r.state != State.DRAFT]
    return Act(
        title=_("核对后关闭逾期申请"),
        verb=_("关闭逾期申请（%d 项）") % len(rows),
        back=back,
        columns=[_("编号"), _("依托单位"), _("状态")],
        rows=[[r.number or _("草稿 %d") % r.pk, named(r.host), state_inside(r)] for r in rows],
        changes=[_("转为“逾期未报”，不再占用限额和限项")],
        told=[_("%d 项的申请人和参与者") % len(rows), *([_("已提交的 %d 项的依托单位") % len(submitted)] if submitted else [])],
        undo=_("关闭后不能恢复；时限可以延后的，先提出批次变更。"),
        blocked=[] if rows else [_("没有逾期未报的申请")],
    )


def not_inviting(rows: Sequence[Application], reason: str, back: str) -> Act:
    """The refusal of outlines, with the letter that each applicant gets."""
    text = letter_text(words_of(rows[0]), Letter.Kind.REJECTED, {})
    return Act(
        title=_("核对后不邀请"),
        verb=_("不邀请并发出通知书（%d 项）") % len(rows),
        back=back,
        columns=[_("编号"), _("名称"), _("申请人"), _("依托单位")],
        rows=[[a.number, named(a, "title"), named(a.leader), named(a.host)] for a in rows],
        changes=[
            _("《%(letter)s》写明：%(said)s%(why)s") % {"letter": text["heading"], "said": text.get("said", ""), "why": reason}
        ],
        told=[_("%d 位申请人和各依托单位：通知书即时发出") % len(rows)],
        undo=_("通知书发出后不能收回。"),
        hidden={"decision": "decline", "reason": reason, "pk": [a.pk for a in rows]},
    )
