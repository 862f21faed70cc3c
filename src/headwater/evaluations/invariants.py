"""What must hold of evaluations, counted again from the tables."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from headwater.core.invariants import invariant, worked_out
from headwater.evaluations.grading import Standing, grade
from headwater.evaluations.models import Grade, GradeDraft, Round
from headwater.evaluations.taking import digest_of


def sheets_changed() -> Iterator[str]:
    """Yield the rounds whose sheet is not the one that was frozen."""
    for round_ in Round.objects.select_related("call"):
        if digest_of(round_.sheet) != round_.digest:
            yield f"round {round_.pk} of {round_.call.code}"


def sums_that_differ() -> Iterator[str]:
    """Yield the grades whose total is not the sum of their points."""
    for pk, total, lines in Grade.objects.values_list("pk", "total", "lines"):
        if total != sum(Decimal(line["points"]) for line in lines):
            yield f"grade {pk}: {total}"


def grades_that_do_not_follow() -> Iterator[str]:
    """Yield the first drafts of rounds in which a group, graded again from its totals, comes out otherwise."""
    firsts = GradeDraft.objects.exclude(state=GradeDraft.State.DISCARDED).order_by("round_id", "pk").distinct("round_id")
    for draft in firsts.select_related("round__call"):
        sheet = draft.round.of
        groups: dict[str, list[Grade]] = {}
        rows = list(draft.grades.select_related("entrant"))
        if len(rows) != draft.round.entrants.count():
            continue  # what entered later stood in the groups, too
        for g in rows:
            groups.setdefault(g.entrant.group, []).append(g)
        for members in groups.values():
            standings = [
                Standing(g.pk, g.total, tuple(Decimal(g.heads[h]) for h in sheet.ties), tuple(g.vetoes)) for g in members
            ]
            again = {x.key: x.grade for x in grade(sheet, standings)}
            yield from (
                f"grade {g.pk} of {g.entrant.number}: {g.grade}, worked out {again[g.pk]}"
                for g in members
                if again[g.pk] != g.grade
            )


worked_out("evaluation_sheet_frozen", _("评估轮次的指标与启动时冻结的一致"), lambda: list(sheets_changed()))
worked_out("grade_is_sum", _("等次的总分等于各项得分之和"), lambda: list(sums_that_differ()))
worked_out("grades_follow", _("拟定的等次由总分、限额和否决得出"), lambda: list(grades_that_do_not_follow()))
invariant(
    "self_report_of_its_round",
    _("参评条目的自评报告属于其轮次的批次，等次已评定的自评报告已办结"),
    """SELECT 'entrant ' || e.number FROM evaluations_entrant e JOIN evaluations_round r ON r.id = e.round_id
    JOIN calls_application a ON a.id = e.application_id WHERE a.call_id <> r.call_id
    UNION ALL SELECT 'application ' || a.number || ' is ' || a.state || ', its entry has its grade' FROM evaluations_grade g
    JOIN evaluations_entrant e ON e.id = g.entrant_id JOIN calls_application a ON a.id = e.application_id
    WHERE g.state = 'final' AND a.state = 'reviewed'
    UNION ALL SELECT 'application ' || a.number || ' is graded, its entry has no grade' FROM calls_application a
    WHERE a.state = 'graded' AND NOT EXISTS (SELECT FROM evaluations_entrant e JOIN evaluations_grade g ON g.entrant_id = e.id
        WHERE e.application_id = a.id AND g.state = 'final')""",
)
invariant(
    "veto_is_worst",
    _("有已核定否决的条目没有评为最低以外的等次"),
    """SELECT 'grade ' || g.id FROM evaluations_grade g JOIN evaluations_gradedraft d ON d.id = g.draft_id
    JOIN evaluations_round r ON r.id = d.round_id
    WHERE cardinality(g.vetoes) > 0 AND g.grade <> r.sheet -> 'grade' -> -1 ->> 'code'""",
)
invariant(
    "grades_by_two",
    _("公示的等次由拟定人以外的人核准"),
    """SELECT 'draft ' || id FROM evaluations_gradedraft WHERE state = 'published' AND (approved_at IS NULL OR approved_by_id = drafted_by_id)""",
)
invariant(
    "closed_round_is_graded",
    _("结束的评估轮次中每个条目都有评定的等次"),
    """SELECT 'entrant ' || e.number FROM evaluations_entrant e JOIN evaluations_round r ON r.id = e.round_id
    WHERE r.closed_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM evaluations_grade g WHERE g.entrant_id = e.id AND g.state = 'final')""",
)
