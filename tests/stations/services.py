from headwater.core import clock
from headwater.core.command import Actor, command
from tests.stations.models import Station
from tests.stations.workflow import STATION


def open_station(*, station: Station, actor: Actor) -> None:
    """The keeper opens a station that was built."""
    with command(actor, "stations.keep", station, name="stations.open_station") as log:
        STATION.apply(Station.objects.filter(pk=station.pk), "open", log, opened_on=clock.today())
