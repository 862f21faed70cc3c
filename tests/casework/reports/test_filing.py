"""A report is begun with what is known, checked across its tables, confirmed by its host, accepted or returned; nothing typed is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from headwater.casework.reports.filings import as_submitted, filing_of
from headwater.casework.reports.models import Report
from headwater.casework.reports.obligations import obligations
from headwater.casework.reports.services.answering import reopen_report
from headwater.casework.reports.services.filing import save_report, start_report, submit_report, withdraw_report
from headwater.casework.reports.services.replacing import replace_figures
from headwater.casework.reports.showing import hints_of, marks_of
from headwater.core import clock
from headwater.core.approvals import open_case
from headwater.core.command import Actor, system
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.models import ApprovalCase, Notification
from headwater.forms.models import AnswerSheet, FormText, Version
from tests.casework.reports.acting import FULL, Cast, answers_of, morning, new_cast
from tests.casework.reports.world import ANNUAL, SUBJECT, World, declared, kind_of, new_unit, parameters, writer_of
from tests.make import WAN, refusal
from tests.test_queries import counted

pytestmark = pytest.mark.django_db
INVARIANTS = [
    "reports_have_records",
    "submitted_report_unchanged",
    "report_follows_chain",
    "report_figures_kept",
    "rows_as_written",
]


@pytest.fixture(autouse=True)
def world() -> Iterator[World]:
    with declared() as world, clock.at(morning()):
        parameters()
        yield world


@pytest.fixture
def cast() -> Cast:
    return new_cast()


def fields(error: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {name for name, _code in refusal(error)}


def sound() -> None:
    assert [(b.invariant.name, b.rows) for b in check(INVARIANTS)] == []


def test_a_report_begins_with_what_the_house_knows_and_the_last_one_said(world: World, cast: Cast) -> None:
    cast.accepted(2024, rules="开放运行办法", instruments=3)
    world.known["staff"][cast.unit.pk] = 15
    report = cast.start(2025)
    assert answers_of(report) == {"staff": 15, "rules": "开放运行办法"}
    assert (report.state, report.period, report.due_on) == ("draft", "2025", date(2026, 1, 31))
    assert list(Version.objects.filter(subject_kind="report", subject_id=report.pk).values_list("kind", flat=True)) == ["fill"]
    assert cast.start(2025).pk == report.pk
    sound()


def test_only_what_is_owed_can_be_begun(cast: Cast) -> None:
    for year, kind in ((2026, "annual"), (2019, "annual"), (2025, "other")):
        with pytest.raises(Refused, match="不需要报送"):
            cast.start(year, kind)
    with pytest.raises(NotAllowed):
        start_report(subject=cast.unit, kind="annual", since=date(2025, 1, 1), actor=Actor(writer_of(new_unit())))
    assert not Report.objects.filter(subject_id=cast.unit.pk).exists()


def test_two_writers_write_at_once(cast: Cast) -> None:
    report, other = cast.start(), writer_of(cast.unit)
    cast.save(report, summary="全年运行正常")
    cast.save(report, summary="全年总体运行正常")
    changes = save_report(
        report=report, values={"summary": "全年运行正常。"}, base={"summary": "全年运行正常"}, actor=Actor(other)
    )
    assert answers_of(report)["summary"] == "全年总体运行正常。"
    assert list(changes.merged) == ["summary"]
    with pytest.raises(NotAllowed):
        save_report(report=report, values={"summary": "x"}, actor=Actor(writer_of(new_unit())))


def test_every_problem_is_told_with_its_question(cast: Cast) -> None:
    report = cast.start()
    cast.save(report, staff=-1, summary="短", projects=[{"arrived": 5 * WAN}], rules="x")
    with pytest.raises(Refused) as error:
        cast.submit(report)
    assert fields(error) == {"staff", "summary", "income", "projects"}
    cast.save(report, **FULL | {"income": 31 * WAN})
    with pytest.raises(Refused) as error:
        cast.submit(report)
    assert [(r.code, "各项目到账之和" in r.text) for r in error.value.reasons] == [("check.projects_add_up", True)]
    assert (report.state, Report.objects.get(pk=report.pk).submitted_at) == ("draft", None)


def test_a_report_goes_to_its_host_and_then_to_the_office(cast: Cast) -> None:
    report = cast.filed()
    assert report.state == "host"
    case = open_case(report)
    assert case is not None
    assert [(s.role, s.scope, s.scope_id) for s in case.steps.order_by("place")] == [
        ("host_manager", "organisation", cast.unit.pk),
        ("programme_officer", "all", None),
    ]
    with pytest.raises(Refused, match="已提交"):
        cast.save(report, staff=3)
    with pytest.raises(Refused):
        cast.answer(report, cast.officer)  # not the turn of the office
    assert cast.answer(report, cast.manager).state == "office"
    report = cast.answer(report, cast.officer)
    assert (report.state, report.accepted_at, report.note) == ("accepted", clock.now(), "")
    assert not [o for o in obligations(clock.today(), keys=[cast.unit.pk], subject=SUBJECT) if o.period.since.year == 2025]
    assert Notification.objects.filter(account=cast.writer, title__contains="审核通过").count() == 1
    sound()


def test_what_is_returned_keeps_what_was_written(cast: Cast) -> None:
    report = cast.filed()
    cast.answer(report, cast.manager)
    report = cast.answer(report, cast.officer, "send_back", "请补充项目二的合同")
    assert (report.state, report.note) == ("returned", "请补充项目二的合同")
    assert answers_of(report) == FULL
    assert Notification.objects.filter(account=cast.writer, title__contains="被退回").get().body == "请补充项目二的合同"
    cast.save(report, staff=13)
    assert filing_of(report).sheet.answers["staff"] == 13
    assert as_submitted(filing_of(report)).answers.get("staff") == 12  # what its readers see meanwhile
    report = cast.submit(report)
    assert (report.state, report.note) == ("host", "")
    cast.answer(report, cast.manager)
    assert cast.answer(report, cast.officer).state == "accepted"
    kinds = list(Version.objects.filter(subject_kind="report", subject_id=report.pk).values_list("kind", flat=True))
    assert [k for k in kinds if k != "save"] == ["submit", "return", "submit"]
    sound()


def test_a_host_may_return_it_and_a_refusal_returns_it_too(cast: Cast) -> None:
    report = cast.filed()
    assert cast.answer(report, cast.manager, "send_back", "请先核对经费").state == "returned"
    report = cast.submit(report)
    assert cast.answer(report, cast.manager, "refuse", "数据不实").state == "returned"
    sound()


def test_the_office_may_hand_it_back_to_the_host(cast: Cast) -> None:
    from headwater.core.approvals import answer, case_sight

    report = cast.filed()
    cast.answer(report, cast.manager)
    case = open_case(report)
    assert case is not None
    step = case.steps.get(place=1).code
    answer(
        case=case,
        verdict="send_back",
        seen=case_sight(case).token,
        note="请单位核对人数",
        back_to=step,
        actor=Actor(cast.officer),
    )
    assert Report.objects.get(pk=report.pk).state == "host"
    assert cast.answer(report, cast.manager).state == "office"
    sound()


def test_a_report_that_was_accepted_is_reopened_with_a_reason(cast: Cast) -> None:
    report = cast.accepted()
    with pytest.raises(Refused) as error:
        reopen_report(report=report, reason="错", actor=Actor(cast.officer))
    assert fields(error) == {"reason"}
    with pytest.raises(NotAllowed):
        reopen_report(report=report, reason="数字有误，请更正", actor=Actor(cast.manager))
    report = reopen_report(report=report, reason="数字有误，请更正", actor=Actor(cast.officer))
    assert (report.state, report.accepted_at, report.note) == ("returned", None, "数字有误，请更正")
    assert [o.state for o in obligations(clock.today(), keys=[cast.unit.pk], subject=SUBJECT)][-1] == "returned"
    cast.submit(report)
    sound()


def test_who_submitted_it_may_take_it_back(cast: Cast) -> None:
    report = cast.filed()
    with pytest.raises(Refused, match="只有提出人"):
        withdraw_report(report=report, actor=Actor(writer_of(cast.unit)))
    report = withdraw_report(report=report, actor=Actor(cast.writer))
    assert (report.state, report.submitted_at, open_case(report)) == ("draft", None, None)
    assert not Report.objects.read_by(cast.officer).filter(pk=report.pk).exists()
    with pytest.raises(Refused, match="不在审核中"):
        withdraw_report(report=report, actor=Actor(cast.writer))
    cast.submit(report)
    sound()


def test_a_kind_without_a_chain_is_accepted_at_once_and_one_without_a_host_waits_for_the_office(world: World, cast: Cast) -> None:
    world.kinds = [kind_of(ANNUAL, chain=[])]
    assert cast.filed().state == "accepted"
    world.kinds = [kind_of(ANNUAL, chain=["programme_officer"])]
    assert cast.filed(2024).state == "office"
    world.kinds = [kind_of(ANNUAL, chain=["host_manager"])]
    report = cast.filed(2023)
    assert cast.answer(report, cast.manager).state == "accepted"
    sound()


def test_a_chain_that_nobody_can_answer_is_refused(world: World) -> None:
    world.kinds = [kind_of(ANNUAL, chain=["recommender"])]
    cast = new_cast()
    assert cast.unit.recommender_id is None
    with pytest.raises(Refused) as error:
        cast.filed()
    assert refusal(error) == [("", "nobody")]


def test_figures_are_marked_by_what_stands_behind_them(world: World, cast: Cast) -> None:
    world.known["staff"][cast.unit.pk] = 12
    report = cast.filed(instruments=40)
    assert report.given == {"staff": {"source": "people.staff", "value": 12}}
    assert report.self_reported == ["instruments", "income", "projects"]
    filing = filing_of(report)

    def marks(code: str) -> list[tuple[str, str]]:
        f = filing.form.field(code)
        assert f is not None
        return [(m.kind, m.note) for m in marks_of(filing, f)]

    assert marks("staff") == [("records", "人员库")]
    assert marks("instruments") == [("self", "")]
    assert marks("summary") == []
    other = new_cast()
    world.known["staff"][other.unit.pk] = 20
    differing = other.filed()
    assert "staff" in differing.self_reported
    f = filing.form.field("staff")
    assert f is not None
    assert [(m.kind, m.note) for m in marks_of(filing_of(differing), f)] == [("self", "人员库的记录为 20")]


def test_the_editor_says_what_the_house_knows(world: World, cast: Cast) -> None:
    from headwater.casework.reports.figures import known_of

    report = cast.start()
    world.known["staff"][cast.unit.pk] = 15
    cast.save(report, staff=12)
    filing = filing_of(report)
    hints = hints_of(filing, known_of(filing))
    assert hints["staff"].startswith("人员库的记录为 15")
    assert "暂无这项记录" in hints["instruments"]
    assert "income" not in hints


def test_a_source_that_comes_later_replaces_what_was_reported_and_both_are_kept(world: World, cast: Cast) -> None:
    report, other = cast.accepted(instruments=40), new_cast()
    right = other.accepted(instruments=7)
    waiting = new_cast().filed(instruments=5)
    assert replace_figures(actor=system("worker")) == 0  # nobody knows of instruments yet
    world.known["count"] = {cast.unit.pk: 43, other.unit.pk: 7, waiting.subject_id: 6}
    add_instruments(world)
    assert replace_figures(actor=system("worker")) == 2
    report, right, waiting = (Report.objects.get(pk=r.pk) for r in (report, right, waiting))
    assert answers_of(report)["instruments"] == 43
    assert report.replaced["instruments"] | {"at": ""} == {"was": 40, "now": 43, "source": "instruments.count", "at": ""}
    assert "instruments" not in report.self_reported
    assert (right.replaced, "instruments" in right.self_reported) == ({}, False)
    assert (waiting.replaced, answers_of(waiting)["instruments"]) == ({}, 5)
    f = filing_of(report).form.field("instruments")
    assert f is not None
    assert "原填 40（自报）" in marks_of(filing_of(report), f)[0].note
    assert replace_figures(actor=system("worker")) == 0
    sound()
    cast_of_waiting = Cast(waiting_unit(waiting), *waiting_people(waiting))
    cast_of_waiting.answer(waiting, cast_of_waiting.manager)
    cast_of_waiting.answer(waiting, cast_of_waiting.officer)
    assert answers_of(waiting)["instruments"] == 6  # at its acceptance
    sound()


def add_instruments(world: World) -> None:
    """The app of the instruments comes."""
    from headwater.casework.reports.kinds import SOURCES, Source, add_source
    from headwater.core.i18n import Bilingual

    SOURCES.frozen = False  # `declared` has opened it and forgets what was added
    add_source(SUBJECT, "instruments", Source(Bilingual("仪器库", "Instruments"), {"count": "number"}, world.read("count")))


def waiting_unit(report: Report) -> Any:
    from headwater.registry.models import Organisation

    return Organisation.objects.get(pk=report.subject_id)


def waiting_people(report: Report) -> tuple[Any, Any, Any]:
    from headwater.core.models import Account, RoleGrant

    manager = RoleGrant.objects.get(role="host_manager", scope_id=report.subject_id).account
    return report.submitted_by, manager, Account.objects.get(username="officer")


def test_a_form_that_changes_later_does_not_change_what_was_filed(world: World, cast: Cast) -> None:
    report = cast.accepted()
    world.kinds = [kind_of(ANNUAL.replace("固定人员", "全职人员"))]
    f = filing_of(Report.objects.get(pk=report.pk)).form.field("staff")
    assert f is not None
    assert f.label_zh == "固定人员"
    report = reopen_report(report=report, reason="数字有误，请更正", actor=Actor(cast.officer))
    f = filing_of(report).form.field("staff")
    assert f is not None
    assert f.label_zh == "全职人员"
    cast.submit(report)
    assert FormText.objects.filter(digest=Report.objects.get(pk=report.pk).form_id).exists()
    assert FormText.objects.count() == 2
    world.kinds = []
    assert filing_of(Report.objects.get(pk=report.pk)).form.field("staff") is not None  # the region has given the kind up
    sound()


def test_a_draft_of_a_kind_that_is_given_up_is_not_submitted(world: World, cast: Cast) -> None:
    report = cast.start()
    cast.save(report, **FULL)
    world.kinds = []
    with pytest.raises(Refused, match="不再要求"):
        cast.submit(report)


def test_what_was_changed_since_it_was_read_is_not_submitted(cast: Cast) -> None:
    report = cast.start()
    cast.save(report, **FULL)
    seen = AnswerSheet.objects.get(subject_kind="report", subject_id=report.pk).revision
    cast.save(report, staff=14)
    with pytest.raises(Refused) as error:
        submit_report(report=report, actor=Actor(cast.writer), seen=seen)
    assert refusal(error) == [("", "changed")]


def test_damage_behind_the_commands_is_found(cast: Cast) -> None:
    report = cast.accepted()
    AnswerSheet.objects.filter(subject_kind="report", subject_id=report.pk).update(answers=FULL | {"staff": 99})
    assert [b.invariant.name for b in check(["submitted_report_unchanged"])] == ["submitted_report_unchanged"]
    Report.objects.filter(pk=report.pk).update(self_reported=[])
    assert "rows_as_written" in [b.invariant.name for b in check(["rows_as_written"])]
    filed = cast.filed(2024)
    ApprovalCase.objects.filter(subject_kind="reports.report", subject_id=filed.pk).update(
        state="withdrawn", decided_at=clock.now()
    )
    assert [b.rows for b in check(["report_follows_chain"])] == [[f"report {filed.pk}"]]


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"state": "accepted"}, "report_accepted"),
        ({"accepted_at": clock.now()}, "report_accepted"),
        ({"state": "host"}, "report_submitted"),
        ({"until": date(2020, 1, 1)}, "report_period"),
    ],
)
def test_the_database_holds_the_way_of_a_report(cast: Cast, change: dict[str, Any], constraint: str) -> None:
    report = cast.start()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Report.objects.filter(pk=report.pk).update(**change)


def test_commands_take_few_statements_whatever_the_size_of_a_report(cast: Cast) -> None:
    report = cast.start()
    with counted() as few:
        cast.save(report, **FULL)
    rows = [{"name": f"项目{n}", "arrived": WAN} for n in range(20)]
    with counted() as many:
        cast.save(report, income=20 * WAN, projects=rows)
    assert len(many) <= len(few) <= 16
