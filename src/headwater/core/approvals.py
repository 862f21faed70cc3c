"""Chains of approvals: several people in turn, each other than the one who proposed, agree to what they see.

An app that has something to approve declares what follows (`CHAINS`), begins a case within its own command (`begin`), and takes it
back there (`withdraw`). Everybody answers through `answer`. Nobody answers an own case, or twice; sending back makes the
answers void that stand behind the step where it starts again; and what is approved is what was proposed, and was seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db.models import F, Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.command import Actor, Log, command, system
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.i18n import Bilingual
from headwater.core.models import Account, ApprovalAnswer, ApprovalCase, ApprovalStep, RoleGrant, Verdict
from headwater.core.models.approvals import ApprovalCaseQuerySet
from headwater.core.own import accounts_for, persons_of
from headwater.core.parameters import house_days
from headwater.core.register import Register
from headwater.core.roles import ROLES, Scope
from headwater.core.seen import Sight, listed
from headwater.core.services import tell

NOTE_CHARS = 2000
REMINDER_DAYS = 3
MOST_REMINDED = 500
"""So many steps a run reminds of; the next run takes the others."""
State = ApprovalCase.State
ENDS = {Verdict.APPROVE: State.APPROVED, Verdict.REFUSE: State.REFUSED, Verdict.SEND_BACK: State.SENT_BACK}


@dataclass(frozen=True)
class Step:
    """A step of a chain: `least` people who hold `role` for what `scope` and `scope_id` name, or for everything.

    `scope` is what a role can be limited to (`Scope`, or a kind of entry). The step is due at `due_at`, or so long after it is
    reached as `due_key` (a name that ends with _days, _working_days or _months) and `due_length` say.
    """

    code: str
    role: str
    scope: str = Scope.ALL
    scope_id: int | None = None
    least: int = 1
    due_at: datetime | None = None
    due_key: str = ""
    due_length: int = 0


Follows = Callable[[Any, ApprovalCase, ApprovalAnswer, Log], None]


def nothing_against(_subject: Any) -> Iterable[Reason]:
    return ()


def nothing_follows(_subject: Any, _case: ApprovalCase, _answer: ApprovalAnswer, _log: Log) -> None:
    return None


@dataclass(frozen=True)
class Chain:
    """What may be said of the matters of one kind, and what follows from the end of their chain.

    `sight` gives the lines that an approval rests on: they stay as they are while the chain runs. `show` writes the matter for
    who is asked, `effect` says what will happen when it is approved, `against` why it cannot be approved now. `approved`, `refused`
    and `sent_back` run in the transaction of the last answer, `moved` in that of an answer after which another step is waited for,
    with a log that asks for no further right.
    """

    label: str | Promise
    name: Callable[[Any], Bilingual]
    url: Callable[[Any], str]
    sight: Callable[[Any], Sight]
    approved: Follows
    refused: Follows
    sent_back: Follows
    show: Callable[[HttpRequest, Any], SafeString]
    effect: Callable[[Any], Sequence[str]]
    against: Callable[[Any], Iterable[Reason]] = nothing_against
    moved: Follows = nothing_follows


CHAINS: Register[Chain] = Register("chain of approvals")
"""By kind of subject (app.model)."""


def subject_of(case: ApprovalCase, *, lock: bool = False) -> Any:
    """Return the matter of a case.

    Raises:
        LookupError: it is gone.
    """
    rows = apps.get_model(case.subject_kind)._base_manager.filter(pk=case.subject_id)
    subject = (rows.select_for_update(of=("self",)) if lock else rows).first()
    if subject is None:
        raise LookupError(f"no {case.subject_kind} {case.subject_id}")
    return subject


def begin(*, subject: Model, chain: Sequence[Step], people: Iterable[int], log: Log) -> ApprovalCase:
    """Begin a case within the command that proposes `subject`, whose row it has locked. Those whom the first step asks are told.

    `people` are the keys of persons who may not answer: who has a part in the matter. Who proposes it may not either.

    Raises:
        ValueError: a chain without steps, or with a code twice, or with an unknown role.
        Refused: the subject waits for approvals already.
    """
    kind = subject._meta.label_lower
    if not chain or len({s.code for s in chain}) < len(chain) or any(s.role not in ROLES or s.least < 1 for s in chain):
        raise ValueError(f"{kind}: expected steps with codes of their own, known roles, and at least one answer each")
    if open_case(subject):
        raise Refused.because(_("这一事项正在审批中，不能重复提交"), code="open")
    of, now = CHAINS[kind], clock.now()
    title = of.name(subject)
    case = ApprovalCase.objects.create(
        subject_kind=kind,
        subject_id=subject.pk,
        title_zh=title.zh[:300],
        title_en=title.en[:300],
        people=sorted(set(people)),
        content=of.sight(subject).digests,
        proposed_by=log.actor.account,
        proposed_at=now,
    )
    columns = ("code", "role", "scope", "scope_id", "least", "due_at", "due_key", "due_length")
    rows = [ApprovalStep(case=case, place=n, **{c: getattr(s, c) for c in columns}) for n, s in enumerate(chain, 1)]
    ApprovalStep.objects.bulk_create(rows)
    log(case, after={"state": case.state, "subject": [kind, subject.pk], "roles": [s.role for s in chain]})
    _open_step(case, rows[0])
    return case


def answer(
    *, case: ApprovalCase, verdict: str, seen: str, note: str, actor: Actor, back_to: str = "", sight: Sight | None = None
) -> ApprovalCase:
    """Answer at the step that is waited for: approve, refuse, or send back to who proposed it or to an earlier step (`back_to`, its code).

    `seen` is the token of what was shown: `case_sight`, or the `sight` of a page that shows more. The last approval that a step
    needs opens the next one; the last of all, a refusal and a sending back end the case, and what the app declares follows at once.

    Raises:
        NotAllowed: the actor has no role in this chain.
        Refused: with every reason: it is another step's turn, an own case, answered already, changed since, or a reason is missing.
    """
    note, chain = note.strip()[:NOTE_CHARS], CHAINS[case.subject_kind]
    with command(actor, "core.approval.answer", case, name="core.answer_approval") as log:
        subject = subject_of(case, lock=True)
        row = ApprovalCase.objects.select_for_update(of=("self",)).get(pk=case.pk)
        steps = list(row.steps.order_by("place"))
        step, target = steps[row.place - 1], next((s for s in steps if s.code == back_to), None)
        content = chain.sight(subject)
        reasons = [*_unseen(sight or _with_answers(content, row), seen), *_reasons(row, step, verdict, note, actor)]
        if back_to and (target is None or target.place >= step.place or verdict != Verdict.SEND_BACK):
            reasons.append(Reason(_("只能退回到前面的步骤"), field="back_to"))
        if verdict == Verdict.APPROVE:
            reasons += [*_changed(content, row), *chain.against(subject)]
        refuse_if(dict.fromkeys(reasons))
        given = _write_answer(step, Verdict(verdict), note, seen, actor, target)
        _go_on(row, steps, given, target)
        after = {"state": row.state, "verdict": verdict, "step": step.code, "place": row.place, "answer": given.pk}
        log(row, before={"state": State.OPEN, "place": step.place}, after=after)
        follow = {State.APPROVED: chain.approved, State.REFUSED: chain.refused, State.SENT_BACK: chain.sent_back}
        if not row.is_open or row.place != step.place:
            follow.get(State(row.state), chain.moved)(subject, row, given, log.following(approval=row.pk))
    return row


def withdraw(*, case: ApprovalCase, log: Log) -> ApprovalCase:
    """Take an open case back, within the command of who proposed it, which has locked its subject.

    Raises:
        Refused: it is decided already, or somebody else proposed it.
    """
    row = ApprovalCase.objects.select_for_update(of=("self",)).get(pk=case.pk)
    reasons = [] if row.is_open else [Reason(_("这一事项已经办结，不能撤回"), code="closed")]
    if log.actor.account and log.actor.account.pk != row.proposed_by_id:
        reasons.append(Reason(_("只有提出人可以撤回"), code="other"))
    refuse_if(reasons)
    _end(row, State.WITHDRAWN)
    log(row, before={"state": State.OPEN}, after={"state": row.state})
    return row


def waiting_for(account: Any) -> ApprovalCaseQuerySet:
    """Return the cases that wait for `account`: it holds the role of the step for its scope, has no part in it, and has not answered."""
    return ApprovalCase.objects.waiting_for(account)


def open_case(subject: Model) -> ApprovalCase | None:
    """Return the case of a subject that is open."""
    return cases_of(subject).filter(state=State.OPEN).first()


def cases_of(subject: Model) -> QuerySet[ApprovalCase]:
    """Return the cases of a subject, the newest first."""
    return ApprovalCase.objects.filter(subject_kind=subject._meta.label_lower, subject_id=subject.pk).order_by("-pk")


def case_sight(case: ApprovalCase) -> Sight:
    """Return what an answer rests on: the lines of the matter, and who has answered what before."""
    return _with_answers(CHAINS[case.subject_kind].sight(subject_of(case)), case)


def in_the_way(case: ApprovalCase, account: Account) -> list[Reason]:
    """Return every reason why `account` cannot approve a case now, other than that its page is old."""
    subject, chain = subject_of(case), CHAINS[case.subject_kind]
    step = case.steps.get(place=case.place)
    own = _reasons(case, step, Verdict.APPROVE, "", Actor(account))
    return list(dict.fromkeys([*own, *_changed(chain.sight(subject), case), *chain.against(subject)]))


def accounts_asked(case: ApprovalCase, step: ApprovalStep) -> QuerySet[Account]:
    """Return the accounts that may answer at a step."""
    grants = RoleGrant.objects.in_force(clock.now()).filter(role=step.role)
    entry = {"scope_kind": step.scope} if step.scope not in Scope.values else {"scope": step.scope}
    some = grants.filter(scope=Scope.ALL)
    if step.scope != Scope.ALL:
        some |= grants.filter(scope_id=step.scope_id, **entry)
    away = accounts_for(case.people) | set(case.answers.filter(voided_at=None).values_list("account", flat=True))
    if case.proposed_by_id:
        away.add(case.proposed_by_id)
    return Account.objects.filter(pk__in=some.values("account"), is_active=True).exclude(pk__in=away).order_by("pk")


def tell_asked(case: ApprovalCase, step: ApprovalStep, *, again: bool = False) -> None:
    """Tell those whom a step asks; `again` reminds them."""
    words = {"kind": CHAINS[case.subject_kind].label, "title": case.title}

    def title() -> str:
        return (_("尚待审批：%(kind)s %(title)s") if again else _("请审批：%(kind)s %(title)s")) % words

    def body() -> str:
        return _("办理期限：%s") % clock.official_date(step.due_at) if step.due_at else ""

    tell([(account, title, body, f"/approvals/{case.pk}/") for account in accounts_asked(case, step)])


def remind() -> int:
    """Remind those who are asked at a step that is due soon, or late: once, and once more when it is late. Return the number of steps."""
    now = clock.now()
    soon = now + timedelta(days=house_days("approval_reminder_days", REMINDER_DAYS))
    waiting = ApprovalStep.objects.filter(case__state=State.OPEN, place=F("case__place"), due_at__lt=soon)
    fresh = Q(reminded_at=None) | Q(due_at__lt=now, reminded_at__lt=F("due_at"))
    with command(system("worker"), "core.approval.remind", name="core.remind_approvals") as log:
        steps = list(waiting.filter(fresh).select_related("case").select_for_update(of=("self",)).order_by("pk")[:MOST_REMINDED])
        for step in steps:
            tell_asked(step.case, step, again=True)
        ApprovalStep.objects.filter(pk__in=[s.pk for s in steps]).update(reminded_at=now)
        log.many(steps, {"reminded": True})
    return len(steps)


def _with_answers(content: Sight, case: ApprovalCase) -> Sight:
    given = case.answers.order_by("pk").values_list("account", "verdict", "note", "back_to", "voided_at")
    lines = {"approval.answers": [case.place, case.state, *([str(part) for part in row] for row in given)]}
    return content.beside(Sight(lines, {"approval.answers": _("前面的审批意见")}))


def _unseen(sight: Sight, seen: str) -> list[Reason]:
    try:
        sight.require(seen)
    except Refused as refused:
        return refused.reasons
    return []


def _changed(content: Sight, case: ApprovalCase) -> Iterator[Reason]:
    if case.is_open and (names := content.since(case.content)):
        yield Reason(_("提交审批后内容有变化，不能批准，请退回：%s") % listed(names), code="altered")


def _reasons(case: ApprovalCase, step: ApprovalStep, verdict: str, note: str, actor: Actor) -> Iterator[Reason]:
    """Yield what keeps the actor from answering: the state of the case, whose turn it is, who has a part, what was answered."""
    if verdict not in Verdict.values:
        yield Reason(_("请选择批准、驳回或退回修改"), field="verdict")
    elif verdict != Verdict.APPROVE and not note:
        yield Reason(_("请写明理由"), field="note")
    if not case.is_open:
        yield Reason(_("这一事项已经办结"), code="closed")
        return
    account = actor.account
    if account is None:
        yield Reason(_("审批由人办理，系统不代为办理"), code="system")
        return
    persons = persons_of(account)
    if account.pk == case.proposed_by_id or not set(persons).isdisjoint(case.people):
        yield Reason(_("您提出或参与的事项，由他人办理"), code="own")
    answers = case.answers.filter(voided_at=None)
    if answers.filter(account=account).exists() or (persons and answers.filter(person_id__in=persons).exists()):
        yield Reason(_("您（或近亲属）已在这一事项的审批中办理过，其余步骤由他人办理"), code="again")
    if not case.steps.filter(pk=step.pk).in_hand(account).exists():
        yield Reason(_("现在由“%s”办理") % step.role_label, code="step")


def _write_answer(
    step: ApprovalStep, verdict: Verdict, note: str, seen: str, actor: Actor, target: ApprovalStep | None
) -> ApprovalAnswer:
    now = clock.now()
    return ApprovalAnswer.objects.create(
        case_id=step.case_id,
        step=step,
        account_id=actor.account.pk if actor.account else 0,
        person_id=actor.person_id,
        verdict=verdict,
        note=note,
        seen=hashlib.sha256(seen.encode()).hexdigest(),
        back_to=target.place if target else None,
        answered_at=now,
        voided_at=now if target else None,
    )


def _go_on(case: ApprovalCase, steps: list[ApprovalStep], given: ApprovalAnswer, target: ApprovalStep | None) -> None:
    """Move a case by an answer: to an earlier step, to its end, to the next step, or not yet."""
    now, counting = clock.now(), case.answers.filter(voided_at=None)
    if given.verdict == Verdict.SEND_BACK:
        counting.filter(step__place__gte=target.place if target else 1).exclude(pk=given.pk).update(voided_at=now)
    if target:
        _open_step(case, target)
    elif given.verdict != Verdict.APPROVE:
        _end(case, ENDS[Verdict(given.verdict)])
    elif counting.filter(step=given.step).count() >= given.step.least:
        if case.place == len(steps):
            _end(case, State.APPROVED)
        else:
            _open_step(case, steps[case.place])


def _open_step(case: ApprovalCase, step: ApprovalStep) -> None:
    """Wait for a step from now on, and tell those whom it asks."""
    step.opened_at, step.reminded_at = clock.now(), None
    if step.due_key:
        step.due_at = clock.end_of_day(clock.due(clock.today(), step.due_key, step.due_length).day)
    step.save(update_fields=["opened_at", "reminded_at", "due_at"])
    if case.place != step.place:
        case.place = step.place
        case.save(update_fields=["place"])
    tell_asked(case, step)


def _end(case: ApprovalCase, state: State) -> None:
    case.state, case.decided_at = state, clock.now()
    case.save(update_fields=["state", "decided_at"])
