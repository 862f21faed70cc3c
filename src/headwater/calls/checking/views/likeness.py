"""Similar texts side by side, with the same passages marked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from headwater.calls.checking.services.likeness import ABSTRACT, sections_of
from headwater.calls.models import Application, Likeness
from headwater.calls.schemes import scheme_of
from headwater.core.i18n import named
from headwater.core.own import without_own
from headwater.core.permission import access, page

RELATED = ("call__scheme", "host", "leader", "discipline")
EDGE = 60
"""Characters that are shown before and after a passage of a long text."""


@dataclass
class Run:
    """A stretch of text: `mark` 0 plain, 1 inside a passage, 2 the same in both. `passage` is the number shown where one begins."""

    text: str
    mark: int = 0
    passage: int | None = None


@dataclass
class Side:
    """A text with its marked runs."""

    name: str
    runs: list[Run] = field(default_factory=list)


@page("calls.check")
def likeness(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    """Show an application beside one that holds a part of its text. Only those who may see the other one read its words."""
    row = access(request.user, "calls.check", Application.objects.visible_to(request.user).select_related(*RELATED), pk=pk)
    pair = get_object_or_404(
        without_own(Likeness.objects.all(), request.user).select_related(*(f"other__{name}" for name in RELATED)),
        application=row,
        other=other,
    )
    may_see = Application.objects.visible_to(request.user).filter(pk=other).exists()
    return render(
        request,
        "calls/checking/likeness.html",
        {
            "application": row,
            "other": pair.other,
            "likeness": pair,
            "may_see": may_see,
            "own": may_see and row.leader_of_record_id == pair.other.leader_of_record_id,
            "left": sides(row, pair.passages, "new"),
            "right": sides(pair.other, pair.passages, "old") if may_see else [],
            "tab": "check",
        },
    )


def sides(application: Application, passages: list[dict[str, Any]], which: str) -> list[Side]:
    """Return the sections of an application that hold a passage, in the order of the passages' numbers; `which` is new or old."""
    texts = sections_of(application)
    at = 0 if which == "new" else 2
    passages_by_section: dict[int, list[tuple[int, int, int, list[tuple[int, int]]]]] = {}
    for number, p in enumerate(passages, start=1):
        pieces = [(x[at], x[at + 1]) for x in p["pieces"]]
        passages_by_section.setdefault(p[f"{which}_section"], []).append((p[f"{which}_start"], p[f"{which}_end"], number, pieces))
    return [
        Side(_label(application, texts[section][0]), _runs(texts[section][1], sorted(of_section)))
        for section, of_section in sorted(passages_by_section.items())
        if section < len(texts)
    ]


def _label(application: Application, name: str) -> str:
    from django.utils.translation import gettext as _

    if name == ABSTRACT:
        return _("摘要")
    fields = {f.code: f for s in scheme_of(application.call).sections for f in s.fields}
    if name not in fields:
        return name
    return named(fields[name], "label")


def _runs(text: str, passages: list[tuple[int, int, int, list[tuple[int, int]]]]) -> list[Run]:
    """Return the passages whole, and what lies between them shortened to its ends. Passages of one text may overlap: no stretch
    is shown twice.
    """
    runs: list[Run] = []
    covered = 0
    for start, end, number, pieces in passages:
        if end <= covered:
            continue
        runs += _between(text[covered : max(covered, start)], first=covered == 0)
        at, fresh = max(covered, start), number
        for a, b in sorted(pieces):
            if b <= at:
                continue
            if a > at:
                runs.append(Run(text[at:a], 1, fresh or None))
                fresh = 0
            runs.append(Run(text[max(a, at) : b], 2, fresh or None))
            at, fresh = b, 0
        covered = max(at, end)
        if at < end:
            runs.append(Run(text[at:end], 1))
    return [*runs, *_between(text[covered:], first=False, last=True)]


def _between(text: str, *, first: bool, last: bool = False) -> list[Run]:
    if len(text) <= 2 * EDGE + 20:
        return [Run(text)] if text else []
    head = "" if first else text[:EDGE]
    tail = "" if last else text[-EDGE:]
    return [Run(f"{head} … {tail}")]
