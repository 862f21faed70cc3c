from django.utils.translation import gettext_lazy as _

from headwater.awards.models import Award
from headwater.core.workflow import Transition, Workflow

AWARD = Workflow(
    "award",
    "awards.award",
    Award.State,
    (
        Transition(Award.State.AGREEMENT, "start", Award.State.RUNNING, "awards.sign.department", _("任务书生效")),
        Transition(Award.State.AGREEMENT, "lapse", Award.State.LAPSED, "awards.manage", _("视为放弃")),
        Transition(Award.State.AGREEMENT, "refuse", Award.State.REFUSED, "awards.refuse", _("放弃")),
        Transition(Award.State.RUNNING, "close", Award.State.CLOSED, "awards.manage", _("结题")),
        Transition(Award.State.RUNNING, "terminate", Award.State.TERMINATED, "awards.manage", _("终止")),
    ),
)
