from django.utils.translation import gettext_lazy as _

from headwater.core.navigation import NAVIGATION, Module

NAVIGATION.add("reports", Module(_("我的报告"), "reports.own", "reports", 120))
NAVIGATION.add("reports_late", Module(_("待报与逾期报告"), "reports.list", "reports_late", 330))
NAVIGATION.add("reports_all", Module(_("定期报告"), "reports.list", "reports_all", 340))
