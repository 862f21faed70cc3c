from headwater.core.roles import LIMITS, Limit, Power, Role, declare
from tests.stations.models import KEEPER, KIND, Station

declare(
    Role(KEEPER, "台站负责人", (KIND,), excludes=("programme_officer",)),
    Role("station_inspector", "台站检查员", (KIND,), excludes=(KEEPER,), power=Power.DECIDING),
)
LIMITS.add(KIND, Limit("台站", lambda code: Station.objects.filter(code=code).first()))
