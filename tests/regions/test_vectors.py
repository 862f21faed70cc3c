"""The vectors LM-a, d, f, g, j and m of the handbook (10.4) from rows of the database: people, awards and applications, read as the
formal check reads them, under the limits of the invented country."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from itertools import count

import pytest

from headwater.awards.models import Award
from headwater.calls.facts import check_applications
from headwater.calls.models import Application, Call, SchemeVersion
from headwater.core import clock
from headwater.core.command import system
from headwater.regions.check import find_package, read_package
from headwater.regions.load import load_region
from headwater.registry.models import Employment, Person, TitleHeld
from tests.make import new_call, new_host, new_person, placed

pytestmark = pytest.mark.django_db
SERIAL = count(1)
LIMITS = ("limit_same_type", "limit_total", "limit_key", "limit_rest_year", "limit_plans")


@pytest.fixture(autouse=True)
def _atoll() -> None:
    load_region(package=read_package(find_package("atoll")), actor=system("test"))


def join(row: Application, person: Person) -> None:
    row.participants.create(person=person, organisation=person.organisation, confirmed_at=clock.now())


@dataclass
class Case:
    """An application of `year` for the grant; what people hold besides is put into the tables first."""

    call: Call = field(default_factory=lambda: new_call("at-grant"))
    leader: Person = field(default_factory=new_person)

    @property
    def year(self) -> int:
        return self.call.year

    def wins(
        self, scheme: str, last: int, *, leader: Person | None = None, member: Person | None = None, approved: int = 0
    ) -> None:
        """An award that runs to the end of `last`, both years counted from the year of the application; approved in August."""
        n, year = next(SERIAL), self.year + approved
        row = placed(new_call(scheme, year=year), "approved", leader or new_person("别人"), limit_year=year, limit_group=f"v{n}")
        if member:
            join(row, member)
        Award.objects.create(
            application=row,
            call=row.call,
            number=f"{row.number}A",
            leader=row.leader,
            host=row.host,
            state="running",
            amount_fen=1,
            starts_on=date(year + 1, 1, 1),
            ends_on=date(self.year + last, 12, 31),
            approved_at=clock.local(date(year, 8, 23), 9),
            agreement_by=clock.local(date(year, 10, 1), 9),
        )

    def senior(self, since: int) -> None:
        Person.objects.filter(pk=self.leader.pk).update(is_senior=True)
        TitleHeld.objects.create(person=self.leader, title="教授", senior=True, since=date(self.year + since, 1, 1))

    def failed(self, *members: Person) -> dict[str, str]:
        """The limits that the application fails, with what the rule says in English."""
        row = placed(self.call, "received", self.leader, limit_group=f"v{next(SERIAL)}")
        for member in members:
            join(row, member)
        found = Application.objects.select_related("call__scheme", "host", "leader", "discipline").get(pk=row.pk)
        results = check_applications([found], found.call)[found.pk]
        assert {r.rule for r in results} >= set(LIMITS)
        return {r.rule: r.en for r in results if r.rule in LIMITS and r.outcome == "failed"}


def lm_a(case: Case) -> tuple[Person, ...]:
    """A senior person leads one running project and is a member of another."""
    case.senior(-9)
    case.wins("im-gen", 1, leader=case.leader, approved=-3)
    case.wins("im-key", 3, member=case.leader, approved=-2)
    return ()


def lm_b(case: Case) -> tuple[Person, ...]:
    case.senior(-9)
    case.wins("im-gen", 1, leader=case.leader, approved=-3)
    return ()


def lm_d(case: Case) -> tuple[Person, ...]:
    """Somebody without a senior title leads a running project."""
    case.wins("im-youth", 1, leader=case.leader, approved=-2)
    return ()


def lm_f(case: Case) -> tuple[Person, ...]:
    """A member without a senior title is a member of two running projects."""
    case.senior(-9)
    member = new_person("乌云")
    case.wins("im-gen", 1, member=member, approved=-3)
    case.wins("im-key", 3, member=member, approved=-2)
    return (member,)


def lm_g(case: Case) -> tuple[Person, ...]:
    """Promoted to a senior title while leading one project and being a member of another: the member's role does not count."""
    case.senior(-1)
    case.wins("im-youth", 0, leader=case.leader, approved=-3)
    case.wins("im-gen", 1, member=case.leader, approved=-3)
    return ()


def lm_g_later(case: Case) -> tuple[Person, ...]:
    case.senior(-1)
    case.wins("im-youth", 0, leader=case.leader, approved=-3)
    case.wins("im-gen", 3, member=case.leader, approved=-1)
    return ()


def lm_j(case: Case) -> tuple[Person, ...]:
    """The same type in the same year, through another host."""
    host = new_host("乙校")
    Employment.objects.create(person=case.leader, organisation=host, kind="dual", since=date(2015, 1, 1))
    Person.objects.filter(pk=case.leader.pk).update(is_senior=True)
    placed(new_call("at-grant"), "rejected", case.leader, host=host, limit_group="v")
    return ()


def lm_m(case: Case) -> tuple[Person, ...]:
    """Another plan of the same level in the same year."""
    version = SchemeVersion.objects.get(code="at-grant")
    head = {**version.definition["scheme"], "code": "at-plan", "limit_group": "at-plan", "prefix": "AL"}
    other = SchemeVersion(
        region="atoll",
        code="at-plan",
        version=1,
        definition={**version.definition, "scheme": head},
        digest="x",
        loaded_at=clock.now(),
    )
    other.save()
    Person.objects.filter(pk=case.leader.pk).update(is_senior=True)
    placed(new_call("at-plan"), "rejected", case.leader, limit_group="v")
    return ()


PLAN = "Holds or has applied for a plan of this level: "
"""The grant of the country is a talent plan too."""
OVER = "测试人 leads 2 and takes part in {}; at most {}"


@pytest.mark.parametrize(
    ("plant", "failed"),
    [
        pytest.param(lm_a, {"limit_total": OVER.format(1, "2 in all")}, id="LM-a"),
        pytest.param(lm_b, {}, id="LM-b"),
        pytest.param(lm_d, {"limit_total": OVER.format(0, "1 as leader, at most 2 as member")}, id="LM-d"),
        pytest.param(
            lm_f, {"limit_total": "乌云 leads 0 and takes part in 3; at most 1 as leader, at most 2 as member"}, id="LM-f"
        ),
        pytest.param(lm_g, {}, id="LM-g"),
        pytest.param(lm_g_later, {"limit_total": OVER.format(1, "2 in all")}, id="LM-g joined after the promotion"),
        pytest.param(lm_j, {"limit_same_type": "Already applied for this type this year: ", "limit_plans": PLAN}, id="LM-j"),
        pytest.param(lm_m, {"limit_plans": PLAN}, id="LM-m"),
    ],
)
def test_vectors_from_the_records(plant: Callable[[Case], tuple[Person, ...]], failed: dict[str, str]) -> None:
    case = Case()
    members = plant(case)
    case.leader = Person.objects.get(pk=case.leader.pk)
    found = case.failed(*members)
    assert found.keys() == failed.keys()
    assert all(found[rule].startswith(told) for rule, told in failed.items())
