"""What the demo writes into the tables of its bases, by the real commands: tenants, sites, money, machine time, postdocs."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from headwater.bases.stations import rules
from headwater.bases.stations.models import Programme
from headwater.bases.tables.parts import tables_of
from headwater.bases.tables.services import Line, put_lines
from headwater.core import clock
from headwater.core.command import Actor
from headwater.registers.kinds import kind_of
from headwater.registers.shapes import AT_WORK
from headwater.registry.identifiers import check_uscc

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
ITEMS = ("气温", "降水", "土壤水分", "植被盖度", "地上生物量", "水位")
Rows = Iterator[dict[str, Any]]


def fill_tables(bases: Sequence[Any], *, seed: int, actor: Actor) -> None:
    """Fill the tables of the bases at work, one command for each table of a base; counts need their programmes, so these come first."""
    maker = TableMaker(random.Random(seed))
    for base in bases:
        if base.group in AT_WORK:
            for code, part in tables_of(kind_of(base)).items():
                rows = list(maker.rows(code, base, part.choices))
                if rows:
                    put_lines(table=code, base=base, lines=[Line(values) for values in rows], actor=actor)


class TableMaker:
    """A maker invents rows that keep to the rules of their tables."""

    def __init__(self, r: random.Random) -> None:
        self.r, self.today = r, clock.today()
        self.makers: dict[str, Callable[[Any, Mapping[str, Any]], Rows]] = {
            "tenants": self._tenants,
            "funding": self._funding,
            "machine_time": self._time,
            "plots": self._plots,
            "sensors": self._sensors,
            "programmes": self._programmes,
            "observations": self._observations,
            "postdocs": self._postdocs,
        }

    def rows(self, table: str, base: Any, choices: Mapping[str, Any]) -> Rows:
        maker = self.makers.get(table)
        return maker(base, choices) if maker else iter(())

    def _day(self, years: int) -> date:
        """Return a day in the past, up to so many years ago."""
        return self.today - timedelta(days=self.r.randint(30, 365 * years))

    def _uscc(self) -> str:
        body = "91150100MA" + "".join(self.r.choice(ALPHABET) for _n in range(7))
        return next(text for c in ALPHABET if _is_code(text := body + c))

    def _tenants(self, _base: Any, choices: Mapping[str, Any]) -> Rows:
        r, fields = self.r, list(choices["industry"])
        main = r.choice(fields)
        for n in range(r.randint(14, 40)):
            firm, entered = r.random() < 0.7, self._day(5)
            row = {
                "name": f"虚构入驻{'企业' if firm else '团队'}{n + 1}",
                "kind": "firm" if firm else "team",
                "uscc": self._uscc() if firm else "",
                "industry": main if r.random() < 0.6 else r.choice(fields),
                "entered_on": entered,
                "jobs": r.randint(2, 60),
                "ip_applied": r.randint(0, 6),
                "ip_valid": r.randint(0, 3),
                "financed_fen": r.choice((0, 0, 0, 100_000_000, 600_000_000)),
                "revenue_fen": r.randint(0, 90) * 10_000_000,
            }
            yield row | (self._left(row, entered) if r.random() < 0.35 else {})

    def _left(self, row: Mapping[str, Any], entered: date) -> dict[str, Any]:
        left = entered + (self.today - entered) * self.r.random()
        if row["financed_fen"] >= 500_000_000 or self.r.random() < 0.4:
            return {"left_on": left, "left_as": "graduated", "recognised": "high_tech", "evidence": "虚构证书"}
        return {"left_on": left, "left_as": self.r.choice(("moved", "ended"))}

    def _funding(self, base: Any, choices: Mapping[str, Any]) -> Rows:
        first = (base.since or self.today).year - 3
        for source in choices["source"]:
            planned = self.r.randint(5, 40) * 100_000_000
            for year in range(first, first + 3):
                paid = planned if year < first + 2 else planned * self.r.randint(5, 10) // 10
                yield {"source": source, "payer": "", "year": year, "planned_fen": planned, "paid_fen": paid}

    def _time(self, base: Any, _choices: Mapping[str, Any]) -> Rows:
        for year in range(self.today.year - 3, self.today.year + 1):
            for n in range(self.r.randint(3, 8)):
                asked = self.r.randint(40, 400)
                given = asked * self.r.randint(6, 10) // 10
                used = given * self.r.randint(7, 10) // 10 if year < self.today.year else None
                standing = self.r.choice(("outside", "inside"))
                yield {
                    "user": f"虚构用户{n + 1}",
                    "standing": standing,
                    "year": year,
                    "asked": asked,
                    "given": given,
                    "used": used,
                }

    def _plots(self, base: Any, _choices: Mapping[str, Any]) -> Rows:
        middle = (self.r.uniform(108, 121), self.r.uniform(40, 46))
        for n in range(self.r.randint(2, 6)):
            lon, lat = (round(c + self.r.uniform(-0.03, 0.03), 5) for c in middle)
            side = round(self.r.uniform(0.001, 0.006), 5)
            outline = [
                [lon, lat],
                [round(lon + side, 5), lat],
                [round(lon + side, 5), round(lat + side, 5)],
                [lon, round(lat + side, 5)],
            ]
            land = self.r.choice(("own", "lease"))
            until = date(self.today.year + self.r.randint(11, 30), 12, 31) if land == "lease" else None
            yield {
                "name": f"{n + 1}号样地",
                "outline": outline,
                "land": land,
                "land_until": until,
                "area_ha": self.r.randint(4, 300),
            }

    def _sensors(self, base: Any, choices: Mapping[str, Any]) -> Rows:
        for n, kind in enumerate(self.r.sample(list(choices["kind"]), min(5, len(choices["kind"])))):
            state = self.r.choice(("working", "working", "working", "faulty"))
            yield {"name": f"传感器{n + 1}", "kind": kind, "installed_on": self._day(6), "state": state}

    def _programmes(self, base: Any, _choices: Mapping[str, Any]) -> Rows:
        for item in self.r.sample(ITEMS, 4):
            every = self.r.choice(("hour", "day", "month", "year"))
            yield {"item": item, "every": every, "times": self.r.randint(1, 6), "since": date(self.today.year - 6, 1, 1)}

    def _observations(self, base: Any, _choices: Mapping[str, Any]) -> Rows:
        for programme in Programme.objects.filter(base=base).order_by("pk"):
            for year in range(self.today.year - 3, self.today.year):
                most = rules.expected(programme.rhythm, *rules.period_of(year, None))
                yield {"programme": programme, "year": year, "observed": most * self.r.randint(80, 100) // 100}

    def _postdocs(self, base: Any, _choices: Mapping[str, Any]) -> Rows:
        for n in range(self.r.randint(3, 9)):
            entered = self._day(6)
            out = clock.add_months(entered, 24)
            row = {
                "name": f"虚构博士后{n + 1}",
                "kind": "full",
                "entered_on": entered,
                "planned_exit": out,
                "supervisor": "虚构导师",
            }
            yield row | ({"left_on": out, "left_as": "finished", "stays": self.r.random() < 0.6} if out <= self.today else {})


def _is_code(text: str) -> bool:
    try:
        return bool(check_uscc(text))
    except ValueError:
        return False
