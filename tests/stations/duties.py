from collections.abc import Iterator
from typing import Any

from headwater.core.duties import DUTIES, Duty
from tests.stations.models import KEEPER, KIND, Station


@DUTIES.under("stations")
def of_keepers(account: Any) -> Iterator[Duty]:
    """Inspections that wait."""
    for row in Station.objects.filter(pk__in=account.scopes(KEEPER, KIND), inspect_by__isnull=False):
        yield Duty(f"巡检：{row.name_zh}", f"/stations/{row.pk}/", row.inspect_by)
