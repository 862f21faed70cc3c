"""Who may cause the events of notices."""

from __future__ import annotations

from typing import Any

from headwater.casework.notices.models import Notice, NoticeRow, Objection
from headwater.core.causes import ANYBODY, Party, Right, column, declare, party, right_for, subject
from headwater.core.models import Account, Event
from headwater.registry.rights import records_of_account


def row_of(event: Event) -> NoticeRow | None:
    record: Any = subject(event)
    return record.row if isinstance(record, Objection) else record if isinstance(record, NoticeRow) else None


def answers_for(event: Event, account: Account) -> bool:
    record, row = subject(event), row_of(event)
    notice = row.notice if row else record if isinstance(record, Notice) else None
    if notice is None:  # what follows from the end of a notice names it
        notice = Notice.objects.filter(pk=(event.after or {}).get("notice") or 0).first()
    return notice is not None and any(account.holds_everywhere(code) for code in notice.kind.definition["roles"])


def has_part(event: Event, account: Account) -> bool:
    row = row_of(event)
    return row is not None and bool(set(row.people) & records_of_account(account))


def is_concerned(event: Event, account: Account) -> bool:
    row = row_of(event)
    return row is not None and (row.organisation_id in account.scopes("host_manager", "organisation") or has_part(event, account))


OFFICE = right_for(Party("who answers for this kind of notice", answers_for))
PART = Party("somebody with a part in the record", has_part)
ANSWERER = party("who answered the objection", column("answered_by_id"))

RIGHTS: dict[str, Right] = {
    "notices.publish": OFFICE,
    "notices.end": OFFICE,
    "notices.ask_objection": ANYBODY,
    "notices.file_objection": ANYBODY,
    "notices.reply_to_objection": right_for(Party("whom the line concerns", is_concerned)),
    "notices.answer_objection": OFFICE.but(PART),
    "notices.settle_objection": OFFICE.but(PART, ANSWERER),
}
declare(RIGHTS)
