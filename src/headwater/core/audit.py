"""What the events of the core say in words, and how its records are called."""

from django.utils.translation import gettext_lazy as _

from headwater.core import models
from headwater.core.sentences import acts, called

called(models.Account, lambda a: str(a), looks=("name_zh", "username"))
called(models.RoleGrant, lambda g: f"{g.account} · {g}", related=("account",))
called(models.GrantProposal, lambda p: f"{p.account} · {p}", related=("account",))
called(models.AddressChange, lambda c: str(c.account), related=("account",))
called(models.FactorReset, lambda r: str(r.account), related=("account",))
called(models.AccessToken, lambda t: t.name)
called(models.Export, lambda e: e.title)
called(models.StoredFile, lambda f: f.name)
called(models.Upload, lambda u: u.name)
called(models.OutboxMail, lambda m: m.subject)

acts(
    {
        "core.create_accounts": _("开通了账号"),
        "core.set_active": _("启用或停用了账号"),
        "core.correct_address": _("更正了账号邮箱"),
        "core.confirm_address": _("确认了新邮箱"),
        "core.approve_address": _("核准了邮箱变更"),
        "core.drop_address": _("撤销了邮箱变更"),
        "core.grant_roles": _("授予了角色"),
        "core.propose_grant": _("提议授予角色"),
        "core.approve_grant": _("核准授予角色"),
        "core.drop_grant": _("否决了授权提议"),
        "core.end_grant": _("收回了角色"),
        "core.ask_factor_reset": _("申请重置第二因素"),
        "core.approve_factor_reset": _("核准重置第二因素"),
        "core.drop_factor_reset": _("撤销了第二因素重置"),
        "core.change_password": _("修改了密码"),
        "core.end_sessions": _("退出了其他登录"),
        "core.make_token": _("新建了访问令牌"),
        "core.revoke_token": _("撤销了访问令牌"),
        "core.ask_export": _("申请了导出"),
        "core.check_files": _("检查了上传的文件"),
        "core.retry_mails": _("重新发送邮件"),
        "core.cover_rows": _("登记了纳入核对的记录"),
        "core.migrate_rows": _("升级时调整了记录"),
        "core.rows_compared": _("核对了全部记录，未见改动"),
        "core.tell_breaches": _("核对发现异常，已通知审计管理员"),
        "core.mail_head": _("把事件链的最新封签寄给审计管理员"),
        "regions.load_region": _("载入了地区包"),
        "demo.start": _("开始生成演示数据"),
        "demo.complete": _("生成了演示数据"),
    }
)
