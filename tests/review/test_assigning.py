"""Rounds of assignment, invitations, answers."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from headwater.calls.models import Application, Call
from headwater.core import clock
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.review.models import Assignment, Conflict, Expert, Opinion, Round
from headwater.review.queries import explain_pair, shortages_of
from headwater.review.services.assigning import propose_round, publish_round
from headwater.review.services.inviting import answer_invitations, expire_invitations, release_assignment
from tests.make import SECOND, actor, as_, new_expert, new_host, past_call, placed, refusal

pytestmark = pytest.mark.django_db


def stage(applications: int, institutions: int, each: int = 1, load: int = 15) -> tuple[Call, list[Expert]]:
    """A call with accepted applications; the only experts are `each` in each of `institutions`, all outside the region."""
    Expert.objects.update(is_active=False)
    call = past_call()
    for n in range(applications):
        placed(call, "accepted", review_group=f"g{n}")
    hosts = [new_host("外校") for _ in range(institutions)]
    experts = [
        new_expert(f"专家{n}", hosts[n % institutions], max_load=load, is_external=True) for n in range(institutions * each)
    ]
    discipline = Application.objects.filter(call=call)[0].discipline
    for expert in experts:
        expert.disciplines.add(discipline)
    return call, experts


def proposed(call: Call, seed: int = 3) -> Round:
    return propose_round(call=call, actor=actor("officer"), seed=seed)


def published(call: Call) -> Round:
    round_ = proposed(call)
    publish_round(round_=round_, actor=actor("officer"))
    return Round.objects.get(pk=round_.pk)


def pairs(round_: Round) -> list[tuple[int, int]]:
    return sorted(round_.assignments.values_list("application", "expert"))


def states(round_: Round) -> dict[str, int]:
    return dict(Counter(round_.assignments.values_list("state", flat=True)))


def test_round_gives_each_application_the_wanted_number() -> None:
    call, _experts = stage(4, 8)
    round_ = proposed(call)
    counts = Counter(a for a, _e in pairs(round_))
    assert counts == dict.fromkeys(Application.objects.filter(call=call).values_list("pk", flat=True), 5)
    assert (round_.record["pairs"], round_.record["unfilled"], states(round_)) == (20, 0, {"proposed": 20})
    assert set(Application.objects.filter(call=call).values_list("state", flat=True)) == {"accepted"}


def test_round_takes_one_expert_of_an_institution() -> None:
    call, _experts = stage(3, 4, each=3)
    round_ = proposed(call)
    rows = round_.assignments.values_list("application", "expert__person__organisation")
    assert set(Counter(rows).values()) == {1}
    assert (len(rows), round_.record["unfilled"]) == (12, 3)


def test_round_keeps_to_the_loads() -> None:
    call, experts = stage(4, 6, load=2)
    round_ = proposed(call)
    assert Counter(e for _a, e in pairs(round_)) == {e.pk: 2 for e in experts}
    assert (round_.record["pairs"], round_.record["unfilled"]) == (12, 8)
    assert check(["load_within_limit"]) == []


def test_round_leaves_out_conflicts() -> None:
    call, experts = stage(2, 6)
    row = Application.objects.filter(call=call).order_by("pk")[0]
    for expert in experts[:3]:
        Conflict.objects.create(application=row, expert=expert, kind="declared")
    round_ = proposed(call)
    assert [e for a, e in pairs(round_) if a == row.pk] == [e.pk for e in experts[3:]]
    assert round_.record["conflicts"] == 3


def test_same_seed_gives_the_same_digest() -> None:
    call, _experts = stage(3, 9)
    first = proposed(call, 11)
    before = pairs(first)
    second = proposed(call, 11)
    assert (second.record["digest"], pairs(second)) == (first.record["digest"], before)
    assert (Round.objects.get(pk=first.pk).state, pairs(first)) == ("discarded", [])


def test_round_without_applications_or_experts_is_refused() -> None:
    call, experts = stage(1, 5)
    with pytest.raises(Refused, match="没有待送审的申请"):
        proposed(past_call())
    Expert.objects.filter(pk__in=[e.pk for e in experts]).update(is_active=False)
    with pytest.raises(Refused, match="没有可用的专家"):
        proposed(call)


def test_round_is_for_officers() -> None:
    call, experts = stage(1, 5)
    with pytest.raises(NotAllowed):
        propose_round(call=call, actor=as_(experts[0].person), seed=1)
    assert not Round.objects.filter(call=call).exists()


def test_publishing_invites_and_starts_the_review() -> None:
    call, experts = stage(2, 5)
    round_ = proposed(call)
    assert publish_round(round_=round_, actor=actor("officer")) == 10
    row = Round.objects.get(pk=round_.pk)
    assert (row.state, states(row)) == ("published", {"invited": 10})
    assert row.due_at == clock.end_of_day(clock.today() + timedelta(days=21))
    assert row.respond_by == clock.end_of_day(clock.today() + timedelta(days=5))
    assert set(Application.objects.filter(call=call).values_list("state", flat=True)) == {"in_review"}
    assert experts[0].person.account.notifications.count() == 1
    with pytest.raises(Refused, match="已发布或作废"):
        publish_round(round_=round_, actor=actor("officer"))
    assert states(row) == {"invited": 10}


def test_discarded_round_is_not_published() -> None:
    call, _experts = stage(1, 5)
    old = proposed(call)
    new = proposed(call)
    with pytest.raises(Refused, match="已发布或作废"):
        publish_round(round_=old, actor=actor("officer"))
    assert publish_round(round_=new, actor=actor("officer")) == 5


def test_expert_answers_only_the_own_invitation() -> None:
    call, experts = stage(1, 5)
    round_ = published(call)
    mine, other = (round_.assignments.get(expert=e) for e in experts[:2])
    with pytest.raises(Refused, match="只能答复发给自己的邀请"):
        answer_invitations(assignments=[mine, other], accept=True, actor=as_(experts[0].person))
    assert states(round_) == {"invited": 5}
    assert answer_invitations(assignments=[mine], accept=True, actor=as_(experts[0].person)) == 1
    assert answer_invitations(assignments=[mine], accept=True, actor=as_(experts[0].person)) == 0
    assert states(round_) == {"invited": 4, "accepted": 1}
    assert list(Opinion.objects.filter(assignment__round=round_).values_list("assignment", "submitted_at")) == [(mine.pk, None)]


def test_declining_needs_a_reason() -> None:
    call, experts = stage(1, 5)
    round_ = published(call)
    mine = round_.assignments.get(expert=experts[0])
    with pytest.raises(Refused) as error:
        answer_invitations(assignments=[mine], accept=False, reason=" ", actor=as_(experts[0].person))
    assert refusal(error) == [("reason", "")]
    answer_invitations(assignments=[mine], accept=False, reason="出国", actor=as_(experts[0].person))
    mine.refresh_from_db()
    assert (mine.state, mine.decline_reason) == ("declined", "出国")


@pytest.mark.parametrize("way", ["declined", "expired", "released"])
def test_who_is_gone_is_not_asked_again(way: str) -> None:
    call, experts = stage(1, 6)
    first = published(call)
    gone = first.assignments.order_by("pk")[0]
    spare = next(e.pk for e in experts if e.pk not in {e for _a, e in pairs(first)})
    for row in first.assignments.exclude(pk=gone.pk).select_related("expert__person__account"):
        answer_invitations(assignments=[row], accept=True, actor=as_(row.expert.person))
    if way == "declined":
        answer_invitations(assignments=[gone], accept=False, reason="出国", actor=as_(gone.expert.person))
    elif way == "released":
        release_assignment(assignment=gone, reason="改派", actor=actor("officer"))
    else:
        with clock.at(first.respond_by + SECOND):
            assert expire_invitations(call=call, actor=actor("officer")) == 1
    gone.refresh_from_db()
    second = proposed(call)
    assert (gone.state, pairs(second)) == (way, [(gone.application_id, spare)])


def test_invitations_expire_after_their_last_day() -> None:
    call, experts = stage(1, 5)
    round_ = published(call)
    mine = round_.assignments.get(expert=experts[0])
    answer_invitations(assignments=[mine], accept=True, actor=as_(experts[0].person))
    with clock.at(round_.respond_by):
        assert expire_invitations(call=call, actor=actor("officer")) == 0
    with clock.at(round_.respond_by + SECOND):
        assert expire_invitations(call=call, actor=actor("officer")) == 4
        assert answer_invitations(assignments=list(round_.assignments.all()), accept=True, actor=as_(experts[1].person)) == 0
    assert states(round_) == {"accepted": 1, "expired": 4}


def test_submitted_opinion_is_not_taken_back() -> None:
    call, experts = stage(1, 5)
    round_ = published(call)
    mine = round_.assignments.get(expert=experts[0])
    Assignment.objects.filter(pk=mine.pk).update(state="submitted")
    with pytest.raises(Refused, match="已结束"):
        release_assignment(assignment=mine, reason="改派", actor=actor("officer"))
    other = round_.assignments.get(expert=experts[1])
    release_assignment(assignment=other, reason="改派", actor=actor("officer"))
    assert states(round_) == {"submitted": 1, "released": 1, "invited": 3}


def test_second_round_counts_what_an_expert_has_submitted() -> None:
    call, experts = stage(1, 5, load=1)
    first = published(call)
    first.assignments.update(state="submitted")
    for row in first.assignments.all():
        Opinion.objects.create(assignment=row, total=80, grade=2, text_applicant="好", submitted_at=clock.now())
    placed(call, "accepted", review_group="late")
    proposed(call)
    assert len(experts) == 5
    assert check(["load_within_limit"]) == []


def test_round_says_why_places_stay_empty_and_what_an_expert_is_worth() -> None:
    call, experts = stage(3, 4, each=3)
    round_ = proposed(call)
    (first, *_rest) = shortages_of(round_, None)
    assert (first["missing"], first["limit"], len(first["titles"])) == (1, "institution", 1)
    assert {s["missing"] for s in shortages_of(round_, None)} == {1}
    application, expert = pairs(round_)[0]
    why = explain_pair(Application.objects.get(pk=application), Expert.objects.get(pk=expert), None)
    assert (why["chosen"], why["score"] >= why["weakest"], why["price"] >= 0) == (True, True, True)
    assert round_.record["gap"] < 0.01
    assert experts


def test_round_with_the_worst_served_first_serves_them_no_worse() -> None:
    call, _experts = stage(4, 8)
    plain = proposed(call)
    scores = [sum(plain.assignments.filter(application=a).values_list("score", flat=True)) for a, _e in pairs(plain)]
    fair = propose_round(call=call, actor=actor("officer"), seed=3, fair=True)
    fair_scores = [sum(fair.assignments.filter(application=a).values_list("score", flat=True)) for a, _e in pairs(fair)]
    assert min(fair_scores) >= min(scores) - 1e-4
    assert (fair.settings["fair"], plain.settings["fair"], len(pairs(fair))) == (True, False, 20)
