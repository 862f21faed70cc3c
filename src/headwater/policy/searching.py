from django.utils.translation import gettext_lazy as _

from headwater.core.search import register
from headwater.policy.queries import articles_here

register("article", _("政策条款"), lambda user: articles_here(), place=100, public=True)
