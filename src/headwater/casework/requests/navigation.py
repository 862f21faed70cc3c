from django.utils.translation import gettext_lazy as _

from headwater.core.navigation import NAVIGATION, Module

NAVIGATION.add("requests", Module(_("申请事项"), "requests.offer", "requests", 30))
