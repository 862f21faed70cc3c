"""A request in words: its answers, what it changes, and what has happened to it so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from headwater.casework.letters.models import CaseLetter
from headwater.casework.letters.services import letters_of
from headwater.casework.requests.contents import answers_of, asked_of, declared_of
from headwater.casework.requests.models import Comment, Request
from headwater.casework.requests.services.talking import files_by_kind
from headwater.casework.requests.versions import kind_of
from headwater.casework.subjects import SUBJECTS
from headwater.core.approvals import cases_of
from headwater.core.i18n import named
from headwater.core.models import ApprovalAnswer, ApprovalCase, Verdict
from headwater.core.views.approvals import chain_shown
from headwater.forms.answers.showing import sections
from headwater.forms.answers.state import Answers


@dataclass(frozen=True)
class Change:
    """A value of the record that acceptance changes: what it is called, what stands there, what will."""

    label: Any
    now: Any
    then: str


def changes_of(request: Request, record: Any, answers: Answers | None = None) -> list[Change]:
    """Return what a request changes on its record, by the answers that were submitted or those given."""
    kind, declared = kind_of(request), declared_of(request)
    if kind.sets and answers is None:
        answers = answers_of(request, record)
    changes = []
    for target, code in kind.sets.items():
        question, standing = kind.form.field(code), declared.settable[target]
        if question is not None and answers is not None:
            now = request.replaced.get(target, "") if request.applied_at else standing.now(record)
            changes.append(Change(standing.label, now, question.of.show(question, answers).plain_text))
    return changes


def effects_in_words(request: Request, record: Any, answers: Answers | None = None) -> list[str]:
    """Say what acceptance does, by the answers that were submitted or those given."""
    kind, declared = kind_of(request), declared_of(request)
    on = request.effective_on if answers is None or kind.starts_at_once else asked_of(request, record, answers).on
    words = [
        _("%(label)s：%(now)s → %(then)s") % {"label": c.label, "now": c.now or "—", "then": c.then or "—"}
        for c in changes_of(request, record, answers)
    ]
    words += [str(declared.effects[name].label) for name in kind.effects]
    if on:
        words.append(_("自 %s 起生效") % on.isoformat())
    else:
        words.append(_("批准之日起生效"))
    if kind.letter:
        words.append(_("发出函件：%s") % (named(kind.letter, "heading")))
    return words


def content_context(request: Request, record: Any) -> dict[str, Any]:
    """Return what the content of a request shows to whoever reads it."""
    kind, subject = kind_of(request), SUBJECTS[request.subject_kind]
    files = files_by_kind(request.files.select_related("file").order_by("pk"))
    return {
        "request_row": request,
        "kind": kind,
        "record_name": subject.name(record),
        "record_url": subject.url(record),
        "subject_label": subject.label,
        "changes": changes_of(request, record) if request.submitted_at else [],
        "sections": sections(answers_of(request, record)) if request.submitted_at else [],
        "files": [(named(a, "label"), files[a.kind]) for a in kind.form.attachments if a.kind in files],
    }


@dataclass(frozen=True)
class Happening:
    """A step of the course of a request: what it was, who did it, and what they said; `verdict` of an answer to its approval."""

    at: datetime
    title: str
    who: str = ""
    text: str = ""
    verdict: Verdict | None = None
    comment: Comment | None = None
    letter: CaseLetter | None = None


def course_of(request: Request, cases: Iterable[ApprovalCase]) -> list[Happening]:
    """Return what has happened so far, in order: written, submitted, answered, said, decided, in force (4 queries)."""
    proposer = named(request.proposed_by)
    happenings = [Happening(request.created_at, _("开始填写"), proposer)]
    cases = list(cases)
    happenings += [Happening(case.proposed_at, _("提交"), proposer) for case in cases]
    if not cases and request.submitted_at:
        happenings.append(Happening(request.submitted_at, _("提交"), proposer))
    answers = ApprovalAnswer.objects.filter(case__in=[c.pk for c in cases]).select_related("account", "step").order_by("pk")
    happenings += [
        Happening(a.answered_at, a.step.role_label, named(a.account), a.note, verdict=Verdict(a.verdict)) for a in answers
    ]
    comments = request.comments.select_related("account").prefetch_related("files__file").order_by("pk")
    happenings += [Happening(c.at, _("留言"), named(c.account), c.text, comment=c) for c in comments]
    if request.state == Request.State.WITHDRAWN and request.decided_at:
        happenings.append(Happening(request.decided_at, _("撤回"), proposer))
    happenings += [Happening(x.issued_at, named(x, "heading"), letter=x) for x in letters_of(request)]
    if request.applied_at:
        happenings.append(Happening(request.applied_at, _("生效")))
    return sorted(happenings, key=lambda h: h.at)


def page_context(request: Request, record: Any) -> dict[str, Any]:
    """Return what the page of a request shows besides its acts: content, course, the chain of its newest case."""
    cases = list(cases_of(request))
    return {
        **content_context(request, record),
        "course": course_of(request, reversed(cases)),
        "case": cases[0] if cases else None,
        "steps": chain_shown(cases[0]) if cases else [],
    }
