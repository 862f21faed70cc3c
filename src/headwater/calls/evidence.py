"""Names the tables of calls that count, from when on, and why the others are not compared."""

from django.utils.translation import gettext_lazy as _

from headwater.calls import models
from headwater.calls.states import UNSUBMITTED
from headwater.core.coverage import covered, left_out

covered(models.SchemeVersion)
covered(models.Call, when="state IN ('published', 'finished', 'cancelled')")
covered(models.CallChange)
covered(models.HostQuota)
covered(models.Application, when=f"state NOT IN ({', '.join(repr(str(s)) for s in sorted(UNSUBMITTED))})")
covered(models.Participant, without=("may_edit",), when="confirmed_at IS NOT NULL OR declined_at IS NOT NULL")
covered(models.Referee, when="written_at IS NOT NULL OR declined_at IS NOT NULL")
covered(models.DocumentSignature)
covered(models.Version, without=("clashes",), when="kind <> 'save'")
covered(models.FormalCheck)
covered(models.Decision)
covered(models.Letter)
covered(models.HostLetter)
covered(models.PaperTemplate)
covered(models.Notice)
covered(models.NoticeRow)
covered(models.Objection)

left_out(_("其内容即其校验码，另有不变式核对"), models.DocumentText, models.RuleResult)
left_out(_("提交时的附件及其校验码记在提交版本中，另有不变式核对"), models.Attachment)
left_out(_("只是计数，另有不变式核对"), models.LetterSeries)
left_out(_("由申请书文本重新算出"), models.Likeness, models.TextPrint)
left_out(_("未提交的编辑过程"), models.Presence, models.Unsaved)
left_out(_("邀请链接只存校验码，到期作废"), models.Link)
left_out(_("未经本人邮箱确认，不生效，到期删除"), models.ObjectionClaim)
