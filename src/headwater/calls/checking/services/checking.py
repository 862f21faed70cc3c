"""The formal check (形式审查): rules over the whole call as one set, then an officer's decision and letters."""

from __future__ import annotations

import gc
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.calls.checking.services.likeness import find_likenesses
from headwater.calls.deciding.services.letters import write_letters
from headwater.calls.facts import check_applications
from headwater.calls.models import LONG, Application, ApplicationQuerySet, Call, FormalCheck, Letter, RuleResult
from headwater.calls.states import REFUSAL_CODES, State
from headwater.calls.workflow import APPLICATION
from headwater.core import clock
from headwater.core.command import Actor, Log, authorise, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.jobs import Progress, job, result_names
from headwater.core.models import Account
from headwater.core.own import without_own
from headwater.core.processes import spread
from headwater.forms.results import Result, Verdict

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
            found = findings(rows)
            write_letters(rows, Letter.Kind.NOT_ACCEPTED, lambda a: {**reasons_of(codes, found.get(a.pk, [])), "note": note})
    return rows


def _without_result(applications: Sequence[Application]) -> Iterator[Reason]:
    """Yield the received applications on which no rule has run."""
    rows = Application.objects.filter(pk__in=[a.pk for a in applications], state=State.RECEIVED, check_result__isnull=True)
    for number in rows.order_by("pk").values_list("number", flat=True):
        yield Reason(_("%s 没有自动检查结果，请先运行自动检查") % number, code="unchecked")


def findings(rows: Sequence[Application]) -> dict[int, list[dict[str, Any]]]:
    """Return what the rules found amiss with each application (2 queries)."""
    digests = dict(FormalCheck.objects.filter(application__in=rows).values_list("application", "result_digests"))
    every = {digest for own in digests.values() for digest in own}
    texts = {d: json.loads(t) for d, t in RuleResult.objects.filter(digest__in=every).values_list("digest", "text")}
    return {a: [r for d in own if (r := texts[d])["outcome"] == Verdict.FAILED] for a, own in digests.items()}


def reasons_of(codes: Sequence[str], found: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """Return the reasons of a refusal for its letter, in both languages: what is amiss, and the facts that the rules found."""
    reasons: dict[str, list[str]] = {"reasons": [], "reasons_en": []}
    for code in codes:
        word, facts = REFUSAL_CODES[code][1], [r for r in found if r.get("code") == code]
        reasons["reasons"].append("：".join(filter(None, [word.zh, "；".join(r.get("zh", "") for r in facts)])))
        reasons["reasons_en"].append(": ".join(filter(None, [word.en, "; ".join(r.get("en", "") for r in facts)])))
    return reasons


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
