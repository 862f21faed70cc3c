"""What a token may be allowed to read of calls and applications."""

from django.utils.translation import gettext_lazy as _

from headwater.core.tokens import SCOPES

CALLS, APPLICATIONS = "calls:read", "applications:read"

SCOPES.add(CALLS, _("批次：读取您的角色能看到的批次，包括未发布的"))
SCOPES.add(APPLICATIONS, _("申请：读取您能看到的申请的公开状态"))
