"""A scheme without a panel: from written review to the decision, letter and award; and what such a call refuses."""

from __future__ import annotations

import re

import pytest

from headwater.awards.models import Award
from headwater.calls.deciding.services.decisions import reconsider
from headwater.calls.models import Application, Call, Decision, Letter, Notice
from headwater.core import clock
from headwater.core.errors import Refused
from headwater.core.invariants import check
from headwater.review.duties import of_officers
from headwater.review.services.deciding import propose
from headwater.review.services.suggesting import suggest
from tests.approvals import approve_decisions, publish_notice, release
from tests.make import SECOND, actor, client, new_expert, refusal
from tests.review.test_panels import make
from tests.review.variants import call_of, reviewed

pytestmark = pytest.mark.django_db
NONE = {"review": {"stages": ["written"]}}


def state(row: Application) -> str:
    return Application.objects.get(pk=row.pk).state


def test_reviewed_applications_are_decided_on_without_a_panel() -> None:
    call = call_of(**NONE)
    good, bad = reviewed(call, [90, 70])
    assert suggest(call).funded == {good.pk, bad.pk}  # the budget holds both
    propose(call=call, funded={good.pk}, actor=actor("officer"))
    assert (state(good), state(bad)) == ("proposed", "not_proposed")
    reason = Decision.objects.get(application=bad).reason
    assert reason == "经通讯评审，共有 3 份有效评审意见，本次决定不予资助。"
    approve_decisions(call=call, actor=actor("committee"))
    notice = publish_notice(call=call, actor=actor("officer"))
    with clock.at(notice.ends_at + SECOND):
        release(notice=Notice.objects.select_related("call__scheme").get(pk=notice.pk), actor=actor("officer"))
    assert (state(good), state(bad), Award.objects.filter(call=call).count()) == ("approved", "rejected", 1)
    assert Letter.objects.filter(application__call=call).count() == 2
    assert check() == []


def test_a_decision_is_taken_back_to_the_reviewed_ones() -> None:
    call = call_of(**NONE)
    (row, _other) = reviewed(call, [90, 80])
    propose(call=call, funded={row.pk}, actor=actor("officer"))
    reconsider(application=Application.objects.get(pk=row.pk), reason="重新评议", actor=actor("officer"))
    assert (state(row), Decision.objects.filter(application=row).exists()) == ("reviewed", False)


def test_such_a_call_has_no_panel_and_its_pages_say_so() -> None:
    call = call_of(**NONE)
    (row,) = reviewed(call, [90])
    with pytest.raises(Refused) as error:
        make([new_expert(f"组员{n}") for n in range(9)], [row])
    assert "不设会议评审" in error.value.reasons[0].text
    page = client("officer").get(f"/office/calls/{call.pk}/decide/").content.decode()
    (box,) = re.findall(rf'<input[^>]*name="fund"[^>]*value="{row.pk}"[^>]*>', page)
    assert " checked" in box
    assert f"/office/calls/{call.pk}/panels/" not in page
    duties = [d for d in of_officers(actor("officer").account) if f"/calls/{call.pk}/" in d.url]
    assert [d.url for d in duties] == [f"/office/calls/{call.pk}/decide/"]


def test_where_there_is_a_panel_nothing_goes_past_it() -> None:
    call = call_of()
    (row,) = reviewed(call, [90])
    with pytest.raises(Refused) as error:
        propose(call=call, funded={row.pk}, actor=actor("officer"))
    assert refusal(error) == [("", "")]
    assert (suggest(call).funded, state(row)) == (set(), "reviewed")


def test_a_pass_mark_bars_what_is_below_it() -> None:
    call = call_of(**NONE, decision={"pass_mark": 75})
    good, bad = reviewed(call, [75, 74.9])
    assert suggest(call).funded == {good.pk}
    with pytest.raises(Refused) as error:
        propose(call=call, funded={bad.pk}, actor=actor("officer"))
    assert refusal(error) == [("", "rule")]
    propose(call=call, funded={good.pk}, actor=actor("officer"))
    assert Decision.objects.get(application=bad).reason == ("经通讯评审，共有 3 份有效评审意见，得分 74.90，未达到合格线 75 分。")


def test_a_quota_takes_the_first_of_the_call() -> None:
    call = call_of(**NONE, decision={"quota": 2})
    rows = reviewed(call, [70, 90, 80])
    assert suggest(call).funded == {rows[1].pk, rows[2].pk}
    assert "本批次限 2 项" in client("officer").get(f"/office/calls/{call.pk}/decide/").content.decode()
    with pytest.raises(Refused) as error:
        propose(call=call, funded={r.pk for r in rows}, actor=actor("officer"))
    assert refusal(error) == [("", "quota")]
    propose(call=call, funded={rows[1].pk, rows[2].pk}, actor=actor("officer"))
    assert sorted(map(state, rows)) == ["not_proposed", "proposed", "proposed"]


def test_a_quota_is_counted_by_group() -> None:
    call = call_of(**NONE, decision={"quota": 1, "quota_per": "research_class"})
    rows = reviewed(call, [70, 90, 80])
    Application.objects.filter(pk=rows[0].pk).update(research_class="goal")
    assert suggest(call).funded == {rows[0].pk, rows[1].pk}


def test_a_panel_of_the_schemes_own_size_and_majority() -> None:
    call = call_of(panel={"size": 3, "quorum": ">=1/2", "majority": ">=2/3"})
    (row,) = reviewed(call, [90])
    with pytest.raises(Refused):
        make([new_expert(f"组员{n}") for n in range(2)], [row])
    panel = make([new_expert(f"组员{n}") for n in range(3)], [row])
    item = panel.items.get()
    assert (panel.quorum, item.threshold, panel.quorum_word) == (">=1/2", ">=2/3", "≥1/2")


def test_panels_follow_the_regions_parameters() -> None:
    """panel_majority and panel_quorum, which the region gives."""
    (row,) = reviewed(call_of(), [90])
    panel = make([new_expert(f"组员{n}") for n in range(9)], [row])
    assert (panel.quorum, panel.items.get().threshold, Call.objects.get(pk=row.call_id).panels.count()) == (">=2/3", ">1/2", 1)
