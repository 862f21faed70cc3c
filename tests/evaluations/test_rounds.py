"""A round from its opening to its consequences, through the commands."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from headwater.bases.models import Base
from headwater.calls.applying.services.applications import create_draft
from headwater.calls.models import Application
from headwater.casework.notices.models import NoticeRow, Objection
from headwater.core import clock
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.models import Event, Notification
from headwater.evaluations.models import Consequence, Entitlement, Entrant, Grade, GradeDraft, Round, Veto
from headwater.evaluations.results import quotas_of, results_of
from headwater.evaluations.services.following import carry_out, consequences_due
from headwater.evaluations.services.grading import approve_grades, discard_grades, draft_grades, grades_sight, publish_grades
from headwater.evaluations.services.opening import admit, open_round, write_missing
from headwater.evaluations.services.verifying import answer_veto, correct_value, enter_veto, tick
from headwater.registers.models import Proposal
from headwater.registry.models import PriorityField
from headwater.review.models import Assignment, Opinion
from headwater.review.models import Round as Assigning
from tests.evaluations.made import (
    ALL,
    KIND,
    MARKS,
    alone,
    approved,
    drafted,
    ended,
    eval_call,
    fresh,
    handed_in,
    judged,
    laboratories,
    marked,
    opened,
    published,
    ticked,
)
from tests.make import actor, as_, new_call, new_expert, new_person, past_call
from tests.make.bases import answered, new_base

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _alone(db: None) -> None:
    alone()


def only(bases: list[Base]) -> dict[int, Base]:
    return {b.pk: b for b in bases}


def test_a_round_takes_in_who_must_and_writes_each_a_self_report() -> None:
    old, young = laboratories(2, years=5), laboratories(2, years=1)
    idle = new_base(name="在建")
    round_ = opened(volunteers=[young[0].pk])
    mine = {
        e.subject_id: e
        for e in round_.entrants.select_related("application__leader")
        if e.subject_id in only([*old, *young, idle])
    }
    assert set(mine) == {old[0].pk, old[1].pk, young[0].pk}
    assert [mine[b.pk].obliged for b in (*old, young[0])] == [True, True, False]
    report = mine[old[0].pk].application
    assert report is not None
    assert (report.state, report.leader, report.host, report.title_zh) == ("draft", old[0].director, old[0].host, old[0].name_zh)
    assert (report.answers["equipment"], report.answers["area"], report.answers["fixed"]) == (1_500_000_000, 1200, 25)
    assert "请填写评估自评报告" in Notification.objects.filter(account=old[0].director.account).latest("pk").title
    assert (round_.since, round_.until) == (clock.add_months(clock.today(), -36), clock.today())
    assert round_.of.indicator("b1") is not None


def test_who_has_no_director_enters_without_a_self_report_that_is_written_later() -> None:
    base = laboratories(1)[0]
    Base.objects.filter(pk=base.pk).update(director=None)
    round_ = opened()
    entrant = round_.entrants.get(subject_id=base.pk)
    assert entrant.application is None
    Base.objects.filter(pk=base.pk).update(director=new_person("新主任"))
    assert [e.pk for e in write_missing(round_=round_, actor=actor("officer"))] == [entrant.pk]
    assert Entrant.objects.get(pk=entrant.pk).application.leader.name_zh == "新主任"


def test_one_who_leads_two_laboratories_writes_two_self_reports() -> None:
    first, second = laboratories(2)
    Base.objects.filter(pk=second.pk).update(director=first.director)
    round_ = opened()
    reports = Application.objects.filter(entrant__round=round_, leader=first.director)
    assert reports.count() == 2


def test_a_round_is_refused_with_every_reason() -> None:
    laboratories(1)
    with pytest.raises(Refused, match="不是评估"):
        open_round(call=new_call(), kinds=[KIND], on=clock.today(), actor=actor("officer"))
    with pytest.raises(Refused, match="申报截止之前"):
        open_round(call=past_call("im-lab-eval", budget_fen=0), kinds=[KIND], on=clock.today(), actor=actor("officer"))
    with pytest.raises(Refused, match="不由本批次评估"):
        opened(kinds=["makerspace"])
    with pytest.raises(Refused, match="指标不同"):
        opened(kinds=[KIND, "inner-mongolia-lab"])
    call = eval_call()
    opened(call=call)
    with pytest.raises(Refused, match="已经启动过"):
        opened(call=call)
    with pytest.raises(NotAllowed):
        opened(who=as_(new_person()))


def test_nobody_starts_an_application_of_an_evaluation() -> None:
    person = new_person()
    with pytest.raises(Refused, match="自评报告由评估轮次"):
        create_draft(call=eval_call(), leader=person, actor=as_(person))


def test_a_younger_entry_is_admitted_until_the_deadline() -> None:
    laboratories(1)
    young = laboratories(1, years=1)[0]
    round_ = opened()
    assert [e.subject_id for e in admit(round_=round_, entries=[young.pk], actor=actor("officer"))] == [young.pk]
    with pytest.raises(Refused, match="已在参评名单"):
        admit(round_=round_, entries=[young.pk], actor=actor("officer"))
    handed_in(round_)
    with pytest.raises(Refused, match="截止"):
        admit(round_=round_, entries=[young.pk], actor=actor("officer"))


def test_the_sheet_of_a_round_never_changes() -> None:
    laboratories(1)
    round_ = opened()
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        Round.objects.filter(pk=round_.pk).update(sheet={})
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        Round.objects.filter(pk=round_.pk).update(until=clock.today() + timedelta(days=1))


def test_points_come_from_questions_experts_records_and_checklists() -> None:
    base = laboratories(1, field="")[0]
    round_ = opened()
    rows = handed_in(round_, {"equipment": 1_650_000_000, "instrument_hours": 1190})
    mine = next(e for e in rows if e.subject_id == base.pk)
    marked(mine, 90, 80, 70, 100, 60)
    ticked(round_, rows, ALL[:2])
    result = next(r for r in results_of(fresh(round_)) if r.entrant.pk == mine.pk)
    points = {line.indicator.code: (str(line.shown_score), str(line.points)) for line in result.points.lines}
    assert points["a1"] == ("82.50", "3.3000")
    assert points["a4"] == ("85.00", "3.4000")
    assert points["b1"] == ("80.00", "16.0000")
    assert points["d4"] == ("50.00", "2.0000")
    assert points["c3"] == ("100.00", "5.0000")


def test_a_verified_value_takes_the_place_of_the_reported_one() -> None:
    base = laboratories(1)[0]
    round_ = opened()
    rows = handed_in(round_)
    mine = next(e for e in rows if e.subject_id == base.pk)
    entrant = Entrant.objects.select_related("round__call", "application").get(pk=mine.pk)
    with pytest.raises(Refused, match="依据"):
        correct_value(entrant=entrant, indicator="a2", value=Decimal(750), note="", actor=actor("officer"))
    correct_value(entrant=entrant, indicator="a2", value=Decimal(750), note="现场核对房产证", actor=actor("officer"))
    result = next(r for r in results_of(fresh(round_)) if r.entrant.pk == mine.pk)
    line = next(x for x in result.points.lines if x.indicator.code == "a2")
    assert (line.value, str(line.points)) == (Decimal("750.0000"), "1.5000")
    assert result.material.given["a2"] == 1500


def graded(round_: Round) -> dict[int, str]:
    return dict(Grade.objects.filter(entrant__round=round_, state="final").values_list("entrant__subject_id", "grade"))


def test_a_round_from_its_opening_to_what_follows() -> None:
    bases = laboratories(10, field="")
    round_ = opened()
    others = [e.pk for e in round_.entrants.exclude(subject_id__in=only(bases))]
    assert others == []
    rows = judged(round_, [98, 96, 94, 92, 90, 88, 60, 55, 10, 5])
    drafted(round_)
    with pytest.raises(Refused, match="已有拟定的等次"):
        drafted(round_)
    draft = GradeDraft.objects.select_related("round__call__scheme").get(round=round_)
    with pytest.raises(NotAllowed):
        approve_grades(draft=draft, seen=grades_sight(draft).token, actor=actor("officer"))
    discard_grades(draft=draft, reason="核对清单有误", actor=actor("officer"))
    last = published(round_)
    assert Grade.objects.filter(draft=last).count() == 10
    assert {r.cells["grade"][0] for r in last.notice.rows.all()} <= {"优秀", "良好", "合格", "不合格"}
    ended(last)
    result = graded(round_)
    assert [result[b.pk] for b in bases[:2]] == ["excellent", "excellent"]
    assert Round.objects.get(pk=round_.pk).closed_at is not None
    assert set(Application.objects.filter(pk__in=[e.application_id for e in rows]).values_list("state", flat=True)) == {"graded"}
    due = consequences_due(fresh(round_), actor("officer").account)
    assert {(d.grade.grade, d.verb.code) for d in due} == {("excellent", "entitle_subsidy")} | (
        {("failed", "rectify")} if "failed" in result.values() else set()
    )
    carry_out(round_=fresh(round_), grades=[d.grade.pk for d in due], actor=actor("officer"))
    assert Consequence.objects.filter(grade__entrant__round=round_).count() == len(due)
    assert Proposal.objects.filter(subject_id=bases[0].pk, verb="entitle_subsidy", state="proposed").exists()
    answered(bases[0])
    entitlement = Entitlement.objects.get(grade__entrant__subject_id=bases[0].pk)
    assert (entitlement.code, entitlement.amount_fen) == ("subsidy", 100_000_000)
    assert check() == []


def test_who_hands_in_nothing_is_graded_worst_and_stands_on_the_notice() -> None:
    bases = laboratories(3)
    round_ = opened()
    lost = round_.entrants.get(subject_id=bases[2].pk)
    rows = handed_in(round_, but=[lost.pk])
    for e in rows:
        marked(e, 90)
    ticked(round_, rows)
    draft = drafted(round_)
    grade = Grade.objects.get(draft=draft, entrant=lost)
    assert (grade.grade, grade.why, grade.vetoes, grade.rank) == ("failed", "veto", ["no_material"], None)


def test_a_veto_counts_once_another_officer_has_confirmed_it() -> None:
    base = laboratories(1)[0]
    round_ = opened()
    rows = judged(round_, [95])
    entrant = Entrant.objects.select_related("round__call", "application").get(pk=rows[0].pk)
    assert entrant.subject_id == base.pk
    veto = enter_veto(entrant=entrant, code="fabrication", reason="数据造假", evidence="调查报告", actor=actor("officer"))
    with pytest.raises(Refused, match="待核定"):
        drafted(round_)
    with pytest.raises(NotAllowed):
        answer_veto(veto=veto, confirm=True, actor=actor("officer"))
    with pytest.raises(DatabaseError), transaction.atomic():
        Veto.objects.filter(pk=veto.pk).update(state="confirmed", answered_by=actor("officer").account, answered_at=clock.now())
    answer_veto(veto=Veto.objects.select_related("entrant__round__call").get(pk=veto.pk), confirm=True, actor=actor("officer2"))
    draft = drafted(round_)
    assert Grade.objects.get(draft=draft).grade == "failed"
    with pytest.raises(Refused, match="已拟定"):
        tick(entrants=[entrant], indicator="d4", met=[], note="再改", actor=actor("officer"))


def test_an_upheld_objection_strikes_one_grade_which_is_given_anew() -> None:
    laboratories(3)
    round_ = opened()
    judged(round_, [95, 80, 70])
    draft = published(round_)
    row = NoticeRow.objects.filter(notice=draft.notice).order_by("position")[0]
    officer = actor("officer2").account
    Objection.objects.create(
        row=row, name="某人", contact="a@example.org", text="数据不实", state="upheld", answer="成立", confirmed_at=clock.now(),
        answered_at=clock.now(), answered_by=actor("officer").account, settled_by=officer, settled_at=clock.now(),
    )  # fmt: skip
    NoticeRow.objects.filter(pk=row.pk).update(state="disputed")
    ended(draft)
    struck = Grade.objects.get(pk=row.payload["grade"])
    assert struck.state == "struck"
    assert Round.objects.get(pk=round_.pk).closed_at is None
    assert Grade.objects.filter(entrant__round=round_, state="final").count() == 2
    again = drafted(round_)
    assert list(Grade.objects.filter(draft=again).values_list("entrant", flat=True)) == [struck.entrant_id]
    ended_draft = approved(again)
    assert ended_draft.state == "approved"


def test_a_settled_grade_never_changes() -> None:
    laboratories(1)
    round_ = opened()
    judged(round_, [90])
    draft = drafted(round_)
    grade = Grade.objects.get(draft=draft)
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        Grade.objects.filter(pk=grade.pk).update(grade="excellent", total=99)
    with pytest.raises(DatabaseError, match="stays"), transaction.atomic():
        Grade.objects.filter(pk=grade.pk).delete()
    ended(GradeDraft.objects.select_related("notice").get(pk=published_from(draft).pk))
    with pytest.raises(DatabaseError, match="settled"), transaction.atomic():
        Grade.objects.filter(pk=grade.pk).update(state="struck")
    with pytest.raises(DatabaseError), transaction.atomic():
        Entrant.objects.filter(pk=grade.entrant_id).update(application=None)


def published_from(draft: GradeDraft) -> GradeDraft:
    row = GradeDraft.objects.select_related("round__call__scheme").get(pk=approved(draft).pk)
    publish_grades(draft=row, seen=grades_sight(row).token, actor=actor("officer"))
    return row


def test_what_was_approved_is_what_was_seen() -> None:
    laboratories(1)
    round_ = opened()
    judged(round_, [90])
    draft = GradeDraft.objects.select_related("round__call__scheme").get(pk=drafted(round_).pk)
    with pytest.raises(Refused, match="核对"):
        approve_grades(draft=draft, seen="{}", actor=actor("officer2"))


def test_the_same_grade_twice_running_has_its_own_consequences() -> None:
    bases = laboratories(1)
    first = opened(on=clock.today() - timedelta(days=400))
    judged(
        first, [5], {"project_money": 0, "transfer_income": 0, "trained": 0, "open_projects": 0, "new_talent": 0, "host_money": 0}
    )
    ended(published(first))
    assert graded(first)[bases[0].pk] == "failed"
    second = opened()
    judged(
        second,
        [5],
        {"project_money": 0, "transfer_income": 0, "trained": 0, "open_projects": 0, "new_talent": 0, "host_money": 0},
    )
    ended(published(second))
    due = consequences_due(fresh(second), actor("officer").account)
    assert [(d.grade.again, d.verb.code) for d in due] == [(True, "remove")]


def test_155_laboratories_and_63_in_one_group_are_graded_in_a_few_queries() -> None:
    second = PriorityField.objects.order_by("code")[1]
    laboratories(92)
    laboratories(63, field=second.code)
    with CaptureQueriesContext(connection) as queries:
        round_ = opened()
    assert len(queries) < 90
    rows = handed_in(round_)
    assert len(rows) == 155
    experts_marks(rows)
    ticked(round_, rows)
    with CaptureQueriesContext(connection) as queries:
        results = results_of(fresh(round_))
    assert len(queries) < 20
    group = [r for r in results if r.entrant.group == second.code]
    assert len(group) == 63
    lines = quotas_of(round_.of, group)
    assert [(q.rule.code, q.places) for q in lines] == [("excellent", 12), ("good", 25)]
    assert lines[0].taken <= 12
    with CaptureQueriesContext(connection) as queries:
        draft_grades(round_=fresh(round_), actor=actor("officer"))
    assert len(queries) < 60
    assert Grade.objects.filter(entrant__round=round_).count() == 155
    drafts = Event.objects.filter(command="evaluations.draft_grades", subject_id__in=Grade.objects.filter(entrant__round=round_))
    assert drafts.filter(subject_type="evaluations.grade").count() == 155


def experts_marks(rows: list[Entrant]) -> None:
    """One opinion for each, with falling marks, written as sets."""
    run = Assigning.objects.create(call=rows[0].round.call, seed=1, state="published", published_at=clock.now())
    expert = new_expert()
    asked = Assignment.objects.bulk_create(
        [Assignment(round=run, application=e.application, expert=expert, state="submitted", due_at=clock.now()) for e in rows]
    )
    Opinion.objects.bulk_create(
        [
            Opinion(
                assignment=a,
                scores=dict.fromkeys(MARKS, 99 - n / 4),
                total=90,
                grade=2,
                familiarity=2,
                text_applicant="好",
                submitted_at=clock.now(),
            )
            for n, a in enumerate(asked)
        ]
    )
