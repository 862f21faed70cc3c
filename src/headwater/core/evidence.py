"""Which tables of the core, and of the libraries below it, are compared with what commands wrote, and why the others are not."""

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import models as queue

from headwater.core import models
from headwater.core.coverage import covered, left_out

covered(models.Account, without=("language", "last_login"))
covered(models.RoleGrant, without=("scope_label",))
covered(models.AccessToken, without=("last_used_at",))
covered(models.Parameter)
covered(models.GrantProposal, without=("scope_label",))
covered(models.AddressChange)
covered(models.FactorReset)
covered(models.StoredFile, when="state = 'fine'")

left_out(_("哈希链自身：由封签、签名与锚定核对"), models.Event, models.Seal, models.EventSeal, models.RowDigest, models.Identity)
left_out(_("进行中的工作和通知，不作为依据"), models.Job, models.Notification, models.OutboxMail, models.Export, models.Upload)
left_out(_("由登记内容重新算出"), models.SearchEntry)
left_out(_("会话与验证信息，由账号组件写入，有效期短"), Session, models.SignIn, EmailConfirmation)
left_out(_("由账号组件写入；密码与角色在账号和授权表中核对"), EmailAddress, Authenticator)
left_out(_("本系统不使用其内容"), Group, Group.permissions.through, Permission, ContentType)
left_out(
    _("任务队列"), queue.ProcrastinateWorker, queue.ProcrastinateJob, queue.ProcrastinateEvent, queue.ProcrastinatePeriodicDefer
)
