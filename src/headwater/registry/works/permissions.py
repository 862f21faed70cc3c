"""Who may do what with works and claims, told by who answers for their authors and claimants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import rules
from django.db.models import QuerySet

from headwater.core.permission import allow, everywhere, is_signed_in, may, role
from headwater.registry.models import Organisation, Person, Work, WorkAuthor, WorkClaim, is_own, own_records
from headwater.registry.works.claimants import CLAIMANTS, anything_public

officer = everywhere("programme_officer")
"""An officer of all calls: works belong to no single one."""


@dataclass(frozen=True)
class Reach:
    """Whose works an account answers for: everybody's, its own, those of the people of some institutions."""

    everybody: bool
    own: frozenset[int]
    hosts: frozenset[int]

    def people(self) -> QuerySet[Person]:
        """Return the records of the people whom the account answers for; of everybody none is named."""
        return Person.objects.filter(pk__in=self.own) | Person.objects.filter(organisation__in=self.hosts)

    @property
    def nobody(self) -> bool:
        return not (self.everybody or self.own or self.hosts)


def reach_of(account: Any) -> Reach:
    """Return whose works an account may enter and mend; None is the system."""
    if account is None:
        return Reach(True, frozenset(), frozenset())
    everybody = account.holds_everywhere("programme_officer") or account.has_role("system_admin")
    hosts = account.scopes("host_manager", "organisation")
    return Reach(everybody, frozenset(own_records(account)), frozenset(hosts))


@rules.predicate
def answers_for_somebody(user: Any) -> bool:
    return not reach_of(user).nobody


@rules.predicate
def may_mend(user: Any, work: Work | None) -> bool:
    """Return whether somebody may change a work: an officer; who answers for an author, as long as no claim was accepted; of those
    who are authors only the one who entered it.
    """
    reach = reach_of(user)
    if work is None or reach.everybody:
        return True
    if WorkClaim.objects.filter(work__in=[work.pk, work.survivor_id], state=WorkClaim.State.ACCEPTED).exists():
        return False
    if work.entered_by_id == user.pk:
        return True
    return bool(reach.hosts) and WorkAuthor.objects.filter(work=work, person__organisation__in=reach.hosts).exists()


def _subject_may(user: Any, record: Any, action: str) -> bool:
    """Return whether the action of its kind may be done to a claimant, or to that of a claim."""
    subject = record.subject if isinstance(record, WorkClaim) else record
    return subject is not None and bool(may(user, getattr(CLAIMANTS[subject._meta.label_lower], action), subject))


@rules.predicate
def speaks_for(user: Any, record: Any) -> bool:
    """Return whether somebody may claim works for a record; without one, for any."""
    if record is not None:
        return _subject_may(user, record, "claim")
    return bool(own_records(user)) or any(c.mine(user).exists() for c in CLAIMANTS.values())


@rules.predicate
def judges(user: Any, record: Any) -> bool:
    """Return whether somebody may confirm what a record claims; without one, what any does."""
    if record is not None:
        return _subject_may(user, record, "answer")
    return any(may(user, c.answer) for c in CLAIMANTS.values())


@rules.predicate
def is_not_self(user: Any, person: Any) -> bool:
    return not isinstance(person, Person) or not is_own(user, person)


@rules.predicate
def is_own_or_managed(user: Any, person: Any) -> bool:
    return person is None or is_own(user, person) or person.organisation_id in user.scopes("host_manager", "organisation")


@rules.predicate
def is_managed(user: Any, organisation: Organisation | None) -> bool:
    hosts = user.scopes("host_manager", "organisation")
    return bool(hosts) if organisation is None else organisation.pk in hosts


@rules.predicate
def something_is_public(user: Any) -> bool:
    return anything_public()


allow("registry.works.list", something_is_public | is_signed_in)
allow("registry.works.desk", is_signed_in & (answers_for_somebody | role("integrity_officer", "committee")))
allow("registry.works.add", is_signed_in & answers_for_somebody)
allow("registry.works.mend", is_signed_in & answers_for_somebody & may_mend)
allow("registry.works.merge", officer)
allow("registry.works.claim", is_signed_in & speaks_for)
allow("registry.works.claims", is_signed_in & (judges | speaks_for))
allow("registry.works.answer", is_signed_in & judges)
allow("registry.person.claim", is_signed_in & is_own_or_managed)
allow("registry.organisation.claim", is_signed_in & is_managed)
allow("registry.claims.answer", officer & is_not_self)
