from django.utils.translation import gettext_lazy as _

from headwater.registry.tables import IMPORTS, Importable
from headwater.review.services.expert_sheets import EXPERTS, import_experts

IMPORTS.add("experts", Importable(_("专家"), EXPERTS, import_experts))
