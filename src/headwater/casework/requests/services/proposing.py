"""Commands of who proposes: begin a request, write it, submit it, take it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.casework.asking import steps_of
from headwater.casework.requests.contents import answers_of, asked_of, declared_of, record_of
from headwater.casework.requests.kinds import RequestKind
from headwater.casework.requests.models import Request
from headwater.casework.requests.offers import against_beginning, kinds_for, may_propose, open_kinds
from headwater.casework.requests.services.accepting import accept
from headwater.casework.requests.stores import STORE
from headwater.casework.requests.versions import kind_of, version_of
from headwater.casework.requests.workflow import REQUEST
from headwater.casework.subjects import SUBJECTS
from headwater.core import approvals, clock
from headwater.core.command import Actor, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.models import StoredFile
from headwater.core.numbering import take_numbers
from headwater.core.search import SearchRow, index
from headwater.forms.answers.lacking import lacking
from headwater.forms.answers.state import Answers
from headwater.forms.autosaving import Changes
from headwater.forms.lookback import settle_clash
from headwater.forms.models import AnswerSheet
from headwater.forms.sheets import save_answers, sheet_of
from headwater.forms.versions import SAVE, mark_step

MOST_REASON = 2000


def propose(*, subject: Any, kind: str, actor: Actor, values: Mapping[str, Any] | None = None, reason: str = "") -> Request:
    """Begin a request about a record: a draft of its proposer, with what the record answers already, and `values` over it.

    Raises:
        NotAllowed: the actor may propose no request about the record.
        Refused: no such kind for the record or the actor, or it cannot be proposed now.
    """
    of = kinds_for(subject).get(kind)
    with command(actor, "requests.propose", subject) as log:
        if of is None or (actor.account and not may_propose(actor.account, subject, of)):
            raise Refused.because(_("不能就这一对象提出这种申请"), field="kind")
        refuse_if(against_beginning(subject, of, open_kinds(subject)))
        if actor.account is None:
            raise Refused.because(_("申请由人提出"))
        label, name = subject._meta.label_lower, SUBJECTS[subject._meta.label_lower].name(subject)
        request = Request.objects.create(
            subject_kind=label,
            subject_id=subject.pk,
            kind=of.code,
            version=version_of(label, of),
            name_zh=of.name_zh,
            name_en=of.name_en,
            about_zh=name.zh[:200],
            about_en=name.en[:300],
            alone=of.alone,
            reason=reason.strip()[:MOST_REASON],
            proposed_by=actor.account,
            created_at=clock.now(),
        )
        first = _first_answers(subject, of, request)
        if first or values:
            save_answers(STORE.of(request.pk), of.form, {**first, **(values or {})}, actor=actor)
        log(request, after={"kind": of.code, "subject": [label, subject.pk]})
    return request


def _first_answers(subject: Any, kind: RequestKind, request: Request) -> dict[str, Any]:
    """Return what the record answers already, by question."""
    if not kind.prefilled:
        return {}
    standing = declared_of(request).first(subject)
    return {code: standing[name] for code, name in kind.prefilled.items() if standing.get(name) not in (None, "", [])}


def write(
    *, request: Request, values: Mapping[str, Any], actor: Actor, base: Mapping[str, Any] | None = None, kind: str = SAVE
) -> tuple[Changes, AnswerSheet]:
    """Save answers of a request that is being written.

    Raises:
        Refused: it was submitted, or an answer cannot be stored (with its field).
    """
    with command(actor, "requests.write", request) as log:
        row = _writable(request)
        changes = save_answers(STORE.of(row.pk), kind_of(row).form, values, actor=actor, base=base, kind=kind)
        if changes.before:
            log(row, after={"written": sorted(changes.before)})
    return changes, sheet_of(STORE.of(request.pk))


def submit(*, request: Request, reason: str, revision: int, actor: Actor) -> Request:
    """Submit a request: it gets its number, its answers stay as they are, and its chain begins; without one it is accepted at once.

    `revision` is that of the answers that the proposer has read.

    Raises:
        Refused: with every reason, those of answers beside their question.
    """
    with command(actor, "requests.write", request, name="requests.submit") as log:
        row = _writable(request)
        record, kind, sheet = record_of(row), kind_of(row), sheet_of(STORE.of(row.pk), lock=True)
        answers = answers_of(row, record, sheet.answers)
        asked = asked_of(row, record, answers)
        reasons = against_now(row, record, answers, actor.account)
        if not reason.strip():
            reasons.append(Reason(_("请写明理由"), field="reason"))
        if sheet.revision != revision:
            reasons.append(Reason(_("内容在您核对之后有修改，请重新核对"), code="changed"))
        refuse_if(dict.fromkeys(reasons))
        now = clock.now()
        columns = {
            "number": row.number or take_numbers(kind.number, clock.today().year)[0],
            "answers": sheet.answers,
            "reason": reason.strip()[:MOST_REASON],
            "submitted_at": now,
            "effective_on": None if kind.starts_at_once else asked.on,
        }
        REQUEST.move([row], "submit", log, **columns)
        _index(row)
        mark_step(STORE, [row.pk], "submit", actor=actor, at=now, sealed=True)
        if kind.chain:
            of_request = declared_of(row).people
            involved = of_request(asked) if of_request else SUBJECTS[row.subject_kind].people(record)
            people = [*involved, *filter(None, [actor.person_id])]
            approvals.begin(subject=row, chain=steps_of(kind.chain, record), people=people, log=log)
        else:
            accept(row, log.following(request=row.pk))
    return row


def _index(request: Request) -> None:
    title = f"{request.number} {request.name_zh}：{request.about_zh}"
    index([SearchRow("request", request.pk, title, reverse("request", args=[request.pk]), body=request.reason)])


def against_now(request: Request, record: Any, answers: Answers, account: Any) -> list[Reason]:
    """Return what stands against submitting, but for the reason: answers, guards, the kind and its record, files."""
    kind, asked = kind_of(request), asked_of(request, record, answers)
    reasons = lacking(answers) if kind.form.fields else []
    reasons += _closed(request, record, kind, account)
    return reasons + [r for name in kind.guards for r in declared_of(request).guards[name](asked)]


def _closed(request: Request, record: Any, kind: RequestKind, account: Any) -> list[Reason]:
    """Return what stands against a kind: it is closed by now, another request is open, files did not pass their check."""
    reasons = [*against_beginning(record, kind, open_kinds(record))]
    declared_now = kinds_for(record).get(kind.code)
    if declared_now is None:
        reasons.append(Reason(_("这种申请已经停止受理"), code="kind"))
    elif declared_now.definition != kind.definition:
        reasons.append(Reason(_("这种申请的要求已经更新，请撤回后重新填写"), code="kind"))
    if account and not may_propose(account, record, kind):
        reasons.append(Reason(_("您已不能就这一对象提出这种申请"), code="by"))
    files = StoredFile.objects.filter(pk__in=request.files.values("file"))
    for file in files.exclude(state=StoredFile.State.FINE).order_by("pk"):
        refused = file.state == StoredFile.State.REFUSED
        text = _("附件“%s”未通过检查，请更换") if refused else _("附件“%s”还在检查，请稍后再提交")
        reasons.append(Reason(text % file.name, field=file.kind, code="file"))
    return reasons


def withdraw(*, request: Request, actor: Actor) -> Request:
    """Take a request back: one that is being written, or that waits for its chain.

    Raises:
        Refused: it is decided already.
    """
    with command(actor, "requests.write", request, name="requests.withdraw") as log:
        row = Request.objects.select_for_update(of=("self",)).get(pk=request.pk)
        was_open = row.state == Request.State.OPEN
        REQUEST.move([row], "withdraw", log, decided_at=clock.now())
        case = approvals.open_case(row) if was_open else None
        if case:
            approvals.withdraw(case=case, log=log)
    return row


def settle_words(*, request: Request, version: int, name: str, actor: Actor) -> None:
    """Keep one's own words where one wrote in one place in two windows.

    Raises:
        Refused: there is no such question.
    """
    with command(actor, "requests.write", request) as log:
        if not settle_clash(STORE.of(request.pk), version=version, name=name, actor=actor):
            raise Refused.because(_("这里没有需要选择的文字"))
        log(request, after={"settled": name})


def _writable(request: Request) -> Request:
    row = Request.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if not row.is_writable:
        raise Refused.because(_("这项申请已经提交，不能修改"), code="state")
    return row
