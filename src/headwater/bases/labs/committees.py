"""The committee of a base: which kinds of body may be it, as its kind says, and what the guards ask of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db.models import Count, Q

from headwater.bases.parts import COMMITTEE
from headwater.casework.bodies.models import Body, BodyMember, Sitting, in_office
from headwater.core import clock
from headwater.registers.kinds import kind_of
from headwater.registers.shapes import Kind


def committee_kinds(kind: Kind) -> tuple[str, ...]:
    return tuple(c.code for c in kind.parts.get(COMMITTEE, ()))


def committees_of(entries: Iterable[Any]) -> dict[int, Body]:
    """Return the committee in office of each base, by its key (1 query for all)."""
    entries = list(entries)
    if not entries:
        return {}
    wanted = {e.pk: committee_kinds(kind_of(e)) for e in entries}
    rows = (
        Body.objects.live().filter(subject_kind=entries[0]._meta.label_lower, subject_id__in=list(wanted)).select_related("kind")
    )
    return {b.subject_id or 0: b for b in rows.order_by("-pk") if b.kind.code in wanted[b.subject_id or 0]}


def seats_of(bodies: Iterable[Body], on: date) -> dict[int, int]:
    """Return how many voting members each body has on a day, by its key (1 query)."""
    rows = BodyMember.objects.filter(in_office(on), body__in=list(bodies)).exclude(post=BodyMember.Post.SECRETARY)
    return dict(rows.order_by().values_list("body").annotate(n=Count("pk")))


def met(entries: Sequence[Any], since: date | None = None, until: date | None = None) -> set[int]:
    """Return the keys of the bases whose committee, the one in office or one before it, met with a quorum: ever, or from one day to another
    (1 query).
    """
    if not entries:
        return set()
    codes = {code for e in entries for code in committee_kinds(kind_of(e))}
    here = Q(
        body__subject_kind=entries[0]._meta.label_lower, body__subject_id__in=[e.pk for e in entries], body__kind__code__in=codes
    )
    rows = Sitting.objects.met().filter(here)
    if since:
        rows = rows.filter(meets_at__gte=clock.local(since))
    if until:
        rows = rows.filter(meets_at__lt=clock.local(clock.add_days(until, 1)))
    return {key for key in rows.order_by().values_list("body__subject_id", flat=True).distinct() if key}
