"""Calls, drafts and applications in any state."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from headwater.calls.applying.services.applications import create_draft, submit_application
from headwater.calls.models import Application, Call, SchemeVersion
from headwater.calls.schemes import scheme_of
from headwater.calls.signatures import documents_for
from headwater.calls.states import ENDORSED, UNSUBMITTED
from headwater.calls.stores import SIGNATURES, ApplicationSigning
from headwater.core import clock
from headwater.core.command import system
from headwater.core.errors import Refused
from headwater.forms.signing import sign
from headwater.registry.models import Discipline, Person
from tests.make.people import SERIAL, as_, new_person

SECOND = timedelta(seconds=1)


def new_call(scheme: str = "im-youth", **more: Any) -> Call:
    """A published call that is open now; its year holds nothing else."""
    today = clock.today()
    fields = {
        "opens_at": clock.local(today - timedelta(days=10), 8),
        "closes_at": clock.local(today + timedelta(days=20), 16),
        "endorse_by": clock.local(today + timedelta(days=28), 16),
        "recommend_by": clock.local(today + timedelta(days=35), 17),
        "scheme": SchemeVersion.objects.filter(code=scheme).order_by("-version")[0],
        "year": today.year + 2,
        "budget_fen": 30_000_000,
        "state": "published",
    } | more
    fields.setdefault("published_at", fields["opens_at"])
    n = next(SERIAL)
    return Call.objects.create(code=f"t-{n}", title_zh=f"测试批次{n}", guide_zh="指南", **fields)


def past_call(scheme: str = "im-youth", **more: Any) -> Call:
    """A published call to which nothing comes in any more: it may be reviewed and decided."""
    today = clock.today()
    dates = {
        "opens_at": clock.local(today - timedelta(days=70), 8),
        "closes_at": clock.local(today - timedelta(days=40), 16),
        "endorse_by": clock.local(today - timedelta(days=32), 16),
        "recommend_by": clock.local(today - timedelta(days=25), 17),
    }
    return new_call(scheme, **(dates | more))


def end_period(call: Call) -> Call:
    """Put the last deadlines of a call a second back: from now on it may be reviewed and decided."""
    over = clock.now() - SECOND
    Call.objects.filter(pk=call.pk).update(closes_at=over, endorse_by=over, recommend_by=over)
    return Call.objects.select_related("scheme").get(pk=call.pk)


def words(call: Call, party: str) -> list[str]:
    """Digests of the documents without a condition that a party signs."""
    return [d.digest for d in scheme_of(call).documents_of(party) if not d.when]


def sign_as_asked(row: Application, party: str) -> None:
    """The signatures of a party, for an application that was put straight into a state."""
    parts: dict[str, list[dict[str, Any]]] = {
        "applicant": [{"person": row.leader_id}],
        "member": [{"person": pk} for pk in row.participants.values_list("person", flat=True)],
        "host": [{"organisation": row.host_id}],
    }
    documents = documents_for([row], party)[row.pk]
    signings = [ApplicationSigning(row.pk, d, party, "测试", **part) for d in documents for part in parts[party]]
    sign(SIGNATURES, signings, actor=system("test"), at=clock.now())


def complete(call: Call) -> dict[str, Any]:
    """Values with which every blocking rule passes."""
    fields = [f for s in scheme_of(call).sections for f in s.fields]
    code = Discipline.objects.filter(level=2).order_by("code")[0].code
    answers = {f.code: "研" * max(1, f.min_chars) for f in fields if f.required and f.is_text}
    return {"title_zh": "草原土壤碳汇的形成", "discipline": code, **answers}


def draft_of(call: Call, leader: Person, **values: Any) -> Application:
    return create_draft(call=call, leader=leader, actor=as_(leader), values={**complete(call), **values})


def submitted(call: Call, leader: Person, **values: Any) -> Application:
    application = draft_of(call, leader, **values)
    return submit_application(application=application, actor=as_(leader), agree=True)


def placed(call: Call, state: str, leader: Person | None = None, **more: Any) -> Application:
    """An application put straight into `state`, with the signatures that belong to it, for tests of what comes later."""
    leader = leader or new_person()
    n = next(SERIAL)
    fields = {
        "title_zh": f"草原生态研究{n}",
        "number": "" if state == "draft" else f"T{n:06d}",
        "amount_fen": 10_000_000,
        "host": leader.organisation,
        "starts_on": date(call.year, 7, 1),
        "limit_year": call.year,
        "limit_group": "im",
        "submitted_at": call.closes_at - timedelta(days=2),
        "discipline": Discipline.objects.filter(level=2).order_by("code")[0],
    } | more
    row = Application.objects.create(call=call, leader=leader, state=state, **fields)
    for party, signs in (("applicant", state not in UNSUBMITTED), ("host", state in ENDORSED)):
        if signs:
            sign_as_asked(row, party)
    return row


def refusal(error: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str]]:
    return [(r.field, r.code) for r in error.value.reasons]
