"""Tabs of every entry whose kind has requests, and of those about which letters were written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from headwater.casework.bodies.views.tab import bodies_tab
from headwater.casework.letters.models import CaseLetter
from headwater.casework.reports.tabs import reports_tab
from headwater.casework.requests.queries import requests_tab
from headwater.registers.declared import TABS, Tab
from headwater.registers.parts import REPORT, REQUEST
from headwater.registers.shapes import Kind

Content = tuple[str, Mapping[str, Any]]


def has_requests(kind: Kind) -> bool:
    return bool(kind.parts.get(REQUEST))


def requests(request: HttpRequest, entry: Any, kind: Kind) -> Content:
    return "requests/tab.html", {"requests_tab": requests_tab(entry, request.user)}


def has_reports(kind: Kind) -> bool:
    return bool(kind.parts.get(REPORT))


def reports(request: HttpRequest, entry: Any, kind: Kind) -> Content:
    return reports_tab(request, entry)


def bodies(request: HttpRequest, entry: Any, kind: Kind) -> Content:
    return "bodies/tab.html", bodies_tab(request.user, entry)


def has_letters(kind: Kind) -> bool:
    return any(verb.letter for verb in kind.verbs) or any(r.letter for r in kind.parts.get(REQUEST, ()))


def letters(request: HttpRequest, entry: Any, kind: Kind) -> Content:
    rows = CaseLetter.objects.visible_to(request.user).filter(subject_kind=entry._meta.label_lower, subject_id=entry.pk)
    return "registers/letters.html", {"letters": rows}


TABS.add("bodies", Tab(_("委员会与专家组"), 20, lambda kind: True, bodies))
TABS.add("reports", Tab(_("报告"), 40, has_reports, reports))
TABS.add("requests", Tab(_("申请事项"), 50, has_requests, requests))
TABS.add("letters", Tab(_("函件"), 70, has_letters, letters))
