from django.utils.translation import gettext_lazy as _

from headwater.casework.requests.models import Request
from headwater.core.search import register

register("request", _("申请事项"), lambda user: Request.objects.visible_to(user), place=520)
