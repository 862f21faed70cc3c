from django.utils.translation import gettext_lazy as _

from headwater.core.sentences import acts

acts({"bases.put_line": _("登记了明细"), "bases.remove_line": _("删除了明细")})
