from django.utils.translation import gettext_lazy as _

from headwater.core.roles import Role, Scope, declare

declare(Role("expert", _("评审专家")), Role("panel_chair", _("会评组长"), (Scope.PANEL,)))
