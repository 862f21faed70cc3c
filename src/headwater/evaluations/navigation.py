from django.utils.translation import gettext_lazy as _

from headwater.core.navigation import NAVIGATION, Module

NAVIGATION.add("evaluations", Module(_("评估"), "evaluations.list", "office_evaluations", 468))
