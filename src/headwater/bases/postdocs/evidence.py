from headwater.bases.postdocs.models import Postdoc
from headwater.core.coverage import covered

covered(Postdoc)
