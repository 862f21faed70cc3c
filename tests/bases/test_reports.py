"""The annual report of a laboratory: first answers from the records of the house, checks across tables, the way to acceptance, what being
late bars; the plan of one that is built; what sources know.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from headwater.bases.labs.sources import committee, opening, people, projects, works
from headwater.bases.models import Base
from headwater.bases.people.services import set_months
from headwater.casework.bodies.models import Sitting
from headwater.casework.reports.models import Report
from headwater.casework.reports.obligations import obligations
from headwater.casework.reports.services.filing import save_report, start_report, submit_report
from headwater.core import clock
from headwater.core.approvals import answer, case_sight, open_case
from headwater.core.errors import Refused
from headwater.core.invariants import check
from headwater.forms.models import AnswerSheet
from headwater.registers.declared import Weighing, guards_of
from headwater.registers.kinds import kind_of
from headwater.registry.models import WorkAuthor, WorkClaim
from tests.make import actor, as_, client, new_person, user_of
from tests.make.bases import new_base, register_of
from tests.make.labs import answering, give_committee, put, put_call, put_fixed
from tests.make.works import new_work

pytestmark = pytest.mark.django_db
WAN = 1_000_000
YEAR = 2025
TYPED: dict[str, Any] = {
    "instruments": 40,
    "instrument_value": 1500 * WAN,
    "instruments_large": 12,
    "instruments_huge": 5,
    "area": 1500,
    "arrived": 0,
    "papers": 0,
    "patents": 0,
    "income": 0,
    "money_fiscal": 100 * WAN,
    "money_host": 50 * WAN,
    "money_own": 0,
    "money_total": 150 * WAN,
    "summary": "全年围绕三个方向开展研究，承担任务按计划推进，开放共享和人才培养取得新的进展，年度各项工作如期完成，运行情况良好。",
}


def running(**more: Any) -> Base:
    since = date(2020, 1, 1)
    base = new_base(state="running", since=since, keepers={"director": new_person("主任甲")}, **more)
    return Base.objects.select_related("director", "host").get(pk=base.pk)


def at_work(base: Base) -> None:
    """A year of a laboratory: a director and staff with months, a meeting, a call, an open project, open days."""
    day = date(2024, 1, 1)
    rows = [
        put_fixed(base, base.director, role="director", since=day),
        put_fixed(base, new_person("甲", is_senior=True), since=day),
        put_fixed(base, new_person("乙", highest_degree="硕士"), since=day),
    ]
    set_months(
        entry=base, year=YEAR, months={r.pk: Decimal(n) for r, n in zip(rows, (9, 10, 12), strict=True)}, actor=actor("officer")
    )
    put_fixed(base, new_person("丙"), role="postdoc", kind="mobile", since=date(YEAR, 3, 1))
    put_call(base, opens_on=date(YEAR, 4, 1), closes_on=date(YEAR, 6, 1))
    project = {"title": "开放课题一", "person": new_person("丁"), "amount_fen": 5 * WAN, "state": "running"}
    put("projects", base, since=date(YEAR, 6, 1), until=date(YEAR + 1, 6, 1), **project)
    put("days", base, title="科技周", kind="open_day", on=date(YEAR, 5, 21), visitors=320)
    body = give_committee(base)
    Sitting.objects.filter(body=body).update(meets_at=clock.local(date(YEAR, 9, 10), 9))


def start(base: Base, kind: str = "annual", year: int = YEAR) -> Report:
    return start_report(subject=base, kind=kind, since=date(year, 1, 1), actor=as_(base.director))


def answers(report: Report) -> dict[str, Any]:
    return dict(AnswerSheet.objects.get(subject_kind="report", subject_id=report.pk).answers)


def test_a_report_begins_with_what_the_house_knows() -> None:
    base = running()
    at_work(base)
    first = answers(start(base))
    assert {k: first[k] for k in ("fixed", "senior", "doctors", "postdocs", "director_months")} == {
        "fixed": 3,
        "senior": 1,
        "doctors": 2,
        "postdocs": 1,
        "director_months": 9,
    }
    assert [row["months"] for row in first["staff"]] == [9, 10, 12]
    assert (first["calls"], first["open_projects"], first["open_money"], first["day_visitors"]) == (1, 1, 5 * WAN, 320)
    assert [(m["present"], m["total"]) for m in first["meetings"]] == [(9, 9)]
    assert "instruments" not in first
    assert check() == []


def test_checks_across_tables_name_what_does_not_fit() -> None:
    base = running()
    at_work(base)
    report = start(base)
    wrong = TYPED | {"fixed": 4, "money_total": 160 * WAN, "meetings": [{"on": "2025-09-10", "present": 5, "total": 9}]}
    save_report(report=report, values=wrong, actor=as_(base.director))
    with pytest.raises(Refused) as refused:
        submit_report(report=report, actor=as_(base.director))
    assert {r.code for r in refused.value.reasons} >= {"check.staff_count", "check.money_sum", "check.present"}
    staff = answers(report)["staff"]
    staff[0]["months"] = 13
    save_report(report=report, values={"staff": staff}, actor=as_(base.director))
    with pytest.raises(Refused) as refused:
        submit_report(report=report, actor=as_(base.director))
    assert "在岗月数不超过 12" in str(refused.value)


def test_a_report_is_confirmed_by_the_host_returned_mended_and_accepted() -> None:
    base = running()
    at_work(base)
    report = start(base)
    save_report(report=report, values=TYPED, actor=as_(base.director))
    report = submit_report(report=report, actor=as_(base.director))
    assert report.state == "host"
    assert {"instruments", "instrument_value", "money_total", "income"} <= set(report.self_reported)
    assert not {"fixed", "calls", "open_projects"} & set(report.self_reported)

    def say(who: Any, verdict: str = "approve") -> str:
        case = open_case(Report.objects.get(pk=report.pk))
        assert case is not None
        answer(case=case, verdict=verdict, seen=case_sight(case).token, note="请补充小结", actor=who)
        return str(Report.objects.get(pk=report.pk).state)

    manager_name = answering("host_manager", base)
    assert say(actor(manager_name), "send_back") == "returned"
    report = submit_report(report=Report.objects.get(pk=report.pk), actor=as_(base.director))
    assert say(actor(manager_name)) == "office"
    assert say(actor("officer")) == "accepted"
    assert [o for o in obligations(clock.today(), subject="bases.base", keys=[base.pk]) if o.kind.code == "annual"] == []
    page = client("officer").get(f"/office/registers/laboratories/{base.pk}/reports/").content.decode()
    assert "年度报告" in page


def test_who_is_late_is_barred_from_requests_that_ask_for_it() -> None:
    base = running()
    find = guards_of(register_of(base.kind))["reports_filed"].find
    late = find([base], Weighing(kind=kind_of(base), on=date(2026, 9, 1)))
    assert "逾期" in str(late[base.pk])
    assert find([base], Weighing(kind=kind_of(base), on=date(2026, 4, 10))) == {}


def test_a_laboratory_owes_its_plan_once_and_not_after_it_runs() -> None:
    base = new_base(keepers={"director": new_person()})
    owed = [o.kind.code for o in obligations(clock.today() + timedelta(days=40), subject="bases.base", keys=[base.pk])]
    assert owed == ["plan"]
    Base.objects.filter(pk=base.pk).update(state="running", group="live", since=clock.today())
    owed = [o.kind.code for o in obligations(clock.today() + timedelta(days=40), subject="bases.base", keys=[base.pk])]
    assert owed == []


def test_a_paper_counts_where_it_names_the_laboratory_and_one_of_its_staff() -> None:
    base, mine, other = running(), new_person(), new_person()
    put_fixed(base, mine, since=date(2024, 1, 1))
    day = {
        "counts_on": date(YEAR, 5, 1),
        "subject_type": "bases.base",
        "subject_id": base.pk,
        "credit": "base",
        "state": "accepted",
    }
    for author, marked in ((mine, [base.name_zh]), (mine, ["别的单位"]), (other, [base.name_zh])):
        work = new_work(kind="paper", marked=marked)
        WorkAuthor.objects.create(work=work, position=9, name=author.name_zh, person=author)
        WorkClaim.objects.create(work=work, share=1, most=2, answered_at=clock.now(), **day)
    WorkClaim.objects.create(work=new_work(kind="patent"), share=1, most=2, answered_at=clock.now(), **day)
    counts = works([base.pk], date(YEAR, 1, 1), date(YEAR, 12, 31))[base.pk]
    assert (counts["papers"], counts["patents"], counts["books"]) == (1, 1, 0)


def test_sources_ask_as_often_whatever_the_number_of_bases() -> None:
    bases = [running() for _n in range(3)]
    for base in bases:
        put_fixed(base, since=date(2024, 1, 1))
    span = (date(YEAR, 1, 1), date(YEAR, 12, 31))
    for read in (people, projects, works, committee, opening):
        counts = []
        for keys in ([bases[0].pk], [b.pk for b in bases]):
            with CaptureQueriesContext(connection) as queries:
                read(keys, *span)
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 5, read.__name__


def test_a_writer_finds_the_report_and_its_questions_on_pages() -> None:
    base = running()
    at_work(base)
    report = start(base)
    browser = client(user_of(base.director))
    page = browser.get(f"/reports/{report.pk}/edit/people/")
    assert page.status_code == 200
    assert "固定人员名单" in page.content.decode()
