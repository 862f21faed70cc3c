"""What the events of evaluations say in words, and how their records are called."""

from django.utils.translation import gettext_lazy as _

from headwater.core.i18n import named
from headwater.core.sentences import acts, called
from headwater.evaluations import models


def page_of(round_: models.Round) -> str:
    return f"/office/evaluations/{round_.pk}/"


called(
    models.Round,
    lambda r: named(r.call, "title"),
    related=("call",),
    looks=("call__title_zh",),
    page=page_of,
    action="evaluations.view",
)
called(models.Entrant, str, looks=("number", "name_zh"))
called(models.GradeDraft, lambda d: named(d.round.call, "title"), related=("round__call",))
called(models.Verified, lambda v: str(v.entrant), related=("entrant",))
called(models.Veto, lambda v: str(v.entrant), related=("entrant",))
called(models.Grade, lambda g: str(g.entrant), related=("entrant",))
called(models.Consequence, lambda c: str(c.grade.entrant), related=("grade__entrant",))
called(models.Entitlement, lambda e: str(e.grade.entrant), related=("grade__entrant",))

acts(
    {
        "evaluations.open_round": _("启动了评估轮次"),
        "evaluations.admit": _("增加了参评条目"),
        "evaluations.write_missing": _("补写了自评报告"),
        "evaluations.tick": _("填写了核对清单"),
        "evaluations.correct_value": _("核定了指标值"),
        "evaluations.withdraw_value": _("撤回了核定值"),
        "evaluations.enter_veto": _("登记了一票否决"),
        "evaluations.answer_veto": _("核定了一票否决"),
        "evaluations.draft_grades": _("拟定了等次"),
        "evaluations.discard_grades": _("作废了拟定的等次"),
        "evaluations.approve_grades": _("核准了等次"),
        "evaluations.publish_grades": _("公示了等次"),
        "evaluations.carry_out": _("办理了评估结果的运用"),
    }
)
