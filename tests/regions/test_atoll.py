"""A region is only data: an invented country is checked, loaded and decided on, with its own limits and its own words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from headwater.awards.models import Award
from headwater.calls.applying.services.applications import create_draft, save_application, submit_application
from headwater.calls.checking.services.checking import decide_check, run_formal_check
from headwater.calls.endorsing.services.endorsement import endorse
from headwater.calls.facts import check_applications
from headwater.calls.models import Application, Call, Decision, Letter, Notice
from headwater.calls.schemes import scheme_of
from headwater.core import clock
from headwater.core.command import system
from headwater.core.models import RoleGrant
from headwater.forms.results import Verdict
from headwater.regions.check import find_package, read_package
from headwater.regions.load import load_region
from headwater.registry.models import Discipline, Organisation, Person
from headwater.review.models import Panel, PanelItem, Ranking
from headwater.review.services.deciding import propose
from headwater.schemes.rules import Holding
from tests.approvals import approve_decisions, publish_notice, release
from tests.make import SECOND, actor, as_, end_period, new_call, new_person

pytestmark = pytest.mark.django_db
LIMITS = {"limit_same_type", "limit_total", "limit_key", "limit_rest_year", "limit_plans"}


@pytest.fixture
def leader() -> Person:
    package = read_package(find_package("atoll"))
    assert package.mistakes == []
    assert sum(load_region(package=package, actor=system("test")).values()) > 0
    assert set(load_region(package=package, actor=system("test")).values()) == {0}
    host = Organisation.objects.get(code="at-university")
    Organisation.objects.filter(pk=host.pk).update(is_host=True, uscc="AT0000000000000001")
    person = new_person("岛上人", Organisation.objects.get(pk=host.pk), is_senior=True)
    office = new_person("科研处", Organisation.objects.get(pk=host.pk))
    RoleGrant.objects.create(account=office.account, role="host_manager", scope="organisation", scope_id=host.pk)
    return person


def write(call: Call, leader: Person) -> Application:
    code = Discipline.objects.get(code="X0101").code
    fields = {f.code: "礁" * f.min_chars for f in scheme_of(call).fields if f.is_text}
    fields |= {f.code: {"promise": True} for f in scheme_of(call).fields if f.type == "budget"}
    row = create_draft(call=call, leader=leader, actor=as_(leader))
    return save_application(
        application=row, values={"title_zh": "珊瑚白化的机制", "discipline": code, **fields}, actor=as_(leader)
    )


def outcomes(row: Application) -> dict[str, Verdict]:
    row = Application.objects.select_related("call__scheme", "host", "leader", "discipline").get(pk=row.pk)
    return {r.rule: r.outcome for r in check_applications([row], row.call)[row.pk]}


def decided(row: Application, leader: Person) -> Notice:
    row = submit_application(application=row, actor=as_(leader), agree=True)
    endorse(
        applications=[Application.objects.select_related("call", "host", "leader").get(pk=row.pk)],
        actor=as_(Person.objects.get(name_zh="科研处")),
    )
    run_formal_check(call=row.call, actor=actor("officer"))
    decide_check(applications=[row], accept=True, codes=[], note="", actor=actor("officer"))
    panel = Panel.objects.create(call=row.call, name="组", state="closed")
    PanelItem.objects.create(panel=panel, application=row, position=1, yes=9, result="recommended")
    values = {"mean": 90, "calibrated": 90, "grade_mean": 3, "spread": 0, "rank": 1, "computed_at": clock.now()}
    Ranking.objects.create(application=row, opinions=3, **values)
    Application.objects.filter(pk=row.pk).update(state="panel")
    call = end_period(row.call)
    propose(call=call, funded={row.pk}, actor=actor("officer"))
    approve_decisions(call=call, actor=actor("committee"))
    notice = publish_notice(call=call, actor=actor("officer"))
    with clock.at(notice.ends_at + SECOND):
        release(notice=Notice.objects.select_related("call__scheme").get(pk=notice.pk), actor=actor("officer"))
    return notice


def test_a_grant_is_decided_under_the_limits_of_its_own_country(leader: Person) -> None:
    # A year of which no notice that begins today, at the end of a year say, ends in the year before.
    call = new_call("at-grant", year=clock.today().year + 3)
    row = write(call, leader)
    found = outcomes(row)
    assert found.keys() >= LIMITS
    assert {name for name, outcome in found.items() if outcome == Verdict.FAILED} == {"signed"}
    decided(row, leader)
    award = Award.objects.get(application=row)
    assert (award.amount_fen, Letter.objects.get(application=row).body["issuer"]) == (20_000_000, "环礁国科学署")
    assert award.agreement.content["heading"] == "环礁国研究基金项目"
    following = write(new_call("at-grant", year=call.year + 1), leader)
    barred = {name for name, outcome in outcomes(following).items() if outcome == Verdict.FAILED}
    assert barred == {"limit_key", "limit_plans", "signed"}
    again = write(new_call("at-grant", year=call.year), leader)
    barred = {name for name, outcome in outcomes(again).items() if outcome == Verdict.FAILED}
    assert barred == {"limit_same_type", "limit_key", "limit_plans", "signed"}


def test_a_prize_has_the_words_of_its_scheme(leader: Person) -> None:
    call = new_call("at-prize", budget_fen=0)
    row = write(call, leader)
    notice = decided(row, leader)
    letter = Letter.objects.get(application=row)
    assert (letter.body["heading"], Decision.objects.get(application=row).amount_fen) == ("珊瑚奖授奖通知书", 0)
    assert notice.title_zh == f"关于{call.title_zh}拟授奖成果的公示"
    assert scheme_of(call).words.zh("yes") == "授予珊瑚奖"
    assert not Award.objects.filter(application=row).exists()


def test_holdings_tell_the_closed_from_the_overdue() -> None:
    from headwater.schemes.rules.limits import is_running, outlasts

    held = Holding("im-gen", "leader", "running", ends_on=date(2027, 6, 30))
    assert (is_running(held, 2026), outlasts(held, 2026)) == (True, True)
    assert not is_running(replace(held, closed=True), 2026)
    assert not is_running(replace(held, state="terminated"), 2026)
