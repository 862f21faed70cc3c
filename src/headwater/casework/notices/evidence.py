"""Which tables of notices count, and why the others are not compared."""

from django.utils.translation import gettext_lazy as _

from headwater.casework.notices import models
from headwater.core.coverage import covered, left_out

covered(models.NoticeKind)
covered(models.Notice)
covered(models.NoticeRow)
covered(models.Objection)
covered(models.NoticeLetter)

left_out(_("未经本人邮箱确认，不生效，到期删除"), models.ObjectionClaim)
