"""Which tables of reports are compared with what commands wrote."""

from django.utils.translation import gettext_lazy as _

from headwater.casework.reports import models
from headwater.core.coverage import covered, left_out

covered(models.Report)
left_out(_("已提醒的记录，只用于不重复提醒"), models.Told)
