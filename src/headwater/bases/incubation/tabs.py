"""The tab of tenants, with figures, the bars of the kind, the assessments of the years and what is due."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.bases.incubation import tables
from headwater.bases.incubation.assessing import grade_words
from headwater.bases.incubation.figures import main_industry
from headwater.bases.incubation.models import Assessment
from headwater.bases.models import Base
from headwater.bases.standards.bars import held_against
from headwater.bases.standards.dues import due_verbs
from headwater.bases.standards.figures import NONE, shown
from headwater.bases.standards.shown import figures_of
from headwater.bases.tables.lists import part_of
from headwater.bases.tables.parts import has_tables, tables_of
from headwater.core import clock
from headwater.core.parameters import Parameters
from headwater.registers.declared import TABS, Tab
from headwater.registers.shapes import Kind
from headwater.registry.queries import region_code

PROFESSIONAL = "professional_share_percent"
"""The dated parameter from which share of one field a base counts as professional."""


def applies(kind: Kind) -> bool:
    return has_tables(kind, tables.TENANTS)


def content(request: HttpRequest, entry: Any, kind: Kind) -> tuple[str, Mapping[str, Any]]:
    today = clock.today()
    words = grade_words(kind)
    rows = Assessment.objects.filter(base=entry).order_by("-year")
    return "bases/incubation/tab.html", {
        "part": part_of(request, entry, tables.TENANTS),
        "figures": figures_of(entry, today, tables.TENANTS),
        "profile": profile(entry, kind),
        "bars": held_against(entry, today),
        "assessments": [(a, words.get(a.grade, a.grade)) for a in rows],
        "has_grades": bool(words),
        "dues": due_verbs(today, Base.objects.filter(pk=entry.pk)),
        "entry": entry,
        "register": kind.register,
    }


def profile(entry: Any, kind: Kind) -> str:
    """Say whether a base counts as professional: how much of it is of one field (1 query)."""
    today = clock.today()
    least = Parameters(region_code(), today).get(PROFESSIONAL, kind.code)
    found = main_industry([entry.pk], today).get(entry.pk)
    if found is None or least is None:
        return ""
    names = {
        "industry": tables_of(kind)[tables.TENANTS].word("industry", found.industry),
        "share": shown(found.share, NONE),
        "least": least,
    }
    if found.share >= least:
        return _("专业型：%(industry)s占 %(share)s%%，达到 %(least)s%%") % names
    return _("综合型：最大的领域是%(industry)s，占 %(share)s%%，不到 %(least)s%%") % names


TABS.add("tenants", Tab(gettext_lazy("入驻企业"), 15, applies, content))
