"""Which tables of forms count, and why the others are not compared."""

from django.utils.translation import gettext_lazy as _

from headwater.core.coverage import covered, left_out
from headwater.forms import models

covered(models.Version, without=("clashes",), when="kind <> 'save'")
covered(models.Signature)

left_out(_("填写中的内容，由其所属事项的命令核对"), models.AnswerSheet)
left_out(_("其内容即其校验码，另有不变式核对"), models.SignedText)
left_out(_("未提交的编辑过程"), models.Presence, models.Unsaved)
