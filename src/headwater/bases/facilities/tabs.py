"""The tabs of a facility: who pays and how much has come; machine time, demand against supply by year."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.bases.facilities.figures import Paid, by_source, by_year
from headwater.bases.facilities.tables import FUNDING, TIME
from headwater.bases.facilities.timing import YearOfTime, years_of
from headwater.bases.standards.figures import PERCENT, shown
from headwater.bases.standards.shown import figures_of
from headwater.bases.tables.lists import part_of
from headwater.bases.tables.parts import has_tables, tables_of
from headwater.core import clock
from headwater.core.money import wan, wan_cell
from headwater.core.permission import may
from headwater.core.pictures import Bar, Picture, Series
from headwater.registers.declared import TABS, Tab
from headwater.registers.shapes import Kind

YEARS_BACK, YEARS_AHEAD = 4, 1


def money(request: HttpRequest, entry: Any, kind: Kind) -> tuple[str, Mapping[str, Any]]:
    part = tables_of(kind)[FUNDING]
    words = {code: str(word) for code, word in part.choices.get("source", {}).items()}
    return "bases/facilities/money.html", {
        "part": part_of(request, entry, FUNDING),
        "figures": figures_of(entry, clock.today(), FUNDING),
        "picture": _money_picture(by_source(entry.pk), words, "sources", _("资金来源"), _("各来源的计划和到位")),
        "years": _money_picture(by_year(entry.pk), {}, "years", _("年度"), _("各年度的计划和到位")),
    }


def _money_picture(rows: Sequence[Paid], words: Mapping[str, str], code: str, of: str, title: str) -> Picture:
    """Draw what has come and what is still to come; the share stands at the end of each bar."""
    bars = []
    for row in rows:
        share = shown(row.share, PERCENT)
        said = _("计划 %(planned)s，到位 %(paid)s（%(share)s）") % {
            "planned": wan(row.planned),
            "paid": wan(row.paid),
            "share": share,
        }
        left = max(0, row.planned - row.paid)
        bars.append(Bar(words.get(row.key, row.key), (wan_cell(row.paid), wan_cell(left)), said, (share,)))
    return Picture(
        code=f"money-{code}",
        title=title,
        of=of,
        axis=_("金额（万元）"),
        series=[Series(_("到位")), Series(_("未到位"), "soft")],
        bars=bars,
        extra=[_("到位率")],
        source=_("建设资金登记"),
        why=_("按登记的计划和到位计。"),
        empty=_("还没有登记资金"),
        most=30,
    )


def time(request: HttpRequest, entry: Any, kind: Kind) -> tuple[str, Mapping[str, Any]]:
    """Show demand and supply to everybody; who had how much only to those who see the entry from inside."""
    year = clock.today().year
    inside = may(request.user, "registers.view", entry)
    place = [entry._meta.label_lower, entry.pk]
    asks = may(request.user, "requests.propose", entry)
    return "bases/facilities/time.html", {
        "part": part_of(request, entry, TIME) if inside else None,
        "figures": figures_of(entry, clock.today(), TIME),
        "picture": time_picture(years_of(entry, year - YEARS_BACK, year + YEARS_AHEAD)),
        "ask_url": reverse("request_new", args=place) if asks else "",
    }


def time_picture(years: Sequence[YearOfTime]) -> Picture:
    """Draw four bars for each year of which anything but the plan is known: offered, asked for, given, used."""
    lines: tuple[tuple[str, Callable[[YearOfTime], int | None]], ...] = (
        (_("供机时"), lambda y: y.supply),
        (_("申请"), lambda y: y.asked),
        (_("批准"), lambda y: y.given),
        (_("使用"), lambda y: y.used),
    )
    tones, bars = ("soft", "warn", "mid", "act"), []
    for year in years:
        if not (year.asked or year.given or year.used):
            continue
        for n, (name, read) in enumerate(lines):
            hours = read(year)
            if hours is not None:
                parts = tuple(float(hours) if m == n else 0.0 for m in range(len(lines)))
                bars.append(Bar(f"{year.year} {name}", parts, f"{hours:,}"))
    return Picture(
        code="machine-time",
        title=_("机时的供给与需求"),
        of=_("年度"),
        axis=_("机时（小时）"),
        series=[Series(name, tone) for (name, _read), tone in zip(lines, tones, strict=True)],
        bars=bars,
        source=_("年度报告、机时申请和登记"),
        why=_("供机时取已接收的年度报告，没有报告的年度取登记的计划；申请含正在审批的。"),
        empty=_("还没有机时申请"),
        most=40,
    )


TABS.add("funding", Tab(gettext_lazy("资金"), 14, lambda kind: has_tables(kind, FUNDING), money))
TABS.add("time", Tab(gettext_lazy("机时"), 16, lambda kind: has_tables(kind, TIME), time, public=True))
