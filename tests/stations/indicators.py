from datetime import date

from headwater.core.indicators import Figure, Records, indicator
from tests.stations.models import Station


@indicator("stations.open", unit="count")
def stations_open(on: date) -> Figure:
    rows = Station.objects.filter(state="open").order_by("code")
    return Figure(rows.count(), Records(("编号", "名称"), lambda: list(rows.values_list("code", "name_zh"))))
