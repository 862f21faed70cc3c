from django.utils.translation import gettext_lazy as _

from headwater.core.navigation import NAVIGATION, Module

NAVIGATION.add("cultivation", Module(_("培育基地"), "bases.read_cultivation", "office_cultivation", 464))
