"""Pictures of calls, and the register in which each app puts those of its own part of the way. Whoever draws one says for which calls;
every function leaves the account's own cases out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.calls.indicators import accepted
from headwater.calls.late import LATE
from headwater.calls.models import Call
from headwater.calls.states import State
from headwater.core import clock
from headwater.core.i18n import named
from headwater.core.indicators import Text, share
from headwater.core.own import without_own
from headwater.core.pictures import Bar, Picture, Series
from headwater.core.register import Register
from headwater.registry.models import Organisation, ReviewGroup
from headwater.registry.places import place_of, places_word

Draw = Callable[[Any, Sequence[Call]], Picture | None]
"""Given an account and calls; nothing where the calls have nothing of the kind, such as money."""
NOT_YOURS: Text = gettext_lazy("与查看者本人有关的申请不计入。")


@dataclass(frozen=True)
class Source:
    """A picture and its place among the others of a page."""

    place: int
    draw: Draw


PICTURES: Register[Source] = Register("picture")


def pictures_of(account: Any, calls: Sequence[Call]) -> list[Picture]:
    """Draw everything that can be said of `calls`, in the order of the pages."""
    sources = sorted(PICTURES.values(), key=lambda source: source.place)
    return [drawn for source in sources if (drawn := source.draw(account, calls)) is not None]


def _rates(account: Any, calls: Sequence[Call], column: str) -> dict[Any, tuple[int, int]]:
    """Count by `column` what was approved and what was accepted in released calls, as the indicator of the rate does (one query)."""
    rows = without_own(accepted(clock.today()).filter(call__in=calls), account)
    counts = rows.order_by().values_list(column).annotate(part=Count("pk", filter=Q(state=State.APPROVED)), whole=Count("pk"))
    return {key: (part, whole) for key, part, whole in counts.values_list(column, "part", "whole")}


def _success(code: str, title: Text, of: Text, counts: Mapping[Any, tuple[int, int]], names: Mapping[Any, str]) -> Picture:
    rows = sorted(counts.items(), key=lambda row: (-row[1][1], str(names.get(row[0], ""))))
    bars = []
    for key, (part, whole) in rows:
        rate = round(share(part, whole) or 0, 1)
        bars.append(Bar(names.get(key) or _("未注明"), (rate,), f"{part} / {whole} · {rate:g}%", (part, whole)))
    return Picture(
        code=code,
        title=title,
        of=of,
        axis=_("批准率（%），按受理数从多到少"),
        series=[Series(_("批准率（%）"))],
        bars=bars,
        extra=[_("批准"), _("受理")],
        top=100,
        source=_("申请和决定的记录，与批准率指标同一口径"),
        why=_("结果已公布的批次中，批准项数占受理项数。受理数少时，比率的差别说明不了什么。"),
        without=NOT_YOURS,
        empty=_("还没有公布结果的批次"),
    )


def by_field(account: Any, calls: Sequence[Call]) -> Picture:
    names = {g.code: named(g) for g in ReviewGroup.objects.all()}
    return _success("field", _("各评审领域的批准率"), _("评审领域"), _rates(account, calls, "review_group"), names)


def by_host(account: Any, calls: Sequence[Call]) -> Picture:
    counts = _rates(account, calls, "host")
    names = {pk: named(host) for pk, host in Organisation.objects.in_bulk(list(counts)).items()}
    return _success("host", _("各依托单位的批准率"), _("依托单位"), counts, names)


def by_place(account: Any, calls: Sequence[Call]) -> Picture:
    """Draw the rate of each place of the region; a host in a county counts for the place in which it lies."""
    here = place_of()
    counts: dict[int | None, tuple[int, int]] = {}
    for pk, (part, whole) in _rates(account, calls, "host__place").items():
        key = here[pk].pk if pk in here else None
        before = counts.get(key, (0, 0))
        counts[key] = (before[0] + part, before[1] + whole)
    names = {place.pk: named(place) for place in here.values()}
    title = _("各%s的批准率") % places_word()
    return _success("place", title, places_word(), counts, names)


def late(account: Any, calls: Sequence[Call]) -> Picture:
    """Draw what should have been done: by whom, for how many days."""
    rows = [row for source in LATE.values() for row in source(account, calls)]
    rows.sort(key=lambda row: (row.due, row.what))
    several = len(calls) > 1
    bars = []
    for row in rows:
        label = f"{row.what} · {row.who}" + (f" · {named(row.call, 'title')}" if several else "")
        told = _("%(n)d 项 · %(days)d 天") % {"n": row.count, "days": row.days}
        bars.append(Bar(label, (row.days,), told, (row.count, clock.last_day(row.due).isoformat())))
    return Picture(
        code="late",
        title=_("逾期未办"),
        of=_("事项 · 由谁办"),
        axis=_("已过期限的天数（最早一项）"),
        series=[Series(_("天数"), "warn")],
        bars=bars,
        extra=[_("项数"), _("最早期限")],
        source=_("申请、评审指派和签署记录"),
        why=_("期限已过而仍未办的事项。"),
        without=NOT_YOURS,
        empty=_("没有逾期未办的事项"),
    )


PICTURES.add("field", Source(40, by_field))
PICTURES.add("host", Source(50, by_host))
PICTURES.add("place", Source(60, by_place))
PICTURES.add("late", Source(70, late))
