"""What most opinions refuse goes before a panel's vote only when enough members sign for it, and then needs more votes."""

from __future__ import annotations

import pytest

from headwater.calls.models import Application
from headwater.core import clock
from headwater.core.errors import Refused
from headwater.review.models import Assignment, Conflict, Opinion, Panel, PanelMember, Round
from headwater.review.services.reviving import refused_by_most, sign_revival
from headwater.review.services.voting import close_voting, open_voting, repeatable, vote_again
from tests.make import actor, as_, client, new_expert, past_call, placed
from tests.review.test_panels import item, make, vote

pytestmark = pytest.mark.django_db


def opinions(row: Application, *grades: int) -> None:
    round_ = Round.objects.create(call=row.call, state="published", seed=1)
    for grade in grades:
        asked = Assignment.objects.create(round=round_, application=row, expert=new_expert("评审"), state="submitted")
        Opinion.objects.create(
            assignment=asked, total=50, grade=grade, familiarity=2, text_applicant="意见", submitted_at=clock.now()
        )


def sitting() -> tuple[Panel, list[PanelMember]]:
    """A panel of nine over one application that most refuse and one that most would fund."""
    call = past_call()
    rows = [placed(call, "reviewed"), placed(call, "reviewed")]
    opinions(rows[0], 1, 1, 3)
    opinions(rows[1], 1, 2, 3)
    panel = make([new_expert(f"组员{n}") for n in range(9)], rows)
    found = PanelMember.objects.filter(panel=panel).select_related("expert__person__account", "panel__call").order_by("pk")
    return panel, list(found)


def sign(panel: Panel, member: PanelMember, position: int = 1) -> int:
    return sign_revival(item=item(panel, position), member=member, actor=as_(member.expert.person))


def test_most_opinions_refuse_when_more_than_half_do() -> None:
    call = past_call()
    rows = [placed(call, "reviewed") for _ in range(4)]
    for row, grades in zip(rows, [(1, 1, 3), (1, 3), (2, 2, 2), ()], strict=True):
        opinions(row, *grades)
    assert refused_by_most(rows) == {rows[0].pk}


def test_signatures_and_majority_are_put_down_when_the_panel_is_made() -> None:
    panel, _members = sitting()
    found = [(i.signatures_needed, i.threshold) for i in panel.items.order_by("position")]
    assert found == [(2, ">=2/3"), (0, ">1/2")]


def test_without_enough_signatures_it_is_not_put_to_the_vote() -> None:
    panel, members = sitting()
    assert (sign(panel, members[0]), sign(panel, members[0])) == (1, 1)
    open_voting(panel=panel, present=members, actor=actor("officer"))
    assert [i.result for i in panel.items.order_by("position")] == ["not_revived", ""]
    with pytest.raises(Refused):
        vote(PanelMember.objects.get(pk=members[0].pk), "yes", item(panel))


def test_with_two_signatures_two_thirds_must_agree() -> None:
    for yes, result in ((5, "not_recommended"), (6, "recommended")):
        panel, members = sitting()
        assert (sign(panel, members[0]), sign(panel, members[1])) == (1, 2)
        open_voting(panel=panel, present=members, actor=actor("officer"))
        for n, member in enumerate(PanelMember.objects.filter(panel=panel).select_related("expert__person__account", "panel")):
            vote(member, "yes" if n < yes else "no", item(panel), item(panel, 2))
        close_voting(panel=panel, actor=actor("officer"))
        assert next(i.result for i in panel.items.order_by("position")) == result


def test_nobody_signs_for_another_for_what_needs_none_or_while_recused() -> None:
    panel, members = sitting()
    with pytest.raises(Refused):
        sign_revival(item=item(panel), member=members[1], actor=as_(members[0].expert.person))
    with pytest.raises(Refused):
        sign(panel, members[0], 2)
    Conflict.objects.create(application=item(panel).application, expert=members[2].expert, kind="kin")
    with pytest.raises(Refused):
        sign(panel, members[2])


def test_what_was_not_voted_on_may_be_taken_up_again() -> None:
    panel, members = sitting()
    open_voting(panel=panel, present=members, actor=actor("officer"))
    for member in PanelMember.objects.filter(panel=panel).select_related("expert__person__account", "panel"):
        vote(member, "yes", item(panel, 2))
    close_voting(panel=panel, actor=actor("officer"))
    panel = Panel.objects.get(pk=panel.pk)
    assert {i.position for i in repeatable(panel)} == {1, 2}
    vote_again(panel=panel, items=[item(panel)], reason="两名组员事后联名", actor=actor("officer"))
    assert (sign(panel, members[0]), sign(panel, members[1]), item(panel).result) == (1, 2, "")


def test_members_sign_on_the_page_of_the_item() -> None:
    panel, members = sitting()
    who = client(members[0].expert.person.account.username)
    url = f"/panels/{panel.pk}/items/{item(panel).pk}/"
    button = '<button class="btn">联名提请表决</button>'
    assert button in who.get(url).content.decode()
    who.post(url)
    assert item(panel).revivals.count() == 1
    text = who.get(url).content.decode()
    assert (button in text, "已联名 1" in " ".join(text.split())) == (False, True)
