"""Nobody acts on their own case, whatever part they have in it; who has none does. Officers of one call know of it alone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from headwater.calls.deciding.services.decisions import committed_for
from headwater.calls.models import Application, Call, Decision
from headwater.calls.models.own import accounts_with_part
from headwater.calls.publishing.services.changing import propose_change
from headwater.core import clock
from headwater.core.duties import duties_of
from headwater.core.errors import NotAllowed, Refused
from headwater.core.exports import may_fetch
from headwater.core.invariants import check
from headwater.core.jobs import jobs_for
from headwater.core.models import Account, Export, Job, Notification, RoleGrant
from headwater.core.own import Part, not_own, own_cases, parts_of
from headwater.registry.models import Person
from headwater.review.models import Assignment, Conflict, Expert, Opinion, Panel, PanelItem, PanelMember, Round
from headwater.review.queries import involved
from headwater.review.services.assigning import publish_round
from headwater.review.services.conflicts import find_conflicts
from headwater.review.services.ending import close_reviews
from headwater.review.services.inviting import answer_invitations, assign_by_hand, expire_invitations, release_assignment
from headwater.review.services.opinions import save_opinions
from headwater.review.services.panels import make_panel
from headwater.review.services.voting import cast_ballot, close_voting, open_voting, vote_again
from tests.approvals import approve_decisions, publish_notice
from tests.calls.test_decisions import TEN, propose
from tests.make import actor, as_, client, new_call, new_person, past_call, placed, refusal
from tests.make.worlds import PARTS, Case, favoured, involve, make_case, new_expert, waiting

pytestmark = pytest.mark.django_db


@pytest.fixture
def case() -> Case:
    return make_case()


def officer(part: str = "", row: Application | None = None, **scope: object) -> Person:
    person = new_person("主管")
    if part and row:
        involve(person, row, part)
        row.refresh_from_db()
    RoleGrant.objects.create(account=person.account, role="programme_officer", **scope)
    return person


def account(person: Person) -> Account:
    return Account.objects.get(pk=person.account_id)


def state(row: Application) -> str:
    return Application.objects.get(pk=row.pk).state


@pytest.mark.parametrize("part", PARTS)
def test_every_part_makes_a_case_one_s_own(part: str, case: Case) -> None:
    person = new_person("有关的人")
    involve(person, case.row, part)
    told = Part.MEMBER if part == "declined" else Part(part)
    assert parts_of(account(person)) == {case.row.pk: {told}}
    assert own_cases(account(person), but=told) == frozenset()
    favoured(case)
    records = [case.row, case.row.decision, case.row.panel_item, case.row.ranking, case.panel, case.round]
    records += [case.row.assignments.all()[0], case.row.assignments.all()[0].opinion, case.row.check_result]
    assert [not_own(account(person), r) for r in records] == [False] * len(records)
    assert [not_own(account(new_person()), r) for r in records] == [True] * len(records)
    assert not_own(account(person), case.others[0])


@pytest.mark.parametrize("part", PARTS)
def test_reviewers_of_one_s_own_case_are_another_officer_s(part: str, case: Case) -> None:
    waiting(case)
    mine, other = as_(officer(part, case.row)), as_(officer())
    asked = case.row.assignments.get(state="submitted"), case.row.assignments.filter(state="invited")[0]
    expert = new_expert("新专家")
    expert.disciplines.add(case.row.discipline)
    for work in (
        lambda who: assign_by_hand(application=case.row, expert=expert, actor=who),
        lambda who: release_assignment(assignment=asked[1], reason="不便", actor=who),
        lambda who: publish_round(round_=case.round, actor=who),
    ):
        with pytest.raises(NotAllowed):
            work(mine)
    assign_by_hand(application=case.row, expert=expert, actor=other)
    release_assignment(assignment=asked[1], reason="不便", actor=other)
    assert not Notification.objects.filter(account=mine.account).exists()


def test_reviews_of_one_s_own_case_are_closed_by_another_officer(case: Case) -> None:
    waiting(case)
    case.row.assignments.update(state="submitted")
    Application.objects.filter(pk=case.others[0].pk).update(state="in_review")
    Assignment.objects.filter(application=case.others[0]).update(state="submitted")
    for expert in case.experts[3:5]:
        Assignment.objects.create(round=case.round, application=case.others[0], expert=expert, state="submitted")
    mine = as_(officer("family", case.row))
    assert close_reviews(call=case.call, actor=mine, reason="意见已足够") == {"complete": 1, "short": 0}
    assert (state(case.row), state(case.others[0])) == ("in_review", "reviewed")
    Round.objects.filter(pk=case.round.pk).update(state="published", respond_by=clock.now())
    Assignment.objects.filter(application=case.row).update(state="invited")
    assert expire_invitations(call=case.call, actor=mine) == 0
    assert expire_invitations(call=case.call, actor=as_(officer())) == 3


@pytest.mark.parametrize("make", [favoured, waiting])
def test_panels_of_the_call_are_run_by_another_officer(make: object, case: Case) -> None:
    """Also of panels that do not hold the case: a refusal for one of them would tell where it is."""
    make(case)  # type: ignore[operator]
    mine = as_(officer("referee", case.row))
    Panel.objects.filter(pk=case.panel.pk).update(state="preparing")
    panel = Panel.objects.get(pk=case.panel.pk)
    with pytest.raises(NotAllowed):
        open_voting(panel=panel, present=case.members, actor=mine)
    open_voting(panel=panel, present=case.members, actor=as_(officer()))
    with pytest.raises(NotAllowed):
        close_voting(panel=panel, actor=mine)
    with pytest.raises(NotAllowed):
        vote_again(panel=panel, items=[], actor=mine)
    new = {
        "group": None,
        "meets_at": clock.now() + timedelta(days=1),
        "place": "一号会议室",
        "experts": case.experts,
        "chair": case.experts[0],
        "applications": [],
    }
    with pytest.raises(NotAllowed):
        make_panel(call=case.call, name="另一组", actor=mine, **new)
    page = client(mine.account.username).get(f"/panels/{panel.pk}/").content.decode()
    assert ("结束投票" in page, case.row.title_zh in page) == (False, False)
    assert "结束投票" in client("officer").get(f"/panels/{panel.pk}/").content.decode()


@pytest.mark.parametrize("role", ["programme_officer", "committee"])
@pytest.mark.parametrize("proposed", [True, False])
def test_lists_of_the_call_are_approved_by_another(role: str, proposed: bool, case: Case) -> None:
    """Also while the own case is not on the list yet: the refusal tells nothing of where it stands."""
    rows = [case.row, *case.others]
    Application.objects.filter(pk__in=[r.pk for r in rows]).update(state="panel")
    propose(case.call, rows if proposed else rows[1:], [TEN] * len(rows if proposed else rows[1:]))
    person = new_person()
    involve(person, case.row, "family")
    RoleGrant.objects.create(account=person.account, role=role)
    with pytest.raises(NotAllowed):
        approve_decisions(call=case.call, actor=as_(person))
    if proposed:
        approve_decisions(call=case.call, actor=actor("officer2"))
        with pytest.raises(NotAllowed):
            publish_notice(call=case.call, actor=as_(officer("member", case.row)))
        publish_notice(call=case.call, actor=as_(officer()))
    with pytest.raises((Refused, NotAllowed)):
        propose_change(call=case.call, actor=as_(officer("member", case.others[0])), reason="不再需要", cancel=True)


def test_experts_neither_accept_nor_vote_on_their_own_case(case: Case) -> None:
    favoured(case)
    member = case.members[1]
    person = member.expert.person
    asked = Assignment.objects.create(round=case.round, application=case.row, expert=member.expert, state="invited")
    Panel.objects.filter(pk=case.panel.pk).update(state="voting")
    PanelItem.objects.filter(panel=case.panel).update(result="")
    involve(person, case.row, "signatory")
    with pytest.raises(Refused):
        answer_invitations(assignments=[asked], accept=True, actor=as_(person))
    item = case.row.panel_item
    with pytest.raises(Refused):
        cast_ballot(member=PanelMember.objects.get(pk=member.pk), votes={item.pk: "yes"}, actor=as_(person))
    assert cast_ballot(member=member, votes={case.others[0].panel_item.pk: "yes"}, actor=as_(person)) == 1
    assert client(person.account.username).get(f"/review/{asked.pk}/").status_code == 404


# who was asked to review before they came to have a part


def ask(case: Case, state: str, expert: Expert) -> Assignment:
    """An open assignment of the case, with a draft where it was accepted."""
    waiting(case)
    asked = Assignment.objects.create(round=case.round, application=case.row, expert=expert, state=state, due_at=clock.now())
    if state == "accepted":
        Opinion.objects.create(assignment=asked, text_applicant="草稿里的话")
    return asked


def titles(person: Person) -> str:
    return " ".join(d.title for d in duties_of(account(person)))


@pytest.mark.parametrize("role", ["expert", "officer"])
@pytest.mark.parametrize("state", ["invited", "accepted"])
@pytest.mark.parametrize("part", PARTS)
def test_expert_steps_back_from_what_became_their_own(part: str, state: str, role: str, case: Case) -> None:
    expert, other, fellow = case.experts[3], officer(), officer("member", case.row)
    asked = ask(case, state, expert)
    if role == "officer":
        RoleGrant.objects.create(account=expert.person.account, role="programme_officer")
    browser, desk = client(expert.person.account.username), f"/office/calls/{case.call.pk}/progress/"
    assert (involved([case.call], None).count(), "须回避的评审" in browser.get("/review/").content.decode()) == (0, False)
    involve(expert.person, case.row, part)
    row = Application.objects.get(pk=case.row.pk)
    page = browser.get("/review/").content.decode()
    assert (page.count(row.number), row.title_zh in page, "草稿里的话" in page) == (1, False, False)
    assert "回避与您有关的评审" in titles(expert.person)
    told = [expert.person.name_zh in client(p.account.username).get(desk).content.decode() for p in (other, fellow)]
    assert (told, ["收回须回避的评审" in titles(p) for p in (other, fellow)]) == ([True, False], [True, False])
    assert [browser.get(f"/review/{asked.pk}/").status_code, browser.post(f"/review/{asked.pk}/save/").status_code] == [404, 404]
    if state == "accepted":
        with pytest.raises(Refused, match="利害关系"):
            save_opinions(values={asked.pk: {"text_fund": "x"}}, actor=as_(Person.objects.get(pk=expert.person_id)))
    browser.post("/review/", {"answer": "accept", "pk": asked.pk})
    assert browser.post(f"/review/{asked.pk}/conflict/", {"evidence": " "}).headers["Location"] == "/review/"
    heard = Notification.objects.filter(title__contains=row.number)
    assert (Assignment.objects.get(pk=asked.pk).state, heard.exists()) == (state, False)
    browser.post(f"/review/{asked.pk}/conflict/", {"evidence": "与申请有关"})
    asked.refresh_from_db()
    known = Conflict.objects.filter(application=row, expert=expert).values_list("kind", "evidence")
    assert (asked.state, asked.decline_reason, list(known)) == ("released", "与申请有关", [("declared", "与申请有关")])
    assert heard.filter(account=other.account).exists()
    assert not heard.filter(account__in=[fellow.account_id, expert.person.account_id]).exists()
    assert (row.number in browser.get("/review/").content.decode(), "回避与您有关" in titles(expert.person)) == (False, False)
    assert not involved([case.call], None).exists()
    with pytest.raises(Refused, match="不能指派"):
        assign_by_hand(application=row, expert=expert, actor=as_(other))
    substitute = new_expert("接替的专家")
    substitute.disciplines.add(row.discipline)
    assert assign_by_hand(application=row, expert=substitute, actor=as_(other)).state == "invited"


def test_only_one_s_own_open_assignments_are_stepped_back_from(case: Case) -> None:
    expert, stranger = case.experts[3], case.experts[4]
    asked = ask(case, "submitted", expert)
    involve(expert.person, case.row, "referee")
    involve(stranger.person, case.row, "referee")
    for state, person in (("submitted", expert.person), ("declined", expert.person), ("invited", stranger.person)):
        Assignment.objects.filter(pk=asked.pk).update(state=state)
        answer = client(person.account.username).post(f"/review/{asked.pk}/conflict/", {"evidence": "有关"})
        assert (answer.status_code, case.row.conflicts.exists()) == (404, False)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("merged", ["expert", "other"])
def test_officers_hear_of_a_part_whichever_record_of_the_expert_has_it(part: str, merged: str, case: Case) -> None:
    """Also through a record that was merged later: what officers are told and what the expert may not see are the same."""
    expert, other = case.experts[3], new_person("另一记录")
    asked = ask(case, "accepted", expert)
    involve(other, case.row, part)
    assert list(involved([case.call], None)) == []
    former, into = (expert.person, other) if merged == "expert" else (other, expert.person)
    Person.objects.filter(pk=former.pk).update(merged_into=into, merge_reason="同一人")
    if part == "signatory":  # the account that signed is of the other record
        Person.objects.filter(pk=other.pk).update(account=None)
        Person.objects.filter(pk=expert.person_id).update(account=other.account_id)
    person = Person.objects.get(pk=expert.person_id)
    assert list(involved([case.call], None)) == [asked] == list(Assignment.objects.to_leave(account(person)))


def test_signatory_of_the_host_is_a_conflict_of_an_expert(case: Case) -> None:
    expert = case.experts[7]
    involve(expert.person, case.row, "signatory")
    find_conflicts(call=case.call, actor=actor("officer"), states=["panel"])
    found = Conflict.objects.filter(application=case.row, expert=expert)
    assert [(c.kind, "代表单位签署" in c.evidence) for c in found if c.kind == "named"] == [("named", True)]


def test_invariant_finds_a_judgement_of_one_s_own(case: Case) -> None:
    favoured(case)
    asked = case.row.assignments.filter(state="submitted").select_related("opinion", "expert__person")[0]
    involve(asked.expert.person, case.row, "referee")
    expected = f"opinion {asked.opinion.pk} by account {asked.expert.person.account_id} on their own application {case.row.pk}"
    assert [b.rows for b in check() if b.invariant.name == "no_judgement_of_own_case"] == [[expected]]


# what panels and leaders read


def test_room_shows_places_of_its_own_and_no_text_for_the_fund(case: Case) -> None:
    """A recused member cannot read the rank of the hidden item from a gap."""
    favoured(case)
    PanelItem.objects.filter(panel=case.panel, application=case.others[1]).update(position=3)
    Conflict.objects.create(application=case.others[0], expert=case.members[0].expert, kind="kin")
    member = case.members[0].expert.person.account.username
    room = client(member).get(f"/panels/{case.panel.pk}/").content.decode()
    assert [room.count(f'data-label="序">{n}<') for n in (1, 2, 3, 4, 9)] == [1, 1, 1, 0, 0]
    item = f"/panels/{case.panel.pk}/items/{case.others[1].panel_item.pk}/"
    opinion = case.others[1].assignments.filter(state="submitted")[0].opinion
    for name, fund in ((member, False), ("officer", True), ("committee", True)):
        page = client(name).get(item).content.decode()
        assert (opinion.text_applicant in page, opinion.text_fund in page, "名次" in page) == (True, fund, False)


def test_leaders_see_money_only_after_release(case: Case) -> None:
    favoured(case)
    leader, committee = (Account.objects.get(username=n) for n in ("leader", "committee"))
    assert (committed_for(leader, case.call), committed_for(committee, case.call)) == (0, TEN)
    for address in ("", "decide/"):
        page = client("leader").get(f"/office/calls/{case.call.pk}/{address}").content.decode()
        assert re.search("已决定(金额)? 0 万元", " ".join(page.split()))
    Application.objects.filter(pk=case.row.pk).update(state="approved")
    assert committed_for(leader, case.call) == TEN
    Decision.objects.filter(application=case.row).delete()


# officers of one call


def test_officer_of_one_call_knows_of_it_alone(case: Case) -> None:
    favoured(case)
    limited = officer(scope="call", scope_id=case.call.pk)
    elsewhere: Call = new_call()
    other = Panel.objects.create(call=elsewhere, name="别处的组")
    job = Job.objects.create(kind="review.assign", arguments={"call": elsewhere.pk}, message="别处的任务")
    browser = client(limited.account.username)
    assert set(Panel.objects.visible_to(account(limited))) == {case.panel}
    assert [browser.get(a).status_code for a in (f"/panels/{other.pk}/", f"/jobs/{job.pk}/", "/imports/")] == [404, 404, 403]
    assert [j.arguments["call"] for j in jobs_for(account(limited))] == [case.call.pk]
    stranger = new_person("陌生人")
    seen = Person.objects.visible_to(account(limited))
    assert {case.row.leader, case.experts[0].person, limited} <= set(seen)
    assert browser.get(f"/people/{stranger.pk}/").status_code == 404
    assert stranger not in seen
    assert client("officer").get(f"/people/{stranger.pk}/").status_code == 200


@pytest.mark.parametrize(
    ("where", "ended"),
    [("panel", ""), ("reviewed", ""), ("withdrawn", ""), ("received", ""), ("in_review", "cancelled"), ("accepted", "")],
)
def test_hand_assignment_looks_at_application_and_call(where: str, ended: str) -> None:
    row, expert = placed(past_call(**({"state": ended} if ended else {})), where), new_expert("新专家")
    expert.disciplines.add(row.discipline)
    if where == "accepted":
        assert assign_by_hand(application=row, expert=expert, actor=actor("officer")).state == "invited"
        return
    with pytest.raises(Refused) as error:
        assign_by_hand(application=row, expert=expert, actor=actor("officer"))
    assert refusal(error) == [("", "state")]
    assert not row.assignments.exists()
    if where in {"panel", "reviewed"}:
        page = client("officer").get(f"/office/reviews/{row.pk}/?find=新专家").content.decode()
        assert "不能邀请专家" in page


def test_archive_that_has_become_one_s_own_is_not_given_out(case: Case) -> None:
    favoured(case)
    person = officer()
    now = clock.now()
    made = {"path": "exports/x.zip", "made_at": now, "expires_at": now + timedelta(days=7), "kind": "calls.applications"}
    archive = Export.objects.create(account=person.account, items=[case.row.pk, case.others[0].pk], title="申请书", **made)
    assert may_fetch(account(person), archive)
    involve(person, case.row, "family")
    assert not may_fetch(account(person), archive)
    involve(person, case.others[0], "leader")
    leading = Export.objects.create(account=person.account, items=[case.others[0].pk], title="申请书", **made)
    assert may_fetch(account(person), leading)


@pytest.mark.parametrize("merged", ["the leader's", "the relative's"])
def test_family_counts_whichever_record_the_tie_or_the_application_names(case: Case, merged: str) -> None:
    row = case.row
    relative, other = new_person("近亲"), new_person("另一记录")
    stands, former = (row.leader, other) if merged == "the leader's" else (relative, other)
    Person.objects.filter(pk=former.pk).update(merged_into=stands, merge_reason="同一人")
    involve(former if merged == "the relative's" else relative, row, "family")
    Application.objects.filter(pk=row.pk).update(leader=former if merged == "the leader's" else row.leader)
    assert parts_of(account(relative)) == {row.pk: {Part.FAMILY}}
    row.refresh_from_db()
    assert {relative.account_id, row.leader.account_id} <= accounts_with_part(row)
