"""Major infrastructure: its life, its money by source and year, the committee of its users, machine time asked for and given, its report."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.bases.facilities.figures import by_source, by_year
from headwater.bases.facilities.models import FundingLine, MachineTime
from headwater.bases.facilities.timing import years_of
from headwater.bases.models import Base
from headwater.bases.tables.services import put_line, remove_line
from headwater.casework.bodies.models import Body, BodyKind
from headwater.casework.reports.obligations import obligations
from headwater.casework.requests.models import Request
from headwater.casework.requests.offers import may_propose
from headwater.casework.requests.services.proposing import propose, submit
from headwater.casework.requests.stores import STORE
from headwater.core import clock
from headwater.core.approvals import answer, case_sight, open_case
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.forms.answers.judging import judge
from headwater.forms.answers.state import Answers
from headwater.forms.results import Verdict
from headwater.forms.sheets import sheet_of
from headwater.registers.kinds import kinds_here
from headwater.registers.services.acting import apply_verb
from headwater.registry.queries import region_code
from tests.make import actor, client, new_host, new_person, user_of
from tests.make.bases import done, new_base, register_of

pytestmark = pytest.mark.django_db
FACILITY = {"purpose": "研究材料在极端条件下的行为。", "investment": 20_000_000_000, "supply": 3000}
YEAR = clock.today().year


def facility(**more: Any) -> Base:
    given = {"answers": FACILITY, "state": "running", "since": date(2021, 1, 1)}
    return new_base(kind="infrastructure", name="测试装置", **given | more)


def committee(base: Base) -> Body:
    kind = BodyKind.objects.current(region_code()).get(code="user-committee")
    return Body.objects.create(
        kind=kind, subject_kind="bases.base", subject_id=base.pk, name_zh="用户委员会", since=date(2024, 1, 1)
    )


def funding(base: Base, source: str, year: int, planned: int, paid: int = 0, **more: Any) -> FundingLine:
    values = {"source": source, "year": year, "planned_fen": planned, "paid_fen": paid} | more
    row: FundingLine = put_line(table="funding", base=base, values=values, actor=actor("officer"))
    return row


def asked(base: Base, who: Any, hours: int, year: int = YEAR) -> Request:
    values = {"time_year": year, "hours": hours, "purpose": "测量稀土合金的相变。"}
    request = propose(subject=base, kind="machine_time", values=values, actor=actor(user_of(who)))
    revision = sheet_of(STORE.of(request.pk)).revision
    return submit(request=request, reason="开展实验", revision=revision, actor=actor(user_of(who)))


def agreed(request: Request, who: Any, verdict: str = "approve", note: str = "") -> None:
    case = open_case(request)
    assert case is not None
    answer(case=case, verdict=verdict, seen=case_sight(case).token, note=note, actor=actor(user_of(who)))


def test_its_whole_life_leads_from_an_idea_to_retirement() -> None:
    base = new_base(kind="infrastructure", name="新装置", answers=FACILITY, keepers={"director": new_person()})
    committee(base)
    for verb in ("propose", "study", "draw", "begin", "test", "check", "accept", "upgrade", "resume", "retire"):
        base = done(base, verb)
    assert (base.state, base.group, base.until) == ("retired", "ended", clock.today())
    given_up = done(new_base(kind="infrastructure", name="放弃", answers=FACILITY), "give_up")
    assert given_up.is_public is False
    assert check() == []


def test_it_does_not_run_without_the_committee_of_its_users() -> None:
    base = facility(state="acceptance", since=None, keepers={"director": new_person()})

    def accept() -> None:
        apply_verb(register=register_of(base.kind), entries=[base.pk], verb="accept", reason="验收", actor=actor("officer"))

    with pytest.raises(Refused, match="还没有组建用户委员会"):
        accept()
    body = committee(base)
    Body.objects.filter(pk=body.pk).update(state="dissolved", until=clock.today())
    with pytest.raises(Refused, match="还没有组建用户委员会"):
        accept()
    committee(base)
    accept()


def test_money_is_told_by_source_and_by_year_with_what_has_come() -> None:
    base = facility()
    funding(base, "region", 2024, 500_000_000, 500_000_000)
    funding(base, "region", 2025, 500_000_000, 250_000_000)
    funding(base, "league", 2024, 300_000_000, payer="包头市")
    with pytest.raises(Refused) as refused:
        funding(base, "league", 2024, 1, payer="包头市")
    assert [r.field for r in refused.value.reasons] == ["source"]
    with pytest.raises(Refused, match="没有这个代码"):
        funding(base, "lottery", 2024, 1)
    with pytest.raises(Refused, match="至少填一个"):
        funding(base, "host", 2024, 0)
    assert [(p.key, p.planned, p.paid, float(p.share or 0)) for p in by_source(base.pk)] == [
        ("region", 1_000_000_000, 750_000_000, 75.0),
        ("league", 300_000_000, 0, 0.0),
    ]
    assert [(p.key, p.planned) for p in by_year(base.pk)] == [("2024", 800_000_000), ("2025", 500_000_000)]
    page = client("officer").get(f"/office/registers/infrastructure/{base.pk}/funding/").content.decode()
    assert "计划 1,000，到位 750（75 %）" in page
    assert "包头市" in page


def test_any_researcher_asks_for_time_and_the_director_gives_it() -> None:
    director, user = new_person("周主任"), new_person("郑用户", organisation=new_host())
    base = facility(keepers={"director": director})
    request = asked(base, user, 1200)
    assert [(y.year, y.supply, y.asked, y.given) for y in years_of(base, YEAR, YEAR)] == [(YEAR, 3000, 1200, 0)]
    agreed(request, director)
    row = MachineTime.objects.get(base=base)
    assert (row.user, row.asked, row.given, row.standing, row.request) == ("郑用户", 1200, 1200, "outside", request.pk)
    with pytest.raises(Refused, match=f"{YEAR} 年计划供机时 3000 小时，还可申请 1800 小时"):
        asked(base, new_person(), 1801)
    asked(base, new_person(), 1800)
    keeper = actor(user_of(director))
    with pytest.raises(Refused, match="不能多于申请的 1200 小时"):
        put_line(table="machine_time", base=base, values={"given": 1300}, row=row.pk, seen=0, actor=keeper)
    put_line(table="machine_time", base=base, values={"given": 900, "used": 850}, row=row.pk, seen=0, actor=keeper)
    with pytest.raises(Refused, match="不能删除"):
        remove_line(table="machine_time", base=base, row=row.pk, seen=1, reason="不用了", actor=keeper)
    assert [(y.asked, y.given, y.used) for y in years_of(base, YEAR, YEAR)] == [(3000, 900, 850)]
    assert check() == []


def test_a_request_is_refused_by_the_director_and_never_answered_by_who_asks() -> None:
    director = new_person("主任也用机时")
    base = facility(keepers={"director": director})
    own = asked(base, director, 100)
    with pytest.raises(Refused, match="您提出或参与的事项"):
        agreed(own, director)
    user = new_person()
    refused = asked(base, user, 100)
    agreed(refused, director, "refuse", "本年度不安排")
    assert not MachineTime.objects.filter(base=base).exists()
    with pytest.raises(NotAllowed):
        asked(facility(state="upgrading"), user, 10)


def test_pages_lead_a_researcher_from_the_public_page_to_the_request() -> None:
    user = new_person(organisation=new_host())
    base = facility(keepers={"director": new_person()})
    browser = client(user_of(user))
    page = browser.get(f"/registers/infrastructure/{base.number}/").content.decode()
    place = f"/requests/about/bases.base/{base.pk}/new/"
    assert place in page
    assert "申请机时" in browser.get(place).content.decode()
    assert browser.post(place, {"kind": "machine_time"}).status_code == 302
    assert place not in client(None).get(f"/registers/infrastructure/{base.number}/").content.decode()
    assert browser.get(f"/office/registers/infrastructure/{base.pk}/").status_code in (403, 404)
    hidden = facility(state="idea", since=None)
    assert browser.get(f"/requests/about/bases.base/{hidden.pk}/new/").status_code == 404
    account = user.account
    assert may_propose(account, base, kinds_here()["infrastructure"].parts["request"][0])


def test_demand_and_supply_stand_on_the_page_by_year() -> None:
    director = new_person()
    base = facility(keepers={"director": director})
    agreed(asked(base, new_person("可见的用户"), 700), director)
    inside = client(user_of(director)).get(f"/office/registers/infrastructure/{base.pk}/time/").content.decode()
    assert all(words in inside for words in (f"{YEAR} 供机时", f"{YEAR} 批准", "3,000", "700", "可见的用户"))
    public = client(None).get(f"/registers/infrastructure/{base.number}/").content.decode()
    assert f"{YEAR} 批准" in public
    assert "可见的用户" not in public


ORDER = ("running", "supply", "user", "external", "planned", "fault")
FITTING = {"planned": 6000, "running": 5600, "supply": 5000, "user": 4200, "external": 1600, "fault": 150}
CHECKS = {
    "within_period": lambda h: h["running"] <= 8760,
    "supply_within": lambda h: h["supply"] <= h["running"],
    "user_within": lambda h: h["user"] <= h["supply"],
    "external_within": lambda h: h["external"] <= h["user"],
    "fault_within": lambda h: h["fault"] <= h["planned"],
}


class Year:
    """What the form of an annual report may ask in a year of 365 days."""

    def built_in(self) -> dict[str, Any]:
        return {"period.days": Decimal(365)}

    def parameter(self, key: str) -> Any:
        return None

    def attached(self) -> dict[str, int]:
        return {}

    def file_names(self) -> dict[str, list[str]]:
        return {}

    def asked_fen(self) -> None:
        return None

    def lump_fen(self) -> int:
        return 0

    def day(self) -> date:
        return date(2025, 12, 31)


def annual() -> Any:
    return kinds_here()["infrastructure"].parts["report"][0].form


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.tuples(*[st.integers(0, 8784)] * len(ORDER)))
def test_the_report_says_which_hours_do_not_fit(numbers: tuple[int, ...]) -> None:
    given_hours = dict(zip(ORDER, numbers, strict=True))
    answers = Answers(annual(), given_hours | {"proposals": 9, "accepted": 5}, Year())
    failed = {r.rule.partition(".")[2] for r in judge(answers) if r.outcome == Verdict.FAILED and r.rule.startswith("check.")}
    assert failed == {name for name, holds in CHECKS.items() if not holds(given_hours)}


def test_availability_is_worked_out() -> None:
    worked_out = Answers(annual(), FITTING, Year()).calculated["availability"]
    assert round(Decimal(str(worked_out)), 1) == Decimal("90.8")  # (5600 - 150) / 6000
    assert Answers(annual(), FITTING | {"planned": 0}, Year()).calculated.get("availability") is None


def test_an_annual_report_is_owed_for_each_whole_year_at_work() -> None:
    base = facility(since=date(2024, 3, 1))
    owed = list(obligations(date(2026, 2, 1), subject="bases.base", keys=[base.pk]))
    assert [(o.period.since.year, o.due_on) for o in owed] == [(2024, date(2025, 3, 31)), (2025, date(2026, 3, 31))]
