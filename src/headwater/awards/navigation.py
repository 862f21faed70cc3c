from django.utils.translation import gettext_lazy as _

from headwater.core.navigation import NAVIGATION, Module

NAVIGATION.add("projects", Module(_("我的项目"), "calls.apply", "my_projects", 110))
NAVIGATION.add("host_projects", Module(_("单位项目"), "awards.sign.host", "host_agreements", 220))
NAVIGATION.add("host_letters", Module(_("通知书"), "awards.sign.host", "host_letters", 230))
NAVIGATION.add("host_people", Module(_("单位人员"), "awards.sign.host", "people", 240))
NAVIGATION.add("ledger", Module(_("项目与经费"), "awards.ledger", "ledger", 480))
