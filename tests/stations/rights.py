from headwater.core.causes import Party, declare, right_for
from tests.stations.models import KEEPER, KIND

KEEPERS = Party("the keeper of the station", lambda event, account: event.subject_id in account.scopes(KEEPER, KIND))

declare({"stations.open_station": right_for(KEEPERS)})
