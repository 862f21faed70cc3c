from headwater.core.workflow import Transition, Workflow
from tests.stations.models import Station

STATION = Workflow(
    "station",
    "stations.station",
    Station.State,
    (Transition(Station.State.BUILDING, "open", Station.State.OPEN, "stations.keep", "启用"),),
)
