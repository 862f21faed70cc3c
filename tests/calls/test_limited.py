"""The limit of one application a person and year: told by a rule before the database refuses, and off where its parameter is."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from headwater.calls.applying.services.applications import create_draft, submit_application
from headwater.calls.facts import check_applications
from headwater.calls.models import Application, Call, SchemeVersion
from headwater.calls.publishing.services.stages import invite
from headwater.calls.schemes import scheme_of
from headwater.calls.terms import limit_group_of
from headwater.core.command import system
from headwater.core.errors import Refused
from headwater.core.models import Parameter
from headwater.core.parameters import forget_parameters
from headwater.regions.check import find_package, read_package
from headwater.regions.load import load_region
from headwater.registry.models import Person
from headwater.schemes import parse_scheme
from headwater.schemes.rules import parameters_of
from tests.calls.test_services import as_, draft_of, end_period, new_call, new_person, placed, submitted
from tests.people import actor

pytestmark = pytest.mark.django_db
SHIPPED = {s.code: s for s in (parse_scheme(d, parameters_of)[0] for d in read_package(find_package("nmg")).schemes)}
LIMITED = sorted(code for code, scheme in SHIPPED.items() if scheme.limit_group != "none")


def set_parameter(key: str, value: Any) -> None:
    """A region's value, as a loaded package would have changed it."""
    assert Parameter.objects.filter(key=key).update(value=value)
    forget_parameters()


@pytest.fixture(autouse=True)
def _afterwards() -> Any:
    yield
    forget_parameters()


def outcomes(row: Application) -> dict[str, tuple[str, bool]]:
    found = Application.objects.select_related("call__scheme", "host", "leader", "discipline").get(pk=row.pk)
    return {r.rule: (str(r.outcome), r.blocks) for r in check_applications([found], found.call)[found.pk]}


@pytest.mark.parametrize("code", LIMITED)
def test_every_limited_scheme_tells_what_the_database_refuses(code: str) -> None:
    """The other application is of another type of the family where there is one."""
    person = new_person()
    other = next((c for c in LIMITED if c != code and SHIPPED[c].limit_group == SHIPPED[code].limit_group), code)
    group = SHIPPED[code].limit_group
    placed(new_call(other), "rejected", person, limit_group=group)
    row = create_draft(call=new_call(code), leader=person, actor=as_(person))
    assert row.limit_group == group
    assert outcomes(row)["one_per_year"] == ("failed", True)
    with pytest.raises(IntegrityError, match="application_one_live_per_year"), transaction.atomic():
        Application.objects.filter(pk=row.pk).update(state="host_review", number="X1")


def test_testing_after_a_general_project_is_refused_by_the_rule() -> None:
    person = new_person()
    first = submitted(new_call("im-gen"), person)
    draft = draft_of(new_call("im-test"), person)
    with pytest.raises(Refused) as error:
        submit_application(application=draft, actor=as_(person), agree=True)
    assert f"本年度已申报 {first.number}。撤回其中一项" in [r.text for r in error.value.reasons if r.code == "F11"]


def test_a_limit_that_is_off_lets_a_person_apply_twice() -> None:
    set_parameter("one_application_per_year", False)
    person = new_person()
    rows = [submitted(new_call("im-gen"), person), submitted(new_call("im-youth"), person)]
    assert {r.state for r in rows} == {"host_review"}
    assert len({r.limit_group for r in rows}) == 2
    assert outcomes(rows[0])["one_per_year"] == ("passed", True)


def test_a_limit_without_a_parameter_is_for_a_person_to_look_at() -> None:
    Parameter.objects.filter(key="one_application_per_year").delete()
    forget_parameters()
    person = new_person()
    submitted(new_call("im-gen"), person)
    assert outcomes(submitted(new_call("im-youth"), person))["one_per_year"] == ("skipped", True)


# the invented country limits each type by itself


@pytest.fixture
def grant() -> SchemeVersion:
    """The grant of the invented country in two stages; its group has no other limit than that of its type."""
    load_region(package=read_package(find_package("atoll")), actor=system("test"))
    version = SchemeVersion.objects.get(code="at-grant")
    plan, *_rest = version.definition["section"]
    question, budget = plan["field"]
    full = {**plan, "code": "money", "stage": "full", "field": [budget]}
    version.definition = {**version.definition, "section": [{**plan, "field": [question]}, full]}
    version.pk, version.version, version.digest = None, version.version + 1, "two-stages"
    version.save(force_insert=True)
    return version


def sent(call: Call, person: Person) -> Application:
    """Submitted, with answers to whatever its stage asks."""
    draft = draft_of(call, person, **({"budget": {"promise": True}} if scheme_of(call).field("budget") else {}))
    return submit_application(application=draft, actor=as_(person), agree=True)


@pytest.mark.parametrize(("value", "free"), [({"max": 1}, 1), ({"max": 2}, 2), ({"max": 1, "exempt": ["at-grant"]}, 4)])
def test_the_limit_of_a_type_lets_as_many_through_as_it_says(grant: SchemeVersion, value: dict[str, Any], free: int) -> None:
    set_parameter("limit_same_type", {"exempt": [], **value})
    set_parameter("limit_senior", {"total": 9, "members_from": 2020, "promoted_members": False})
    person = new_person(is_senior=True)
    rows = [sent(new_call("at-grant"), person) for _n in range(free)]
    assert len({r.limit_group for r in rows}) == free
    if free < 4:
        with pytest.raises(Refused) as error:
            sent(new_call("at-grant"), person)
        assert [r.text[:9] for r in error.value.reasons] == ["本年度已申报同类项"]


def invited(call: Call, person: Person) -> Application:
    row = placed(call, "accepted", person, limit_group=limit_group_of(call))
    end_period(call)
    invite(applications=[row], yes=True, actor=actor("officer"))
    return Application.objects.get(pk=row.pk)


def test_the_outline_of_a_full_application_does_not_stand_in_its_way(grant: SchemeVersion) -> None:
    person = new_person()
    outline = new_call("at-grant", stage="outline")
    assert invited(outline, person).limit_group == "type:at-grant:outline"
    row = sent(new_call("at-grant", stage="full", outline=outline), person)
    assert (row.state, row.limit_group) == ("host_review", "type:at-grant")
    found = outcomes(row)
    assert {found[rule][0] for rule in ("limit_same_type", "limit_total", "limit_key", "limit_plans")} == {"passed"}


def test_an_invited_outline_weighs_on_its_own_year_only(grant: SchemeVersion) -> None:
    """Who let an invitation lapse is free the year after, and is not free to apply for the type a second time in the same year."""
    person = new_person()
    outline = new_call("at-grant", stage="outline")
    invited(outline, person)
    later = outcomes(draft_of(new_call("at-grant", year=outline.year + 1), person))
    assert [later[rule][0] for rule in ("limit_same_type", "limit_total", "limit_key")] == ["passed"] * 3
    again = outcomes(draft_of(new_call("at-grant"), person))
    assert [again[rule][0] for rule in ("limit_same_type", "limit_total", "limit_key")] == ["failed", "passed", "passed"]


def test_an_outline_without_a_limit_stays_without_one() -> None:
    version = SchemeVersion.objects.filter(code="im-major").order_by("-version")[0]
    version.definition = {**version.definition, "scheme": {**version.definition["scheme"], "limit_group": "none"}}
    version.pk, version.version, version.digest = None, version.version + 1, "unlimited"
    version.save(force_insert=True)
    calls = [new_call("im-major", stage="outline") for _n in range(2)]
    assert [scheme_of(c).limit_group for c in calls] == ["none", "none"]
    keys = {limit_group_of(c) for c in calls}
    assert len(keys) == 2
    assert all(k.startswith("none:") for k in keys)
