from headwater.policy.registry import Indicator, Table, indicator
from tests.stations.models import Station


def opened() -> Table:
    return Table(("编号", "名称"), list(Station.objects.filter(state="open").order_by("code").values_list("code", "name_zh")))


indicator(
    Indicator(
        "stations.open",
        "运行中的台站",
        "Stations at work",
        "个",
        "stations",
        (7,),
        lambda: Station.objects.filter(state="open").count(),
        opened,
    )
)
