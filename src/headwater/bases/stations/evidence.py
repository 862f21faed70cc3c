from headwater.bases.stations.models import ObservationCount, Plot, Programme, Sensor
from headwater.core.coverage import covered

covered(ObservationCount)
covered(Plot)
covered(Programme)
covered(Sensor)
