"""When work begins: the day that is usual, one for all, and never before the decision (row 14); and what else of a call is recommended."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from headwater.calls.applying.services.applications import create_draft, save_application
from headwater.calls.facts import check_applications, gather
from headwater.calls.models import Application, Call
from headwater.calls.terms import start_of, usual_start
from headwater.core.errors import Refused
from headwater.core.models import Parameter
from headwater.core.parameters import forget_parameters
from headwater.registry.models import Discipline, ReviewGroup
from headwater.registry.queries import group_of, group_prefixes
from tests.make import as_, draft_of, new_call, new_host, new_person, placed, refusal
from tests.review.variants import version

pytestmark = pytest.mark.django_db


def given(call: Call, key: str, value: Any) -> None:
    Parameter.objects.create(
        region=call.scheme.region, key=key, applies_to=call.scheme.code, valid_from=date(2020, 1, 1), value=value
    )
    forget_parameters()


def fresh(row: Application) -> Application:
    return Application.objects.select_related("call__scheme", "host__place", "leader", "discipline").get(pk=row.pk)


def test_without_a_row_work_begins_in_july() -> None:
    call = new_call()
    row = create_draft(call=call, leader=(leader := new_person()), actor=as_(leader))
    assert (usual_start(call), row.starts_on) == (date(call.year, 7, 1), date(call.year, 7, 1))


def test_a_common_day_is_given_and_cannot_be_changed() -> None:
    call = new_call()
    given(call, "start_date", {"month": 1, "day": 1, "years_after": 1, "common": True, "after_decision": True})
    row = draft_of(call, new_person())
    assert row.starts_on == date(call.year + 1, 1, 1)
    with pytest.raises(Refused) as error:
        save_application(application=row, values={"starts_on": date(call.year, 3, 1)}, actor=as_(row.leader))
    assert refusal(error) == [("starts_on", "")]
    assert start_of(row, date(call.year, 12, 1)) == date(call.year + 1, 1, 1)
    assert start_of(row, date(call.year + 1, 2, 3)) == date(call.year + 1, 2, 3)


def test_where_the_region_says_nothing_the_decision_may_be_later() -> None:
    row = draft_of(new_call(), new_person())
    assert start_of(row, date(2099, 1, 1)) == row.starts_on


def test_what_else_is_recommended_is_counted_by_host_topic_and_place() -> None:
    rules = [{"name": name, "blocks": False} for name in ("within_topic_quota", "within_place_quota", "host_young_share")]
    version(rule=rules)
    call = new_call(topics=[{"code": "T1", "zh": "方向", "en": "Topic"}])
    given(call, "topic_quota", {"each": 1})
    given(call, "place_quota", {"each": 2})
    given(call, "host_young_share", {"numerator": 1, "denominator": 2, "age": 40})
    place = new_person().organisation.place
    host, other = new_host(place=place), new_host("别校", place=place)
    rows = [
        placed(call, "received", new_person(organisation=host, birth_date=date(1950, 1, 1)), topic="T1"),
        placed(call, "received", new_person(organisation=host, birth_date=date(1951, 1, 1)), topic="T1"),
        placed(call, "received", new_person(organisation=other), topic="T1"),
        placed(call, "draft", new_person(organisation=other), topic="T1"),
    ]
    peers = {pk: facts.peers for pk, facts in gather([fresh(r) for r in rows], call).items()}
    assert [(peers[r.pk].topic, peers[r.pk].place, len(peers[r.pk].births)) for r in rows] == [
        (2, 3, 2),
        (2, 3, 2),
        (1, 3, 1),
        (1, 3, 1),
    ]
    found = check_applications([fresh(r) for r in rows[:3]], call)
    failed = [sorted(r.rule for r in found[row.pk] if r.outcome == "failed") for row in rows[:3]]
    all_three = ["host_young_share", "within_place_quota", "within_topic_quota"]
    assert failed == [all_three, all_three, ["within_place_quota"]]


def test_a_review_group_may_name_disciplines_of_any_level() -> None:
    code = Discipline.objects.filter(level=2).order_by("code")[0].code
    ReviewGroup.objects.all().delete()
    ReviewGroup.objects.create(code="wide", name_zh="宽", name_en="Wide", prefixes=[code[0]], order=1)
    assert group_of(code, group_prefixes()) == "wide"
    ReviewGroup.objects.create(code="narrow", name_zh="窄", name_en="Narrow", prefixes=[code], order=2)
    assert (group_of(code, group_prefixes()), group_of("?", group_prefixes())) == ("narrow", "")
    row = draft_of(new_call(), new_person())
    assert Application.objects.get(pk=row.pk).review_group == "narrow"
