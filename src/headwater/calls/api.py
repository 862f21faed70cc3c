"""The API of calls: what is open, how an application of mine stands, what was decided."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema

from headwater.calls.clocks import timeline
from headwater.calls.models import Application, Call, NoticeRow
from headwater.calls.phases import phases_of
from headwater.calls.queries import released_rows
from headwater.calls.states import CONFIDENTIAL, State
from headwater.calls.tokens import APPLICATIONS, CALLS
from headwater.calls.words import state_outside
from headwater.core import clock
from headwater.core.api import ROUTERS, After, Limit, read, rows_after
from headwater.core.permission import PUBLIC, SIGNED_IN

router = ROUTERS.add("calls", Router(tags=["calls"]))


class PublicState(StrEnum):
    """States as applicants may know them: the inside of a review and undecided proposals are all `in_review`."""

    DRAFT = "draft"
    HOST_REVIEW = "host_review"
    RECOMMENDING = "recommending"
    RECEIVED = "received"
    NOT_ACCEPTED = "not_accepted"
    RECHECK = "recheck"
    ACCEPTED = "accepted"
    IN_REVIEW = "in_review"
    INVITED = "invited"
    PUBLICITY = "publicity"
    OBJECTION = "objection"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    NOT_ENDORSED = "not_endorsed"


class SchemeOut(Schema):
    code: str
    name_zh: str
    name_en: str


class CallOut(Schema):
    """A call. Amounts are whole fen (1/100 CNY), times carry their zone."""

    id: int
    code: str
    year: int
    title_zh: str
    title_en: str
    scheme: SchemeOut
    phase: str
    opens_at: datetime
    closes_at: datetime
    endorse_by: datetime
    recommend_by: datetime
    budget_fen: int


class CallDetail(CallOut):
    guide_zh: str
    guide_en: str
    contact: str


class CallPage(Schema):
    items: list[CallOut]
    next: str | None


class ApplicationOut(Schema):
    id: int
    number: str
    call: str
    title_zh: str
    title_en: str
    leader: str
    host: str
    discipline: str
    second_discipline: str
    amount_fen: int
    months: int
    state: PublicState
    state_label: str
    submitted_at: datetime | None
    endorsed_at: datetime | None
    received_at: datetime | None
    decided_at: datetime | None

    @staticmethod
    def resolve_call(row: Application) -> str:
        return row.call.code

    @staticmethod
    def resolve_leader(row: Application) -> str:
        return row.leader.name_zh

    @staticmethod
    def resolve_host(row: Application) -> str:
        return row.host.name_zh

    @staticmethod
    def resolve_discipline(row: Application) -> str:
        return row.discipline.code if row.discipline else ""

    @staticmethod
    def resolve_second_discipline(row: Application) -> str:
        return row.second_discipline.code if row.second_discipline else ""

    @staticmethod
    def resolve_state(row: Application) -> str:
        return row.public_state.value

    @staticmethod
    def resolve_state_label(row: Application) -> str:
        return state_outside(row).label


class StepOut(Schema):
    label: str
    at: datetime | None
    due: datetime | None
    late: bool
    note: str


class ApplicationDetail(ApplicationOut):
    """With the steps so far and those to come, their legal clocks, and the notes of returns."""

    steps: list[StepOut]


class ApplicationPage(Schema):
    items: list[ApplicationOut]
    next: str | None


class Outcome(StrEnum):
    APPROVED = "approved"
    REJECTED = "rejected"


class ResultOut(Schema):
    """A line of a released notice, as it was shown, and what became of it: `rejected` means an objection was upheld."""

    id: int
    call: str
    notice: int
    position: int
    title: str
    leader: str
    host: str
    amount_fen: int
    outcome: Outcome
    released_at: datetime

    @staticmethod
    def resolve_call(row: NoticeRow) -> str:
        return row.notice.call.code

    @staticmethod
    def resolve_notice(row: NoticeRow) -> int:
        return row.notice_id

    @staticmethod
    def resolve_outcome(row: NoticeRow) -> str:
        return Outcome.APPROVED if row.application.state == State.APPROVED else Outcome.REJECTED

    @staticmethod
    def resolve_released_at(row: NoticeRow) -> datetime | None:
        return row.notice.closed_at


class ResultPage(Schema):
    items: list[ResultOut]
    next: str | None


Code = Annotated[str, Query("", max_length=40, description="Only this call.")]


@read(router, "/calls/", name="list_calls", permission=PUBLIC, scope=CALLS, answer=CallPage)
def list_calls(
    request: HttpRequest,
    after: After = 0,
    limit: Limit = 50,
    year: Annotated[int, Query(0, ge=0, le=9999, description="Only calls of this year.")] = 0,
    open: Annotated[bool, Query(False, description="Only calls that take applications now.")] = False,
) -> dict[str, Any]:
    """Calls, the oldest first.

    Published ones are public. A token with `calls:read` of an officer, of the committee or of the leadership also gets drafts.
    """
    rows = Call.objects.visible_to(request.user).select_related("scheme")
    rows = rows.filter(year=year) if year else rows
    return _with_phases(rows_after(request, rows.open_at(clock.now()) if open else rows, after, limit))


@read(router, "/calls/{str:code}/", name="read_call", permission=PUBLIC, scope=CALLS, answer=CallDetail)
def read_call(request: HttpRequest, code: str) -> Call:
    """One call with its guide."""
    row: Call = _row_or_404(Call.objects.visible_to(request.user).select_related("scheme").filter(code=code).first())
    _with_phases({"items": [row]})
    return row


def _with_phases(answer: dict[str, Any]) -> dict[str, Any]:
    phases = phases_of(answer["items"])
    for row in answer["items"]:
        row.phase = phases[row.pk].value
    return answer


@read(router, "/applications/", name="list_applications", permission=SIGNED_IN, scope=APPLICATIONS, answer=ApplicationPage)
def list_applications(
    request: HttpRequest,
    after: After = 0,
    limit: Limit = 50,
    call: Code = "",
    state: Annotated[PublicState | None, Query(None, description="Only those in this public state.")] = None,
) -> dict[str, Any]:
    """Applications that the token's owner may see, with their public states.

    One's own and joined ones; those of one's institution once submitted to it; those of one's agency once endorsed; those
    received, for officers of the call. Nobody learns more here than an applicant may know.
    """
    rows = Application.objects.visible_to(request.user).select_related(
        "call", "leader", "host", "discipline", "second_discipline"
    )
    rows = rows.filter(call__code=call) if call else rows
    if state is not None:
        rows = rows.filter(state__in=CONFIDENTIAL) if state == PublicState.IN_REVIEW else rows.filter(state=state.value)
    return rows_after(request, rows, after, limit)


@read(
    router, "/applications/{int:pk}/", name="read_application", permission=SIGNED_IN, scope=APPLICATIONS, answer=ApplicationDetail
)
def read_application(request: HttpRequest, pk: int) -> Application:
    """One application with its timeline. One that may not be seen is answered as if it did not exist."""
    rows = Application.objects.visible_to(request.user).select_related(
        "call__scheme", "leader", "host", "discipline", "second_discipline"
    )
    row: Application = _row_or_404(rows.filter(pk=pk).first() if pk < 2**62 else None)
    inside = any(request.user.has_perm(a, row) for a in ("calls.endorse", "calls.recommend", "calls.check"))
    row.steps = timeline(row, to_host=inside)  # type: ignore[attr-defined]
    return row


@read(router, "/results/", name="list_results", permission=PUBLIC, answer=ResultPage)
def list_results(request: HttpRequest, after: After = 0, limit: Limit = 50, call: Code = "") -> dict[str, Any]:
    """Results of released notices, in the order of their publication.

    A notice that still runs is not a result: it is on the public pages with its period for objections.
    """
    rows = released_rows()
    return rows_after(request, rows.filter(notice__call__code=call) if call else rows, after, limit)


def _row_or_404(row: Any) -> Any:
    if row is None:
        raise Http404
    return row
