from django.utils.translation import gettext_lazy as _

from headwater.core.roles import Role, Scope, declare

declare(Role("agency_liaison", _("部门联络员"), (Scope.AGENCY,)))
