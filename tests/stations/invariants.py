from headwater.core.invariants import invariant

invariant(
    "open_station_has_day",
    "运行中的台站有启用日期",
    "SELECT 'station ' || code FROM stations_station WHERE state = 'open' AND opened_on IS NULL",
)
