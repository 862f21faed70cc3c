from django.utils.translation import gettext_lazy as _

from headwater.core.navigation import NAVIGATION, Module

NAVIGATION.add("lead", Module(_("政策督查"), "policy.lead", "lead", 600))
