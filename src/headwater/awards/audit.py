"""What the events of awards say in words, and how their records are called."""

from django.utils.translation import gettext_lazy as _

from headwater.awards import models
from headwater.core.i18n import named
from headwater.core.sentences import acts, called

called(
    models.Award,
    lambda a: f"{a.number} “{named(a.application, 'title')}”",
    related=("application",),
    looks=("number",),
    page=lambda a: f"/my/projects/{a.number}/",
    action="awards.agreement.view",
)

acts(
    {
        "awards.import_projects": _("导入了以往项目"),
        "awards.make_awards": _("建立了项目"),
        "awards.sign": _("签署了任务书"),
        "awards.freeze_pdf": _("生成了签署完毕的任务书 PDF"),
        "awards.refuse_agreement": _("放弃了项目"),
        "awards.extend_agreements": _("延长了任务书签订期限"),
        "awards.end_awards": _("登记了项目的结束"),
        "awards.lapse_late": _("将逾期未签任务书的项目视为放弃"),
        "awards.remind_signers": _("提醒签署任务书"),
    }
)
