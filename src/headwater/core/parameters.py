"""Dated parameters of the region: a rule asks for the value in force on the call's date."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

from django.db.models import Q

from headwater.core import clock
from headwater.core.i18n import NOTHING, Bilingual, both
from headwater.core.models import Parameter

KEPT_SECONDS = 20.0
_cache: dict[tuple[str, date], tuple[float, dict[tuple[str, str], Any], dict[str, Bilingual]]] = {}


def forget_parameters() -> None:
    """Forget the values after a region package was loaded; other processes follow within `KEPT_SECONDS`."""
    _cache.clear()


class Parameters:
    """All parameter values of one region in force on one date, read in one query and kept for some seconds.

    `get(key, scheme)` prefers the row of the scheme to the general row and returns `default` where there is none; a rule
    that finds None must answer "skipped", never "passed" (handbook 1.6 and 2.5).
    """

    def __init__(self, region: str, on: date) -> None:
        self.region, self.on = region, on
        entry = _cache.get((region, on))
        if entry and time.monotonic() - entry[0] < KEPT_SECONDS:
            self._values, self._words = entry[1:]
            return
        rows = Parameter.objects.filter(region=region, valid_from__lte=on).filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on))
        parameters = list(rows.order_by("valid_from"))
        self._values = {(p.key, p.applies_to): p.value for p in parameters}
        self._words = {p.key: both(p, "label") for p in parameters if p.label_zh}
        if len(_cache) > 200:
            _cache.clear()
        _cache[region, on] = (time.monotonic(), self._values, self._words)

    def get(self, key: str, scheme: str = "", default: Any = None) -> Any:
        if (key, scheme) in self._values:
            return self._values[key, scheme]
        return self._values.get((key, ""), default)

    def words(self, key: str) -> Bilingual:
        """Return what the region calls a parameter, empty where it does not say."""
        return self._words.get(key, NOTHING)

    def house_value(self, key: str, scheme: str = "") -> Any:
        """Return a value that the house needs whatever the scheme's rules: a clock, a quota. Before its first row is in force, that row holds.

        Raises:
            LookupError: the region gives no row for it; the check of a package asks for those that are read.
        """
        value = self.get(key, scheme)
        return self._first(key, scheme) if value is None else value

    def number(self, key: str, scheme: str = "") -> int:
        """Return a house value as a whole number."""
        return int(self.house_value(key, scheme))

    def _first(self, key: str, scheme: str) -> Any:
        rows = Parameter.objects.filter(region=self.region, key=key, applies_to__in={scheme, ""})
        row = rows.order_by("valid_from", "-applies_to").first()
        if row is None:
            raise LookupError(f"the region {self.region!r} gives no parameter {key!r} for {scheme or 'the house'!r}: add a row")
        return row.value

    def all(self) -> dict[tuple[str, str], Any]:
        return dict(self._values)


def house_days(key: str, default: int) -> int:
    """Return a number of days that holds for the house, whatever the scheme, as of today; `default` before a region is loaded."""
    rows = Parameter.objects.filter(key=key, applies_to="", valid_from__lte=clock.today())
    row = rows.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=clock.today())).order_by("valid_from").last()
    return default if row is None else int(row.value)
