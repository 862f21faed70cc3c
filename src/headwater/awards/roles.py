from django.utils.translation import gettext_lazy as _

from headwater.core.roles import Power, Role, declare

declare(Role("finance_officer", _("财务主管"), excludes=("programme_officer",), power=Power.DECIDING, fund_staff=True))
