"""A call is approved by somebody who wrote nothing of it; a published one is amended or cancelled by two officers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from headwater.calls.applying.services.applications import add_members
from headwater.calls.clocks import noted_steps
from headwater.calls.models import Application, Call, CallChange, HostQuota, Link
from headwater.calls.publishing.services.calls import ask_call_approval, save_call, send_call_back
from headwater.calls.publishing.services.changing import audience, drop_change, propose_change
from headwater.core import clock
from headwater.core.duties import duties_of
from headwater.core.errors import NotAllowed, Refused
from headwater.core.models import Account, Event, Notification, OutboxMail, RoleGrant
from tests.approvals import approve_change, publish_call, seen_on
from tests.calls.test_drafting import cloned
from tests.make import actor, client, draft_of, manager, new_call, new_host, new_person, placed, refusal, submitted

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def third_officer() -> str:
    account = Account.objects.create(username="officer-three", name_zh="第三位主管")
    RoleGrant.objects.create(account=account, role="programme_officer", scope="all")
    return account.username


def test_who_edited_a_draft_does_not_approve_it() -> None:
    call = save_call(call=cloned(), actor=actor("officer"))
    edited = Call.objects.get(pk=call.pk)
    edited.budget_fen += 100
    save_call(call=edited, actor=actor("officer2"))
    ask_call_approval(call=edited, actor=actor("officer2"))
    edited = Call.objects.get(pk=call.pk)
    for name in ("officer", "officer2"):
        with pytest.raises(NotAllowed):
            publish_call(call=edited, actor=actor(name))
        assert client(name).post(f"/office/calls/{call.pk}/step/publish/").status_code == 403
    send_call_back(call=edited, actor=actor("officer"))
    ask_call_approval(call=edited, actor=actor("officer"))
    third = third_officer()
    published = publish_call(call=Call.objects.get(pk=call.pk), actor=actor(third))
    assert published.approved_by == actor(third).account
    assert published.edited_by == sorted(
        Account.objects.filter(username__in=["officer", "officer2"]).values_list("pk", flat=True)
    )


def test_the_database_refuses_an_editor_as_approver() -> None:
    call = save_call(call=cloned(), actor=actor("officer"))
    editor = actor("officer2").account
    assert editor is not None
    Call.objects.filter(pk=call.pk).update(edited_by=[*call.edited_by, editor.pk])
    with pytest.raises(IntegrityError, match="call_approved_by_no_editor"), transaction.atomic():
        Call.objects.filter(pk=call.pk).update(approved_by=editor)


def test_saving_a_draft_leaves_its_state_alone() -> None:
    call = save_call(call=cloned(), actor=actor("officer"))
    ask_call_approval(call=call, actor=actor("officer"))
    stale = Call.objects.get(pk=call.pk)
    send_call_back(call=call, actor=actor("officer"))
    save_call(call=stale, actor=actor("officer2"))
    assert Call.objects.get(pk=call.pk).state == "draft"


def later(call: Call, **more: Any) -> dict[str, Any]:
    return {name: getattr(call, name) + WEEK for name in ("closes_at", "endorse_by", "recommend_by")} | more


def heard(*accounts: Any) -> list[int]:
    return [Notification.objects.filter(account=a, title__contains="变更").count() for a in accounts]


def test_amending_moves_deadlines_and_tells_everybody() -> None:
    call, leader, member = new_call(contact="0471-1"), new_person(email="a@example.org"), new_person()
    Account.objects.filter(pk=leader.account_id).update(email="a@example.org")
    outside = new_person(email="outside@example.org")
    outside.account, account = None, outside.account
    outside.save()
    assert account is not None
    row = draft_of(call, leader)
    add_members(application=row, members=[(member, 6), (outside, 6)], actor=actor(leader.account.username))
    stranger, gone = new_person(), new_person()
    placed(call, "withdrawn", gone)
    quiet = new_host()
    HostQuota.objects.create(call=call, organisation=quiet, quota=2)
    account = Account.objects.create(username=f"host-{quiet.code}", name_zh="单位")
    RoleGrant.objects.create(account=account, role="host_manager", scope="organisation", scope_id=quiet.pk)
    values = later(call, contact="0471-2", note_zh="附件格式改为 PDF。")
    change = propose_change(call=call, values=values, reason="系统维护", actor=actor("officer"))
    call.refresh_from_db()
    assert call.contact == "0471-1"
    assert heard(leader.account) == [0]
    with pytest.raises(NotAllowed):
        approve_change(change=change, actor=actor("officer"))
    approve_change(change=change, actor=actor("officer2"))
    before, call = call, Call.objects.get(pk=call.pk)
    assert (call.closes_at, call.contact) == (before.closes_at + WEEK, "0471-2")
    host = manager(row.host).account
    assert heard(leader.account, member.account, account, host) == [1, 1, 1, 1]
    assert heard(stranger.account, gone.account) == [0, 0]
    told = {
        m.to: m.body for m in OutboxMail.objects.filter(to__in=["a@example.org", "outside@example.org"], subject__contains="变更")
    }
    assert "系统维护" in told["a@example.org"]
    assert f"/calls/{call.code}/" in told["outside@example.org"]
    assert {x.expires_at for x in Link.objects.filter(participant__application=row)} == {call.closes_at}
    event = Event.objects.filter(subject_type="calls.call", subject_id=call.pk).order_by("-id")[0]
    assert (event.command, event.before["contact"], event.after["contact"]) == ("calls.amend_call", "0471-1", "0471-2")
    page = client(None).get(f"/calls/{call.code}/").content.decode()
    for text in ("变更说明", "系统维护", "附件格式改为 PDF。", "<del>0471-1</del>"):
        assert text in page
    with pytest.raises(Refused, match="已经处理"):
        approve_change(change=change, actor=actor("officer2"))


@pytest.mark.parametrize(
    ("moved", "field"),
    [
        ({"closes_at": -1}, "closes_at"),
        ({"closes_at": 9}, "endorse_by"),
        ({"endorse_by": 9}, "recommend_by"),
        ({"recommend_by": -1}, "recommend_by"),
    ],
)
def test_dates_only_move_later_and_keep_their_order(moved: dict[str, int], field: str) -> None:
    call = new_call()
    values = {name: getattr(call, name) + timedelta(days=n) for name, n in moved.items()}
    with pytest.raises(Refused) as error:
        propose_change(call=call, values=values, reason="x", actor=actor("officer"))
    assert field in [f for f, _code in refusal(error)]


def test_amending_needs_a_reason_something_to_change_and_no_other_change() -> None:
    call = new_call()
    with pytest.raises(Refused) as error:
        propose_change(call=call, values={}, reason=" ", actor=actor("officer"))
    assert [str(r) for r in error.value.reasons] == ["请写明理由，申请人和依托单位会看到", "没有任何改动"]
    change = propose_change(call=call, values={"contact": "新"}, reason="改", actor=actor("officer"))
    with pytest.raises(Refused, match="等待"):
        propose_change(call=call, cancel=True, reason="停", actor=actor("officer2"))
    drop_change(change=change, actor=actor("officer"))
    propose_change(call=call, cancel=True, reason="停", actor=actor("officer2"))


def test_nobody_applies_later_once_others_were_answered() -> None:
    call = new_call()
    placed(call, "not_accepted")
    with pytest.raises(Refused) as error:
        propose_change(call=call, values=later(call), reason="x", actor=actor("officer"))
    assert refusal(error) == [("closes_at", "")]
    propose_change(call=call, values={"recommend_by": call.recommend_by + WEEK}, reason="x", actor=actor("officer"))


def test_a_deadline_does_not_move_into_other_parameters() -> None:
    call = new_call("im-talent")
    from headwater.core.models import Parameter
    from headwater.core.parameters import forget_parameters

    day = (call.closes_at + timedelta(days=3)).date()
    Parameter.objects.create(
        region="nmg", key="term_months", applies_to="im-talent", valid_from=day, value={"default": 12, "min": 12, "max": 12}
    )
    forget_parameters()
    with pytest.raises(Refused, match="term_months"):
        propose_change(call=call, values=later(call), reason="x", actor=actor("officer"))


def test_cancelling_ends_applications_frees_limits_and_tells_why() -> None:
    call, leader, writer = new_call(), new_person(), new_person()
    row, draft = submitted(call, leader), draft_of(call, writer)
    kept, declined = placed(call, "expired"), placed(call, "not_endorsed")
    change = propose_change(call=call, cancel=True, reason="预算调整，本年度不再接受申报", actor=actor("officer"))
    with pytest.raises(NotAllowed):
        approve_change(change=change, actor=actor("officer"))
    approve_change(change=change, actor=actor("officer2"))
    call.refresh_from_db()
    states = dict(Application.objects.filter(call=call).values_list("pk", "state"))
    assert call.state == "cancelled"
    assert states == {row.pk: "withdrawn", draft.pk: "withdrawn", kept.pk: "expired", declined.pk: "not_endorsed"}
    for person in (leader, writer):
        told = Notification.objects.filter(account=person.account, title__startswith="批次已取消").get()
        assert "预算调整" in told.body
    assert [s.note for s in noted_steps(Application.objects.get(pk=row.pk), to_host=False)] == ["预算调整，本年度不再接受申报"]
    page = client(None).get(f"/calls/{call.code}/").content.decode()
    assert "已取消" in page
    assert "预算调整" in page
    assert submitted(new_call(), leader).state == "host_review"
    answer = client(leader.account.username).post(f"/applications/{row.pk}/reopen/")
    assert answer.status_code == 302
    assert Application.objects.get(pk=row.pk).state == "withdrawn"


@pytest.mark.parametrize("state", ["panel", "invited", "not_proposed", "publicity", "approved", "rejected"])
def test_a_call_with_decisions_is_not_cancelled(state: str) -> None:
    call = new_call()
    change = propose_change(call=call, cancel=True, reason="停", actor=actor("officer"))
    placed(call, state)
    with pytest.raises(Refused, match="已有决定"):
        approve_change(change=change, actor=actor("officer2"))
    drop_change(change=change, actor=actor("officer2"))
    with pytest.raises(Refused, match="已有决定"):
        propose_change(call=call, cancel=True, reason="停", actor=actor("officer"))


def test_pages_show_who_will_be_told_and_let_the_second_officer_decide() -> None:
    call, leader = new_call(), new_person()
    submitted(call, leader)
    officer, second = client("officer"), client("officer2")
    url = f"/office/calls/{call.pk}/"
    page = officer.get(f"{url}amend/")
    assert len(page.context["audience"].applicants) == 1
    told = audience(call)
    assert [a.pk for a in told.applicants] == [leader.account_id]
    assert officer.post(f"{url}amend/", {"reason": "x", "closes_at": "2001-01-01T00:00"}).status_code == 422
    moved = (clock.local(call.recommend_by.date() + timedelta(days=3), 17)).strftime("%Y-%m-%dT%H:%M")
    assert officer.post(f"{url}amend/", {"reason": "延期", "recommend_by": moved}).status_code == 302
    assert "核准生效" not in officer.get(f"{url}change/").content.decode()
    assert "等待另一位项目主管核准" in officer.get(url).content.decode()
    assert officer.post(f"{url}change/", {"decision": "approve"}).status_code == 403
    waiting = f"核准批次变更：{call.title_zh}"
    accounts = [actor(name).account for name in ("officer", "officer2")]
    assert [waiting in {d.title for d in duties_of(a)} for a in accounts] == [False, True]
    page = second.get(f"{url}change/")
    assert "核准生效" in page.content.decode()
    assert second.post(f"{url}change/", {"decision": "approve", "seen": seen_on(page)}).status_code == 302
    assert CallChange.objects.get(call=call).approved_at
    assert officer.get(f"{url}cancel/").status_code == 200
    assert officer.post(f"{url}cancel/", {"reason": ""}).status_code == 422
    assert officer.post(f"{url}cancel/", {"reason": "停止"}).status_code == 302
    assert second.post(f"{url}change/", {"decision": "drop"}).status_code == 302
    for name in (leader.account.username, None):
        assert client(name).get(f"{url}amend/").status_code in {302, 403}
    assert Call.objects.get(pk=call.pk).state == "published"


def test_a_contact_can_be_taken_away_and_a_deadline_cannot() -> None:
    call = new_call(contact="0471-1")
    officer, url = client("officer"), f"/office/calls/{call.pk}/amend/"
    refused = officer.post(url, {"reason": "改", "closes_at": "", "contact": ""})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["closes_at"])
    assert officer.post(url, {"reason": "改", "contact": ""}).status_code == 302
    change = CallChange.objects.get(call=call)
    assert change.values == {"contact": ""}
    approve_change(change=change, actor=actor("officer2"))
    call.refresh_from_db()
    assert call.contact == ""
