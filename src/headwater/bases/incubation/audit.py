from headwater.bases.incubation.models import Assessment, Tenant
from headwater.core.sentences import called

called(Assessment, str, related=("base",))
called(Tenant, str)
