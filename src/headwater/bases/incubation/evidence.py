from headwater.bases.incubation.models import Assessment, Tenant
from headwater.core.coverage import covered

covered(Assessment)
covered(Tenant)
