"""Who may cause the events of requests."""

from __future__ import annotations

from headwater.casework.requests.contents import record_of
from headwater.casework.requests.models import Comment, Request, RequestFile
from headwater.casework.requests.offers import kinds_for, may_propose
from headwater.core.causes import SYSTEM, Party, declare, right_for, subject
from headwater.core.models import Account, ApprovalCase, Event


def _request(event: Event) -> Request | None:
    """Return the request of an event: its record, or the one that it follows from."""
    record = subject(event)
    if isinstance(record, Request):
        return record
    if isinstance(record, (Comment, RequestFile)):
        return record.request
    pk = record.subject_id if isinstance(record, ApprovalCase) else (event.after or event.before or {}).get("request")
    return Request.objects.filter(pk=pk).first() if pk else None


def _proposed(event: Event, account: Account) -> bool:
    request = _request(event)
    return request is not None and request.proposed_by_id == account.pk


def _may_propose(event: Event, account: Account) -> bool:
    request = _request(event)
    if request is None or request.proposed_by_id != account.pk:
        return False
    record = record_of(request)
    return may_propose(account, record, kinds_for(record)[request.kind])


def _sees(event: Event, account: Account) -> bool:
    request = _request(event)
    return request is not None and Request.objects.visible_to(account).filter(pk=request.pk).exists()


PROPOSER = right_for(Party("who proposed the request", _proposed))
declare(
    {
        "requests.propose": right_for(Party("somebody who may propose it about this record", _may_propose)),
        "requests.write": PROPOSER,
        "requests.submit": PROPOSER,
        "requests.withdraw": PROPOSER,
        "requests.attach": PROPOSER,
        "requests.detach": PROPOSER,
        "requests.comment": right_for(Party("somebody who sees the request", _sees)),
        "requests.start": SYSTEM,
    }
)
