from django.utils.translation import gettext_lazy as _

from headwater.core.navigation import NAVIGATION, Module

NAVIGATION.add("people", Module(_("人员"), "registry.people.list", "people", 410))
NAVIGATION.add("imports", Module(_("导入"), "registry.import", "imports", 430))
NAVIGATION.add("sanctions", Module(_("失信惩戒"), "registry.sanctions.read", "sanctions", 440))
