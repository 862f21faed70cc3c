"""Officers and the committee keep out of what is their own: they neither decide on it nor read of it in office."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from headwater.calls.checking.services.checking import accept_clear
from headwater.calls.deciding.services.decisions import propose_decisions, reconsider
from headwater.calls.deciding.services.sights import objection_sight
from headwater.calls.duties import of_approvers, of_officers
from headwater.calls.models import Application, Call, Decision, FormalCheck, Likeness
from headwater.core import clock
from headwater.core.errors import NotAllowed, Refused
from headwater.core.models import Account, RoleGrant
from headwater.registry.models import Person
from headwater.review.models import Ranking
from headwater.review.services.deciding import proposals_of
from tests.approvals import answer_objection, approve_decisions, publish_notice
from tests.calls.test_decisions import TEN, Proposal, object_to, propose, state
from tests.make import actor, as_, client, new_call, new_person, past_call, placed, refusal

pytestmark = pytest.mark.django_db
PARTS = ["leader", "member", "declined"]
Own = Callable[..., tuple[Person, Application, Application]]


def holder(role: str, **scope: object) -> Person:
    person = new_person("兼职人员")
    RoleGrant.objects.create(account=person.account, role=role, **scope)
    return person


@pytest.fixture(params=PARTS)
def own(request: pytest.FixtureRequest) -> Own:
    """Somebody with a role, an application in which they take part, and another one of the same call."""

    def make(role: str, where: str) -> tuple[Person, Application, Application]:
        person, call = holder(role), past_call(budget_fen=9 * TEN)
        mine = placed(call, where, person if request.param == "leader" else None)
        if request.param != "leader":
            answered = {"declined_at" if request.param == "declined" else "confirmed_at": clock.now()}
            mine.participants.create(person=person, organisation=person.organisation, **answered)
        return person, mine, placed(call, where)

    return make


def account(person: Person) -> Account:
    return Account.objects.get(pk=person.account_id)


def page(person: Person, address: str) -> str:
    answer = client(person.account.username).get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_nobody_proposes_for_their_own(own: Own) -> None:
    officer, mine, other = own("programme_officer", "panel")
    for amount in (TEN, 0):
        with pytest.raises(Refused) as error:
            propose(mine.call, [mine, other], [amount, TEN], officer.account.username)
        assert refusal(error) == [("", "permission")]
    assert ([state(mine), state(other)], Decision.objects.filter(call=mine.call).exists()) == (["panel"] * 2, False)
    assert [p.application for p in proposals_of(mine.call, {mine.pk}, officer.account)] == [other]
    propose_decisions(call=mine.call, proposals=[Proposal(other, TEN)], actor=as_(officer))
    propose(mine.call, [mine], [TEN])
    with pytest.raises(NotAllowed):
        reconsider(application=mine, reason="重新评议", actor=as_(officer))
    assert state(mine) == "proposed"


@pytest.mark.parametrize("role", ["programme_officer", "committee"])
def test_nobody_approves_a_list_with_their_own(own: Own, role: str) -> None:
    approver, mine, other = own(role, "panel")
    propose(mine.call, [mine, other], [0, TEN])
    with pytest.raises(NotAllowed):
        approve_decisions(call=mine.call, actor=as_(approver))
    assert not Decision.objects.filter(call=mine.call, approved_at__isnull=False).exists()
    assert mine.call.title_zh not in "".join(d.title for d in of_approvers(account(approver)))
    assert mine.call.title_zh in "".join(d.title for d in of_approvers(actor("officer2").account))
    assert approve_decisions(call=mine.call, actor=actor("officer2")) == 2


def test_nobody_settles_an_objection_to_their_own(own: Own) -> None:
    officer, mine, other = own("programme_officer", "panel")
    propose(mine.call, [mine, other], [TEN, TEN])
    approve_decisions(call=mine.call, actor=actor("committee"))
    notice = publish_notice(call=mine.call, actor=actor("officer"))
    objections = {a.pk: object_to(notice, a) for a in (mine, other)}
    for uphold in (True, False):
        with pytest.raises(NotAllowed):
            answer_objection(objection=objections[mine.pk], uphold=uphold, answer="经核查", actor=as_(officer))
    browser, address = client(officer.account.username), f"/office/notices/{notice.pk}/"
    sent = {"objection": objections[mine.pk].pk, "answer": "经核查", "decision": "dismiss", "confirmed": "1", "shown": "经核查"}
    assert browser.post(address, sent).status_code == 404
    assert [state(mine), state(other)] == ["objection", "objection"]
    assert mine.title_zh not in page(officer, address)
    answering = [d for d in of_officers(account(officer)) if d.title.startswith("答复异议") and d.url == address]
    assert [(d.url, d.count) for d in answering] == [(address, 1)]
    seen = objection_sight(objections[other.pk]).token
    assert browser.post(address, sent | {"objection": objections[other.pk].pk, "seen": seen}).status_code == 302
    assert [state(mine), state(other)] == ["objection", "publicity"]


@pytest.mark.parametrize("role", ["programme_officer", "committee"])
def test_nobody_reads_the_decision_on_their_own(own: Own, role: str) -> None:
    reader, mine, other = own(role, "panel")
    for n, row in enumerate((mine, other), start=1):
        marks = dict.fromkeys(("mean", "calibrated", "grade_mean", "spread"), 80)
        Ranking.objects.create(application=row, rank=n, opinions=3, computed_at=clock.now(), **marks)
    propose(mine.call, [mine, other], [TEN, TEN])
    assert list(Decision.objects.filter(call=mine.call).visible_to(account(reader))) == [Decision.objects.get(application=other)]
    board = page(reader, f"/office/calls/{mine.call_id}/decide/")
    assert (other.title_zh in board, mine.title_zh in board) == (True, False)
    assert "待核准 1" in " ".join(board.split())
    if role == "programme_officer":
        for address in ("results/", "results/?format=csv", "applications/"):
            body = page(reader, f"/office/calls/{mine.call_id}/{address}")
            assert (other.number in body, mine.number in body) == (True, False)


def test_check_queue_is_without_one_s_own(own: Own) -> None:
    officer, mine, other = own("programme_officer", "received")
    for row in (mine, other):
        check(row, "clear")
    body = page(officer, f"/office/calls/{mine.call_id}/check/")
    assert (other.number in body, mine.number in body) == (True, False)
    assert [d.count for d in of_officers(account(officer)) if d.url == f"/office/calls/{mine.call_id}/check/"] == [1]
    assert accept_clear(call=mine.call, actor=as_(officer)) == 1
    assert [state(mine), state(other)] == ["received", "accepted"]


def check(row: Application, verdict: str, failed: tuple[str, ...] = ()) -> None:
    FormalCheck.objects.create(application=row, ran_at=clock.now(), verdict=verdict, failed=list(failed))


def alike(row: Application, other: Application, share: float = 0.5) -> None:
    Likeness.objects.create(application=row, other=other, share=share, plain=0.5, evidence=9, longest=20, passages=[])


def test_nobody_reads_what_resembles_their_own(own: Own) -> None:
    officer, mine, other = own("programme_officer", "received")
    Application.objects.filter(pk=mine.pk).update(title_zh=other.title_zh)
    alike(other, mine)
    assert mine.number not in page(officer, f"/office/applications/{other.pk}/")
    browser = client(officer.account.username)
    assert browser.get(f"/office/applications/{other.pk}/similar/{mine.pk}/").status_code == 404
    assert mine.number in client("officer").get(f"/office/applications/{other.pk}/").content.decode()


# officers of one call


def of_one_call() -> tuple[Person, Call, Call]:
    call = past_call()
    return holder("programme_officer", scope="call", scope_id=call.pk), call, past_call()


def test_officers_of_one_call_read_only_number_and_share_of_others() -> None:
    officer, call, elsewhere = of_one_call()
    row, inside = placed(call, "received"), placed(call, "received", new_person("同批次人"))
    outside = placed(elsewhere, "received", new_person("别批次人"))
    Application.objects.filter(pk__in=[inside.pk, outside.pk]).update(title_zh=row.title_zh)
    for other in (inside, outside):
        alike(row, other, 0.4321)
    body = page(officer, f"/office/applications/{row.pk}/")
    assert ("同批次人" in body, "别批次人" in body, elsewhere.title_zh in body) == (True, False, False)
    assert (body.count(outside.number), body.count("43 %") or body.count("43%")) == (2, 2)
    beside = page(officer, f"/office/applications/{row.pk}/similar/{outside.pk}/")
    assert (outside.number in beside, "别批次人" in beside) == (True, False)


def test_officers_of_one_call_are_not_told_of_duties_in_others() -> None:
    officer, call, elsewhere = of_one_call()
    for one in (call, elsewhere):
        propose(one, [placed(one, "panel")], [TEN])
    Call.objects.filter(pk=new_call().pk).update(state="approval")
    assert [d.url for d in of_approvers(account(officer))] == [f"/office/calls/{call.pk}/decide/"]
    assert [d.url for d in of_officers(account(officer))] == []
    with pytest.raises(NotAllowed):
        approve_decisions(call=elsewhere, actor=as_(officer))
    assert approve_decisions(call=call, actor=as_(officer)) == 1
