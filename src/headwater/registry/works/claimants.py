"""Who may claim works: kinds of records that an app declares, with who speaks for one and who confirms what it claims.

An app declares in `claimants.py` (`CLAIMANTS.add("awards.award", Claimant(…))`); the pages, the commands and the rights follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from headwater.core import clock
from headwater.core.i18n import named
from headwater.core.models import RoleGrant
from headwater.core.permission import may
from headwater.core.register import Register
from headwater.registry.models import Organisation, Person, WorkClaim, accounts_of, own_records
from headwater.registry.models.works import LIVE, REACHES

Accounts = Callable[[Any], set[int]]


@dataclass(frozen=True)
class Claimant:
    """A kind of record that may claim works.

    `mine` gives those that an account speaks for, `judged` those whose claims it confirms, `visible` those that it may know of. `claim`
    and `answer` are the actions on one of them; `speakers` and `judges` are the accounts that may, said from the records alone. The page
    at `url` is for who may do `action`.

    `credit` names those among whom one work is divided: with `most` (a dated parameter of the region) no more of them have it, and each
    claims a share. What is claimed by one of the `public` rows may be read by everybody; without it claims make nothing public.
    """

    label: str | Promise
    credit: str
    mine: Callable[[Any], QuerySet[Any]]
    judged: Callable[[Any], QuerySet[Any]]
    visible: Callable[[Any], QuerySet[Any]]
    claim: str
    answer: str
    speakers: Accounts
    judges: Accounts
    name: Callable[[Any], str] = named
    url: Callable[[Any], str] | None = None
    action: str = ""
    related: tuple[str, ...] = ()
    most: str = ""
    public: Callable[[], QuerySet[Any]] | None = None


CLAIMANTS: Register[Claimant] = Register("claimant of works")
"""By kind of record (app.model)."""


def claims_in_reach(user: Any, side: str) -> Q:
    """Return the claims of records that an account speaks for (`side` "mine") or whose claims it confirms ("judged")."""
    condition = Q(pk__in=[])
    for kind, claimant in CLAIMANTS.items():
        condition |= Q(subject_type=kind, subject_id__in=getattr(claimant, side)(user).order_by().values("pk"))
    return condition


def claimant_of(subject: Model) -> Claimant:
    """
    Raises:
        LookupError: records of this kind claim no works.
    """
    return CLAIMANTS[subject._meta.label_lower]


def anything_public() -> bool:
    """Return whether claims of any kind make works public."""
    return any(c.public for c in CLAIMANTS.values())


@REACHES.under("claims")
def _reach(user: Any) -> Q:
    """Return the works that something public claims, and those of claimants that `user` speaks for."""
    condition = Q(pk__in=[])
    for kind, claimant in CLAIMANTS.items():
        claims = WorkClaim.objects.filter(work=OuterRef("pk"), subject_type=kind)
        if claimant.public:
            open_rows = claimant.public().order_by().values("pk")
            condition |= Q(Exists(claims.filter(state=WorkClaim.State.ACCEPTED, subject_id__in=open_rows)))
        if getattr(user, "is_authenticated", False):
            condition |= Q(Exists(claims.filter(state__in=LIVE, subject_id__in=claimant.mine(user).order_by().values("pk"))))
    return condition


class Subjects:
    """The records behind some claims, as a reader may know of them: a query for each kind of claimant."""

    def __init__(self, user: Any, claims: Iterable[WorkClaim]) -> None:
        self.user = user
        wanted: dict[str, set[int]] = {}
        for claim in claims:
            wanted.setdefault(claim.subject_type, set()).add(claim.subject_id)
        self.rows: dict[tuple[str, int], Any] = {}
        for kind, keys in wanted.items():
            if kind in CLAIMANTS:
                rows = CLAIMANTS[kind].visible(user).filter(pk__in=keys).select_related(*CLAIMANTS[kind].related)
                self.rows |= {(kind, row.pk): row for row in rows}

    def of(self, claim: WorkClaim) -> Any:
        """Return the record that claims, or None where the reader may not know of it."""
        return self.rows.get((claim.subject_type, claim.subject_id))

    def name(self, claim: WorkClaim) -> str:
        row = self.of(claim)
        return CLAIMANTS[claim.subject_type].name(row) if row is not None else ""

    def url(self, claim: WorkClaim) -> str:
        """Return the page of the record that claims; empty where the reader may not open it."""
        row = self.of(claim)
        kind = CLAIMANTS[claim.subject_type] if row is not None else None
        return kind.url(row) if kind and kind.url and may(self.user, kind.action, row) else ""


def subjects(kind: str, keys: Iterable[int]) -> QuerySet[Any]:
    """Return the records of a kind of claimant, whoever asks; none for a kind that is no claimant any more."""
    if kind not in CLAIMANTS:
        return WorkClaim.objects.none()
    rows: QuerySet[Any] = apps.get_model(kind)._base_manager.filter(pk__in=list(keys))
    return rows.select_related(*CLAIMANTS[kind].related)


def _for_officers(user: Any, rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows if user.holds_everywhere("programme_officer") else rows.none()


def officers(*, call: int | None = None) -> set[int]:
    """Return the accounts that are programme officers of all calls, and those of one call."""
    everywhere = _holding(role="programme_officer", scope="all")
    return everywhere | _holding(role="programme_officer", scope="call", scope_id=call) if call else everywhere


def managers_of(organisation: int | None) -> set[int]:
    """Return the accounts that manage an institution."""
    return _holding(role="host_manager", scope="organisation", scope_id=organisation) if organisation else set()


def _holding(**grant: Any) -> set[int]:
    return set(RoleGrant.objects.in_force(clock.now()).filter(**grant).values_list("account", flat=True))


def accounts_of_person(person: Person) -> set[int]:
    """Return the accounts of a person, of whichever record."""
    return {account.pk for account in accounts_of([person.pk])}


CLAIMANTS.add(
    "registry.person",
    Claimant(
        label=_("人员"),
        credit="person",
        mine=lambda user: Person.objects.surviving().filter(pk__in=own_records(user)),
        judged=lambda user: _for_officers(user, Person.objects.exclude(pk__in=own_records(user))),
        visible=lambda user: Person.objects.visible_to(user),
        claim="registry.person.claim",
        answer="registry.claims.answer",
        speakers=lambda person: accounts_of_person(person) | managers_of(person.organisation_id),
        judges=lambda person: officers() - accounts_of_person(person),
        url=lambda person: f"/people/{person.pk}/",
        action="registry.person.view",
    ),
)
CLAIMANTS.add(
    "registry.organisation",
    Claimant(
        label=_("单位"),
        credit="organisation",
        mine=lambda user: Organisation.objects.filter(pk__in=user.scopes("host_manager", "organisation")),
        judged=lambda user: _for_officers(user, Organisation.objects.all()),
        visible=lambda user: Organisation.objects.visible_to(user),
        claim="registry.organisation.claim",
        answer="registry.claims.answer",
        speakers=lambda organisation: managers_of(organisation.pk),
        judges=lambda _organisation: officers(),
    ),
)
