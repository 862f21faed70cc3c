"""Conflicts of interest found from the registry, and kept by the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from headwater.calls.models import Application, Call
from headwater.core import clock
from headwater.core.command import system
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.models import Notification, Parameter
from headwater.core.parameters import forget_parameters
from headwater.registry.models import Authorship, Discipline, Employment, Organisation, Person, Publication, Relation, Sanction
from headwater.review.models import Assignment, Conflict, Expert, Opinion, Round
from headwater.review.services.conflicts import declare_conflict, find_conflicts
from headwater.review.services.inviting import assign_by_hand
from tests.make import actor, as_, new_call, new_expert, new_host, new_person, past_call, placed, refusal, sign_as_asked

pytestmark = pytest.mark.django_db


class Pair:
    """An application and an expert that have nothing to do with each other."""

    def __init__(self) -> None:
        self.call: Call = past_call()
        self.host = new_host("本校")
        self.leader = new_person("申请人", self.host)
        self.member = new_person("成员", new_host("合作单位"))
        self.application: Application = placed(self.call, "accepted", self.leader, review_group="x")
        self.application.participants.create(person=self.member, organisation=self.member.organisation, confirmed_at=clock.now())
        sign_as_asked(self.application, "member")
        self.expert = new_expert()
        self.expert.disciplines.add(self.application.discipline)
        self.day: date = self.call.closes_at.date()

    def find(self) -> list[tuple[str, str]]:
        find_conflicts(call=self.call, actor=system("test"))
        return self.known()

    def known(self) -> list[tuple[str, str]]:
        found = Conflict.objects.filter(application=self.application, expert=self.expert)
        return list(found.order_by("kind").values_list("kind", "evidence"))

    def assignment(self, state: str = "invited") -> Assignment:
        round_ = Round.objects.create(call=self.call, seed=1, state="published")
        return Assignment(round=round_, application=self.application, expert=self.expert, state=state)

    def conflict(self, kind: str = "kin") -> Conflict:
        return Conflict.objects.create(application=self.application, expert=self.expert, kind=kind, evidence="叔侄")


def tie(kind: str, first: Person, second: Person, **more: Any) -> Relation:
    low, high = sorted([first.pk, second.pk])
    return Relation.objects.create(first_id=low, second_id=high, kind=kind, **more)


def paper(year: int, authors: list[Person], more: int = 0) -> Publication:
    row = Publication.objects.create(title="碳汇", year=year)
    people = authors + list(Person.objects.exclude(pk__in=[a.pk for a in authors]).order_by("pk")[:more])
    Authorship.objects.bulk_create([Authorship(publication=row, person=p, position=n) for n, p in enumerate(people)])
    return row


def move(expert: Expert, organisation: Organisation) -> None:
    Person.objects.filter(pk=expert.person_id).update(organisation=organisation)


def same_host(p: Pair) -> str:
    move(p.expert, p.host)
    return p.host.name_zh


def member_entity(p: Pair) -> str:
    move(p.expert, p.member.organisation)
    return p.member.organisation.name_zh


def unit_under_the_host(p: Pair) -> str:
    move(p.expert, new_host("附属医院", uscc="", parent=p.host, is_host=False))
    return p.host.name_zh


def host_is_a_unit(p: Pair) -> str:
    parent = new_host("总部")
    Organisation.objects.filter(pk=p.host.pk).update(uscc="", parent=parent)
    move(p.expert, new_host("兄弟单位", uscc="", parent=parent))
    return parent.name_zh


def employed(days: int | None) -> Callable[[Pair], str]:
    def plant(p: Pair) -> str:
        since = p.day - timedelta(days=4000)
        until = None if days is None else p.day - timedelta(days=days)
        Employment.objects.create(person=p.expert.person, organisation=p.host, since=since, until=until)
        return f"{p.host.name_zh} ({since}–{until or ''})"

    return plant


def with_leader(year: int, more: int = 0) -> Callable[[Pair], str]:
    def plant(p: Pair) -> str:
        paper(p.day.year - year, [p.leader, p.expert.person], more)
        return f"碳汇 ({p.day.year - year})"

    return plant


def with_member(p: Pair) -> str:
    paper(p.day.year, [p.expert.person, p.member])
    return f"碳汇 ({p.day.year})"


def related(kind: str, days: int | None = None, *, member: bool = False) -> Callable[[Pair], str]:
    def plant(p: Pair) -> str:
        until = None if days is None else p.day - timedelta(days=days)
        tie(kind, p.expert.person, p.member if member else p.leader, until=until, note="见档案")
        return "见档案"

    return plant


def named(p: Pair) -> str:
    Person.objects.filter(pk=p.expert.person_id).update(name_zh="独孤求是")
    Application.objects.filter(pk=p.application.pk).update(unsuitable=["独孤求是"])
    return "独孤求是"


def kin_of_a_referee(p: Pair) -> str:
    referee = new_person("推荐人", new_host("第三方"))
    p.application.referees.create(
        person=referee, name="推荐人", email="referee@third.example", discipline=Discipline.objects.order_by("pk")[0]
    )
    tie("kin", p.expert.person, referee)
    return "近亲属是推荐专家 推荐人"


def banned(since: int, until: int | None) -> Callable[[Pair], str]:
    def plant(p: Pair) -> str:
        day = clock.today()
        end = None if until is None else day + timedelta(days=until)
        Sanction.objects.create(person=p.expert.person, since=day + timedelta(days=since), until=end)
        return ""

    return plant


def same_call(p: Pair) -> str:
    return placed(p.call, "accepted", p.expert.person, review_group="x", host=p.expert.person.organisation).number


PLANTS: list[tuple[str, Callable[[Pair], str]]] = [
    ("same_entity", same_host),
    ("same_entity", member_entity),
    ("same_entity", unit_under_the_host),
    ("same_entity", host_is_a_unit),
    ("past_entity", employed(30)),
    ("past_entity", employed(3 * 365)),
    ("past_entity", employed(None)),
    ("coauthor", with_leader(0)),
    ("coauthor", with_leader(5)),
    ("coauthor", with_leader(1, more=48)),
    ("coauthor", with_member),
    ("supervisor", related("supervisor")),
    ("supervisor", related("supervisor", 9000)),
    ("kin", related("kin", member=True)),
    ("coproject", related("coproject")),
    ("coproject", related("coproject", 3 * 365)),
    ("named", named),
    ("named", kin_of_a_referee),
    ("banned", banned(0, None)),
    ("banned", banned(-9, 1)),
    ("same_call", same_call),
]
HARMLESS: list[Callable[[Pair], str]] = [
    employed(3 * 365 + 1),
    with_leader(6),
    with_leader(1, more=49),
    related("coproject", 3 * 365 + 1),
    banned(-9, 0),
    banned(1, None),
]


@pytest.mark.parametrize(("kind", "plant"), PLANTS)
def test_planted_fact_is_found_with_its_evidence(kind: str, plant: Callable[[Pair], str]) -> None:
    pair = Pair()
    assert pair.find() == []
    evidence = plant(pair)
    assert pair.find() == [(kind, evidence)]


@pytest.mark.parametrize("plant", HARMLESS)
def test_fact_outside_its_window_is_no_conflict(plant: Callable[[Pair], str]) -> None:
    pair = Pair()
    plant(pair)
    assert pair.find() == []


@pytest.mark.parametrize("kind", ["leader", "member"])
def test_expert_who_takes_part_is_found(kind: str) -> None:
    pair = Pair()
    pair.expert = Expert.objects.create(person=pair.leader if kind == "leader" else pair.member)
    found = dict(pair.find())
    assert found.pop("takes_part") == ""
    assert set(found) == ({"same_entity", "same_call"} if kind == "leader" else {"same_entity"})


def test_unit_with_a_credit_code_of_its_own_is_another_entity() -> None:
    pair = Pair()
    move(pair.expert, new_host("独立学院", parent=pair.host))
    assert pair.find() == []


def test_applicant_in_another_review_group_is_no_conflict() -> None:
    pair = Pair()
    placed(pair.call, "accepted", pair.expert.person, review_group="y", host=pair.expert.person.organisation)
    assert pair.find() == []


def test_applicant_who_left_the_experts_institution_lately_is_found() -> None:
    pair = Pair()
    here = pair.expert.person.organisation
    since = pair.day - timedelta(days=900)
    Employment.objects.create(person=pair.leader, organisation=here, since=since, until=pair.day - timedelta(days=30))
    assert [kind for kind, _why in pair.find()] == ["past_entity"]


@pytest.mark.parametrize(("value", "found"), [(1, ["past_entity"]), (0, [])])
def test_expert_who_left_the_host_lately_knows_it_although_the_leader_is_employed_elsewhere(value: int, found: list[str]) -> None:
    pair = Pair()
    other = new_host("申请人的单位")
    Application.objects.filter(pk=pair.application.pk).update(host=other)
    Parameter.objects.filter(key="host_counts_as_home").update(value=value)
    forget_parameters()
    since = pair.day - timedelta(days=900)
    Employment.objects.create(person=pair.expert.person, organisation=other, since=since, until=pair.day - timedelta(days=1))
    try:
        assert [kind for kind, _why in pair.find()] == found
    finally:
        forget_parameters()


def test_finding_twice_adds_nothing() -> None:
    pair = Pair()
    for plant in (same_host, with_leader(1), related("kin"), named):
        plant(pair)
    first = find_conflicts(call=pair.call, actor=system("test"))
    assert sum(first.values()) >= 4
    before = list(Conflict.objects.order_by("pk").values_list())
    assert find_conflicts(call=pair.call, actor=system("test")) == dict.fromkeys(first, 0)
    assert list(Conflict.objects.order_by("pk").values_list()) == before


@pytest.mark.parametrize("key", ["im", "none:1"])
def test_a_tie_stays_with_the_leader_whether_the_year_is_limited_or_not(key: str) -> None:
    call, expert = new_call(), new_expert("专家")
    old = placed(new_call("im-gen"), "withdrawn", limit_group=key)
    Conflict.objects.create(application=old, expert=expert, kind="kin", evidence="亲属", found_at=clock.now())
    new = placed(call, "accepted", old.leader, limit_group="none:2")
    find_conflicts(call=call, actor=system("test"))
    assert list(Conflict.objects.filter(application=new, expert=expert).values_list("kind", flat=True)) == ["kin"]


def test_finding_is_for_officers() -> None:
    pair = Pair()
    with pytest.raises(NotAllowed):
        find_conflicts(call=pair.call, actor=as_(pair.expert.person))
    find_conflicts(call=pair.call, actor=actor("officer"))


# the database


def test_database_refuses_a_conflicted_pair_by_create() -> None:
    pair = Pair()
    conflict = pair.conflict()
    with pytest.raises(IntegrityError, match="headwater_conflict"), transaction.atomic():
        pair.assignment().save()
    conflict.delete()
    pair.assignment().save()


def test_database_refuses_a_conflicted_pair_by_bulk_create() -> None:
    pair, other = Pair(), Pair()
    pair.conflict()
    with pytest.raises(IntegrityError, match="headwater_conflict"), transaction.atomic():
        Assignment.objects.bulk_create([other.assignment(), pair.assignment()])
    assert not Assignment.objects.filter(application__in=[pair.application, other.application]).exists()
    Assignment.objects.bulk_create([other.assignment()])


@pytest.mark.parametrize("changes", ["expert", "application", "state"])
def test_database_refuses_a_conflicted_pair_by_update(changes: str) -> None:
    pair, other = Pair(), Pair()
    pair.conflict()
    row = pair.assignment("declined") if changes == "state" else other.assignment()
    if changes == "expert":
        row.application = pair.application
    if changes == "application":
        row.expert = pair.expert
    row.save()
    value = {"expert": pair.expert, "application": pair.application, "state": "invited"}[changes]
    with pytest.raises(IntegrityError, match="headwater_conflict"), transaction.atomic():
        Assignment.objects.filter(pk=row.pk).update(**{changes: value})
    assert Assignment.objects.filter(pk=row.pk).update(score=0.5) == 1
    assert check(["no_conflicted_assignment"]) == []


def test_conflict_that_comes_later_releases_the_pair() -> None:
    pair = Pair()
    row = pair.assignment("submitted")
    row.save()
    Opinion.objects.create(assignment=row, total=80, grade=2, text_applicant="好", submitted_at=clock.now(), scores={"value": 80})
    related("kin")(pair)
    assert pair.find() == [("kin", "见档案")]
    row.refresh_from_db()
    assert (row.state, row.decline_reason, row.opinion.submitted_at) == ("released", "conflict: kin", None)
    note = Notification.objects.get(account=pair.expert.person.account)
    assert (note.title, note.body) == ("1 项评审任务已收回，不再需要您评审", "发现您与申请存在须回避的关系")
    pair.find()
    assert Notification.objects.filter(account=pair.expert.person.account).count() == 1
    assert check() == []


# commands


def test_declared_conflict_releases_the_invitation() -> None:
    pair = Pair()
    row = pair.assignment()
    row.save()
    with pytest.raises(Refused) as error:
        declare_conflict(
            application=pair.application, expert=pair.expert, kind="declared", evidence=" ", actor=as_(pair.expert.person)
        )
    assert refusal(error) == [("evidence", "")]
    declare_conflict(
        application=pair.application, expert=pair.expert, kind="declared", evidence="曾合作", actor=as_(pair.expert.person)
    )
    row.refresh_from_db()
    assert (row.state, row.decline_reason, pair.known()) == ("released", "曾合作", [("declared", "曾合作")])


def test_declared_conflict_after_the_opinion_is_refused() -> None:
    pair = Pair()
    row = pair.assignment("submitted")
    row.save()
    with pytest.raises(Refused, match="已提交"):
        declare_conflict(
            application=pair.application, expert=pair.expert, kind="declared", evidence="曾合作", actor=actor("officer")
        )
    row.refresh_from_db()
    assert (row.state, pair.known()) == ("submitted", [])


def test_expert_does_not_declare_for_another_expert() -> None:
    pair, other = Pair(), new_expert("旁人")
    pair.assignment().save()
    with pytest.raises((NotAllowed, Refused)):
        declare_conflict(
            application=pair.application, expert=pair.expert, kind="declared", evidence="曾合作", actor=as_(other.person)
        )
    assert pair.known() == []


def test_assignment_by_hand_is_refused_with_the_reason() -> None:
    pair, free = Pair(), new_expert("无关")
    free.disciplines.add(pair.application.discipline)
    related("kin")(pair)
    with pytest.raises(Refused) as error:
        assign_by_hand(application=pair.application, expert=pair.expert, actor=actor("officer"))
    assert refusal(error) == [("expert", "")]
    assert str(error.value) == "不能指派：近亲属 见档案"
    assert not Assignment.objects.filter(application=pair.application).exists()
    row = assign_by_hand(application=pair.application, expert=free, actor=actor("officer"))
    assert (row.state, Application.objects.get(pk=pair.application.pk).state) == ("invited", "in_review")
    with pytest.raises(Refused, match="已在名单中"):
        assign_by_hand(application=pair.application, expert=free, actor=actor("officer"))


def test_assignment_by_hand_of_a_resting_expert_in_the_same_entity_is_refused() -> None:
    pair = Pair()
    same_host(pair)
    Expert.objects.filter(pk=pair.expert.pk).update(is_active=False)
    with pytest.raises(Refused):
        assign_by_hand(application=pair.application, expert=pair.expert, actor=actor("officer"))


def test_assignment_by_hand_keeps_to_the_load_of_the_expert() -> None:
    pair = Pair()
    Expert.objects.filter(pk=pair.expert.pk).update(max_load=0)
    with pytest.raises(Refused):
        assign_by_hand(application=pair.application, expert=pair.expert, actor=actor("officer"))


def test_number_of_queries_does_not_depend_on_the_call() -> None:
    pair = Pair()
    for plant in (same_host, with_leader(1), related("kin"), named):
        plant(pair)

    def queries() -> int:
        Conflict.objects.all().delete()
        with CaptureQueriesContext(connection) as seen:
            find_conflicts(call=pair.call, actor=system("test"))
        return len(seen)

    queries()  # parameters are kept for some seconds
    few = queries()
    for n in range(6):
        placed(pair.call, "accepted", new_person(f"另{n}", pair.host), review_group="x")
        new_expert(f"专家{n}", pair.host)
    assert queries() == few
    assert Conflict.objects.filter(kind="same_entity").count() == 7 * 7
