"""What follows from the end of a chain: the record changes, at once or on its day, and who proposed it is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.casework.letters.services import write_letter
from headwater.casework.letters.texts import LANGUAGES
from headwater.casework.requests.contents import answers_of, asked_of, declared_of, record_of
from headwater.casework.requests.declared import Asked
from headwater.casework.requests.models import Request
from headwater.casework.requests.versions import kind_of
from headwater.casework.requests.workflow import REQUEST
from headwater.casework.subjects import SUBJECTS
from headwater.core import clock
from headwater.core.clock import official_day
from headwater.core.command import Log, command, system
from headwater.core.errors import Reason, Refused
from headwater.core.i18n import Bilingual, in_chinese
from headwater.core.models import Account, ApprovalAnswer, ApprovalCase
from headwater.core.services import tell

MOST_STARTED = 500


def asked_by(request: Request, record: Any) -> Asked:
    """Return what a submitted request asks of its record."""
    return asked_of(request, record, answers_of(request, record))


def against(request: Request) -> list[Reason]:
    """Return why a request cannot be accepted now: the state of its record, and its guards."""
    record, kind, declared = record_of(request), kind_of(request), declared_of(request)
    reasons = [r for name in kind.guards for r in declared.guards[name](asked_by(request, record))]
    if kind.states and declared.state(record) not in kind.states:
        reasons.append(Reason(_("“%s”的状态已经改变，不能按这项申请办理") % request.about, code="state"))
    return reasons


def approved(request: Request, _case: ApprovalCase, given: ApprovalAnswer, log: Log) -> None:
    accept(request, log, given.note)


def accept(request: Request, log: Log, note: str = "") -> None:
    """Accept a locked request that is open: it takes effect at once, or waits for its day; its letter is written.

    Raises:
        Refused: what it asks cannot be done now.
    """
    today = clock.today()
    on = request.effective_on or today
    REQUEST.move([request], "approve", log, decided_at=clock.now(), effective_on=on)
    if on <= today:
        reasons = take_effect(request, log)
        if reasons:
            raise Refused(reasons)
    record = record_of(request)
    _write_letter(request, record, log)
    _tell(request, _approved_body(request, note))


def take_effect(request: Request, log: Log) -> list[Reason]:
    """Change the record as a locked request asks, or return why that cannot be done; then nothing is changed."""
    record = SUBJECTS[request.subject_kind].model._base_manager.select_for_update(of=("self",)).get(pk=request.subject_id)
    reasons = against(request)
    if reasons:
        return reasons
    declared, asked = declared_of(request), asked_by(request, record)
    following = log if log.cause else log.following(request=request.pk)
    with in_chinese():
        request.replaced = {target: str(declared.settable[target].now(record)) for target in asked.kind.sets}
    declared.change(asked, following)
    for name in asked.kind.effects:
        declared.effects[name].work(asked, following)
    request.applied_at, request.trouble = clock.now(), ""
    request.save(update_fields=["applied_at", "trouble", "replaced"])
    log(request, after={"applied": str(request.effective_on)})
    return []


def refused(request: Request, _case: ApprovalCase, given: ApprovalAnswer, log: Log) -> None:
    REQUEST.move([request], "refuse", log, decided_at=clock.now())
    _tell(request, lambda: _("理由：%s") % given.note)


def sent_back(request: Request, _case: ApprovalCase, given: ApprovalAnswer, log: Log) -> None:
    REQUEST.move([request], "send_back", log)
    _tell(request, lambda: _("请修改后重新提交。理由：%s") % given.note)


def start_due() -> int:
    """Let what was accepted for today, or an earlier day, take effect; return how many did. Each is a command of its own, so that one that
    cannot does not keep the others: its reasons are noted and told, and it is tried again the next day.
    """
    due = Request.objects.waiting_to_start().filter(effective_on__lte=clock.today())
    started = 0
    for pk in list(due.order_by("effective_on", "pk").values_list("pk", flat=True)[:MOST_STARTED]):
        with command(system("worker"), "requests.start", name="requests.start") as log:
            row = Request.objects.waiting_to_start().select_for_update(of=("self",)).filter(pk=pk).first()
            if row is None:
                continue
            reasons = take_effect(row, log)
            if reasons:
                _note_trouble(row, reasons, log)
            else:
                _tell_start(row)
                started += 1
    return started


def _tell_start(request: Request) -> None:
    _tell(request, lambda: "", title=lambda: _("申请已经生效：%s") % request)


def _note_trouble(request: Request, reasons: list[Reason], log: Log) -> None:
    trouble = "；".join(r.text for r in reasons)[:500]
    if trouble == request.trouble:
        return
    request.trouble = trouble
    request.save(update_fields=["trouble"])
    log(request, after={"trouble": trouble})

    def title() -> str:
        return _("已批准的申请未能按期生效：%s") % request

    tell([(account, title, trouble, reverse("request", args=[request.pk])) for account in _concerned(request)])


def _concerned(request: Request) -> list[Account]:
    """Return who proposed a request, and who approved it."""
    answers = ApprovalAnswer.objects.counting().filter(
        case__subject_kind=request._meta.label_lower, case__subject_id=request.pk, case__state=ApprovalCase.State.APPROVED
    )
    keys = {request.proposed_by_id, *answers.values_list("account", flat=True)}
    return list(Account.objects.filter(pk__in=keys, is_active=True).order_by("pk"))


def _approved_body(request: Request, note: str) -> Callable[[], str]:
    def body() -> str:
        day = request.effective_on.isoformat() if request.effective_on else ""
        lines = [_("生效日期：%s") % day, _("意见：%s") % note if note else ""]
        return "\n".join(filter(None, lines))

    return body


def _tell(request: Request, body: Callable[[], str], title: Callable[[], str] | None = None) -> None:
    def head() -> str:
        words = {"request": request, "about": request.about, "state": Request.State(request.state).label}
        return _("%(request)s（%(about)s）：%(state)s") % words

    tell([(request.proposed_by, title or head, body, reverse("request", args=[request.pk]))])


def _write_letter(request: Request, record: Any, log: Log) -> None:
    """Write the letter that the kind declares, to who proposed the request."""
    kind = kind_of(request)
    if kind.letter is None or request.effective_on is None:
        return
    day, number = request.effective_on, request.number
    names = {
        language: {
            "name": request.about_zh if language == "zh" else request.about_en or request.about_zh,
            "kind": kind.name_zh if language == "zh" else kind.name_en,
            "day": official_day(day, language),
            "number": number,
            "reason": request.reason,
        }
        for language in LANGUAGES
    }
    write_letter(
        text=kind.letter,
        values=names,
        record=record,
        addressee=Bilingual(request.about_zh, request.about_en),
        cause=request,
        account=request.proposed_by,
        log=log,
    )
