from headwater.core.permission import allow, role, scoped
from tests.stations.models import KEEPER, KIND

allow("stations.list", role(KEEPER))
allow("stations.keep", scoped(KEEPER, KIND, lambda station: station.pk))
