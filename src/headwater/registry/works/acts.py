"""Acts on claims and works as they are read before they are done."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.core.acts import Act, ReasonForm
from headwater.registry.models import Work, WorkClaim
from headwater.registry.works.claimants import Subjects

VERBS = ("accept", "refuse", "withdraw")


def claims_act(
    claims: Sequence[WorkClaim], verb: str, subjects: Subjects, back: str, form: forms.Form | None, of_work: str = ""
) -> Act:
    """Say what it means to confirm, decline or take back claims. `of_work` is set where they stand on the page of one work."""
    titles = {"accept": _("确认成果认领"), "refuse": _("不予确认成果认领"), "withdraw": _("撤回成果认领")}
    changes = {
        "accept": _("所列认领转为“已确认”，计入认领方的统计；之后录入人不能再修改这些成果"),
        "refuse": _("所列认领转为“未确认”，不计入认领方的统计，所占份额退出"),
        "withdraw": _("所列认领转为“已撤回”，不计入认领方的统计，所占份额退出"),
    }
    undo = _("可以撤销确认，须写明理由。") if verb == "accept" else _("不能恢复；认领方可以重新认领。")
    return Act(
        title=titles[verb],
        verb=titles[verb],
        back=back,
        columns=[_("成果"), _("认领方"), _("份额"), _("计入日期"), _("依据"), _("状态")],
        rows=[
            [c.work.title, subjects.name(c), _share(c), c.counts_on.isoformat(), c.evidence or "—", c.get_state_display()]
            for c in claims
        ],
        changes=[changes[verb]],
        told=[_("不另行通知；认领方在成果页看到")],
        undo=undo,
        hidden={"do": verb, "pk": [c.pk for c in claims], "of_work": of_work},
        form=None if verb == "accept" else form or ReasonForm(),
    )


def _share(claim: WorkClaim) -> str:
    return "—" if claim.share is None else str(claim.share.normalize())


def removing_act(work: Work, form: forms.Form | None) -> Act:
    """Say what it means to take a work away."""
    return Act(
        title=_("删除成果"),
        verb=_("删除"),
        back=reverse("work", args=[work.pk]),
        columns=[_("题名"), _("日期"), _("来源")],
        rows=[[work.title, work.issued, work.source]],
        changes=[_("这条记录连同作者和编号一起删除；日志保留删除前的内容")],
        told=[_("不另行通知")],
        undo=_("不能恢复，只能重新填写。"),
        blocked=[_("有认领记录或合并关系的成果不能删除")] if work.claims.exists() or work.merged.exists() else [],
        form=form or ReasonForm(),
    )
