from django.db.models import Q
from django.utils.translation import gettext as _

from headwater.calls.models import Application, Call
from headwater.calls.states import UNSUBMITTED
from headwater.core.models import RoleGrant
from headwater.core.services import GRANT_CHECKS
from headwater.core.views import SCOPES
from headwater.registry.models import own_records

SCOPES["call"] = lambda code: Call.objects.filter(code=code).first()


def not_an_applicant(grant: RoleGrant) -> str:
    """Fund staff may neither apply nor take part (regulation of 2024, art. 21): who does is not made an officer."""
    if grant.role not in {"programme_officer", "committee"}:
        return ""
    own = own_records(grant.account)
    joined = Q(participants__person__in=own, participants__declined_at__isnull=True)
    mine = Q(leader__in=own) | joined
    live = Application.objects.filter(mine).exclude(state__in=[*UNSUBMITTED, "approved", "rejected", "not_accepted"]).exists()
    return _("此人正在申报或参与申报，不能担任项目管理角色（条例第二十一条）") if live else ""


GRANT_CHECKS.append(not_an_applicant)
