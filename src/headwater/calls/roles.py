from django.utils.translation import gettext_lazy as _

from headwater.calls.models import Call
from headwater.core.roles import LIMITS, Limit, Role, Scope, declare

declare(Role("applicant", _("申请人")), Role("leadership", _("分管领导")))
LIMITS.add(Scope.CALL, Limit(Scope.CALL.label, lambda code: Call.objects.filter(code=code).first()))
