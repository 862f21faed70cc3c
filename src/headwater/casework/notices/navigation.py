from django.utils.translation import gettext_lazy as _

from headwater.core.navigation import NAVIGATION, Module

NAVIGATION.add("case_notices", Module(_("公示管理"), "notices.office", "case_notices", 415))
