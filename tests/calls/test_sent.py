"""What was never submitted is read neither by the host nor by the agency, and nothing by the agency before the host endorses it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from headwater.calls.applying.services.applications import submit_application
from headwater.calls.applying.services.attachments import attach
from headwater.calls.applying.services.withdrawing import reopen_application, withdraw_application
from headwater.calls.endorsing.services.endorsement import endorse, expire_late, recommend, return_to_author
from headwater.calls.models import Application
from headwater.core import clock
from headwater.core.command import system
from headwater.core.models import StoredFile
from headwater.core.search import SearchRow, index
from tests.api.test_api import ids, key
from tests.make import as_, client, draft_of, manager, new_call, new_person, real_host, recommender

pytestmark = pytest.mark.django_db
TITLE = "呼伦湖冰封期甲烷排放"
PDF = b"%PDF-1.4\n%%EOF\n"
Step = Callable[[Application], Any]


def submit(row: Application) -> None:
    submit_application(application=row, actor=as_(row.leader), agree=True)


def withdraw(row: Application) -> None:
    withdraw_application(application=row, actor=as_(row.leader))


def reopen(row: Application) -> None:
    reopen_application(application=Application.objects.get(pk=row.pk), actor=as_(row.leader))


def expire(row: Application) -> None:
    row.call.closes_at = clock.now()
    row.call.save(update_fields=["closes_at"])
    expire_late(call=row.call, actor=system("test"))


def send_back(row: Application) -> None:
    return_to_author(applications=[row], note="请补充", actor=manager(row.host))


def pass_on(row: Application) -> None:
    endorse(applications=[row], actor=manager(row.host))


def forward(row: Application) -> None:
    recommend(applications=[row], actor=recommender(row.host))


# steps from the draft, the state they lead to, who may read it then: the host, the agency
WAYS: dict[str, tuple[tuple[Step, ...], str, bool, bool]] = {
    "draft": ((), "draft", False, False),
    "withdrawn draft": ((withdraw,), "withdrawn", False, False),
    "expired draft": ((expire,), "expired", False, False),
    "submitted": ((submit,), "host_review", True, False),
    "returned": ((submit, send_back), "draft", False, False),
    "returned, then expired": ((submit, send_back, expire), "expired", False, False),
    "withdrawn from the host": ((submit, withdraw), "withdrawn", True, False),
    "reopened, then given up": ((submit, withdraw, reopen, withdraw), "withdrawn", False, False),
    "endorsed": ((submit, pass_on), "recommending", True, True),
    "recommended": ((submit, pass_on, forward), "received", True, True),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("who", ["host", "agency"])
def test_what_host_and_agency_read_of_an_application(way: str, who: str) -> None:
    steps, state, *allowed = WAYS[way]
    row = draft_of(new_call(), new_person(organisation=real_host()), title_zh=TITLE)
    kept = attach(application=row, kind="ethics", name="意见.pdf", content=PDF, actor=as_(row.leader)).file_id
    StoredFile.objects.filter(pk=kept).update(state="fine")
    index([SearchRow("application", row.pk, TITLE, f"/applications/{row.pk}/")])
    for step in steps:
        step(row)
    assert Application.objects.get(pk=row.pk).state == state
    actor = manager(row.host) if who == "host" else recommender(row.host)
    assert actor.account is not None
    username, reads = actor.account.username, allowed[who == "agency"]
    browser, wanted = client(username), 200 if reads else 404
    pages = ("", "pdf/", "history/", "versions/")
    assert {p: browser.get(f"/applications/{row.pk}/{p}").status_code for p in pages} == dict.fromkeys(pages, wanted)
    assert browser.get(f"/files/{kept}/").status_code == wanted
    queue = "/host/endorse/" if who == "host" else "/recommend/"
    assert (f'/applications/{row.pk}/"' in browser.get(queue, {"q": TITLE, "all": "1"}).content.decode()) == reads
    assert (f'/applications/{row.pk}/"' in browser.get("/search/", {"q": TITLE}).content.decode()) == reads
    token = key(username)
    assert token.get(f"/api/v1/applications/{row.pk}/").status_code == wanted
    assert (row.pk in ids(token, f"/applications/?call={row.call.code}")) == reads


def test_an_agency_reads_nothing_of_a_host_that_reports_directly() -> None:
    host = real_host(direct=True)
    row = draft_of(new_call(), new_person(organisation=host))
    kept = attach(application=row, kind="ethics", name="意见.pdf", content=PDF, actor=as_(row.leader)).file_id
    StoredFile.objects.filter(pk=kept).update(state="fine")
    submit(row)
    pass_on(row)
    assert Application.objects.get(pk=row.pk).state == "received"
    agency, own = (client(a.account.username) for a in (recommender(host), manager(host)) if a.account)
    assert [b.get(f"/files/{kept}/").status_code for b in (agency, own)] == [404, 200]
    assert [b.get(f"/applications/{row.pk}/").status_code for b in (agency, own)] == [404, 200]
