from django.utils.translation import gettext_lazy as _

from headwater.core.workflow import Transition, Workflow
from headwater.registry.models import WorkClaim

State = WorkClaim.State
CLAIM = Workflow(
    "work_claim",
    "registry.workclaim",
    State,
    (
        Transition(State.CLAIMED, "accept", State.ACCEPTED, "registry.works.answer", _("确认")),
        Transition(State.CLAIMED, "refuse", State.REFUSED, "registry.works.answer", _("不予确认")),
        Transition(State.CLAIMED, "withdraw", State.WITHDRAWN, "registry.works.claim", _("撤回")),
        Transition(State.ACCEPTED, "withdraw", State.WITHDRAWN, "registry.works.answer", _("撤销确认")),
    ),
)
