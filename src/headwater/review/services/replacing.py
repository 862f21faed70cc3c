"""Who could review an application beside those who were asked: by fit, load and conflicts of interest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from headwater.calls.models import Application, has_own_in
from headwater.calls.schemes import scheme_of
from headwater.core.models import Account
from headwater.core.solver import solve
from headwater.review.languages import languages_of, reads
from headwater.review.models import Conflict, Expert
from headwater.review.queries import expert_codes, profiles
from headwater.review.services.assigning import open_load
from headwater.review.services.pairing import matching_text, shared_characters
from headwater.review.terms import review_terms

POOL = 300
"""So many experts with the nearest codes are weighed; the fit of each is told beside the best of them."""


@dataclass(frozen=True)
class Substitute:
    """An expert for an application: how well they fit, from 0 to 1, what they hold of what they may, whether they read its language, and
    what forbids the pair. The load is None for whoever may not know it.
    """

    expert: Expert
    fit: float
    load: int | None
    most: int
    conflicts: list[str]
    is_reader: bool = True

    @property
    def fits(self) -> bool:
        return self.fit > 0

    @property
    def has_room(self) -> bool:
        return self.load is None or self.load < self.most

    @property
    def load_said(self) -> str:
        """Return what they hold of what they may, as pages show it."""
        return "—" if self.load is None else f"{self.load} / {self.most}"

    @property
    def ready(self) -> bool:
        return self.fits and self.is_reader and self.has_room and not self.conflicts


def not_asked(application: Application) -> QuerySet[Expert]:
    """Return the experts who may be asked today and were not asked to review this application yet."""
    return Expert.objects.available().exclude(assignments__application=application)


def substitutes(application: Application, account: Account | None, *, named: Iterable[int] = ()) -> list[Substitute]:
    """Return who could be asked, the ready ones first and the best fit among them; of the `named` experts those alone (8 queries)."""
    chosen = set(named)
    pool = _pool(application, chosen)
    experts = list(Expert.objects.filter(pk__in=pool).select_related("person__organisation").order_by("pk"))
    if not experts:
        return []
    own = [d.code for d in (application.discipline, application.second_discipline) if d]
    text = matching_text(application, scheme_of(application.call))
    fits = solve("headwater.solving.expertise:fits", text or "-", own, profiles(experts), expert_codes(experts))
    held, hidden = open_load(application.call), has_own_in(account, application.call)
    most = review_terms(application.call).max_load
    conflicts: dict[int, list[str]] = {}
    for row in Conflict.objects.filter(application=application, expert__in=experts).order_by("pk"):
        conflicts.setdefault(row.expert_id, []).append(str(row.get_kind_display()))
    rows = [
        Substitute(
            e,
            fit,
            None if hidden else held.get(e.pk, 0),
            min(e.max_load, most),
            conflicts.get(e.pk, []),
            reads(e, languages_of(application)),
        )
        for e, fit in zip(experts, fits, strict=True)
        if not chosen or e.pk in chosen
    ]
    return sorted(rows, key=lambda s: (not s.ready, -s.fit, s.load or 0, s.expert.pk))


def _pool(application: Application, named: set[int]) -> Sequence[int]:
    """Return the experts whose codes share most with the application's, and those who are `named`."""
    own = [d.code for d in (application.discipline, application.second_discipline) if d]
    pairs = not_asked(application).order_by("pk").values_list("pk", "disciplines__code")
    nearness: dict[int, int] = {}
    for expert, code in pairs:
        shared = max((shared_characters(mine, [code]) for mine in own), default=0) if code else 0
        nearness[expert] = max(nearness.get(expert, 0), shared)
    return [*sorted(nearness, key=lambda pk: (-nearness[pk], pk))[:POOL], *named]


def fit_of(application: Application, expert: Expert, account: Account | None) -> float:
    """Return how well an expert fits an application, beside the others who could be asked."""
    found = substitutes(application, account, named=[expert.pk])
    return found[0].fit if found else 0.0
