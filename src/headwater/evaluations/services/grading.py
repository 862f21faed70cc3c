"""From points to grades: a draft is frozen by one officer, approved by another person, published, and final once its notice has ended."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.calls.endorsing.services.endorsement import officers
from headwater.calls.models import Application
from headwater.calls.phases import refuse_too_early
from headwater.calls.states import State
from headwater.calls.workflow import APPLICATION
from headwater.casework.notices.effects import NOTICES, Effect
from headwater.casework.notices.models import Notice, NoticeRow
from headwater.casework.notices.services.publishing import Line, kind_named, put_up
from headwater.core import clock
from headwater.core.acts import LEAST_REASON
from headwater.core.command import Actor, Log, authorise, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.i18n import NOTHING, Bilingual, both
from headwater.core.permission import may
from headwater.core.seen import Sight
from headwater.core.services import notify
from headwater.evaluations.material import checks_missing, in_force, material_of
from headwater.evaluations.models import Entrant, Grade, GradeDraft, Round, Veto
from headwater.evaluations.results import frozen_line, last_grades, results_from
from headwater.evaluations.subjects import entries_of, people_by_entry
from headwater.registry.queries import region_code

PAYLOAD = "grade"
"""Where the line of a notice keeps the key of its grade."""
WAITING = (State.RECEIVED, State.ACCEPTED, State.IN_REVIEW, State.RECHECK)
"""States of a self-report whose review has not ended."""


def standing_against(round_: Round, materials: object = None) -> list[Reason]:
    """Return what has to end before grades are drafted: reviews, vetoes that wait for another officer, checklists nobody ticked."""
    found = material_of(round_) if materials is None else materials
    waiting = Application.objects.filter(call=round_.call_id, state__in=WAITING).count()
    reasons = [Reason(_("还有 %d 份自评报告没有完成评审") % waiting, code="review")] if waiting else []
    vetoes = Veto.objects.filter(entrant__round=round_, state=Veto.State.PROPOSED).count()
    if vetoes:
        reasons.append(Reason(_("还有 %d 项一票否决待核定") % vetoes, code="veto"))
    unticked = checks_missing(round_, found)  # type: ignore[arg-type]
    if unticked:
        words = {"n": len(unticked), "names": "、".join(e.number for e in unticked[:5])}
        reasons.append(Reason(_("还有 %(n)d 个条目没有填写核对清单：%(names)s") % words, code="checklist"))
    return reasons


def draft_grades(*, round_: Round, actor: Actor) -> GradeDraft:
    """Work out the grades of all entries that have none yet, with every point and what it came from, and freeze them for approval.

    Raises:
        Refused: self-reports may still come in or are under review, a veto waits, a checklist is not ticked, a draft is open already, or
            every entry has its grade.
    """
    with command(actor, "evaluations.draft", round_.call, name="evaluations.draft_grades") as log:
        row = Round.objects.select_for_update(of=("self",)).select_related("call__scheme").get(pk=round_.pk)
        refuse_too_early(row.call)
        if row.drafts.filter(state__in=[GradeDraft.State.DRAFTED, GradeDraft.State.APPROVED]).exists():
            raise Refused.because(_("已有拟定的等次待核准或公示，不能再拟定"), code="open")
        materials = material_of(row)
        refuse_if(standing_against(row, materials))
        graded, earlier = in_force(row), last_grades(row)
        results = [r for r in results_from(row, materials) if r.entrant.pk not in graded]
        if not results:
            raise Refused.because(_("所有条目都已有等次"), code="nothing")
        draft = GradeDraft.objects.create(round=row, drafted_by=actor.account, drafted_at=clock.now())
        log(draft, after={"round": row.pk, "grades": len(results)})
        grades = [
            Grade(
                draft=draft,
                entrant=r.entrant,
                grade=r.graded.grade,
                why=r.graded.why,
                rank=r.graded.rank,
                passed_over=r.graded.passed_over,
                total=r.points.total,
                heads={h.code: str(r.points.of_head(h.code)) for h in row.of.heads},
                lines=[frozen_line(line, r.material) for line in r.points.lines],
                vetoes=list(r.material.vetoes),
                again=earlier.get(r.entrant.subject_id) == r.graded.grade,
            )
            for r in results
        ]
        Grade.objects.bulk_create(grades, batch_size=500)
        for g in grades:
            log(g, after={"entrant": g.entrant_id, "grade": g.grade, "why": g.why, "total": str(g.total), "rank": g.rank})
        others = [a for a in officers(row.call_id) if may(a, "evaluations.approve", draft)]
        notify(others, title=partial(_to_approve, row.call.title_zh[:100]), url=f"/office/evaluations/{row.pk}/")
    return draft


def _to_approve(title: str) -> str:
    return _("拟定等次待核准：%s") % title


def grades_sight(draft: GradeDraft) -> Sight:
    """Return the grades of a draft as they are read before they are approved or published: one line for each entry."""
    rows = draft.grades.select_related("entrant").order_by("entrant__group", "rank", "entrant__number")
    return Sight({g.entrant.number: [g.entrant.group, g.grade, g.why, g.rank, str(g.total), sorted(g.vetoes)] for g in rows})


def discard_grades(*, draft: GradeDraft, reason: str, actor: Actor) -> GradeDraft:
    """Discard a draft that is not published: by whoever drafts or approves, with the reason. What it rested on may be changed again.

    Raises:
        Refused: no reason, or it is published or discarded already.
    """
    with command(actor, "evaluations.draft", draft.round.call, name="evaluations.discard_grades") as log:
        row = GradeDraft.objects.select_for_update(of=("self",)).select_related("round").get(pk=draft.pk)
        if len(reason.strip()) < LEAST_REASON:
            raise Refused.because(_("请写明理由"), field="reason")
        if row.state not in {GradeDraft.State.DRAFTED, GradeDraft.State.APPROVED}:
            raise Refused.because(_("已公示或已作废的等次不能作废"), code="state")
        before, row.state = row.state, GradeDraft.State.DISCARDED
        row.save(update_fields=["state"])
        log(row, before={"state": before}, after={"state": row.state, "reason": reason.strip()})
        _settle(row, Grade.State.DISCARDED, log)
    return row


def _settle(draft: GradeDraft, state: Grade.State, log: Log) -> None:
    grades = list(draft.grades.select_for_update().order_by("pk"))
    _move(grades, state, log)


def _move(grades: Sequence[Grade], state: Grade.State, log: Log) -> None:
    now = clock.now() if state != Grade.State.PUBLISHED else None
    for g in grades:
        log(g, before={"state": g.state}, after={"state": state})
        g.state, g.settled_at = state, now
    Grade.objects.bulk_update(grades, ["state", "settled_at"], batch_size=500)


def approve_grades(*, draft: GradeDraft, seen: str, actor: Actor) -> GradeDraft:
    """Approve drafted grades, by the committee or a second officer, never by who drafted them, as they were `seen`.

    Raises:
        NotAllowed: the drafter, or somebody with a case of their own in the call.
        Refused: they wait for no approval, or are not those that were seen.
    """
    with command(actor, "evaluations.approve", draft, name="evaluations.approve_grades") as log:
        row = GradeDraft.objects.select_for_update(of=("self",)).select_related("round__call").get(pk=draft.pk)
        authorise(actor, "evaluations.approve", row)
        if row.state != GradeDraft.State.DRAFTED:
            raise Refused.because(_("没有待核准的等次"), code="state")
        grades_sight(row).require(seen)
        row.state, row.approved_by, row.approved_at = GradeDraft.State.APPROVED, actor.account, clock.now()
        row.save(update_fields=["state", "approved_by", "approved_at"])
        log(row, before={"state": GradeDraft.State.DRAFTED}, after={"state": row.state})
        able = [a for a in officers(row.round.call_id) if may(a, "evaluations.publish", row.round.call)]
        title = row.round.call.title_zh[:100]
        notify(able, title=partial(_to_publish, title), url=f"/office/evaluations/{row.round_id}/")
    return row


def _to_publish(title: str) -> str:
    return _("等次已核准，请发布公示：%s") % title


def lines_of(draft: GradeDraft) -> list[Line]:
    """Return the lines of the public notice of a draft: every entry with its group and its grade, group by group (a fixed number of queries)."""
    round_ = draft.round
    grades = list(draft.grades.select_related("entrant__host").order_by("entrant__group", "rank", "entrant__number"))
    entries = entries_of(round_, [g.entrant for g in grades])
    people = people_by_entry(round_, list(entries.values()))
    columns = {code for code, _word in kind_named(round_.notice_kind, region_code()).rule.columns}
    names = {g.code: g.name for g in round_.of.grades}
    return [
        Line(
            title=both(g.entrant),
            holder=both(g.entrant.host) if g.entrant.host else NOTHING,
            record=entries.get(g.entrant.subject_id),
            organisation=g.entrant.host,
            cells={c: t for c, t in (("field", g.entrant.group_name), ("grade", names[g.grade])) if c in columns},
            payload={PAYLOAD: g.pk},
            people=people.get(g.entrant.subject_id, ()),
        )
        for g in grades
    ]


def publish_grades(*, draft: GradeDraft, seen: str, actor: Actor) -> Notice:
    """Publish approved grades, so that anybody may object; each stands when the period has ended without an upheld objection.

    Raises:
        Refused: they are not approved, or are not those that were `seen`.
    """
    with command(actor, "evaluations.publish", draft.round.call, name="evaluations.publish_grades") as log:
        row = GradeDraft.objects.select_for_update(of=("self",)).select_related("round__call__scheme").get(pk=draft.pk)
        if row.state != GradeDraft.State.APPROVED:
            raise Refused.because(_("等次尚未核准，不能公示"), code="state")
        grades_sight(row).require(seen)
        version = kind_named(row.round.notice_kind, region_code())
        title = row.round.call.title_zh
        what = Bilingual(title[:60], (row.round.call.title_en or title)[:100])
        notice = put_up(version, lines_of(row), what, log)
        row.state, row.notice = GradeDraft.State.PUBLISHED, notice
        row.save(update_fields=["state", "notice"])
        log(row, before={"state": GradeDraft.State.APPROVED}, after={"state": row.state, "notice": notice.pk})
        _settle(row, Grade.State.PUBLISHED, log)
    return notice


def final(rows: Sequence[NoticeRow], log: Log) -> None:
    """Let published grades stand: their self-reports end graded; a round all of whose entries have their grade closes."""
    grades = _of_lines(rows)
    if not grades:
        return
    following = log.following(notice=rows[0].notice_id)
    _move(grades, Grade.State.FINAL, following)
    reports = [g.entrant.application_id for g in grades if g.entrant.application_id]
    reviewed = Application.objects.filter(pk__in=reports, state=State.REVIEWED).moving()
    APPLICATION.apply(reviewed, "grade", following, decided_at=clock.now())
    for round_ in {g.entrant.round_id: g.entrant.round for g in grades}.values():
        close_if_over(round_, following)


def struck(rows: Sequence[NoticeRow], log: Log) -> None:
    """Strike grades whose objection was upheld: the entry has none until it is graded anew. The officers are told."""
    grades = _of_lines(rows)
    if not grades:
        return
    _move(grades, Grade.State.STRUCK, log.following(notice=rows[0].notice_id))
    for g in grades:
        url = f"/office/evaluations/{g.entrant.round_id}/entries/{g.entrant_id}/"
        notify(officers(g.entrant.round.call_id), title=partial(_to_grade_again, str(g.entrant)), url=url)


def _to_grade_again(name: str) -> str:
    return _("异议成立，请核实后重新拟定等次：%s") % name


def _of_lines(rows: Sequence[NoticeRow]) -> list[Grade]:
    """Return the published grades of lines; none where the notice is not one of draft grades: its kind may tell of other things, too."""
    if not GradeDraft.objects.filter(notice__in={row.notice_id for row in rows}).exists():
        return []
    keys = [row.payload[PAYLOAD] for row in rows if PAYLOAD in row.payload]
    grades = Grade.objects.select_for_update(of=("self",)).filter(pk__in=keys, state=Grade.State.PUBLISHED)
    return list(grades.select_related("entrant__round__call").order_by("pk"))


def close_if_over(round_: Round, log: Log) -> None:
    """Close a round in which every entry has its final grade."""
    graded = Grade.objects.filter(state=Grade.State.FINAL).values("entrant")
    if Entrant.objects.filter(round=round_).exclude(pk__in=graded).exists():
        return
    row = Round.objects.select_for_update().get(pk=round_.pk)
    if row.closed_at is None:
        row.closed_at = clock.now()
        row.save(update_fields=["closed_at"])
        log(row, after={"closed_at": str(row.closed_at)})


NOTICES.add("grades", Effect(gettext_lazy("评定等次：期满无异议即生效，异议成立的另行评定"), final, struck))
