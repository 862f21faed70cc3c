from headwater.core.roles import LIMITS, Limit, Role, declare
from tests.stations.models import KEEPER, KIND, Station

declare(Role(KEEPER, "台站负责人", (KIND,), excludes=("programme_officer",)))
LIMITS.add(KIND, Limit("台站", lambda code: Station.objects.filter(code=code).first()))
