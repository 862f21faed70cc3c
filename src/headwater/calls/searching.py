from django.utils.translation import gettext_lazy as _

from headwater.calls.models import Application, Call
from headwater.core.search import register

register("call", _("申报批次"), lambda user: Call.objects.visible_to(user), place=200, public=True)
register("application", _("申请书"), lambda user: Application.objects.visible_to(user), place=500)
