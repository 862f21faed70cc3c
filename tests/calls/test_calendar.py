"""A period of working days that reaches into a year without a calendar is provisional, and everybody concerned can see it."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils.translation import override

from headwater.calls.clocks import provisional, timeline
from headwater.calls.models import Application, Notice
from headwater.core import clock
from headwater.core.duties import duties_of
from headwater.core.models import Account
from tests.calls.test_decisions import TEN, noticed
from tests.make import client

pytestmark = pytest.mark.django_db
UNKNOWN = 2199


def running(year: int) -> Notice:
    _call, _rows, notice = noticed([TEN])
    Notice.objects.filter(pk=notice.pk).update(ends_at=clock.local(date(year, 1, 8), 23))
    return Notice.objects.get(pk=notice.pk)


@pytest.mark.parametrize(("year", "missing"), [(None, None), (UNKNOWN, 2027)])
def test_the_first_year_without_a_calendar_is_named(year: int | None, missing: int | None) -> None:
    assert clock.missing_calendar(date(2025, 12, 1), date(year or 2026, 1, 9)) == (
        missing and next(y for y in range(2025, UNKNOWN) if not clock.has_calendar(y))
    )


def test_it_is_told_on_the_clocks_the_pages_and_the_duties() -> None:
    notice = running(UNKNOWN)
    year = notice.without_calendar
    assert year is not None
    told = f"{year} 年的工作日历尚未公布"
    row = Application.objects.select_related("call__scheme", "host").get(notice_rows__notice=notice)
    assert [told in s.note for s in timeline(row) if s.label == "公示"] == [True]
    for page, who in ((f"/notices/{notice.pk}/", None), (f"/office/notices/{notice.pk}/", "officer")):
        assert told in client(who).get(page).content.decode()
    titles = [d.title for d in duties_of(Account.objects.get(username="officer"))]
    assert f"核定公示期满日（{year} 年工作日历未公布）：{notice.call.title_zh}" in titles
    with override("en"):
        assert provisional(year).startswith(f"The calendar of working days of {year}")


def test_nothing_is_told_where_the_calendar_is_known() -> None:
    _call, _rows, notice = noticed([TEN])
    Notice.objects.filter(pk=notice.pk).update(
        starts_at=clock.local(date(2025, 3, 3), 9), ends_at=clock.local(date(2025, 3, 10), 23)
    )
    notice = Notice.objects.get(pk=notice.pk)
    assert (notice.without_calendar, provisional(None)) == (None, "")
    assert "工作日历" not in client("officer").get(f"/office/notices/{notice.pk}/").content.decode()
