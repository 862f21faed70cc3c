"""What an institution completes of its own people, and what it cannot reach."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from headwater.core.errors import NotAllowed
from headwater.core.models import Event
from headwater.forms.results import Verdict
from headwater.registry.completing import Profile, complete_person, profile_of
from headwater.registry.models import Person
from tests.calls.test_facts import facts_of
from tests.make import as_, client, manager, new_call, new_host, new_person, placed, real_host
from tests.registry.test_standing import outcome

pytestmark = pytest.mark.django_db


def send(person: Person, who: str, **values: Any) -> int:
    return client(who).post(f"/people/{person.pk}/complete/", values).status_code


def test_a_host_completes_what_a_rule_asked_for() -> None:
    person, call = new_person(birth_date=None, sex="", highest_degree=""), new_call()
    row, host = placed(call, "received", person), f"host-{person.organisation.code}"
    assert outcome(row, "max_age") == Verdict.UNKNOWN
    assert "/complete/" in client(host).get(f"/people/{person.pk}/").content.decode()
    values = {"sex": "f", "birth_date": "1995-01-01", "highest_degree": "博士", "title": "副教授", "title_since": "2020-03-01"}
    assert send(person, host, **values, kind="dual", post_since="2021-01-01") == 302
    leader = facts_of(row).leader
    assert (leader.birth_date, leader.degree, leader.is_senior, leader.senior_since) == (
        date(1995, 1, 1),
        "博士",
        True,
        date(2020, 3, 1),
    )
    assert (outcome(row, "max_age"), outcome(row, "part_time")) == (Verdict.PASSED, Verdict.FAILED)
    event = Event.objects.filter(command="registry.complete_person").latest("pk")
    assert "1995" not in str(event.after)
    assert "birth_date" in event.after["changed"]


def test_saving_again_or_carrying_no_field_changes_nothing() -> None:
    person = new_person(title="教授", is_senior=True)
    facts = {"sex": person.sex, "birth_date": person.birth_date, "highest_degree": person.highest_degree}
    given = Profile(**facts, title="教授", title_since=date(2020, 1, 1), kind="full", post="教师", post_since=date(2010, 1, 1))
    for _n in range(2):
        complete_person(person=person, values=vars(given), actor=manager(person.organisation))
    complete_person(person=person, values={}, actor=manager(person.organisation))
    person.refresh_from_db()
    assert profile_of(person) == given
    assert (person.is_senior, person.titles.count(), person.employments.count()) == (True, 1, 1)
    assert Event.objects.filter(command="registry.complete_person", subject_id=person.pk).count() == 1


def test_only_the_persons_own_institution() -> None:
    ours, foreign = new_person(), new_person(organisation=new_host())
    host = f"host-{real_host().code}"
    page = f"/people/{foreign.pk}/complete/"
    assert (client(host).get(page).status_code, send(foreign, host, highest_degree="无")) == (404, 404)
    for who in ("officer", "sysadmin", ours.account.username):
        assert send(ours, who, highest_degree="无") == 403
    for actor in (manager(real_host()), as_(foreign)):
        with pytest.raises(NotAllowed):
            complete_person(person=foreign, values={"highest_degree": "无"}, actor=actor)
    assert {Person.objects.get(pk=p.pk).highest_degree for p in (ours, foreign)} == {"博士"}


def test_identity_sanctions_and_fund_staff_are_out_of_reach() -> None:
    person = new_person(is_fund_staff=True, is_student=True)
    before = Person.objects.values().get(pk=person.pk)
    values = {"id_hash": "0" * 64, "id_tail": "1234", "name_zh": "别名", "is_fund_staff": "", "is_student": "", "orcid": "x"}
    assert send(person, f"host-{person.organisation.code}", **values, birth_date="1999-09-09", sex="m") == 302
    assert Person.objects.values().get(pk=person.pk) == before


def test_what_is_cleared_is_gone_and_what_is_not_carried_stays() -> None:
    person = new_person(id_hash="", title="教授", is_senior=True, birth_date=date(1990, 1, 1), sex="f")
    host = f"host-{person.organisation.code}"
    values = {"title": "教授", "title_since": "2020-01-01", "kind": "full", "post": "教师", "post_since": "2010-01-01"}
    assert send(person, host, **values) == 302
    cleared = {"birth_date": "", "title": "", "title_since": "", "kind": "full", "post": "", "post_since": "2010-01-01"}
    assert send(person, host, **cleared) == 302
    person.refresh_from_db()
    expected = Profile("f", None, person.highest_degree, "", None, "full", "", date(2010, 1, 1))
    assert (profile_of(person), person.is_senior, person.highest_degree) == (expected, False, "博士")
    assert send(person, host, kind="", post="", post_since="") == 422
    assert profile_of(person) == expected


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": "教授", "title_since": "2199-01-01"}, "title_since"),
        ({"title_since": "2020-01-01"}, "title"),
        ({"kind": "full"}, "post_since"),
        ({"post_since": "2020-01-01"}, "kind"),
        ({"highest_degree": "博导"}, "highest_degree"),
        ({"birth_date": "2199-01-01"}, "birth_date"),
        ({"title": "长" * 41}, "title"),
    ],
)
def test_mistakes_are_told_beside_their_field(values: dict[str, str], field: str) -> None:
    person = new_person(id_hash="", title="")
    response = client(f"host-{person.organisation.code}").post(f"/people/{person.pk}/complete/", values)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
