"""Expressions know the applicant and the host: read for many at once, only where a scheme names them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from headwater.calls.applicants import record_values_of
from headwater.calls.facts import check_applications
from headwater.calls.loading import answers_in, answers_of
from headwater.calls.models import Application, Call
from headwater.core import clock
from headwater.registry.models import EarlierProject, Person
from headwater.schemes.linking import BUILT_IN
from tests.make import new_call, new_host, new_person, placed
from tests.review.variants import version

pytestmark = pytest.mark.django_db
CHECK = {"code": "young", "message_zh": "须在 40 岁以下", "message_en": "Must be under 40", "reason": "F06"}


def closing(day: date) -> Call:
    """A call whose last day is `day`."""
    last = clock.local(day, 16)
    return new_call(closes_at=last, endorse_by=last + timedelta(days=5), recommend_by=last + timedelta(days=9))


def fresh(row: Application) -> Application:
    return Application.objects.select_related("call__scheme", "host", "leader", "discipline").get(pk=row.pk)


def test_what_is_known_of_applicant_and_host() -> None:
    host = new_host(kind="institute", place=None)
    person = new_person("研究员", host, birth_date=date(1990, 5, 1), title="研究员", highest_degree="博士", sex="m")
    call = closing(date(2030, 4, 30))
    row = placed(call, "received", person)
    EarlierProject.objects.create(
        person=person,
        number="旧1",
        scheme="im-gen",
        role="leader",
        approved_on=date(2019, 1, 1),
        ends_on=date(2021, 1, 1),
        months=24,
    )
    placed(new_call("im-gen"), "approved", person, limit_group="v1")
    found = record_values_of([row])[row.pk]
    assert found == {
        "applicant.degree": "博士",
        "applicant.title": "研究员",
        "applicant.birth": date(1990, 5, 1),
        "applicant.age": Decimal(39),
        "applicant.sex": "m",
        "applicant.earlier_awards": Decimal(2),
        "host.kind": "institute",
        "host.place": None,
    }
    assert found.keys() == {name for name in BUILT_IN if "." in name}


def test_the_age_is_that_on_the_last_day_of_the_call() -> None:
    row = placed(closing(date(2030, 5, 1)), "received", new_person(birth_date=date(1990, 5, 1)))
    assert record_values_of([row])[row.pk]["applicant.age"] == Decimal(40)
    row = placed(new_call(), "received", new_person(birth_date=None))
    assert record_values_of([row])[row.pk]["applicant.age"] is None


def test_it_is_that_of_the_record_that_stands_for_the_person() -> None:
    person, twin = new_person(title="讲师"), new_person(title="教授")
    row = placed(new_call(), "received", person)
    Person.objects.filter(pk=person.pk).update(merged_into=twin, merge_reason="同一人")
    assert record_values_of([fresh(row)])[row.pk]["applicant.title"] == "教授"


@pytest.mark.parametrize("count", [1, 4])
def test_the_number_of_queries_does_not_grow(count: int, django_assert_num_queries: pytest.FixtureRequest) -> None:
    call = new_call()
    rows = [fresh(placed(call, "received")) for _ in range(count)]
    with django_assert_num_queries(5):  # type: ignore[operator]
        record_values_of(rows)


def test_a_check_of_a_scheme_reads_the_applicant() -> None:
    version(check=[{**CHECK, "expr": 'applicant.age < 40 and host.kind == "university"'}])
    call = new_call()
    rows = [placed(call, "received", new_person(birth_date=born)) for born in (date(1995, 1, 1), date(1960, 1, 1))]
    found = check_applications([fresh(r) for r in rows], call)
    failed = [[r.zh for r in found[row.pk] if r.outcome == "failed" and r.code == "F06"] for row in rows]
    assert failed == [[], ["须在 40 岁以下"]]
    assert answers_of(fresh(rows[0])).holds('applicant.sex == "f"') is True


def test_a_scheme_that_names_nobody_reads_nothing(django_assert_num_queries: pytest.FixtureRequest) -> None:
    call = new_call()
    rows = [fresh(placed(call, "received"))]
    make = answers_in(call)  # parses the scheme and reads its parameters
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert answers_in(call, rows)(rows[0], {}, 0).holds("applicant.age > 0") is None
    assert make(rows[0], {}, 0).values["members"] == 0
