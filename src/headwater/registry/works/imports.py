"""Works among the kinds of tables to import."""

from django.utils.translation import gettext_lazy as _

from headwater.registry.tables import IMPORTS, Importable
from headwater.registry.works.importing.table import WORKS
from headwater.registry.works.importing.taking import import_works

MOST_BYTES = 64 * 1024 * 1024
IMPORTS.add("works", Importable(_("成果"), WORKS, import_works, previewed=True, most_bytes=MOST_BYTES))
