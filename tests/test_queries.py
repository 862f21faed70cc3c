"""How many questions a page asks the database does not depend on how many rows it shows."""

from __future__ import annotations

import pytest

from bench.pages.bench import counted
from headwater.calls.models import Call, HostQuota
from headwater.calls.states import CallState
from headwater.core.duties import duties_of
from headwater.core.examples import concrete
from headwater.core.listing import Listing
from headwater.core.models import Account, Event
from headwater.core.open_data import OPEN_DATA
from headwater.core.sentences import Names
from tests.make import client, roles
from tests.review.test_suggesting import ranked
from tests.test_access import ROUTES, records

pytestmark = pytest.mark.django_db


OF_MANY_KINDS = {"admin/audit/"}
"""Lists that ask once for each kind of record among their rows: `test_the_log_names_many_records_of_a_kind_at_once`."""


def test_lists_ask_as_often_for_six_rows_as_for_two(monkeypatch: pytest.MonkeyPatch) -> None:
    init, seen = Listing.__post_init__, []

    def sized(size: int) -> None:
        def post_init(self: Listing) -> None:
            self.page_size = size
            init(self)
            seen.append(self.has_next)

        monkeypatch.setattr(Listing, "__post_init__", post_init)

    have, slow, compared = records(), [], set()
    for name in roles().values():
        browser = client(name)
        for route, _entry in ROUTES:
            if "logout" in route:
                continue
            counts = []
            for size in (2, 2, 6):  # the first answer warms what is kept between requests
                sized(size)
                seen.clear()
                with counted() as found:
                    browser.get(concrete(route, have))
                if seen != [True]:
                    break
                counts.append(len(found))
            if len(counts) == 3:
                compared.add(route)
                if counts[1] != counts[2] and route not in OF_MANY_KINDS:
                    slow.append((name, route, counts[1:]))
    assert slow == []
    assert len(compared) >= 8


@pytest.mark.parametrize("username", ["officer", "committee", "leader"])
def test_desks_ask_as_often_for_five_calls_as_for_two(username: str) -> None:
    def questions() -> list[int]:
        browser, out = client(username), []
        duties_of(Account.objects.get(username=username))
        for address_ in ("/desk/", "/office/calls/", "/lead/", "/calls/", "/"):
            browser.get(address_)
            with counted() as found:
                browser.get(address_)
            out.append(len(found))
        return out

    before = questions()
    for row in Call.objects.filter(state=CallState.PUBLISHED)[:2]:
        for n in range(2):
            code, pk = row.code, row.pk
            row.pk, row.code = None, f"{code}-{n}"
            row.save(force_insert=True)
            row.pk, row.code = pk, code
    assert questions() == before


def test_a_host_asks_as_often_with_more_quotas() -> None:
    quota = HostQuota.objects.order_by("pk")[0]
    browser = client(f"host-{quota.organisation.code}")

    def questions() -> int:
        browser.get("/host/endorse/")
        with counted() as found:
            browser.get("/host/endorse/")
        return len(found)

    before = questions()
    for call in Call.objects.exclude(quotas__organisation=quota.organisation):
        HostQuota.objects.create(call=call, organisation=quota.organisation, quota=9)
    assert questions() == before


def test_the_board_asks_as_often_for_six_candidates_as_for_three() -> None:
    def questions(count: int) -> int:
        call, _rows = ranked([10] * count, [90.0 - n for n in range(count)], 20)
        browser, address = client("officer"), f"/office/calls/{call.pk}/decide/"
        browser.get(address)
        with counted() as found:
            browser.get(address)
        return len(found)

    assert questions(6) == questions(3) <= 34


def test_the_page_of_registers_counts_what_it_names_and_builds_none(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {name: len(table.rows()) for name, table in OPEN_DATA.items()}
    assert sizes == {name: table.count() for name, table in OPEN_DATA.items()}
    browser = client(None)
    browser.get("/data/")
    with counted() as found:
        browser.get("/data/")
    assert len(found) <= 6
    assert all("COUNT(" in sql or "policy_evidence" in sql for sql in found)


def test_the_log_names_many_records_of_a_kind_at_once() -> None:
    events = Event.objects.filter(subject_type="calls.application").order_by("pk")
    counts = []
    for n in (2, 40):
        rows, auditor = list(events[:n]), Account.objects.get(username="auditor")
        with counted() as found:
            Names(auditor).load(rows)
        counts.append((len(rows), len(found)))
    (few, asked), (many, asked_for_many) = counts
    assert many > few == 2
    assert asked == asked_for_many <= 4
