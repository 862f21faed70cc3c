from django.utils.translation import gettext_lazy as _

from headwater.core.search import register
from headwater.registry.models import Organisation, Work
from headwater.registry.works.searching import KIND

register("organisation", _("单位"), lambda user: Organisation.objects.visible_to(user), place=400, public=True)
register(KIND, _("成果"), lambda user: Work.objects.visible_to(user).surviving(), place=350, public=True)
