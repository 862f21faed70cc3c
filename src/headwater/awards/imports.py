from django.utils.translation import gettext_lazy as _

from headwater.awards.services.earlier import PROJECTS, import_projects
from headwater.registry.tables import IMPORTS, Importable

IMPORTS.add("projects", Importable(_("以往项目"), PROJECTS, import_projects))
