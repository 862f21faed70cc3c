from headwater.bases.stations.models import ObservationCount, Plot, Programme, Sensor
from headwater.core.sentences import called

called(ObservationCount, str, related=("programme",))
called(Plot, str)
called(Programme, str)
called(Sensor, str)
