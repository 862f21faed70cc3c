from django.utils.translation import gettext_lazy as _

from headwater.core.navigation import NAVIGATION, Module

NAVIGATION.add("experts", Module(_("专家库"), "review.expert.list", "experts", 420))
NAVIGATION.add("review", Module(_("评审"), "review.desk", "review", 500))
NAVIGATION.add("panels", Module(_("会议评审"), "review.desk", "panels", 510))
NAVIGATION.add("expertise", Module(_("专家信息"), "review.desk", "expert_profile", 520))
