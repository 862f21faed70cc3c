"""What members of a panel are told of its meeting, each time with a file for their calendar."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from headwater.core import clock
from headwater.core.services import Words, notify
from headwater.core.site import site_address
from headwater.registry.models import accounts_of
from headwater.review.models import Panel, PanelItem


@dataclass(frozen=True)
class Slot:
    """An item of an agenda, with the time that is planned for it; no times where the panel has none."""

    item: PanelItem
    begins: datetime | None
    ends: datetime | None


def slots(panel: Panel, items: Iterable[PanelItem], unknown: Collection[int] = ()) -> list[Slot]:
    """Return the agenda with its times. `items` are all items in order: one that a reader may not see takes its time all the same.

    Of an application in `unknown` the reader may not know that it is here: it has no slot, and its time belongs to the item before it (to the
    one after it, where it is the first), so that no gap tells of it.
    """
    agenda: list[Slot] = []
    at = begins = panel.meets_at
    for item in items:
        at = at + timedelta(minutes=item.minutes) if at else None
        if item.application_id not in unknown:
            agenda.append(Slot(item, begins, at))
        elif agenda:
            agenda[-1] = replace(agenda[-1], ends=at)
        begins = at if agenda else begins
    return agenda


def calendar_of(panel: Panel, *, cancelled: bool = False) -> str:
    """Return the meeting as an iCalendar file: the same entry each time, so that a calendar replaces what it had."""
    if panel.meets_at is None:
        return ""
    length = sum(panel.items.values_list("minutes", flat=True)) or sum(minutes for _pk, minutes in panel.laid_down)
    entry = Event()
    entry.add("uid", f"panel-{panel.pk}-{panel.call.code}@headwater")
    entry.add("sequence", panel.sequence)
    entry.add("dtstamp", clock.now())
    entry.add("dtstart", panel.meets_at)
    entry.add("dtend", panel.meets_at + timedelta(minutes=length))
    entry.add("summary", panel.name)
    entry.add("location", panel.place)
    entry.add("url", site_address(f"/panels/{panel.pk}/"))
    entry.add("status", "CANCELLED" if cancelled or panel.state == Panel.State.DISSOLVED else "CONFIRMED")
    return _file(entry)


def _file(entry: Event) -> str:
    calendar = Calendar()
    calendar.add("prodid", "-//Headwater//panels//")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(entry)
    return str(calendar.to_ical().decode())


def tell_invited(panel: Panel, people: Collection[int]) -> None:
    """Invite members: when and where the panel meets."""
    _tell(panel, people, lambda: _("会议评审：%s") % panel.name, lambda: _when_and_where(panel))


def tell_changed(panel: Panel, people: Collection[int]) -> None:
    """Tell members that something of the meeting has changed, with all that holds now."""
    _tell(panel, people, lambda: _("会议安排有变更：%s") % panel.name, lambda: _when_and_where(panel))


def tell_left_out(panel: Panel, people: Collection[int]) -> None:
    """Tell who is no longer a member; the file takes the meeting out of their calendar."""
    if people:
        notify(
            accounts_of(people),
            title=lambda: _("您不再参加会议评审：%s") % panel.name,
            body=lambda: _("会评组成员已调整，所附日历文件用于取消日历中的会议。"),
            calendar=calendar_of(panel, cancelled=True),
        )


def tell_dissolved(panel: Panel, people: Collection[int], reason: str) -> None:
    """Tell members that there will be no meeting, and why."""
    _tell(panel, people, lambda: _("会议取消：%s") % panel.name, lambda: _("会评组已解散。原因：%s") % reason)


def _tell(panel: Panel, people: Collection[int], title: Words, body: Words) -> None:
    if people:
        notify(accounts_of(people), title=title, body=body, url=f"/panels/{panel.pk}/", calendar=calendar_of(panel))


def _when_and_where(panel: Panel) -> str:
    if panel.meets_at is None:
        return ""
    at = f"{timezone.localtime(panel.meets_at):%Y-%m-%d %H:%M}"
    return _("时间：%(at)s；地点：%(place)s。议程见会评组页面，会议已附日历文件。") % {"at": at, "place": panel.place}
