from django.utils.translation import gettext_lazy as _

from headwater.core.search import register
from headwater.registry.models import Organisation

register("organisation", _("单位"), lambda user: Organisation.objects.visible_to(user), place=400, public=True)
