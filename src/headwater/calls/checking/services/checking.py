"""The formal check (形式审查): rules over the whole call as one set, then an officer's decision, letters, and the re-check."""

from __future__ import annotations

import gc
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.calls.checking.services.likeness import find_likenesses
from headwater.calls.deciding.services.letters import write_letters
from headwater.calls.deciding.services.sights import recheck_sight
from headwater.calls.facts import check_applications
from headwater.calls.models import LONG, Application, ApplicationQuerySet, Call, FormalCheck, Letter, RuleResult
from headwater.calls.staff_work import refuse_staff_of
from headwater.calls.states import REFUSAL_CODES, State
from headwater.calls.workflow import APPLICATION
from headwater.core import clock
from headwater.core.command import Actor, Log, authorise, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.jobs import Progress, job, result_names
from headwater.core.models import Account
from headwater.core.own import without_own
from headwater.core.parameters import Parameters
from headwater.core.processes import spread
from headwater.core.services import notify
from headwater.forms.results import Result, Verdict
from headwater.registry.models import accounts_of

CHUNK = 2000


def run_formal_check(*, call: Call, actor: Actor, progress: Progress | None = None) -> dict[str, int]:
    """Compare the texts and check every received application by the rules of its scheme. The check may be run again until an
    officer has decided.
    """
    find_likenesses(call=call, actor=actor, progress=progress)
    return check_rules(call=call, actor=actor, progress=progress)


def check_rules(*, call: Call, actor: Actor, progress: Progress | None = None) -> dict[str, int]:
    """Check the rules alone, in chunks of 2,000 with a fixed number of queries. A large call is checked by several processes,
    and memory does not grow with it.

    Returns counts by verdict.
    """
    authorise(actor, "calls.check", call)
    counts = {v.value: 0 for v in FormalCheck.Verdict}
    received = without_own(Application.objects.filter(call=call, state=State.RECEIVED), actor.account)
    waiting = list(received.order_by("pk").values_list("pk", flat=True))
    chunks = [waiting[start : start + CHUNK] for start in range(0, len(waiting), CHUNK)]
    for chunk_counts in spread(partial(_check_chunk, call, actor), chunks):
        for verdict, count in chunk_counts.items():
            counts[verdict] += count
        if progress:
            progress(sum(counts.values()), len(waiting), str(call))
    return counts


def _check_chunk(call: Call, actor: Actor, pks: list[int]) -> dict[str, int]:
    with command(actor, "calls.check", call, name="calls.run_formal_check") as log:
        # Locked, so that what was decided meanwhile keeps the evidence on which it was decided.
        received = Application.objects.select_for_update(of=("self",)).filter(pk__in=pks, state=State.RECEIVED)
        rows = list(received.select_related("leader").order_by("pk"))
        prefetch_related_objects(rows, "host", "discipline")
        texts = Texts()
        with _uncollected():
            checks = _checks(rows, call, texts)
        with connection.cursor() as cursor:
            cursor.execute(KEEP_TEXTS, [json.dumps(sorted(texts.by_digest.items()), ensure_ascii=False)])
            cursor.execute(WRITE, [clock.now(), json.dumps(checks, ensure_ascii=False)])
        counts = dict(Counter(c["verdict"] for c in checks))
        log(call, after={"checked": len(rows), "counts": counts})
    return counts


@contextmanager
def _uncollected() -> Iterator[None]:
    """Stop the search for garbage while the results of a chunk pile up: it finds none and takes a third of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class Texts:
    """The results of a chunk as texts by their digest. Most results are the same for most applications; each is written once."""

    def __init__(self) -> None:
        self.by_digest: dict[str, str] = {}
        self._digests: dict[tuple[Any, ...], str] = {}

    def digest_of(self, result: Result) -> str:
        key = (result[:7], repr(result.inputs), result.blocks)
        digest = self._digests.get(key)
        if digest is None:
            text = json.dumps(result.as_json(), ensure_ascii=False)
            digest = self._digests[key] = RuleResult.digest_of(text)
            self.by_digest[digest] = text
        return digest


# In the order of the digests: two processes that wait for each other's rows would wait for ever.
KEEP_TEXTS = """INSERT INTO calls_ruleresult (digest, text) SELECT (x ->> 0)::uuid, x ->> 1 FROM jsonb_array_elements(%s) x
    ON CONFLICT DO NOTHING"""
# One JSON text of a whole chunk: arrays of texts would be escaped twice.
WRITE = """INSERT INTO calls_formalcheck (application_id, ran_at, result_digests, failed, verdict, codes, note, recheck_text, recheck_answer)
    SELECT application, %s, results, failed, verdict, '[]', '', '', ''
    FROM jsonb_to_recordset(%s) AS x(application bigint, results uuid[], failed jsonb, verdict text)
    ON CONFLICT (application_id) DO UPDATE SET ran_at = excluded.ran_at, result_digests = excluded.result_digests,
        failed = excluded.failed, verdict = excluded.verdict"""


def _checks(rows: Sequence[Application], call: Call, texts: Texts) -> list[dict[str, Any]]:
    """Return the results of all rules. An application is faulty where a rule failed, and waits for a person's eyes where a rule
    could not tell.
    """
    checks = []
    for pk, results in check_applications(rows, call).items():
        outcomes = {r.outcome for r in results}
        failed = sorted({r.code for r in results if r.outcome == Verdict.FAILED}) if Verdict.FAILED in outcomes else []
        unclear = not outcomes.isdisjoint({Verdict.UNKNOWN, Verdict.SKIPPED})
        verdict = FormalCheck.Verdict.FAULTY if failed else FormalCheck.Verdict.EYES if unclear else FormalCheck.Verdict.CLEAR
        digests = [texts.digest_of(r) for r in results]
        checks.append({"application": pk, "results": digests, "failed": failed, "verdict": str(verdict)})
    return checks


def decide_check(
    *,
    applications: Sequence[Application],
    accept: bool,
    actor: Actor,
    codes: Sequence[str] = (),
    note: str = "",
    unchecked: bool = False,
) -> list[Application]:
    """Accept applications, or refuse them with reason codes. A refusal is written to the applicant through the host. With
    `unchecked` the officer says to know that the rules have not run on some.

    Raises:
        Refused: no code for a refusal, an unknown code, an acceptance before the automatic check, or the wrong state.
    """
    unknown = [c for c in codes if c not in REFUSAL_CODES]
    if unknown:
        raise Refused.because(_("没有这个原因代码：%s") % "、".join(unknown), field="codes")
    if not accept and not codes:
        raise Refused.because(_("不予受理须选择原因代码"), field="codes")
    with command(actor, "calls.check", name="calls.decide_check") as log:
        if accept and not unchecked:
            refuse_if(_without_result(applications))
        rows = _decide([a.pk for a in applications], "accept" if accept else "refuse", log, codes=list(codes), note=note)
        if not accept:
            reasons = [f"{c} {REFUSAL_CODES[c][1].zh}（{REFUSAL_CODES[c][0]}）" for c in codes]
            write_letters(rows, Letter.Kind.NOT_ACCEPTED, lambda _a: {"reasons": reasons, "note": note})
    return rows


def _without_result(applications: Sequence[Application]) -> Iterator[Reason]:
    """Yield the received applications on which no rule has run."""
    rows = Application.objects.filter(pk__in=[a.pk for a in applications], state=State.RECEIVED, check_result__isnull=True)
    for number in rows.order_by("pk").values_list("number", flat=True):
        yield Reason(_("%s 没有自动检查结果，请先运行自动检查") % number, code="unchecked")


def _decide(pks: Sequence[int], verb: str, log: Log, **columns: Any) -> list[Application]:
    """Move the applications by `verb` and note who decided. What the rules had found stays beside it."""
    rows = APPLICATION.apply(
        Application.objects.filter(pk__in=pks)
        .select_related("call__scheme", "host", "leader")
        .defer(*LONG, "call__scheme__definition")
        .prefetch_related("participants__person"),
        verb,
        log,
    )
    now = clock.now()
    unchecked = {"ran_at": now, "result_digests": [], "verdict": FormalCheck.Verdict.EYES}
    decided = {"decided_by": log.actor.account, "decided_at": now, "codes": [], "note": ""} | columns
    FormalCheck.objects.bulk_create(
        [FormalCheck(application=r, **unchecked, **decided) for r in rows],
        update_conflicts=True,
        unique_fields=["application"],
        update_fields=list(decided),
    )
    return rows


def clear_ones(call: Call, account: Account | None) -> ApplicationQuerySet:
    """Return the received applications of a call on which the rules found nothing, less those in which `account` takes part."""
    rows = Application.objects.filter(call=call, state=State.RECEIVED, check_result__verdict=FormalCheck.Verdict.CLEAR)
    return without_own(rows, account)


def accept_clear(*, call: Call, actor: Actor, until: datetime | None = None, progress: Progress | None = None) -> int:
    """Accept every application on which the rules found nothing (`until` then), in chunks of 2,000. One that is no longer clear
    is left out.

    Returns how many were accepted.
    """
    authorise(actor, "calls.check", call)
    clear = clear_ones(call, actor.account)
    if until is not None:
        clear = clear.filter(check_result__ran_at__lte=until)
    waiting = list(clear.order_by("pk").values_list("pk", flat=True))
    accepted = 0
    for start in range(0, len(waiting), CHUNK):
        chunk = waiting[start : start + CHUNK]
        accepted += _accept_chunk(call, actor, chunk)
        if progress:
            progress(start + len(chunk), len(waiting), str(call))
    return accepted


def _accept_chunk(call: Call, actor: Actor, pks: list[int]) -> int:
    with command(actor, "calls.check", call, name="calls.decide_check") as log:
        locked = Application.objects.select_for_update().filter(pk__in=pks, state=State.RECEIVED).order_by("pk")
        held = list(locked.values_list("pk", flat=True))
        # A check that ran meanwhile had the rows until now: its verdict counts, not the one by which they were listed.
        still = clear_ones(call, actor.account).filter(pk__in=held).values_list("pk", flat=True)
        return len(_decide(list(still), "accept", log))


def recheck_until(application: Application) -> datetime | None:
    """Return the last moment for asking a re-check, counted from the letter."""
    letter = application.letters.filter(kind=Letter.Kind.NOT_ACCEPTED).order_by("-issued_at").first()
    return end_of_asking(letter, application.call) if letter else None


def end_of_asking(letter: Letter, call: Call) -> datetime:
    day = clock.local_day(letter.issued_at)
    return clock.end_of_day(day + timedelta(days=days_to_ask(call, day)))


def days_to_ask(call: Call, on: date) -> int:
    """Return the number of days in which a re-check of a letter of the day `on` can be asked for."""
    return Parameters(call.scheme.region, on).number("recheck_request_days", call.scheme.code)


def ask_recheck(*, application: Application, text: str, actor: Actor) -> None:
    """Ask for a re-check (复审) of a refusal, by the applicant, once, within the clock.

    Raises:
        Refused: no text, too late, or asked before.
    """
    if len(text.strip()) < 10:
        raise Refused.because(_("请写明复审的理由（不少于 10 字）"), field="text")
    with command(actor, "calls.recheck", application, name="calls.ask_recheck") as log:
        until = recheck_until(application)
        if until is None or clock.now() > until:
            raise Refused.because(_("已过申请复审的期限"))
        if application.check_result.recheck_at:
            raise Refused.because(_("已申请过复审"))
        refuse_staff_of([application])
        APPLICATION.apply(Application.objects.filter(pk=application.pk).moving(), "ask_recheck", log)
        FormalCheck.objects.filter(application=application).update(recheck_text=text.strip(), recheck_at=clock.now())


def answer_recheck(*, application: Application, revoke: bool, answer: str, actor: Actor, seen: str) -> None:
    """Answer a re-check. A wrong decision is revoked and the application goes on as accepted. The officer who took the decision
    never answers.

    Raises:
        NotAllowed: the actor refused the application, takes part in it, or is no officer of the call.
        Refused: no text, no re-check waits, or not the request that was `seen`.
    """
    if not answer.strip():
        raise Refused.because(_("请写明复审决定的理由"), field="answer")
    with command(actor, "calls.recheck.answer", application, name="calls.answer_recheck") as log:
        locked = Application.objects.select_for_update(of=("self",)).select_related("check_result").defer(*LONG)
        recheck_sight(locked.get(pk=application.pk)).require(seen)
        rows = APPLICATION.apply(
            Application.objects.filter(pk=application.pk)
            .select_related("call__scheme", "host", "leader")
            .defer(*LONG, "call__scheme__definition")
            .prefetch_related("participants__person"),
            "revoke" if revoke else "uphold",
            log,
        )
        FormalCheck.objects.filter(application=application).update(
            recheck_answer=answer.strip(), recheck_answered_at=clock.now(), recheck_answered_by=actor.account
        )
        write_letters(rows, Letter.Kind.RECHECK, lambda _a: {"revoked": revoke, "note": answer.strip()})
        notify(
            accounts_of([rows[0].leader_id]), title=lambda: _recheck_title(rows[0], revoke), url=f"/applications/{rows[0].pk}/"
        )


def _recheck_title(row: Application, revoke: bool) -> str:
    result = _("撤销原不予受理决定，已转入评审") if revoke else _("维持原不予受理决定")
    return _("“%(title)s”（%(number)s）复审决定：%(result)s") % {"title": row.title_zh, "number": row.number, "result": result}


result_names(**{v.value: v.label for v in FormalCheck.Verdict}, accepted=gettext_lazy("已受理"))


@job("calls.formal_check", gettext_lazy("形式审查"))
def formal_check_job(progress: Progress, actor: Actor, *, call: int) -> dict[str, Any]:
    counts = run_formal_check(call=Call.objects.select_related("scheme").get(pk=call), actor=actor, progress=progress)
    return {**counts, "url": f"/office/calls/{call}/check/"}


@job("calls.accept_clear", gettext_lazy("受理自动通过的申请"))
def accept_clear_job(progress: Progress, actor: Actor, *, call: int, until: str) -> dict[str, Any]:
    of = Call.objects.select_related("scheme").get(pk=call)
    accepted = accept_clear(call=of, actor=actor, until=datetime.fromisoformat(until), progress=progress)
    return {"accepted": accepted, "url": f"/office/calls/{call}/check/"}
