from django.utils.translation import gettext_lazy as _

from headwater.awards.models import Award
from headwater.core.search import register

register("award", _("项目"), lambda user: Award.objects.visible_to(user), place=300, public=True)
