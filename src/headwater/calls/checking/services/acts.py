"""What the decisions of the formal check do, as they are read before."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from headwater.calls.checking.services.checking import findings, reasons_of
from headwater.calls.checking.services.rechecking import days_to_ask
from headwater.calls.deciding.services.letters import letter_text
from headwater.calls.models import Application, Letter
from headwater.calls.words import words_of
from headwater.core import clock
from headwater.core.acts import Act
from headwater.core.i18n import named


def refusing(row: Application, codes: Sequence[str], note: str, back: str) -> Act:
    """A refusal with the letter that it writes."""
    heading = letter_text(words_of(row), Letter.Kind.NOT_ACCEPTED, {})["heading"]
    reasons = reasons_of(codes, findings([row]).get(row.pk, []))["reasons"]
    days = days_to_ask(row.call, clock.today())
    return Act(
        title=_("核对后不予受理"),
        verb=_("不予受理并发出通知书"),
        back=back,
        columns=[_("编号"), _("名称"), _("申请人"), _("依托单位"), _("自动检查")],
        rows=[_line(row)],
        changes=[
            _("申请转为“不予受理”，不进入评审"),
            _("《%(letter)s》写明：%(reasons)s")
            % {"letter": heading, "reasons": "；".join([*reasons, *([note] if note else [])])},
        ],
        told=[_("申请人和依托单位：通知书即时发出")],
        undo=_("申请人可在 %d 日内申请复审；由另一位项目主管撤销原决定后，申请转为“已受理”。") % days,
        hidden={"decision": "refuse", "codes": list(codes), "note": note},
    )


def accepting_unchecked(row: Application, note: str, back: str) -> Act:
    """The acceptance of an application on which no rule has run."""
    return Act(
        title=_("核对后受理没有自动检查结果的申请"),
        verb=_("予以受理"),
        back=back,
        columns=[_("编号"), _("名称"), _("申请人"), _("依托单位"), _("自动检查")],
        rows=[_line(row)],
        changes=[_("申请转为“已受理”，进入评审")],
        told=[_("不另发通知书；申请人和依托单位在办理进展中看到")],
        undo=_("受理后不能改为不予受理；送审前申请人可以撤回。"),
        warnings=[_("%s 没有自动检查结果：限项、年龄、在研项目、相似文本等都没有核对，由您逐项核对") % row.number],
        hidden={"decision": "accept", "note": note},
    )


def accepting_clear(count: int, back: str) -> Act:
    """The acceptance of everything on which the rules found nothing; its rows stand in a list of their own."""
    return Act(
        title=_("核对后受理"),
        verb=_("确认受理（%d 项）") % count,
        back=back,
        changes=[_("%d 项转为“已受理”，进入评审") % count, _("由后台办理；其间检查结果有变的不受理")],
        told=[_("不另发通知书；申请人和依托单位在办理进展中看到")],
        undo=_("受理后不能改为不予受理；送审前申请人可以撤回。"),
    )


def _line(row: Application) -> list[str]:
    result = getattr(row, "check_result", None)
    checked = str(result.get_verdict_display()) if result else _("尚未检查")
    return [row.number, named(row, "title"), named(row.leader), named(row.host), checked]
