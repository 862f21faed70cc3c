"""Why the tables of policy are not compared: what they hold comes from elsewhere."""

from django.utils.translation import gettext_lazy as _

from headwater.core.coverage import left_out
from headwater.policy import models

left_out(
    _("地区配置包的内容，可随时由原文件重新载入"),
    models.PolicyDocument,
    models.Article,
    models.Article.agencies.through,
    models.Evidence,
    models.Measure,
    models.Target,
)
left_out(_("由登记的记录重新算出"), models.IndicatorValue)
