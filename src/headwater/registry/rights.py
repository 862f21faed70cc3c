"""Who may cause the events of the registry."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from headwater.core.causes import Party, Right, column, declare, either, nothing, office, party, right_for, subject
from headwater.core.models import Account, Event
from headwater.core.rights import SYSTEM_ADMIN
from headwater.registry.models import Person, WorkAuthor
from headwater.registry.works.claimants import CLAIMANTS, subjects


def records_beside(people: Iterable[int]) -> set[int]:
    """Return all records of some persons: what was merged into one of theirs, and what theirs were merged into."""
    rows = Person.objects.filter(pk__in=people).values_list("pk", "merged_into")
    roots = {into or pk for pk, into in rows}
    return set(Person.objects.filter(Q(pk__in=roots) | Q(merged_into__in=roots)).values_list("pk", flat=True))


def accounts_of_records(people: Iterable[int]) -> set[int]:
    rows = Person.objects.filter(pk__in=records_beside(people), account__isnull=False)
    return set(rows.values_list("account", flat=True))


def records_of_account(account: Account) -> set[int]:
    return records_beside(Person.objects.filter(account=account).values_list("pk", flat=True))


OFFICER_OF_ALL = office("programme_officer", of=nothing)
IMPORTS = either(OFFICER_OF_ALL, SYSTEM_ADMIN)
OWN_TIES = right_for(Party("a person of the registry", lambda _event, account: bool(records_of_account(account))))


def authors_of(event: Event) -> set[int]:
    """Return the records of the people who are authors of the work of an event; of one that was just taken away, those whom it names."""
    linked = WorkAuthor.objects.filter(work=event.subject_id, person__isnull=False)
    return records_beside([*linked.values_list("person", flat=True), *((event.before or {}).get("people") or ())])


def homes_of_authors(event: Event) -> set[int]:
    rows = Person.objects.filter(pk__in=authors_of(event), organisation__isnull=False)
    return set(rows.values_list("organisation", flat=True))


def entered_by(event: Event) -> set[int]:
    """Return who entered the work of an event; one that was just taken away says so itself."""
    return column("entered_by_id")(event) or {(event.before or {}).get("entered_by", 0)}


def claimant(event: Event, who: str) -> set[int]:
    """Return the accounts that speak for, or confirm for, the record of a claim, as its kind says from the records."""
    claim = subject(event)
    rows = list(subjects(claim.subject_type, [claim.subject_id])) if claim else []
    return set(getattr(CLAIMANTS[claim.subject_type], who)(rows[0])) if rows else set()


OF_AUTHORS = either(
    right_for(Party("an author of the work", lambda event, account: bool(authors_of(event) & records_of_account(account)))),
    office("host_manager", of=homes_of_authors),
)
MENDS = either(right_for(party("who entered the work", entered_by)), office("host_manager", of=homes_of_authors))
SPEAKS = party("who speaks for the claimant", lambda event: claimant(event, "speakers"))
JUDGES = party("who confirms for the claimant", lambda event: claimant(event, "judges"))

RIGHTS: dict[str, Right] = {
    **dict.fromkeys(
        (
            "registry.import_people",
            "registry.import_organisations",
            "registry.import_posts",
            "registry.import_relations",
            "registry.import_sanctions",
            "registry.import_titles",
            "registry.record_employment",
            "registry.record_history",
            "registry.record_sanctions",
            "registry.correct_address",
        ),
        IMPORTS,
    ),
    **dict.fromkeys(("registry.add_works", "registry.import_works", "registry.link_author"), either(IMPORTS, OF_AUTHORS)),
    **dict.fromkeys(("registry.change_work", "registry.remove_work"), either(IMPORTS, MENDS)),
    "registry.claim_works": right_for(SPEAKS),
    "registry.answer_claims": right_for(JUDGES),
    "registry.withdraw_claims": either(right_for(SPEAKS), right_for(JUDGES)),
    "registry.merge_works": OFFICER_OF_ALL,
    "registry.undo_work_merge": OFFICER_OF_ALL,
    "registry.add_relations": either(IMPORTS, OWN_TIES),
    "registry.complete_person": office("host_manager", of=column("organisation_id")),
    "registry.merge_records": OFFICER_OF_ALL,
    "registry.undo_merge": OFFICER_OF_ALL,
    "registry.unlink_author": OFFICER_OF_ALL,
    "registry.remove_relation": OFFICER_OF_ALL,
    "registry.open_accounts": SYSTEM_ADMIN,
}
declare(RIGHTS)
