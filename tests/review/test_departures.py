"""Decisions that depart from the panel: marked, and never without a coded reason and words."""

from __future__ import annotations

import re

import pytest
from django.db import IntegrityError, transaction

from headwater.calls.models import Application, Call, Decision, Letter
from headwater.core.errors import Refused
from headwater.core.invariants import check
from headwater.review.models import PanelItem
from headwater.review.services.deciding import Departure, propose
from headwater.review.services.voting import close_voting
from tests.approvals import seen_on
from tests.make import actor, client, refusal
from tests.review.test_panels import item, sitting, vote

pytestmark = pytest.mark.django_db


def decided_panel() -> tuple[Call, Application, Application]:
    """A call with one recommended and one not recommended application."""
    panel, members = sitting(items=2)
    for member in members:
        vote(member, "yes", item(panel))
        vote(member, "no", item(panel, 2))
    close_voting(panel=panel, actor=actor("officer"))
    call = panel.call
    rows = [PanelItem.objects.get(panel=panel, position=n).application for n in (1, 2)]
    Application.objects.filter(call=call).update(amount_fen=10_000_000)
    Call.objects.filter(pk=call.pk).update(budget_fen=100_000_000)
    return Call.objects.get(pk=call.pk), rows[0], rows[1]


def test_a_departure_needs_a_coded_reason_and_words() -> None:
    call, good, bad = decided_panel()
    with pytest.raises(Refused) as error:
        propose(call=call, funded={bad.pk}, actor=actor("officer"))
    assert sorted(refusal(error)) == sorted([(f"deviation_{good.pk}", "deviation"), (f"deviation_{bad.pk}", "deviation")])
    for half in (Departure("budget", " "), Departure("", "理由"), Departure("unstated", "理由"), Departure("scholarly", "理由")):
        with pytest.raises(Refused):
            propose(call=call, funded={bad.pk}, departures={good.pk: half, bad.pk: half}, actor=actor("officer"))
    assert not Decision.objects.filter(call=call).exists()
    whole = {good.pk: Departure("budget", "年度预算已用尽"), bad.pk: Departure("balance", "该盟市尚无在研项目")}
    propose(call=call, funded={bad.pk}, departures=whole, actor=actor("officer"))
    found = {d.application_id: (d.outcome, d.deviation, d.deviation_words, d.reason) for d in Decision.objects.filter(call=call)}
    assert found[bad.pk] == ("fund", "balance", "该盟市尚无在研项目", "")
    assert found[good.pk] == ("refuse", "budget", "年度预算已用尽", "会议评审建议资助；年度预算所限：年度预算已用尽。")
    assert check(["departures_are_explained"]) == []


def test_what_agrees_with_the_panel_needs_none_and_keeps_none() -> None:
    call, good, bad = decided_panel()
    propose(call=call, funded={good.pk}, departures={good.pk: Departure("budget", "多余的话")}, actor=actor("officer"))
    assert set(Decision.objects.filter(call=call).values_list("deviation", "deviation_words")) == {("", "")}
    assert Letter.objects.filter(application__in=[good, bad]).count() == 0


def test_the_database_keeps_words_beside_a_code() -> None:
    call, good, _bad = decided_panel()
    propose(call=call, funded={good.pk}, actor=actor("officer"))
    with pytest.raises(IntegrityError, match="decision_deviation_said"), transaction.atomic():
        Decision.objects.filter(application=good).update(deviation="budget")


def test_an_unexplained_departure_breaks_the_invariant() -> None:
    call, good, bad = decided_panel()
    propose(call=call, funded={good.pk}, actor=actor("officer"))
    Decision.objects.filter(application=bad).update(outcome="fund", amount_fen=1)
    assert [b.count for b in check(["departures_are_explained"])] == [1]


def test_board_preview_and_committee_see_the_departure() -> None:
    call, good, bad = decided_panel()
    officer, address = client("officer"), f"/office/calls/{call.pk}/decide/"
    preview = officer.post(address, {"do": "propose", "fund": [bad.pk]}).content.decode()
    assert preview.count("与会议评审不一致") >= 2
    assert f'name="code_{good.pk}"' in preview
    seen = {"seen": seen_on(officer.post(address, {"do": "propose", "fund": [bad.pk]}))}
    refused = officer.post(address, {"do": "propose", "fund": [bad.pk], "confirmed": "1", f"words_{bad.pk}": "只写了话", **seen})
    page = refused.content.decode()
    assert re.search(rf'id="e-[a-z_]*{bad.pk}"', page)
    assert "只写了话" in page, "what was typed is kept"
    assert not Decision.objects.filter(call=call).exists()
    sent = {"do": "propose", "fund": [bad.pk], "confirmed": "1", f"code_{bad.pk}": "priority", f"words_{bad.pk}": "旗县急需"}
    officer.post(address, {**sent, **seen, "code_all": "budget", "words_all": "年度预算不足"})
    said = dict(Decision.objects.filter(call=call).values_list("application", "deviation_words"))
    assert said == {bad.pk: "旗县急需", good.pk: "年度预算不足"}


def test_what_no_panel_heard_is_not_funded_also_after_a_second_thought() -> None:
    call, good, _bad = decided_panel()
    PanelItem.objects.filter(application=good).delete()
    with pytest.raises(Refused, match="未经会议评审"):
        propose(call=call, funded={good.pk}, actor=actor("officer"))
