"""What the house knows of stations for their reports: plots and sensors at the end of a period, and what the station counted in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Sum

from headwater.bases.models import Base
from headwater.bases.stations import figures, rules
from headwater.bases.stations.tables import PLOTS
from headwater.bases.tables.parts import has_tables
from headwater.casework.reports.kinds import Source, add_source
from headwater.core.i18n import Bilingual
from headwater.registers.kinds import kinds_here

SITE = "site"
PARTS = {"plots": "number", "area": "number", "sensors": "number", "items": "number", "achieved": "number", "complete": "number"}


def read(keys: Sequence[int], since: date, until: date) -> Mapping[int, Mapping[str, Any]]:
    """Read the sites of some stations whose kinds keep plots (6 queries, and 1 for the kinds).

    Observations are the station's own word until the repository counts them.
    """
    keeping = [code for code, kind in kinds_here().items() if has_tables(kind, PLOTS)]
    bases = list(Base.objects.filter(pk__in=keys, kind__in=keeping).values_list("pk", flat=True))
    counts = figures.counted(bases, since, until).order_by().values_list("base").annotate(o=Sum("observed"), e=Sum("expected"))
    complete = {base: rules.completeness([(o, e)]) for base, o, e in counts}
    achieved: dict[int, set[int]] = {}
    for base, programme in figures.counted(bases, since, until).filter(observed__gt=0).values_list("base", "programme"):
        achieved.setdefault(base, set()).add(programme)
    by_name = {
        "plots": figures.plots(bases, until),
        "area": figures.area(bases, until),
        "sensors": figures.sensors(bases, until),
        "items": figures.programmes(bases, until),
    }
    found: dict[int, dict[str, Any]] = {base: {"achieved": len(achieved.get(base, ()))} for base in bases}
    for base, line in found.items():
        line |= {name: values[base] for name, values in by_name.items() if base in values}
        if complete.get(base) is not None:
            line["complete"] = complete[base]
    return found


add_source("bases.base", SITE, Source(Bilingual("站区登记", "Record of the site"), PARTS, read))
