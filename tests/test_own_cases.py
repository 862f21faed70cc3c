"""Nobody learns more of, or acts on, their own case: every route is asked in two worlds that differ only in what became of an application.

Who has a part in it gets the same answers in both; who holds the same role and has no part gets others, so that the test can fail.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import dropwhile, product
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from headwater.calls.documents import application_data
from headwater.calls.models import Application, HostQuota
from headwater.calls.permissions import reads_letters
from headwater.core import clock, exports, own
from headwater.core.apps import house
from headwater.core.duties import duties_of, in_hand_of
from headwater.core.examples import ARGUMENT, name_at
from headwater.core.models import Account, Job, Notification, RoleGrant
from headwater.core.permission import PUBLIC
from headwater.core.search import search
from headwater.registry.models import Person
from headwater.review.models import Assignment, Expert, Opinion, PanelMember
from tests.make import client, new_person
from tests.make.worlds import ITEM, PARTS, WORLDS, Case, involve, make_case
from tests.test_access import ROUTES, keyed
from tests.test_access import records as some_records

pytestmark = pytest.mark.django_db
Grant = Callable[[Person, Case], None]


def holds(role: str, scope: str = "all", of: Callable[[Case], int | None] = lambda _case: None) -> Grant:
    def grant(person: Person, case: Case) -> None:
        RoleGrant.objects.create(account=person.account, role=role, scope=scope, scope_id=of(case))

    return grant


def sits(person: Person, case: Case) -> None:
    """On the panel, asked for an opinion on another application and on the one that is looked at, which may have become their own since."""
    holds("expert")(person, case)
    expert = Expert.objects.create(person=person)
    PanelMember.objects.create(panel=case.panel, expert=expert, present=True)
    for application, state in ((case.others[0], "invited"), (case.row, "accepted")):
        asked = Assignment.objects.create(
            round=case.round, application=application, expert=expert, state=state, due_at=clock.now()
        )
    Opinion.objects.create(assignment=asked, text_applicant="草稿")


ROLES: dict[str, tuple[Grant, bool]] = {
    "applicant": (lambda _p, _c: None, False),
    "officer": (holds("programme_officer"), True),
    "officer_of_call": (holds("programme_officer", "call", lambda c: c.call.pk), True),
    "committee": (holds("committee"), True),
    "leadership": (holds("leadership"), True),
    "expert": (sits, True),
    "host_manager": (holds("host_manager", "organisation", lambda c: c.row.host_id), False),
    "recommender": (holds("recommender", "agency", lambda c: c.row.host.recommender_id), False),
    "liaison": (holds("agency_liaison", "agency", lambda c: c.row.host.recommender_id), True),
    "finance": (holds("finance_officer"), False),
    "integrity": (holds("integrity_officer"), True),
    "sysadmin": (holds("system_admin"), True),
    "secadmin": (holds("security_admin"), False),
    "audit": (holds("audit_admin"), True),
}
"""By role: how somebody comes to it, and whether it looks inside, so that somebody without a part reads the difference."""
PAIRS = [
    *(("officer", part) for part in PARTS),
    *((role, PARTS[n % len(PARTS)]) for n, role in enumerate(ROLES) if role != "officer"),
    ("committee", "leader"),
    ("expert", "leader"),
]
UNCOMPARED = ("accounts/", "enter", "language/", "admin/health/")
"""Entry, log-out and the pages of one's own password; figures of the machine (how many events wait for a seal): nothing of any case."""
INSIDE = ("office/", "panels/", "review/", "applications/", "api/v1/applications", "jobs/", "lead/")
"""Where cases are."""
DOCUMENTS = (
    *("applications/<int:pk>/pdf/", "letters/<int:pk>/", "my/projects/<str:number>/pdf/"),
    "panels/<int:pk>/minutes/pdf/",
)
"""Set in type, which takes long: opened until one is reached; what they hold is compared as data."""
FORMS = {"office/calls/<int:pk>/decide/": {"do": "propose"}}
"""Forms that show before they do anything: what is sent to them."""


def addresses(route: str, case: Case, have: dict[str, Any]) -> list[str]:
    """Concrete addresses of a route, with the application that is looked at, then with what stands beside it.

    A part of an address that this does not know fails the test.
    """
    route = re.sub(r"^api/\^?v1/\[.*$", "api/v1/none/", route)
    values = {name: [value] for name, value in have.items()} | {
        "application": [case.row.pk, case.others[0].pk],
        "other": [case.row.pk],
        "assignment": [have["mine"], have["asked"]],
        "panel": [case.panel.pk],
        "item of a panel": [ITEM, have["item"]],
        "call": [case.call.pk],
        "code of a call": [case.call.code],
        "expert": [case.experts[5].pk],
        "person": [have["leader"], case.experts[4].person_id],
        "host": [case.row.host_id],
    }
    choices = [values[name_at(route, found.end())] for found in ARGUMENT.finditer(route)]
    return ["/" + ARGUMENT.sub("%s", route) % chosen for chosen in product(*choices)]


def records(case: Case, person: Person) -> dict[str, Any]:
    """Keys of records beside the case, the same in both worlds."""
    mine = [*Assignment.objects.filter(expert__person=person).order_by("pk").values_list("pk", flat=True), 1, 1]
    beside = {"mine": mine[0], "asked": mine[1], "leader": case.row.leader_id, "item": case.others[0].panel_item.pk}
    quota, _made = HostQuota.objects.get_or_create(call=case.call, organisation=case.row.host, defaults={"quota": 9})
    job, _made = Job.objects.get_or_create(kind="calls.formal_check", arguments={"call": case.call.pk}, state="done")
    return some_records() | beside | {"quota": quota.pk, "job": job.pk}


def text_of(response: Any) -> str:
    """An answer as it can be compared: keys of forms and of sessions are taken out, files are looked into."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            body = b"\n".join(archive.read(n) for n in sorted(archive.namelist()) if not n.startswith("docProps"))
    if body.startswith(b"%PDF"):
        body = b"PDF"
    text = body.decode(errors="replace")
    text = re.sub(r'(csrfmiddlewaretoken" value=|nonce=|name="csrf-token" content=)"[^"]*"', r"\1", text)
    return f"{response.status_code} {response.headers.get('Location', '')}\n{text}"


def ask(
    browser: Client, program: Client, case: Case, have: dict[str, Any], routes: Sequence[str], reached: dict[str, int]
) -> dict[str, str]:
    """All answers that somebody gets, by address; `reached` notes how far each route was opened."""
    out: dict[str, str] = {}
    for route in routes:
        for address in addresses(route, case, have):
            if route in DOCUMENTS and reached.get(route) == 200:
                continue
            asked = (program if route.startswith("api/") else browser).get(address)
            out[address] = text_of(asked)
            reached[route] = min(reached.get(route, 999), asked.status_code)
            if "format=xlsx" in out[address]:
                for form in ("csv", "xlsx"):
                    out[f"{address}?format={form}"] = text_of(browser.get(f"{address}?format={form}"))
        if route in FORMS:
            out[f"POST {route}"] = text_of(browser.post(address, FORMS[route] | {"fund": [a.pk for a in case.others]}))
    for word in (case.row.number, case.row.title_zh, "甲界", case.row.leader.name_zh):
        out[f"search {word}"] = text_of(browser.get("/search/", {"q": word}))
    return out


def inner(account: Account, case: Case) -> dict[str, str]:
    """What does not come through a page: duties, exports (rows and lines of the index), search, notifications and mail."""
    out = {"duties": str(sorted((d.title, d.url, d.count, d.due) for d in duties_of(account)))}
    out["in hand"] = str([(f.label, f.count) for f in in_hand_of(account)])
    for code, kind in exports.KINDS.items():
        if isinstance(kind, exports.Kind):
            rows = kind.rows(account).order_by("pk")
            of_call = rows.filter(own.rows_of(rows.model, [case.row.pk, *(a.pk for a in case.others)]))
            out[f"export {code}"] = str([kind.document(r).line for r in of_call])
    seen = Application.objects.visible_to(account).filter(pk=case.row.pk).first()
    out["document"] = str(application_data(seen, letters=reads_letters(seen, reader=account))) if seen else ""
    out["hits"] = str([(e.kind, e.object_id) for e in search(account, case.row.title_zh)])
    out["notifications"] = str(list(Notification.objects.filter(account=account).values_list("title", "body")))
    return out


@contextmanager
def world(make: Callable[[Case], None], case: Case) -> Iterator[Case]:
    """`case` as it became; undone afterwards."""
    with transaction.atomic():
        make(case)
        yield Case(case.call, Application.objects.get(pk=case.row.pk), case.others, case.panel, case.round, case.experts)
        transaction.set_rollback(True)


def in_both(person: Person, case: Case, routes: Sequence[str], reached: dict[str, int]) -> list[dict[str, str]]:
    found = []
    program, have = keyed(person.account.username), records(case, person)
    for make in WORLDS:
        with world(make, case) as became:
            account = Account.objects.get(pk=person.account_id)
            name = account.username
            browser = client(name)
            Account.objects.update(last_login=None)  # the log-in that was just made is no news of a case
            found.append(ask(browser, program, became, have, routes, reached) | inner(account, became))
    return found


def differing(first: dict[str, str], second: dict[str, str]) -> list[str]:
    return sorted(a for a in first.keys() | second.keys() if first.get(a) != second.get(a))


@pytest.fixture
def case() -> Iterator[Case]:
    with clock.at(clock.now().replace(microsecond=0)):
        yield make_case()


def holder(role: str, case: Case, part: str = "") -> Person:
    person = new_person("两难人员" if part else "旁人")
    if part:
        involve(person, case.row, part)
        case.row.refresh_from_db()
    ROLES[role][0](person, case)
    return person


def routes_for(role: str, part: str = "") -> list[str]:
    """All routes; the public ones for one role; a role that comes in several parts asks everything in the first alone."""
    first = next((p for r, p in PAIRS if r == role), part)
    asked = [(r, e.callback.permission) for r, e in ROUTES if not r.startswith(UNCOMPARED)]
    return [r for r, p in asked if (p != PUBLIC or role == "applicant") and (part in {"", first} or r.startswith(INSIDE))]


@pytest.mark.parametrize(("role", "part"), PAIRS, ids=[f"{r}-{p}" for r, p in PAIRS])
def test_own_case_shows_nobody_what_became_of_it(role: str, part: str, case: Case) -> None:
    first, second = in_both(holder(role, case, part), case, routes_for(role, part), dict.fromkeys(DOCUMENTS, 200))
    assert len(first) > 40
    told = differing(first, second)
    assert told == [], "\n".join(f"{a}: {first_difference(first.get(a, ''), second.get(a, ''))}" for a in told)


def first_difference(one: str, other: str) -> str:
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return f"…{one[max(0, at - 200) : at + 120]}…\n≠\n…{other[max(0, at - 200) : at + 120]}…"


READ_BY = {
    "officer": (
        "/office/calls/{call}/", "/office/calls/{call}/assign/", "/office/calls/{call}/progress/", "/office/calls/{call}/panels/",
        "/office/calls/{call}/decide/", "/office/calls/{call}/compare/", "/office/calls/{call}/results/", "/office/calls/{call}/cancel/",
        "/office/calls/{call}/progress/?format=csv", "/office/applications/{row}/", "/office/reviews/{row}/", "/office/reviews/{other}/",
        "/panels/{panel}/", "/jobs/", "/office/experts/?format=csv", "POST office/calls/<int:pk>/decide/", "duties",
    ),
    "officer_of_call": ("/office/calls/{call}/decide/", "/panels/{panel}/", "/jobs/", "/office/experts/?format=csv"),
    "committee": ("/office/calls/{call}/decide/", "/panels/{panel}/", "/office/calls/{call}/"),
    "leadership": ("/office/calls/{call}/", "/lead/"),
    "expert": ("/panels/{panel}/",),
    "liaison": ("/lead/",),
    "sysadmin": ("/jobs/",),
    "audit": ("/admin/audit/",),
}  # fmt: skip
"""Where somebody in the role who has no part reads the difference: the planted data does leak where nothing stands before it."""
AUTHOR = "a page of the author alone, of a draft or of what was refused"
NOT_REACHED = {
    r"api/^v1/[\s\S]*$": "what is no address of the API",
    "applications/<int:pk>/attachments/": AUTHOR,
    "applications/<int:pk>/edit/<str:section>/": AUTHOR,
    "applications/<int:pk>/recheck/": AUTHOR,
    "applications/<int:pk>/referees/": AUTHOR,
    "applications/<int:pk>/uploads/<str:token>/": AUTHOR,
    "applications/<int:pk>/versions/compare/": AUTHOR,
    "applications/<int:pk>/withdraw/": AUTHOR,
    "applications/<int:pk>/objections/": AUTHOR,
    "my/projects/<str:number>/refuse/": "of the leader and the host of an award that waits for signatures",
    "office/applications/<int:pk>/words/": "of what waits for its letter of refusal, which no world has",
    "address/<str:key>/": "its key is in a mail",
    "objections/<str:key>/": "its key is in a mail",
    "confirm/<str:token>/": "its key is in a mail",
    "refer/<str:token>/": "its key is in a mail",
    "participations/<int:pk>/": "of who was asked to join a draft",
    "exports/<int:pk>/": "a file that a job has made: its rows and index are compared by kind",
}
"""Routes that nobody opens here, and why; a new route that is not reached fails the test."""


def test_others_in_the_role_read_it_and_every_route_is_reached(case: Case, record_property: Callable[[str, Any], None]) -> None:
    reached: dict[str, int] = {}
    keys = {"call": case.call.pk, "row": case.row.pk, "other": case.others[0].pk, "panel": case.panel.pk}
    compared, deaf, told = 0, [], {}
    for role, (_grant, inside) in ROLES.items():
        first, second = in_both(holder(role, case), case, routes_for(role), reached)
        compared += len(first)
        found = differing(first, second)
        deaf += [(role, a) for a in (a.format(**keys) for a in READ_BY.get(role, ())) if a not in found]
        if not inside and found:
            told[role] = found
    closed = {route for route, status in reached.items() if status >= 400 and status != 405}
    record_property("compared", compared)
    print(f"{compared} answers of {len(ROLES)} roles over {len(reached)} routes compared; not opened: {sorted(closed)}")
    assert (told, deaf) == ({}, [])
    assert closed == set(NOT_REACHED)
    assert {route for route, _entry in ROUTES} - set(reached) == {r for r, _e in ROUTES if r.startswith(UNCOMPARED)}


def test_every_kind_of_record_says_whose_case_it_is() -> None:
    """Of every app from the one that keeps cases upwards."""
    above = dropwhile(lambda config: config.label != "calls", house())
    kinds = [m for config in above for m in config.get_models() if not m._meta.auto_created]
    assert len(kinds) > 40
    assert [m.__name__ for m in kinds if m._meta.label_lower not in own.PATHS] == []


def test_a_kind_that_nobody_declared_is_an_error(case: Case) -> None:
    account = holder("officer", case, "leader").account
    for one in (account, Account.objects.get(username="officer")):
        with pytest.raises(KeyError):
            own.not_own(one, account)
