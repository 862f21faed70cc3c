from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from headwater.core.search import register
from headwater.core.views.roles import SCOPES
from headwater.registry.models import Agency, Organisation

register("organisation", _("单位"), lambda user: Organisation.objects.visible_to(user))

SCOPES["organisation"] = lambda code: Organisation.objects.filter(Q(code=code) | Q(name_zh=code)).first()
SCOPES["agency"] = lambda code: Agency.objects.filter(Q(code=code) | Q(name_zh=code)).first()
