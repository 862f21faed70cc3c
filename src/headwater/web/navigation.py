from django.utils.translation import gettext_lazy as _

from headwater.core.navigation import NAVIGATION, Module

NAVIGATION.add("region", Module(_("地区与项目类型"), "core.region.manage", "region", 830))
