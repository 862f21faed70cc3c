"""What the events of registers say in words, and how their records are called."""

from django.utils.translation import gettext_lazy as _

from headwater.core.i18n import named
from headwater.core.sentences import acts, called
from headwater.registers import models

called(models.KindVersion, lambda v: f"{named(v)} v{v.version}", looks=("code",))
called(models.Proposal, str)
called(models.Succession, str)

acts(
    {
        "registers.open_entries": _("登记了条目"),
        "registers.import_entries": _("导入了条目"),
        "registers.apply_verb": _("办理了登记事项"),
        "registers.withdraw_proposal": _("撤回了登记事项的审批"),
        "registers.change_entry": _("修改了登记内容"),
        "registers.attach_file": _("上传了条目的文件"),
        "registers.set_holders": _("变更了依托和参与单位"),
        "registers.record_succession": _("登记了承继关系"),
        "registers.appoint": _("变更了负责人或秘书"),
        "registers.remind": _("提醒状态期限"),
        "registers.grant_late": _("为新开账号的负责人或秘书授予了权限"),
    }
)
