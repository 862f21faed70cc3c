from headwater.core.search import register
from tests.stations.models import Station

register("station", "台站", lambda user: Station.objects.visible_to(user), place=450, public=True)
