"""Who may cause the events of awards."""

from __future__ import annotations

from django.db.models import QuerySet

from headwater.awards.models import Award, Party
from headwater.calls.rights import JUDGING, OFFICER, cases, involved, involved_in_person
from headwater.core.causes import Party as Named
from headwater.core.causes import Right, Way, declare, either, office, right_for
from headwater.core.models import Account, Event
from headwater.registry.rights import IMPORTS, accounts_of_records


def awards(event: Event) -> QuerySet[Award]:
    return Award.objects.filter(application__in=cases(event))


def hosts(event: Event) -> set[int]:
    return set(awards(event).values_list("host", flat=True))


def leads(event: Event, account: Account) -> bool:
    return account.pk in accounts_of_records(awards(event).values_list("leader", flat=True))


def signs_as(party: Party) -> Named:
    """Check that the signer signs for this party. The start of an award follows from the last signature and names no party."""
    return Named(f"signing for the {party.value}", lambda event, _account: (event.after or {}).get("party", party) == party)


LEADER = right_for(Named("the leader of the award", leads))
HOST = office("host_manager", of=hosts).but(involved_in_person)
SIGNING = Right(
    (
        Way(named=Named("the leader, signing as such", lambda e, a: leads(e, a) and signs_as(Party.LEADER).holds(e, a))),
        *(Way(way.roles, way.of, signs_as(Party.HOST), way.barred) for way in HOST.ways),
        *(Way(way.roles, way.of, signs_as(Party.DEPARTMENT), way.barred) for way in JUDGING.ways),
    )
)

RIGHTS: dict[str, Right] = {
    "awards.import_projects": IMPORTS,
    "awards.make_awards": OFFICER,
    "awards.sign": SIGNING,
    "awards.freeze_pdf": either(LEADER, office("host_manager", of=hosts), JUDGING, office("finance_officer").but(involved)),
    "awards.refuse_agreement": either(LEADER, HOST),
    "awards.extend_agreements": JUDGING,
    "awards.end_awards": JUDGING,
    "awards.lapse_late": OFFICER,
    "awards.remind_signers": JUDGING,
}
declare(RIGHTS)
