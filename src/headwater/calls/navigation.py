from django.utils.translation import gettext_lazy as _

from headwater.core.navigation import NAVIGATION, Module

NAVIGATION.add("applications", Module(_("我的申请"), "calls.apply", "applications", 100))
NAVIGATION.add("endorse", Module(_("单位审核"), "calls.endorse", "endorse", 200))
NAVIGATION.add("partner", Module(_("合作单位签署"), "calls.partner.sign", "partner", 210))
NAVIGATION.add("recommend", Module(_("归口推荐"), "calls.recommend", "recommend", 300))
NAVIGATION.add("similar", Module(_("相似文本"), "calls.integrity", "similar", 450))
NAVIGATION.add("objections", Module(_("公示异议"), "calls.integrity", "objections", 460))
NAVIGATION.add("board", Module(_("批次管理"), "calls.board", "office", 400))
