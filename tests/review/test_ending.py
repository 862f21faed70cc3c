"""The end of the review: seen before it happens, with the drafts that it would lose; the experts are told."""

from __future__ import annotations

import pytest

from headwater.calls.models import Application, Call, Decision
from headwater.core import clock
from headwater.core.errors import Refused
from headwater.core.invariants import check
from headwater.core.models import Notification
from headwater.review.models import Assignment, Opinion, Panel, PanelItem, Ranking
from headwater.review.services.deciding import Departure, proposals_of
from headwater.review.services.ending import close_reviews, plan_ending
from headwater.review.services.inviting import expire_invitations, release_assignment
from headwater.review.services.opinions import save_opinions
from tests.calls.test_decisions import TEN
from tests.make import SECOND, actor, as_, client, new_call, past_call, placed
from tests.review.test_assigning import proposed, published, stage
from tests.review.test_opinions import accepted, good, save

pytestmark = pytest.mark.django_db
REASON = "有效意见已足够，会评提前"


def draft(row: Assignment) -> None:
    values = {row.pk: {"text_applicant": "立论清楚。"}}
    save_opinions(values=values, actor=as_(row.expert.person))


def ready_with_draft() -> tuple[Call, dict[int, list[Assignment]]]:
    """Two applications with three opinions each; on the first an expert has saved a fourth and not submitted it."""
    call, rows = accepted(2)
    by_application: dict[int, list[Assignment]] = {}
    for row in rows:
        by_application.setdefault(row.application_id, []).append(row)
    for mine in by_application.values():
        for row in mine[:3]:
            save(row, good())
    first = min(by_application)
    draft(by_application[first][3])
    return call, by_application


def states(call: Call) -> dict[int, str]:
    return dict(Application.objects.filter(call=call).values_list("pk", "state"))


def notes(row: Assignment) -> list[str]:
    rows = Notification.objects.filter(account=row.expert.person.account)
    return [f"{n.title} {n.body}" for n in rows]


def test_the_officer_sees_whose_draft_would_be_lost_and_may_wait() -> None:
    call, rows = ready_with_draft()
    first, second = sorted(rows)
    writer, page = rows[first][3], f"/office/calls/{call.pk}/progress/end/"
    waiting, ending = (client("officer").get(f"{page}{query}") for query in ("", "?wait=0"))
    for shown, lost in ((waiting, False), (ending, True)):
        assert [(a.pk, leaves) for a, saved, leaves in shown.context["missing"] if saved] == [(writer.pk, lost)]
        text = shown.content.decode()
        assert (writer.expert.person.name_zh in text, "已保存，未提交" in text) == (True, True)
    seen = plan_ending(call, None, wait=True).digest
    refused = client("officer").post(page, {"wait": "1", "seen": seen})
    assert (refused.status_code, states(call)[second]) == (422, "in_review")
    shown = refused.content.decode()
    assert [w in shown for w in ("提前", "还没有提交的意见", "如何撤回", rows[second][4].expert.person.name_zh)] == [True] * 4
    client("officer").post(page, {"wait": "1", "seen": seen, "reason": REASON})
    assert states(call) == {first: "in_review", second: "reviewed"}
    assert Assignment.objects.get(pk=writer.pk).state == "accepted"
    save(writer, good())
    assert close_reviews(call=call, actor=actor("officer"), wait=True, reason=REASON) == {"complete": 1, "short": 0}
    assert Ranking.objects.get(application=first).opinions == 4


def test_what_was_not_seen_is_not_done() -> None:
    call, rows = ready_with_draft()
    seen = plan_ending(call, None, wait=False).digest
    draft(rows[max(rows)][3])
    with pytest.raises(Refused, match="重新核对"):
        close_reviews(call=call, actor=actor("officer"), seen=seen)
    client("officer").post(f"/office/calls/{call.pk}/progress/end/", {"wait": "0", "seen": seen})
    client("officer").post(f"/office/calls/{call.pk}/progress/", {"do": "close"})
    assert set(states(call).values()) == {"in_review"}


def test_withdrawn_experts_are_thanked_and_told_of_their_draft() -> None:
    call, rows = ready_with_draft()
    writer, silent = rows[min(rows)][3], rows[min(rows)][4]
    with pytest.raises(Refused, match="提前结束的理由"):
        close_reviews(call=call, actor=actor("officer"))
    close_reviews(call=call, actor=actor("officer"), reason=REASON)
    assert {a.state for a in Assignment.objects.filter(pk__in=[writer.pk, silent.pk])} == {"released"}
    assert any("感谢" in note and "草稿没有提交" in note for note in notes(writer))
    assert any("感谢" in note and REASON in note for note in notes(silent))
    assert Opinion.objects.get(assignment=writer).text_applicant == "立论清楚。"
    assert check() == []


def test_a_draft_that_cannot_be_submitted_any_more_is_not_waited_for() -> None:
    call, rows = ready_with_draft()
    due = rows[min(rows)][3].due_at
    with clock.at(due):
        assert len(plan_ending(call, None, wait=True).waiting) == 1
    with clock.at(due + SECOND):
        assert plan_ending(call, None, wait=True).waiting == []


def test_experts_are_told_when_an_invitation_is_taken_back() -> None:
    call, _experts = stage(1, 6)
    rows = list(published(call).assignments.select_related("expert__person__account", "round").order_by("pk"))
    release_assignment(assignment=rows[0], reason="改由他人评审", actor=actor("officer"))
    assert any("改由他人评审" in note for note in notes(rows[0]))
    assert not any("收回" in note for note in notes(rows[1]))
    with clock.at(rows[1].round.respond_by + SECOND):
        expire_invitations(call=call, actor=actor("officer"))
    assert any("未在期限内答复" in note for note in notes(rows[1]))


def test_review_waits_for_the_end_of_the_application_period() -> None:
    call, _experts = stage(1, 6)
    round_ = proposed(call)
    open_call = new_call()
    dates = ("closes_at", "endorse_by", "recommend_by")
    Call.objects.filter(pk=call.pk).update(**{name: getattr(open_call, name) for name in dates})
    call = Call.objects.get(pk=call.pk)
    for work in (lambda: proposed(call), lambda: published(call), lambda: close_reviews(call=call, actor=actor("officer"))):
        with pytest.raises(Refused, match="才截止"):
            work()
    page = client("officer").get(f"/office/calls/{call.pk}/assign/").content.decode()
    assert "才截止，此前不能送审" in page
    round_.assignments.update(invited_at=clock.now())
    assert [b.invariant.name for b in check(["reviewed_in_its_time"])] == ["reviewed_in_its_time"]


def on_panel(call: Call, result: str, rank: int, amount: int = TEN) -> Application:
    row = placed(call, "panel", amount_fen=amount)
    panel = Panel.objects.get_or_create(call=call, name="综合组", state="closed")[0]
    PanelItem.objects.create(panel=panel, application=row, position=rank, result=result, yes=2, no=4)
    ranked(row, rank)
    return row


def ranked(row: Application, rank: int) -> None:
    marks = dict.fromkeys(("mean", "calibrated", "grade_mean", "spread"), 80)
    Ranking.objects.create(application=row, rank=rank, opinions=5, computed_at=clock.now(), **marks)


def test_reasons_say_what_happened() -> None:
    call = past_call(budget_fen=2 * TEN)
    best = placed(call, "reviewed")
    ranked(best, 1)
    against, left_out, given = (
        on_panel(call, "not_recommended", 2),
        on_panel(call, "recommended", 3),
        on_panel(call, "recommended", 4),
    )
    said = {p.application.pk: p.reason for p in proposals_of(call, {given.pk})}
    assert said[best.pk] == "经通讯评审，共有 5 份有效评审意见，未列入会议评审。"
    assert said[against.pk] == "经会议评审表决，同意票未达到规定数：不建议资助。"
    assert said[left_out.pk] == "会议评审建议资助；本次决定不予资助。"  # nobody has said why yet
    Call.objects.filter(pk=call.pk).update(budget_fen=TEN)
    why = {left_out.pk: Departure("budget", "年度预算已用完")}
    said = {p.application.pk: p.reason for p in proposals_of(Call.objects.get(pk=call.pk), {given.pk}, None, why)}
    assert said[left_out.pk] == "会议评审建议资助；年度预算所限：年度预算已用完。"


def test_a_reason_that_denies_a_panel_is_a_breach() -> None:
    call = past_call()
    row = on_panel(call, "not_recommended", 1)
    Decision.objects.create(application=row, call=call, outcome="refuse", reason="经通讯评审，未列入会议评审。")
    assert [b.invariant.name for b in check(["reasons_say_what_happened"])] == ["reasons_say_what_happened"]
