from django.utils.translation import gettext_lazy as _

from headwater.awards.models import Award
from headwater.calls.models import Application, Call
from headwater.core.search import register

register("award", _("项目"), lambda user: Award.objects.visible_to(user))
register("call", _("申报批次"), lambda user: Call.objects.visible_to(user))
register("application", _("申请书"), lambda user: Application.objects.visible_to(user))
