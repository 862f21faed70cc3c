from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from headwater.core.roles import LIMITS, TECHNICAL, Limit, Power, Role, Scope, declare
from headwater.registry.models import Agency, Organisation

declare(
    Role("host_manager", _("依托单位管理员"), (Scope.ORGANISATION,)),
    Role("recommender", _("归口管理部门"), (Scope.AGENCY,)),
    Role("committee", _("基金委员会"), excludes=("programme_officer", *TECHNICAL), power=Power.DECIDING),
    Role("integrity_officer", _("科研诚信主管"), excludes=("programme_officer",), power=Power.DECIDING, fund_staff=True),
)
LIMITS.add(
    Scope.ORGANISATION,
    Limit(Scope.ORGANISATION.label, lambda code: Organisation.objects.filter(Q(code=code) | Q(name_zh=code)).first()),
)
LIMITS.add(Scope.AGENCY, Limit(Scope.AGENCY.label, lambda code: Agency.objects.filter(Q(code=code) | Q(name_zh=code)).first()))
