"""Actions on public notices and objections to them. Who publishes a kind and answers for it holds one of its roles without a limit."""

from __future__ import annotations

from typing import Any

import rules

from headwater.casework.notices.models import Notice, NoticeKind, NoticeRow, Objection
from headwater.core.permission import allow, is_signed_in, role
from headwater.registry.models import own_records
from headwater.registry.queries import region_code


def row_of(record: Any) -> NoticeRow | None:
    return record.row if isinstance(record, Objection) else record if isinstance(record, NoticeRow) else None


def kind_of(record: Any) -> NoticeKind | None:
    row = row_of(record)
    if row is not None:
        return row.notice.kind
    return record if isinstance(record, NoticeKind) else record.kind if isinstance(record, Notice) else None


def publishing_roles(user: Any) -> frozenset[str]:
    """Return the roles that some kind of notice here names; read once for a request."""
    cached: frozenset[str] | None = user.__dict__.get("_publishing_roles")
    if cached is None:
        definitions = NoticeKind.objects.current(region_code()).values_list("definition__roles", flat=True)
        cached = user.__dict__["_publishing_roles"] = frozenset(code for codes in definitions for code in codes)
    return cached


@rules.predicate
def answers_for(user: Any, record: Any) -> bool:
    """Tell whether an account holds a role of the kind without a limit. Without a record: of some kind."""
    if not user.grants:
        return False
    kind = kind_of(record)
    roles = publishing_roles(user) if kind is None else kind.rule.roles
    return any(user.holds_everywhere(code) for code in roles)


@rules.predicate
def no_part(user: Any, record: Any) -> bool:
    """Tell whether somebody has no part in the record of a line."""
    row = row_of(record)
    return row is None or not set(row.people) & set(own_records(user))


@rules.predicate
def not_who_published(user: Any, record: Any) -> bool:
    row = row_of(record)
    return row is None or row.notice.published_by_id != user.pk


@rules.predicate
def not_who_answered(user: Any, record: Any) -> bool:
    return not isinstance(record, Objection) or record.answered_by_id != user.pk


@rules.predicate
def is_concerned(user: Any, record: Any) -> bool:
    """Tell whether a line concerns somebody: they act for its institution, or have a part in its record."""
    row = row_of(record)
    if row is None:
        return True
    return row.organisation_id in user.scopes("host_manager", "organisation") or bool(set(row.people) & set(own_records(user)))


allow("notices.publish", is_signed_in & answers_for)
allow("notices.office", is_signed_in & answers_for)
allow("notices.end", is_signed_in & answers_for)
allow("notices.object", rules.always_allow)
allow("notices.reply", is_signed_in & is_concerned)
allow("notices.answer", is_signed_in & answers_for & no_part)
allow("notices.dismiss", is_signed_in & answers_for & no_part & not_who_published)
allow("notices.settle", is_signed_in & answers_for & no_part & not_who_answered)
allow("notices.follow", is_signed_in & answers_for)
allow("notices.letters", is_signed_in)
allow("notices.watch", role("integrity_officer"))
