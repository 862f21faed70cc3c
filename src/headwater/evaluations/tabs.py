"""The evaluations of an entry as a tab of its page; of what it was graded everybody sees the grades that stand."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from headwater.evaluations.models import Entitlement, Entrant, Grade, Round
from headwater.evaluations.showing import grade_name
from headwater.registers.declared import TABS, Tab
from headwater.registers.lineage import chains
from headwater.registers.shapes import Kind

KNOWN_TO_ITS_PEOPLE = (Grade.State.PUBLISHED, Grade.State.FINAL, Grade.State.STRUCK)


def is_evaluated(kind: Kind) -> bool:
    return kind.evaluation is not None


def evaluations(request: HttpRequest, entry: Any, kind: Kind) -> tuple[str, dict[str, Any]]:
    """Return the grades of an entry, also of the records from which it came, and the rounds in which it takes part (a fixed number of
    queries). On the public page, and for the public, only grades that stand.
    """
    label, user = entry._meta.label_lower, request.user
    page = request.resolver_match.url_name if request.resolver_match else ""
    inside = page != "public_entry" and type(entry)._default_manager.inside(user).filter(pk=entry.pk).exists()
    keys = chains(label, [entry.pk]).get(entry.pk, [entry.pk])
    rows = Grade.objects.filter(entrant__subject_kind=label, entrant__subject_id__in=keys)
    rows = rows.filter(state__in=KNOWN_TO_ITS_PEOPLE) if inside else rows.public()
    grades = list(rows.select_related("entrant__round__call", "draft__notice").order_by("-entrant__round__until", "-pk"))
    return "evaluations/tab.html", {
        "grades": [_shown(request, g, inside) for g in grades],
        "taking": _taking(label, keys) if inside else [],
        "entitlements": Entitlement.objects.filter(grade__in=grades) if inside else [],
        "inside": inside,
    }


def _shown(request: HttpRequest, g: Grade, inside: bool) -> dict[str, Any]:
    return {
        "grade": g,
        "round": g.entrant.round,
        "name": grade_name(g.entrant.round.of, g.grade),
        "sheet": inside and request.user.has_perm("evaluations.result", g),
        "group": g.entrant.group_name,
    }


def _taking(label: str, keys: list[int]) -> list[Entrant]:
    open_ones = Round.objects.filter(closed_at__isnull=True)
    rows = Entrant.objects.filter(subject_kind=label, subject_id__in=keys, round__in=open_ones)
    return list(rows.select_related("round__call", "application__call"))


TABS.add("evaluations", Tab(_("评估"), 45, is_evaluated, evaluations, public=True))
