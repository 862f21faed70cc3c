"""The way of a report: written, read by its host and by the office in the order of its chain, accepted or returned."""

from django.utils.translation import gettext_lazy as _

from headwater.casework.reports.models import Report
from headwater.core.workflow import Transition, Workflow

State = Report.State
WRITE, ANSWER, REOPEN = "reports.write", "reports.answer", "reports.reopen"

REPORT = Workflow(
    "report",
    "reports.report",
    State,
    (
        Transition(State.DRAFT, "submit", State.HOST, WRITE, _("提交")),
        Transition(State.RETURNED, "submit", State.HOST, WRITE, _("再次提交")),
        Transition(State.HOST, "confirm", State.OFFICE, ANSWER, _("确认")),
        Transition(State.OFFICE, "accept", State.ACCEPTED, ANSWER, _("通过")),
        Transition(State.HOST, "return", State.RETURNED, ANSWER, _("退回")),
        Transition(State.OFFICE, "return", State.RETURNED, ANSWER, _("退回")),
        Transition(State.OFFICE, "hand_back", State.HOST, ANSWER, _("退回单位")),
        Transition(State.HOST, "withdraw", State.DRAFT, WRITE, _("撤回")),
        Transition(State.OFFICE, "withdraw", State.DRAFT, WRITE, _("撤回")),
        Transition(State.ACCEPTED, "reopen", State.RETURNED, REOPEN, _("重新打开")),
    ),
)
