from headwater.core.coverage import covered
from tests.stations.models import Station

covered(Station)
