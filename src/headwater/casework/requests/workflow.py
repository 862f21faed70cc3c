from django.utils.translation import gettext_lazy as _

from headwater.casework.requests.models import Request
from headwater.core.workflow import Transition, Workflow

State = Request.State
SETTLE = "requests.settle"
"""The action of what follows from the chain: nobody does it by hand."""
REQUEST = Workflow(
    "request",
    "requests.request",
    State,
    (
        Transition(State.DRAFT, "submit", State.OPEN, "requests.write", _("提交")),
        Transition(State.SENT_BACK, "submit", State.OPEN, "requests.write", _("提交")),
        Transition(State.DRAFT, "withdraw", State.WITHDRAWN, "requests.write", _("撤回")),
        Transition(State.OPEN, "withdraw", State.WITHDRAWN, "requests.write", _("撤回")),
        Transition(State.SENT_BACK, "withdraw", State.WITHDRAWN, "requests.write", _("撤回")),
        Transition(State.OPEN, "approve", State.APPROVED, SETTLE, _("批准")),
        Transition(State.OPEN, "refuse", State.REFUSED, SETTLE, _("不批准")),
        Transition(State.OPEN, "send_back", State.SENT_BACK, SETTLE, _("退回")),
    ),
)
