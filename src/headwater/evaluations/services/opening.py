"""Opens a round: its sheet is frozen, the entries that take part are written down, each with its self-report as a draft application."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from headwater.calls.endorsing.services.endorsement import managers_of
from headwater.calls.models import Application, Call
from headwater.calls.schemes import scheme_of
from headwater.calls.states import CallState
from headwater.calls.terms import limit_group_of, usual_start, usual_terms
from headwater.core import clock
from headwater.core.command import Actor, Log, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.services import tell
from headwater.evaluations.models import Entrant, Round
from headwater.evaluations.prefilling import first_answers, known_of
from headwater.evaluations.taking import Plan, entries_for, groups_of, is_obliged, plan_round
from headwater.forms.answers.references import Registry
from headwater.registry.models import accounts_of, records_of
from headwater.registry.queries import group_of, group_prefixes

BATCH = 500


def open_round(*, call: Call, kinds: Sequence[str], on: date, actor: Actor, volunteers: Collection[int] = ()) -> Round:
    """Open the round of a call: freeze the sheet of some kinds, take in the entries that must take part on the day `on` and the `volunteers`
    (keys of younger ones), and write a self-report for each as a draft of its leader.

    Raises:
        Refused: the call grades nothing, is not open, or has its round; the kinds are not evaluated together; nobody takes part.
    """
    with command(actor, "evaluations.open", call, name="evaluations.open_round") as log:
        row = Call.objects.select_for_update(of=("self",)).select_related("scheme").get(pk=call.pk)
        refuse_if(_against(row))
        plan = plan_round(row, kinds, on)
        entries = [e for e in entries_for(plan) if is_obliged(plan, e) or e.pk in volunteers]
        if not entries:
            raise Refused.because(_("没有须参加或自愿参加的条目"), code="nobody")
        evaluation = plan.evaluation
        round_ = Round.objects.create(
            call=row,
            register=plan.register.code,
            subject_kind=plan.register.label_of_model,
            kinds=list(plan.kinds),
            since=plan.since,
            until=plan.until,
            sheet=plan.sheet,
            digest=plan.digest,
            group_by=evaluation.group_by,
            notice_kind=evaluation.notice,
            visit_kind=evaluation.visit,
            opened_by=actor.account,
            opened_at=clock.now(),
        )
        log(round_, after={"call": row.pk, "kinds": list(plan.kinds), "digest": plan.digest, "entrants": len(entries)})
        take_in(round_, plan, entries, log)
    return round_


def _against(call: Call) -> list[Reason]:
    reasons = []
    if Round.objects.filter(call=call).exists():
        reasons.append(Reason(_("本批次已经启动过评估轮次"), code="twice"))
    if call.state != CallState.PUBLISHED or clock.now() >= call.closes_at:
        reasons.append(Reason(_("请在批次发布之后、申报截止之前启动，使参评条目有时间填写自评报告"), code="state"))
    return reasons


def admit(*, round_: Round, entries: Collection[int], actor: Actor) -> list[Entrant]:
    """Take in entries that take part of their own will, or that were forgotten, while self-reports may still be handed in.

    Raises:
        Refused: it is too late, an entry is in already, or it is not at work or of another kind.
    """
    with command(actor, "evaluations.open", round_.call, name="evaluations.admit") as log:
        row = Round.objects.select_for_update(of=("self",)).select_related("call__scheme").get(pk=round_.pk)
        if clock.now() >= row.call.closes_at:
            raise Refused.because(_("已过申报截止时间，不能再增加参评条目"), code="late")
        plan = plan_round(row.call, row.kinds, row.until)
        if plan.digest != row.digest:
            raise Refused.because(_("评估指标在轮次启动后已修订，不能再增加参评条目"), code="sheet")
        present = set(row.entrants.values_list("subject_id", flat=True))
        chosen = [e for e in entries_for(plan) if e.pk in set(entries)]
        reasons = [Reason(_("%s 已在参评名单中") % e, code="twice") for e in chosen if e.pk in present]
        if len(chosen) < len(set(entries)):
            reasons.append(Reason(_("所选条目中有的不在运行，或不属于参评种类"), code="kind"))
        refuse_if(reasons)
        return take_in(row, plan, chosen, log)


def write_missing(*, round_: Round, actor: Actor) -> list[Entrant]:
    """Write the self-reports of those that had no director or no institution when they entered, and have them now.

    Raises:
        Refused: it is too late.
    """
    with command(actor, "evaluations.open", round_.call, name="evaluations.write_missing") as log:
        row = Round.objects.select_for_update(of=("self",)).select_related("call__scheme").get(pk=round_.pk)
        if clock.now() >= row.call.closes_at:
            raise Refused.because(_("已过申报截止时间，不能再补写自评报告"), code="late")
        waiting = {e.subject_id: e for e in row.entrants.select_for_update().filter(application__isnull=True)}
        plan = plan_round(row.call, row.kinds, row.until)
        entries = [e for e in entries_for(plan) if e.pk in waiting]
        reports = _write(row, plan, entries, log)
        ready = [waiting[pk] for pk in reports]
        for entrant in ready:
            entrant.application = reports[entrant.subject_id]
            log(entrant, after={"application": entrant.application.pk})
        Entrant.objects.bulk_update(ready, ["application"], batch_size=BATCH)
    return ready


def take_in(round_: Round, plan: Plan, entries: Sequence[Any], log: Log) -> list[Entrant]:
    """Write down entries that take part, with their self-reports. Call inside a command: a fixed number of statements."""
    there = set(round_.entrants.order_by().values_list("group", flat=True).distinct())
    reports, groups = _write(round_, plan, entries, log), groups_of(plan, entries, there)
    rows = [
        Entrant(
            round=round_,
            subject_kind=round_.subject_kind,
            subject_id=e.pk,
            application=reports.get(e.pk),
            kind=e.kind,
            number=e.number,
            name_zh=e.name_zh,
            name_en=e.name_en,
            host=e.host,
            type=plan.type_of(e),
            group=groups[e.pk][0],
            group_zh=groups[e.pk][1].zh[:120],
            group_en=groups[e.pk][1].en[:160],
            obliged=is_obliged(plan, e),
        )
        for e in entries
    ]
    Entrant.objects.bulk_create(rows, batch_size=BATCH)
    for row in rows:
        log(row, after={"round": round_.pk, "entry": row.subject_id, "application": row.application_id, "group": row.group})
    return rows


def leader_of(plan: Plan, entry: Any) -> Any:
    """Return the person who leads an entry: the first of its keepers."""
    keepers = [k for k in plan.register.keepers if k.role in plan.kinds[entry.kind].roles]
    return getattr(entry, keepers[0].column) if keepers else None


def _write(round_: Round, plan: Plan, entries: Sequence[Any], log: Log) -> dict[int, Application]:
    """Write the self-reports of those entries that have a leader and an institution, and tell both."""
    call, scheme = round_.call, scheme_of(round_.call)
    able = {e.pk: leader for e in entries if e.host_id and (leader := leader_of(plan, e)) is not None}
    survivors = records_of(p.pk for p in able.values())
    known = known_of(round_.subject_kind, [e for e in entries if e.pk in able], scheme, round_.since, round_.until)
    registry, prefixes, now, (_amount, months) = Registry(), group_prefixes(), clock.now(), usual_terms(call)
    starts = usual_start(call)
    rows = {
        e.pk: Application(
            call=call,
            leader_id=survivors.get(able[e.pk].pk, able[e.pk].pk),
            host=e.host,
            title_zh=e.name_zh[:120],
            title_en=e.name_en[:300],
            research_class=scheme.research_classes[0],
            discipline=e.discipline,
            review_group=group_of(e.discipline.code, prefixes) if e.discipline else "",
            priority_field=e.field.code if e.field else "",
            months=months,
            starts_on=starts,
            limit_year=call.year,
            limit_group=limit_group_of(call),
            answers=first_answers(known, e.pk, scheme.fields, registry),
            created_at=now,
            saved_at=now,
        )
        for e in entries
        if e.pk in able
    }
    Application.objects.bulk_create(rows.values(), batch_size=BATCH)
    for pk, row in rows.items():
        log(row, after={"call": call.code, "leader": row.leader_id, "host": row.host_id, "entry": pk})
    _tell(call, list(rows.values()))
    return rows


def _tell(call: Call, rows: Sequence[Application]) -> None:
    """Tell the leaders and the managers of their institutions that a self-report waits to be completed (4 queries)."""
    title, due = call.title_zh[:100], clock.last_day(call.closes_at)
    accounts = {a.person.survivor_id: a for a in accounts_of([r.leader_id for r in rows]).select_related("person")}
    body = partial(_due, due)
    told = [
        (accounts[r.leader_id], partial(_to_leader, title), body, f"/applications/{r.pk}/edit/info/")
        for r in rows
        if r.leader_id in accounts
    ]
    managers = managers_of({r.host_id for r in rows})
    counts: dict[int, int] = {}
    for r in rows:
        counts[r.host_id] = counts.get(r.host_id, 0) + 1
    told += [(m, partial(_to_host, title, n), body, "/host/") for host, n in counts.items() for m in managers[host]]
    tell(told)


def _to_leader(title: str) -> str:
    return _("请填写评估自评报告：%s") % title


def _to_host(title: str, count: int) -> str:
    return _("本单位 %(n)d 个条目参加评估：%(title)s") % {"n": count, "title": title}


def _due(day: date) -> str:
    return _("自评报告已按登记内容和年度报告预填，请核对补充，于 %s 前提交。") % day
