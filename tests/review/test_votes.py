"""Votes by item: who has not voted, no close with missing ballots unsaid, further votes as the rules allow."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.calls.models import Application
from headwater.core.duties import duties_of
from headwater.core.errors import Refused
from headwater.core.invariants import check
from headwater.core.models import Event, Notification
from headwater.review.models import Panel, PanelItem
from headwater.review.services.voting import close_voting, missing_ballots, open_voting, repeatable, vote_again
from tests.make import actor, client, refusal
from tests.review.test_panels import item, sitting, vote

pytestmark = pytest.mark.django_db


def test_who_voted_on_one_of_five_items_has_not_voted() -> None:
    panel, members = sitting(items=5)
    for member in members[1:]:
        vote(member, "yes", *panel.items.all())
    vote(members[0], "yes", item(panel))
    missing = missing_ballots(panel)
    assert {i.position: [m.pk for m in names] for i, names in missing.items()} == {n: [members[0].pk] for n in (2, 3, 4, 5)}
    assert any(d.url == f"/panels/{panel.pk}/" for d in duties_of(members[0].expert.person.account))
    assert not any(d.url == f"/panels/{panel.pk}/" for d in duties_of(members[1].expert.person.account))
    with pytest.raises(Refused) as error:
        close_voting(panel=panel, actor=actor("officer"))
    assert refusal(error) == [("reason", "")] * 4
    assert members[0].expert.person.name_zh in str(error.value)
    page = client("officer").get(f"/panels/{panel.pk}/").content.decode()
    assert "8 / 9" in page
    assert "9 / 9" in page


def test_recused_member_is_not_waited_for() -> None:
    panel, members = sitting(items=2, recused=1)
    for member in members[1:]:
        vote(member, "yes", *panel.items.all())
    vote(members[0], "yes", item(panel, 2))
    assert missing_ballots(panel) == {}
    duties = duties_of(members[0].expert.person.account)
    assert not any(d.url == f"/panels/{panel.pk}/" and d.title.startswith("投票：") for d in duties)
    close_voting(panel=panel, actor=actor("officer"))


def test_close_with_missing_ballots_keeps_the_reason_and_the_counts_by_item() -> None:
    panel, members = sitting(items=2)
    for member in members[:8]:
        vote(member, "yes", item(panel), item(panel, 2))
    vote(members[8], "no", item(panel))
    client("officer").post(f"/panels/{panel.pk}/step/close/", {})
    assert Panel.objects.get(pk=panel.pk).state == "voting"
    client("officer").post(f"/panels/{panel.pk}/step/close/", {"reason": "一位组员因病离会"})
    row = Panel.objects.get(pk=panel.pk)
    assert (row.state, row.missing_reason) == ("closed", "一位组员因病离会")
    assert [(i.missing, i.result) for i in row.items.all()] == [(0, "recommended"), (1, "recommended")]
    events = Event.objects.filter(
        command="review.close_voting", subject_type="review.panelitem", subject_id__in=row.items.values("pk")
    )
    assert [e.after["yes"] for e in events.order_by("subject_id")] == [8, 8]


def closed(choices: str) -> tuple[Panel, list[Any]]:
    panel, members = sitting()
    for member, choice in zip(members, choices, strict=False):
        vote(member, {"y": "yes", "n": "no", "a": "abstain"}[choice], item(panel))
    close_voting(panel=panel, reason="会议中断", actor=actor("officer"))
    return Panel.objects.get(pk=panel.pk), members


def test_a_vote_may_be_repeated_with_a_reason_and_as_often_as_the_rules_say() -> None:
    panel, members = closed("yyyynna")
    assert item(panel).result == "not_recommended"
    with pytest.raises(Refused) as error:
        vote_again(panel=panel, items=[item(panel)], actor=actor("officer"))
    assert refusal(error) == [("reason", "")]
    assert vote_again(panel=panel, items=[item(panel)], reason="两位组员的票未提交成功", actor=actor("officer")) == 1
    assert (item(panel).yes, item(panel).vote, item(panel).casts.count(), item(panel).result) == (0, 2, 0, "")
    before = Event.objects.filter(command="review.vote_again", subject_type="review.panelitem").order_by("-pk")[0].before
    assert (before["yes"], before["no"], before["abstain"], before["missing"]) == (4, 2, 1, 2)
    assert Notification.objects.filter(account=members[0].expert.person.account, title__contains="重新投票").exists()
    open_voting(panel=panel, present=members, actor=actor("officer"))
    for member in members:
        vote(member, "yes", item(panel))
    close_voting(panel=panel, actor=actor("officer"))
    assert item(panel).result == "recommended"
    with pytest.raises(Refused, match="按规定不能再投"):
        vote_again(panel=panel, items=[item(panel)], reason="再来一次", actor=actor("officer"))
    assert check(["votes_match_casts"]) == []


def test_without_a_quorum_a_vote_is_repeated_as_often_as_needed() -> None:
    panel, members = closed("yyyyy")
    for n in (2, 3, 4):
        assert [i.result for i in repeatable(panel)] == ["no_quorum"]
        vote_again(panel=panel, items=repeatable(panel), actor=actor("officer"))
        assert item(panel).vote == n
        open_voting(panel=panel, present=members, actor=actor("officer"))
        close_voting(panel=panel, reason="多数组员未能参加", actor=actor("officer"))
        panel.refresh_from_db()


def test_no_vote_is_repeated_once_a_decision_is_proposed() -> None:
    panel, _members = closed("yyyynna")
    Application.objects.filter(panel_item__panel=panel).update(state="not_proposed")
    assert repeatable(panel) == []
    with pytest.raises(Refused):
        vote_again(panel=panel, items=list(PanelItem.objects.filter(panel=panel)), reason="有误", actor=actor("officer"))
