from django.utils.translation import gettext_lazy as _

from headwater.core.navigation import NAVIGATION, Module

NAVIGATION.add("bodies", Module(_("评议组织"), "bodies.list", "bodies", 532))
