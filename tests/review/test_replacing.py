"""A replacement for an expert: found by fit, load and conflicts, asked with a date, and never at a fit of 0."""

from __future__ import annotations

from datetime import timedelta

import pytest

from headwater.calls.models import Application, Call
from headwater.core import clock
from headwater.core.errors import Refused
from headwater.core.models import Notification
from headwater.registry.models import Discipline
from headwater.review.models import Assignment, Conflict, Expert, Round
from headwater.review.services.assigning import publish_round
from headwater.review.services.inviting import assign_by_hand
from headwater.review.services.replacing import substitutes
from tests.approvals import confirmed
from tests.make import actor, client, new_expert, refusal
from tests.pages import words
from tests.review.test_assigning import proposed, published, stage

pytestmark = pytest.mark.django_db


def short_one() -> tuple[Call, Application, list[Expert]]:
    """An application under review with five experts, and three more: of its field, of its field with a conflict, of another."""
    call, _experts = stage(1, 5)
    published(call)
    row = Application.objects.get(call=call)
    near, barred, far = (new_expert(name, is_external=True) for name in ("接替甲", "回避乙", "外行丙"))
    for expert in (near, barred):
        expert.disciplines.add(row.discipline)
    far.disciplines.add(Discipline.objects.exclude(code__startswith=row.discipline.code[0]).order_by("code")[0])
    Conflict.objects.create(application=row, expert=barred, kind="kin", evidence="叔侄")
    return call, row, [near, barred, far]


def test_those_who_could_be_asked_come_by_fit_with_load_and_conflicts() -> None:
    call, row, (near, barred, far) = short_one()
    found = {s.expert.pk: s for s in substitutes(row, actor("officer").account)}
    asked = set(Assignment.objects.filter(application=row).values_list("expert", flat=True))
    assert not asked & set(found)
    assert [found[e.pk].ready for e in (near, barred, far)] == [True, False, False]
    assert (found[near.pk].fit > 0, found[far.pk].fit, found[barred.pk].conflicts) == (True, 0.0, ["近亲属"])
    assert next(iter(found)) == near.pk
    Expert.objects.filter(pk=near.pk).update(max_load=0)
    (full,) = substitutes(row, actor("officer").account, named=[near.pk])
    assert (full.has_room, full.ready, f"{full.load} / {full.most}") == (False, False, "0 / 0")
    assert call.pk == row.call_id


def test_nobody_is_asked_at_a_fit_of_0() -> None:
    call, row, (_near, _barred, far) = short_one()
    with pytest.raises(Refused, match="匹配度为 0"):
        assign_by_hand(application=row, expert=far, actor=actor("officer"))
    round_ = Round.objects.create(call=call, seed=1)
    Assignment.objects.create(round=round_, application=row, expert=far, score=0)
    with pytest.raises(Refused, match="匹配度为 0"):
        publish_round(round_=round_, actor=actor("officer"))
    assert not Notification.objects.filter(account=far.person.account).exists()


def test_the_officer_reads_whom_and_until_when_before_the_invitation_goes_out() -> None:
    _call, row, (near, barred, far) = short_one()
    page, address = client("officer"), f"/office/reviews/{row.pk}/"
    listed = words(page.get(f"{address}?near=1").content.decode())
    assert [name in listed for name in ("接替甲", "回避乙", "近亲属")] == [True] * 3
    assert "匹配度为 0，不邀请" in page.get(f"{address}?find=外行丙").content.decode()
    shown = words(page.post(address, {"expert": near.pk}).content.decode())
    assert [w in shown for w in ("核对后邀请专家", "接替甲", "评审意见截止", "如何撤回")] == [True] * 4
    assert not Assignment.objects.filter(expert=near).exists()
    late = confirmed(page, address, {"expert": near.pk}, answer_by="2020-01-01")
    assert (late.status_code, Assignment.objects.filter(expert=near).exists()) == (422, False)
    day = clock.today() + timedelta(days=3)
    assert confirmed(page, address, {"expert": near.pk}, answer_by=f"{day}").status_code == 302
    made = Assignment.objects.select_related("round").get(expert=near)
    assert (made.state, made.score > 0, clock.last_day(made.round.respond_by)) == ("invited", True, day)
    assert str(day) in Notification.objects.filter(account=near.person.account).latest("pk").body
    for one in (barred, far):
        assert confirmed(page, address, {"expert": one.pk}, answer_by=f"{day}").status_code == 422
        assert not Assignment.objects.filter(expert=one).exists()


def test_a_day_for_the_answer_lies_before_the_opinion_is_due() -> None:
    _call, row, (near, _barred, _far) = short_one()
    for day in (clock.today() - timedelta(days=1), clock.today() + timedelta(days=900)):
        with pytest.raises(Refused) as error:
            assign_by_hand(application=row, expert=near, actor=actor("officer"), answer_by=day)
        assert [field for field, _code in refusal(error)] == ["answer_by"]


def test_a_task_is_taken_back_with_a_reason_that_the_expert_reads() -> None:
    _call, row, _others = short_one()
    task = Assignment.objects.filter(application=row).select_related("expert__person")[0]
    page, address = client("officer"), f"/office/reviews/{row.pk}/"
    shown = words(page.post(address, {"release": task.pk}).content.decode())
    assert [w in shown for w in ("核对后撤回评审任务", task.expert.person.name_zh, "至少需要")] == [True] * 3
    assert confirmed(page, address, {"release": task.pk}, reason="").status_code == 422
    assert Assignment.objects.get(pk=task.pk).state == "invited"
    assert confirmed(page, address, {"release": task.pk}, reason="改由他人评审").status_code == 302
    assert Assignment.objects.get(pk=task.pk).state == "released"
    assert "改由他人评审" in Notification.objects.filter(account=task.expert.person.account).latest("pk").body


def test_a_round_is_published_as_it_was_read() -> None:
    call, _experts = stage(2, 6)
    round_, page, address = proposed(call), client("officer"), f"/office/calls/{call.pk}/assign/"
    text = words(page.post(address, {"publish": round_.pk}).content.decode())
    people = round_.assignments.values("expert").distinct().count()
    assert [w in text for w in (f"向 {people} 位专家发出 10 份评审邀请", "2 项申请开始通讯评审", "评审意见截止")] == [True] * 3
    assert Round.objects.get(pk=round_.pk).state == "proposed"
    assert confirmed(page, address, {"publish": round_.pk}).status_code == 302
    assert Round.objects.get(pk=round_.pk).state == "published"
