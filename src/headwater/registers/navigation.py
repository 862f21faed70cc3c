from django.utils.translation import gettext_lazy as _

from headwater.core.navigation import NAVIGATION, PUBLIC_PAGES, Module, PublicPage
from headwater.core.register import Register

NAVIGATION.add("registers", Module(_("登记册"), "registers.list", "office_registers", 462))
PUBLIC_PAGES.add("registers", PublicPage(_("基地"), "registers", 350))

BESIDE: Register[PublicPage] = Register("page beside the registers")
"""Pages of apps about entries of several registers, which the public list of registers leads to."""
