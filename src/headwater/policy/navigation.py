from django.utils.translation import gettext_lazy as _

from headwater.core.navigation import NAVIGATION, PUBLIC_PAGES, Module, PublicPage

NAVIGATION.add("lead", Module(_("政策督查"), "policy.lead", "lead", 600))
PUBLIC_PAGES.add("policy", PublicPage(_("政策"), "policy", 100))
