"""What no query can tell of works: whether claimants are there, and whether numbers have the form that is kept."""

from __future__ import annotations

from headwater.registry.identifiers import BadIdentifier
from headwater.registry.models import WorkClaim, WorkIdentifier
from headwater.registry.works.claimants import CLAIMANTS, subjects
from headwater.registry.works.identifiers import SCHEMES


def strange_claimants() -> list[str]:
    """Return the claims of records that are gone, or of a kind that claims no works."""
    lines = []
    for kind in WorkClaim.objects.order_by("subject_type").values_list("subject_type", flat=True).distinct():
        rows = WorkClaim.objects.filter(subject_type=kind)
        if kind in CLAIMANTS:
            rows = rows.exclude(subject_id__in=subjects(kind, rows.values_list("subject_id", flat=True)).values("pk"))
        lines += [f"claim {c.pk} of {kind} {c.subject_id}" for c in rows.order_by("pk")]
    return lines


def strange_numbers() -> list[str]:
    """Return the identifiers that are not as their scheme would keep them."""
    return [
        f"identifier {pk} of work {work}: {scheme} {value}"
        for pk, work, scheme, value in WorkIdentifier.objects.order_by("pk")
        .values_list("pk", "work", "scheme", "value")
        .iterator()
        if not _is_normal(scheme, value)
    ]


def _is_normal(scheme: str, value: str) -> bool:
    try:
        return scheme in SCHEMES and SCHEMES[scheme].read(value) == value
    except BadIdentifier:
        return False
