from django.utils.translation import gettext_lazy as _

from headwater.core.search import register
from headwater.policy.models import Article

register("article", _("政策条款"), lambda user: Article.objects.all(), place=100, public=True)
