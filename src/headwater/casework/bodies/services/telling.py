"""What members of a body are told, with a file for their calendar where it is a sitting. Who has no account is written to by mail."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.casework.bodies.calendars import Meeting, calendar_file
from headwater.casework.bodies.models import Body, Sitting
from headwater.core.correspondence import signatures
from headwater.core.services import Words, notify, write_to
from headwater.registry.models import Person, accounts_of

Text = Callable[[], str]


def calendar_of(sitting: Sitting) -> str:
    """Return a sitting as a file for a calendar."""
    minutes = sum(sitting.items.values_list("minutes", flat=True))
    cancelled = sitting.state == Sitting.State.CANCELLED
    return calendar_file(
        Meeting(
            f"sitting-{sitting.pk}-body-{sitting.body_id}",
            sitting.sequence,
            sitting.meets_at,
            minutes or 60,
            sitting.body.name_zh,
            sitting.place,
            f"/sittings/{sitting.pk}/",
            is_cancelled=cancelled,
        )
    )


def tell_seated(body: Body, people: Collection[int]) -> None:
    """Tell people that they sit on a body now."""
    _tell(people, lambda: _("您已被聘为成员：%s") % body, lambda: _("组成、任期和会议安排见该组织的页面。"), url=_page(body))


def tell_left(body: Body, people: Collection[int], reason: str) -> None:
    """Tell people that they no longer sit on a body, and why."""
    _tell(people, lambda: _("您不再担任成员：%s") % body, lambda: reason, url="/bodies/")


def tell_dissolved(body: Body, people: Collection[int], reason: str) -> None:
    _tell(people, lambda: _("已解散：%s") % body, lambda: _("原因：%s") % reason, url=_page(body))


def tell_called(sitting: Sitting, people: Collection[int]) -> None:
    """Invite members to a sitting and ask them whether they come."""
    _tell_sitting(sitting, people, lambda: _("会议通知：%s") % sitting.body, lambda: _when_and_where(sitting))


def tell_changed(sitting: Sitting, people: Collection[int]) -> None:
    """Tell members that something of a sitting has changed, with all that holds now."""
    _tell_sitting(sitting, people, lambda: _("会议安排有变更：%s") % sitting.body, lambda: _when_and_where(sitting))


def tell_cancelled(sitting: Sitting, people: Collection[int], reason: str) -> None:
    _tell_sitting(sitting, people, lambda: _("会议取消：%s") % sitting.body, lambda: _("原因：%s") % reason)


def tell_soon(sitting: Sitting, people: Collection[int]) -> None:
    """Remind members of a sitting that comes soon."""
    _tell_sitting(sitting, people, lambda: _("会议提醒：%s") % sitting.body, lambda: _when_and_where(sitting))


def ask_to_vote(sitting: Sitting, people: Collection[int]) -> None:
    _tell(people, lambda: _("请投票：%s") % sitting.body, lambda: "", url=f"/sittings/{sitting.pk}/")


def _tell_sitting(sitting: Sitting, people: Collection[int], title: Text, body: Text) -> None:
    _tell(people, title, body, url=f"/sittings/{sitting.pk}/", calendar=calendar_of(sitting))


def _tell(people: Collection[int], title: Words, body: Words, *, url: str, calendar: str = "") -> None:
    """Tell people by their accounts; those without one by a mail to the address of their record."""
    if not people:
        return
    accounts = list(accounts_of(people))
    notify(accounts, title=title, body=body, url=url, calendar=calendar)
    write_to(_mails(people, [a.pk for a in accounts], title, body), forget=False, sign=signatures)


def _mails(people: Iterable[int], accounts: Collection[int], title: Words, body: Words) -> Iterable[tuple[str, str, str]]:
    rows = Person.objects.filter(pk__in=people, account__isnull=True).exclude(email="").exclude(merged_into__account__in=accounts)
    for person in rows.order_by("pk"):
        head, text = (w() if callable(w) else w for w in (title, body))
        yield person.email, head, "\n\n".join(filter(None, [_("%s：您好！") % person.name_zh, head, text]))


def _page(body: Body) -> str:
    return f"/bodies/{body.pk}/"


def _when_and_where(sitting: Sitting) -> str:
    at = f"{timezone.localtime(sitting.meets_at):%Y-%m-%d %H:%M}"
    return _("时间：%(at)s；地点：%(place)s。请在会议页面确认是否参加，会议已附日历文件。") % {"at": at, "place": sitting.place}
