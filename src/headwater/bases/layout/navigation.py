from django.utils.translation import gettext_lazy as _

from headwater.core.navigation import NAVIGATION, WITHIN, Module, PublicPage
from headwater.registers.navigation import BESIDE

NAVIGATION.add("base_layout", Module(_("基地布局"), "registers.list", "office_base_layout", 465))
NAVIGATION.add("base_dues", Module(_("应办理的基地"), "bases.dues", "base_dues", 466))
NAVIGATION.add("base_commissions", Module(_("直接委托"), "bases.dues", "base_commissions", 467))
WITHIN.add("/office/bases/", "registers")
BESIDE.add("base_layout", PublicPage(_("基地布局"), "base_layout", 10))
