"""Who may cause the events of the registry."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from headwater.core.causes import Party, Right, column, declare, either, nothing, office, right_for
from headwater.core.models import Account
from headwater.core.rights import SYSTEM_ADMIN
from headwater.registry.models import Person


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
OWN_WORKS = right_for(Party("a person of the registry", lambda _event, account: bool(records_of_account(account))))

RIGHTS: dict[str, Right] = {
    **dict.fromkeys(
        (
            "registry.import_people",
            "registry.import_organisations",
            "registry.import_posts",
            "registry.import_relations",
            "registry.import_sanctions",
            "registry.import_titles",
            "registry.import_works",
            "registry.record_employment",
            "registry.record_history",
            "registry.record_sanctions",
            "registry.correct_address",
        ),
        IMPORTS,
    ),
    "registry.add_publications": either(IMPORTS, OWN_WORKS),
    "registry.add_relations": either(IMPORTS, OWN_WORKS),
    "registry.complete_person": office("host_manager", of=column("organisation_id")),
    "registry.merge_records": OFFICER_OF_ALL,
    "registry.undo_merge": OFFICER_OF_ALL,
    "registry.remove_authorship": OFFICER_OF_ALL,
    "registry.remove_relation": OFFICER_OF_ALL,
    "registry.open_accounts": SYSTEM_ADMIN,
}
declare(RIGHTS)
