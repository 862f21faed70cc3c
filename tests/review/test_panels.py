"""Panels: who may vote, that the vote is secret, and how it is counted."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from headwater.calls.models import Application
from headwater.core import clock
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.models import Event
from headwater.review.models import BallotCast, Conflict, Expert, Panel, PanelItem, PanelMember
from headwater.review.services.conflicts import declare_conflict
from headwater.review.services.panels import make_panel
from headwater.review.services.voting import cast_ballot, close_voting, open_voting, recusals
from tests.make import actor, as_, client, new_expert, past_call, placed, refusal
from tests.review.test_conflicts import tie

pytestmark = pytest.mark.django_db


def make(experts: list[Expert], applications: list[Application], chair: Expert | None = None) -> Panel:
    return make_panel(
        call=applications[0].call, name="综合组", group=None, applications=applications, experts=experts,
        chair=chair or experts[0], meets_at=clock.now() + timedelta(days=1), place="一号会议室", actor=actor("officer"),
    )  # fmt: skip


def sitting(items: int = 1, members: int = 9, present: int = 9, recused: int = 0) -> tuple[Panel, list[PanelMember]]:
    """A panel that is voting; the first `recused` members have a conflict with its first item."""
    call = past_call()
    rows = [placed(call, "reviewed") for _ in range(items)]
    experts = [new_expert(f"组员{n}") for n in range(members)]
    for expert in experts[:recused]:
        Conflict.objects.create(application=rows[0], expert=expert, kind="kin")
    panel = make(experts, rows)
    here = list(panel.members.order_by("pk"))[:present]
    open_voting(panel=panel, present=here, actor=actor("officer"))
    found = PanelMember.objects.filter(panel=panel).select_related("expert__person__account", "panel__call").order_by("pk")
    return Panel.objects.get(pk=panel.pk), list(found)


def item(panel: Panel, position: int = 1) -> PanelItem:
    return PanelItem.objects.get(panel=panel, position=position)


def vote(member: PanelMember, choice: str, *items: PanelItem) -> int:
    return cast_ballot(member=member, votes={i.pk: choice for i in items}, actor=as_(member.expert.person))


def test_panel_needs_members_and_a_chair_among_them() -> None:
    call = past_call()
    rows = [placed(call, "reviewed"), placed(call, "reviewed")]
    experts = [new_expert(f"组员{n}") for n in range(9)]
    with pytest.raises(Refused) as error:
        make([*experts[:8], experts[0]], rows)
    assert refusal(error) == [("members", "")]
    with pytest.raises(Refused) as error:
        make(experts, rows, chair=new_expert("外人"))
    assert refusal(error) == [("chair", "")]
    assert set(Application.objects.filter(call=call).values_list("state", flat=True)) == {"reviewed"}
    panel = make(experts, rows[::-1])
    assert list(panel.items.values_list("application", "position")) == [(rows[1].pk, 1), (rows[0].pk, 2)]
    assert list(panel.members.filter(is_chair=True).values_list("expert", flat=True)) == [experts[0].pk]
    assert set(Application.objects.filter(call=call).values_list("state", flat=True)) == {"panel"}


def test_voting_opens_with_a_quorum_only() -> None:
    call = past_call()
    panel = make([new_expert(f"组员{n}") for n in range(9)], [placed(call, "reviewed")])
    members = list(panel.members.order_by("pk"))
    with pytest.raises(Refused) as error:
        open_voting(panel=panel, present=members[:5], actor=actor("officer"))
    assert refusal(error) == [("present", "")]
    assert (Panel.objects.get(pk=panel.pk).state, panel.members.filter(present=True).count()) == ("preparing", 0)
    open_voting(panel=panel, present=members[:6], actor=actor("officer"))
    assert (Panel.objects.get(pk=panel.pk).state, panel.members.filter(present=True).count()) == ("voting", 6)
    with pytest.raises(Refused, match="已开始或已结束"):
        open_voting(panel=panel, present=members, actor=actor("officer"))


def test_quorum_counts_a_member_once() -> None:
    panel = make([new_expert(f"组员{n}") for n in range(9)], [placed(past_call(), "reviewed")])
    with pytest.raises(Refused):
        open_voting(panel=panel, present=[panel.members.order_by("pk")[0]] * 9, actor=actor("officer"))


def test_vote_is_counted_and_nowhere_tied_to_who_cast_it() -> None:
    panel, members = sitting(items=2)
    first, second = item(panel), item(panel, 2)
    for n, choice in enumerate(["yes", "yes", "no", "abstain"]):
        vote(members[n], choice, first, second)
    for row in (item(panel), item(panel, 2)):
        assert (row.yes, row.no, row.abstain, row.casts.count()) == (2, 1, 1, 4)
    assert check(["votes_match_casts"]) == []
    assert {f.name for f in BallotCast._meta.get_fields()} == {"id", "item", "member"}
    events = Event.objects.filter(command="review.cast_ballot", subject_id__in=[m.pk for m in members])
    assert [(e.before, e.after) for e in events] == [(None, {"voted_on": 2})] * 4
    tied = [
        model.__name__
        for model in apps.get_app_config("review").get_models()
        for names in [{f.name for f in model._meta.get_fields() if f.concrete}]
        if names & {"member", "present"} and names & {"yes", "no", "abstain", "choice", "vote"}
    ]
    assert tied == []


def test_nobody_votes_twice_for_an_item() -> None:
    panel, members = sitting(items=2)
    vote(members[0], "yes", item(panel))
    with pytest.raises(Refused, match="已投过票"):
        vote(members[0], "no", item(panel), item(panel, 2))
    assert [(i.yes, i.no, i.casts.count()) for i in panel.items.all()] == [(1, 0, 1), (0, 0, 0)]
    assert vote(members[0], "no", item(panel, 2)) == 1


def test_only_the_member_votes_and_only_here() -> None:
    panel, members = sitting()
    other, strangers = sitting()
    votes = {item(panel).pk: "yes"}
    with pytest.raises(Refused, match="只能由本人投票"):
        cast_ballot(member=members[0], votes=votes, actor=as_(members[1].expert.person))
    with pytest.raises(NotAllowed):
        cast_ballot(member=members[0], votes=votes, actor=as_(strangers[0].expert.person))
    with pytest.raises(NotAllowed):
        cast_ballot(member=members[0], votes=votes, actor=actor("officer"))
    with pytest.raises(Refused, match="不在本组议程上"):
        vote(members[0], "yes", item(other))
    with pytest.raises(Refused, match="请选择"):
        vote(members[0], "maybe", item(panel))
    assert not BallotCast.objects.filter(member__panel__in=[panel, other]).exists()
    assert vote(members[0], "yes", item(panel)) == 1


def test_absent_member_does_not_vote() -> None:
    panel, members = sitting(present=8)
    with pytest.raises(Refused, match="现在不能投票"):
        vote(members[8], "yes", item(panel))
    assert vote(members[7], "yes", item(panel)) == 1
    assert item(panel).yes == 1


def test_recused_member_is_refused_by_the_service_and_the_database() -> None:
    panel, members = sitting(items=2, recused=1)
    with pytest.raises(Refused, match="回避"):
        vote(members[0], "yes", item(panel), item(panel, 2))
    assert [(i.yes, i.casts.count()) for i in panel.items.all()] == [(0, 0), (0, 0)]
    with pytest.raises(IntegrityError, match="headwater_recused"), transaction.atomic():
        BallotCast.objects.create(item=item(panel), member=members[0])
    with pytest.raises(IntegrityError, match="headwater_recused"), transaction.atomic():
        BallotCast.objects.bulk_create([BallotCast(item=item(panel), member=m) for m in members])
    cast = BallotCast.objects.create(item=item(panel), member=members[1])
    with pytest.raises(IntegrityError, match="headwater_recused"), transaction.atomic():
        BallotCast.objects.filter(pk=cast.pk).update(member=members[0])
    assert {a: [m.pk for m in ms] for a, ms in recusals(panel).items()} == {item(panel).application_id: [members[0].pk]}
    assert vote(members[0], "yes", item(panel, 2)) == 1


@pytest.mark.parametrize(
    ("present", "recused", "yes", "no", "result"),
    [
        (9, 0, 5, 4, "recommended"),
        (9, 0, 4, 5, "not_recommended"),
        (8, 0, 4, 4, "not_recommended"),
        (8, 0, 5, 3, "recommended"),
        (9, 1, 4, 4, "not_recommended"),
        (9, 2, 4, 3, "recommended"),
        (9, 2, 3, 4, "not_recommended"),
        (9, 0, 5, 0, "no_quorum"),
        (9, 0, 5, 1, "recommended"),
        (9, 3, 3, 0, "no_quorum"),
    ],
)
def test_result_needs_more_than_half_of_those_not_recused(present: int, recused: int, yes: int, no: int, result: str) -> None:
    panel, members = sitting(present=present, recused=recused)
    for n, member in enumerate(members[recused : recused + yes + no]):
        vote(member, "yes" if n < yes else "no", item(panel))
    counts = close_voting(panel=panel, reason="其余组员提前离会", actor=actor("officer"))
    assert {k: v for k, v in counts.items() if v} == {result: 1}
    assert (item(panel).result, Panel.objects.get(pk=panel.pk).state) == (result, "closed")


def test_abstention_is_no_yes() -> None:
    panel, members = sitting()
    for n, member in enumerate(members):
        vote(member, "yes" if n < 4 else "abstain", item(panel))
    close_voting(panel=panel, actor=actor("officer"))
    assert item(panel).result == "not_recommended"
    with pytest.raises(Refused, match="投票没有在进行"):
        close_voting(panel=panel, actor=actor("officer"))


def test_vote_after_the_close_is_refused() -> None:
    panel, members = sitting()
    close_voting(panel=panel, reason="会议中断", actor=actor("officer"))
    with pytest.raises(Refused, match="现在不能投票"):
        vote(members[0], "yes", item(panel))
    assert item(panel).casts.count() == 0


def test_tie_that_came_up_since_the_review_recuses() -> None:
    call = past_call()
    row = placed(call, "reviewed")
    experts = [new_expert(f"组员{n}") for n in range(9)]
    tie("kin", experts[0].person, row.leader)
    panel = make(experts, [row])
    assert [m.expert_id for m in recusals(panel).get(row.pk, [])] == [experts[0].pk]


def test_conflict_declared_after_the_ballot_leaves_the_invariants_whole() -> None:
    panel, members = sitting()
    vote(members[0], "yes", item(panel))
    row = item(panel).application
    with suppress(Refused):
        declare_conflict(
            application=row, expert=members[0].expert, kind="kin", evidence="叔侄", actor=as_(members[0].expert.person)
        )
    assert check(["no_recused_ballot", "votes_match_casts"]) == []


def test_the_room_lists_items_by_their_position() -> None:
    panel, members = sitting(items=4)
    for row, place in zip(list(PanelItem.objects.filter(panel=panel).order_by("pk")), (14, 13, 12, 11), strict=True):
        PanelItem.objects.filter(pk=row.pk).update(position=place)
    page = client(members[0].expert.person.account.username).get(f"/panels/{panel.pk}/")
    assert [i.position for i in page.context["items"]] == [11, 12, 13, 14]
