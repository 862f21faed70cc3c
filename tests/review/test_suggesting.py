"""The suggested set: the best one under budget and balance, its reasons, and what other conditions would change."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from headwater.calls.models import Application, Call
from headwater.core import clock
from headwater.core.models import Parameter
from headwater.core.parameters import forget_parameters
from headwater.registry.models import Sanction
from headwater.review.models import PanelItem, Ranking
from headwater.review.services.suggesting import balance_rows, candidates, compare, suggest
from headwater.review.views import deciding
from tests.make import client, new_expert, new_host, new_person, past_call, placed
from tests.review.test_panels import make

pytestmark = pytest.mark.django_db
WAN = 1_000_000


@pytest.fixture(autouse=True)
def no_balance() -> None:
    Parameter.objects.filter(key="portfolio_rules").delete()
    forget_parameters()


def balance(call: Call, **rule: Any) -> None:
    given = {"code": "r", "zh": "青年", "en": "Young", "of": "funded"} | rule
    Parameter.objects.create(
        region=call.scheme.region, key="portfolio_rules", applies_to=call.scheme.code, valid_from=date(2020, 1, 1), value=[given]
    )
    forget_parameters()


def ranked(
    amounts: list[int], scores: list[float], budget: int, hosts: list[str] | None = None
) -> tuple[Call, list[Application]]:
    """Recommended applications by rank, amounts and budget in 万元."""
    call = past_call(budget_fen=budget * WAN)
    made = {name: new_host(name) for name in hosts or []}
    rows = []
    for n, (amount, score) in enumerate(zip(amounts, scores, strict=True)):
        leader = new_person(f"负责人{n}", made[hosts[n]] if hosts else None)
        row = placed(call, "reviewed", leader, amount_fen=amount * WAN)
        Ranking.objects.create(
            application=row, opinions=3, mean=score, calibrated=score, grade_mean=2, spread=0, rank=n + 1, computed_at=clock.now()
        )
        rows.append(row)
    make([new_expert(f"组员{n}") for n in range(9)], rows)
    PanelItem.objects.filter(application__in=rows).update(result="recommended", yes=9)
    return call, [Application.objects.get(pk=r.pk) for r in rows]


def places(rows: list[Application], funded: set[int]) -> list[int]:
    return [n for n, r in enumerate(rows) if r.pk in funded]


def test_equal_amounts_follow_the_ranking() -> None:
    call, rows = ranked([10] * 5, [90, 85, 80, 75, 70], 30)
    found = suggest(call)
    assert places(rows, found.funded) == [0, 1, 2]
    assert found.result is not None
    assert found.result.proven
    assert found.reasons == {rows[3].pk: "预算", rows[4].pk: "预算"}


def test_budget_is_not_left_over_for_one_that_does_not_fit() -> None:
    """In rank order the second would be passed over and 30 left unspent; the best set takes the second and third."""
    call, rows = ranked([40, 50, 50], [90, 89, 88], 100)
    assert places(rows, suggest(call).funded) == [1, 2]


def test_rule_of_balance_is_kept_and_named() -> None:
    call, rows = ranked([10] * 4, [90, 85, 80, 75], 20, ["甲校", "甲校", "甲校", "乙校"])
    balance(call, zh="单个单位经费", group="host", of="budget", at_most=0.5)
    found = suggest(call)
    assert places(rows, found.funded) == [0, 3]
    assert f"单个单位经费（{rows[1].host.name_zh}）" in found.reasons[rows[1].pk]
    assert {r.name for r in balance_rows(found) if r.binds} == {
        "预算",
        *(f"单个单位经费（{rows[n].host.name_zh}）" for n in (0, 3)),
    }
    assert places(rows, suggest(call, without=["r"]).funded) == [0, 1]


def test_first_time_leaders_get_their_share() -> None:
    call, rows = ranked([10] * 4, [90, 85, 80, 75], 20)
    for row in rows[:3]:
        placed(past_call(year=call.year - 1), "approved", row.leader, limit_year=call.year - 1)
    balance(call, zh="首次", group="first_time", label="yes", at_least=0.5)
    assert places(rows, suggest(call).funded) == [0, 3]


def test_rules_that_cannot_be_kept_are_named_and_the_budget_stays() -> None:
    call, rows = ranked([10] * 3, [90, 85, 80], 20, ["甲校"] * 3)
    balance(call, zh="单个单位项数", group="host", of="funded", at_most=0.4)
    Parameter.objects.filter(key="portfolio_rules").update(
        value=[
            {"code": "cap", "zh": "上限", "en": "Cap", "group": "host", "of": "applications", "at_most": 0.3},
            {"code": "least", "zh": "下限", "en": "Least", "group": "sex", "label": "m", "of": "applications", "at_least": 0.6},
        ]
    )
    forget_parameters()
    for row in rows:
        row.leader.sex = "m"
        row.leader.save()
    found = suggest(call)
    assert sorted(found.conflict) == [f"上限（{rows[0].host.name_zh}）", "下限"]
    assert places(rows, found.funded) == [0, 1]


def test_nobody_under_sanction_is_suggested() -> None:
    call, rows = ranked([10] * 3, [90, 85, 80], 20)
    Sanction.objects.create(person=rows[0].leader, since=date(2020, 1, 1), until=None)
    assert places(rows, suggest(call).funded) == [1, 2]
    assert rows[0] not in candidates(call)


def test_other_budgets_and_rules_are_compared() -> None:
    call, rows = ranked([10] * 4, [90, 85, 80, 75], 20, ["甲校", "甲校", "甲校", "乙校"])
    balance(call, zh="单位", group="host", of="budget", at_most=0.5)
    found = suggest(call)
    told = {o.name: o for o, _reasons, _without in compare(found)}
    assert list(told) == ["预算减少一成", "预算增加一成", "不计“单位”"]
    at = {a.pk: n for n, a in enumerate(found.applications)}
    assert told["不计“单位”"].entering == (at[rows[1].pk],)
    assert told["不计“单位”"].leaving == (at[rows[3].pk],)


def test_pages_tick_the_suggested_set() -> None:
    call, rows = ranked([10] * 3, [90, 85, 80], 20)
    page = client("officer").get(f"/office/calls/{call.pk}/decide/").content.decode()
    assert [f'value="{r.pk}" checked' in page for r in rows] == [True, True, False]
    assert "未列入建议：预算" in page
    assert "预算减少一成" in client("officer").get(f"/office/calls/{call.pk}/compare/").content.decode()
    assert "checked" in client("officer").get(f"/office/calls/{call.pk}/decide/?without=nothing").content.decode()
    assert client(None).get(f"/office/calls/{call.pk}/compare/").status_code == 302
    nothing = client("officer").get(f"/office/calls/{past_call().pk}/compare/").content.decode()
    assert "没有可以比较的申请" in nothing


def ticks(answer: Any) -> tuple[list[int], list[int]]:
    """What is ticked on the page, and what goes along from the others."""
    return [row.pk for row in answer.context["rows"] if row.suggested], answer.context["also"]


def test_what_is_ticked_on_other_pages_goes_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deciding, "ROWS", 2)
    call, rows = ranked([10] * 5, [90, 85, 80, 75, 70], 30)
    browser, address = client("officer"), f"/office/calls/{call.pk}/decide/"
    first = [row.pk for row in rows]
    page = browser.get(address)
    assert [row.pk for row in page.context["rows"]] == first[:2]
    assert ticks(page) == (first[:2], [first[2]])
    second = browser.post(address, {"do": "propose", "fund": [first[1]], "also": [first[2]], "page": "2"})
    assert [row.pk for row in second.context["rows"]] == first[2:4]
    assert ticks(second) == ([first[2]], [first[1]])
    preview = browser.post(address, {"do": "propose", "fund": [first[2]], "also": [first[1]]})
    assert sorted(p.application.pk for p in preview.context["chosen"]) == sorted(first[1:3])
    assert len(browser.get(f"{address}?page=3").context["rows"]) == 1
