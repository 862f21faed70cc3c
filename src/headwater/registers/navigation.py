from django.utils.translation import gettext_lazy as _

from headwater.core.navigation import NAVIGATION, PUBLIC_PAGES, Module, PublicPage

NAVIGATION.add("registers", Module(_("登记册"), "registers.list", "office_registers", 460))
PUBLIC_PAGES.add("registers", PublicPage(_("基地"), "registers", 350))
