"""What facts are gathered from the records: posts, bans, titles, and the applications and awards that limits count."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from headwater.awards.models import Award
from headwater.calls.facts import gather
from headwater.calls.models import Application, Call, HostQuota
from headwater.core import clock
from headwater.registry.models import Authorship, Employment, Person, Publication, Relation, Sanction, TitleHeld
from headwater.schemes.rules import Ban, Facts, Holding
from tests.make import new_call, new_host, new_person, placed

pytestmark = pytest.mark.django_db


def facts_of(application: Application) -> Facts:
    row = Application.objects.select_related("leader", "host", "discipline").get(pk=application.pk)
    return gather([row], Call.objects.select_related("scheme").get(pk=row.call_id))[row.pk]


def join(application: Application, person: Person) -> None:
    application.participants.create(person=person, organisation=person.organisation, confirmed_at=clock.now())


def award(application: Application, state: str = "running", years: int = 3) -> Award:
    today = clock.today()
    return Award.objects.create(
        application=application,
        call=application.call,
        number=f"{application.number}A",
        leader=application.leader,
        host=application.host,
        state=state,
        amount_fen=1,
        starts_on=today,
        ends_on=today + timedelta(days=365 * years),
        approved_at=clock.now(),
        agreement_by=clock.now(),
    )


def test_holdings_are_what_a_person_applied_for_and_was_awarded() -> None:
    call, older, person = new_call(), new_call("im-gen", year=2020), new_person()
    this = placed(call, "received", person)
    placed(call, "draft", person)
    placed(call, "withdrawn", person)
    won, lost = placed(older, "approved", person, limit_year=2020), placed(older, "rejected", person, limit_year=2021)
    joined = placed(call, "host_review")
    join(joined, person)
    paid = award(won)
    found = facts_of(this).leader.holdings
    term = {"months": 36, "group": "im"}
    assert sorted(found, key=lambda h: (h.application, h.year)) == [
        Holding(
            "im-gen",
            "leader",
            "running",
            paid.number,
            approved_on=clock.today(),
            ends_on=paid.ends_on,
            closed=False,
            application=won.pk,
            place=1,
            **term,
        ),
        Holding("im-gen", "leader", "approved", won.number, year=2020, application=won.pk, **term),
        Holding("im-gen", "leader", "refused", lost.number, year=2021, application=lost.pk, **term),
        Holding("im-youth", "member", "applying", joined.number, year=call.year, application=joined.pk, **term),
    ]


def test_a_holding_is_of_the_family_of_its_scheme_whatever_the_database_keeps_it_under() -> None:
    """Else a year without the limit would hide its running projects from the rules of the next."""
    person = new_person()
    won = placed(new_call("im-gen", year=2020), "approved", person, limit_year=2020, limit_group="none:1")
    award(won)
    placed(new_call("im-major", stage="outline", year=2021), "rejected", person, limit_year=2021, limit_group="none:2")
    placed(new_call("im-need", year=2022), "rejected", person, limit_year=2022, limit_group="none:3")
    found = facts_of(placed(new_call(), "received", person)).leader.holdings
    groups = {("im-gen", "im"), ("im-gen", "im"), ("im-major", "im:outline"), ("im-need", "")}
    assert {(h.scheme, h.group) for h in found} == groups


@pytest.mark.parametrize(("state", "held"), [("agreement", "running"), ("running", "running"), ("lapsed", "lapsed")])
def test_holdings_of_members_of_awards(state: str, held: str) -> None:
    call, member = new_call(), new_person()
    won = placed(new_call("im-gen", year=2020), "approved", limit_year=2020)
    join(won, member)
    award(won, state)
    this = placed(call, "received")
    join(this, member)
    (person,) = facts_of(this).members
    assert Counter((h.role, h.state, h.year) for h in person.holdings) == Counter(
        [("member", "approved", 2020), ("member", held, 0)]
    )


@pytest.mark.parametrize(
    ("home", "kinds", "post"),
    [
        (True, [], "full"),
        (True, ["dual"], "dual"),
        (False, ["flexible"], "flexible"),
        (False, [], ""),
        (False, ["dual", "postdoc"], "postdoc"),
    ],
)
def test_post_with_the_host(home: bool, kinds: list[str], post: str) -> None:
    call, host = new_call(), new_host()
    person = new_person(organisation=host if home else new_host("别处"))
    for kind in kinds:
        Employment.objects.create(person=person, organisation=host, kind=kind, since=date(2015, 1, 1))
    Employment.objects.create(person=person, organisation=host, since=date(2010, 1, 1), until=date(2012, 1, 1))
    facts = facts_of(placed(call, "received", person, host=host))
    assert (facts.leader.post, facts.leader.has_job, facts.leader.stations) == (
        post,
        bool(kinds),
        frozenset({host.pk} if "postdoc" in kinds else ()),
    )


def test_facts_of_a_person_and_a_host() -> None:
    call = new_call()
    host = new_host(kind="government", uscc="")
    person, mentor = new_person(organisation=host, is_senior=True, id_hash=""), new_person("导师甲")
    TitleHeld.objects.create(person=person, title="教授", senior=True, since=date(2024, 5, 1))
    TitleHeld.objects.create(person=person, title="副教授", senior=True, since=date(2019, 5, 1))
    Sanction.objects.create(person=person, since=date(2020, 1, 1), until=date(2021, 1, 1), scope="apply")
    Relation.objects.create(first_id=min(person.pk, mentor.pk), second_id=max(person.pk, mentor.pk), kind="supervisor")
    Authorship.objects.create(publication=Publication.objects.create(title="碳汇"), person=person)
    HostQuota.objects.create(call=call, organisation=host, quota=7)
    placed(call, "accepted", new_person(organisation=host))
    facts = facts_of(placed(call, "host_review", person))
    leader = facts.leader
    assert (leader.senior_since, leader.bans) == (date(2019, 5, 1), (Ban(date(2020, 1, 1), date(2021, 1, 1), "apply"),))
    assert (leader.is_civil_servant, leader.has_document, leader.papers, leader.mentors) == (True, False, 1, ("导师甲",))
    assert (facts.quota, facts.endorsed, facts.is_endorsed, facts.host_is_entity) == (7, 1, False, False)


def test_gather_asks_as_often_for_one_as_for_many() -> None:
    call = new_call()

    def crowd(count: int) -> list[Application]:
        rows = []
        for _n in range(count):
            row = placed(call, "received")
            join(row, new_person("成员"))
            award(placed(new_call("im-gen", year=2020), "approved", row.leader, limit_year=2020))
            rows.append(row)
        return list(Application.objects.filter(pk__in=[r.pk for r in rows]).select_related("leader", "host", "discipline"))

    def questions(rows: list[Application]) -> int:
        with CaptureQueriesContext(connection) as seen:
            found = gather(rows, call)
        assert all(len(f.leader.holdings) == 2 for f in found.values())
        return len(seen)

    one, many = crowd(1), crowd(6)
    questions(one)  # parameters are kept for some seconds
    assert (questions(one), questions(many)) == (6, 6)
