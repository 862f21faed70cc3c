"""Two people in one draft: who else is there, where both wrote in one place; and words that came when the session was over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from headwater.calls.answers.cleaning import clean
from headwater.calls.answers.comparing import Difference, basic_fields, difference
from headwater.calls.answers.merging import same
from headwater.calls.answers.references import Registry
from headwater.calls.applying.services.presence import Other, is_shared, tell_presence
from headwater.calls.applying.services.unsaved import forget_unsaved
from headwater.calls.applying.views.applicant import mine
from headwater.calls.applying.views.typed import read_values
from headwater.calls.contents import BASIC, plain, questions_of, stored
from headwater.calls.models import Application, Unsaved, Version
from headwater.calls.schemes import Field, scheme_of
from headwater.calls.versions import open_clashes
from headwater.core.permission import access, page
from headwater.registry.models import is_own


@dataclass(frozen=True)
class Notice:
    """Beside a field in which somebody else had written in the same place: their words against those that stand now."""

    version: int
    name: str
    label: str
    other: str
    at: datetime
    told: Difference
    both: bool


def clash_notices(row: Application, user: Any, names: set[str]) -> dict[str, Notice]:
    """Notices by field, for the writer whose words stand."""
    out: dict[str, Notice] = {}
    versions = open_clashes(row, user)
    if not versions:
        return out
    fields = fields_of(row)
    for v in versions:
        earlier = Version.objects.filter(application=row, pk__lt=v.pk).order_by("-id").select_related("author").first()
        other = str(earlier.author) if earlier and earlier.author and earlier.author != user else _("您在另一窗口")
        for name, clash in v.clashes.items():
            if name in names and name not in out:
                told = difference(fields[name], v.before.get(name), stored(row, name))
                out[name] = Notice(v.pk, name, told.label, other, v.at, told, clash["both"] is not None)
    return out


def fields_of(row: Application) -> dict[str, Field]:
    return {f.code: f for f in basic_fields(row, scheme_of(row.call), own=True)} | questions_of(row)


def presence_context(row: Application, user: Any) -> dict[str, Any]:
    """Who else is at work on the draft; a draft with one writer asks nothing more."""
    shared = not is_own(user, row.leader) or is_shared(row)
    return {"shared": shared, "others": tell_presence(row=row, account=user) if shared else list[Other]()}


@page("calls.apply", methods=("POST",))
def presence(request: HttpRequest, pk: int) -> HttpResponse:
    """The editor is still open: told every half minute; answers with who else is there."""
    row = access(request.user, "calls.application.write", mine(request), pk=pk)
    return render(request, "calls/applying/presence.html", {"application": row, **presence_context(row, request.user)})


def shown_unsaved(row: Application, kept: Unsaved) -> dict[str, Any]:
    """What was sent when the session was over, to be looked at, and to be sent again as it was."""
    post = QueryDict(kept.body)
    fields = fields_of(row)
    values, _errors = read_values(post, [n for n in post if not n.startswith("_")], scheme_of(row.call))
    registry = Registry()
    kept_values = {n: as_stored(row, fields[n], v, registry) for n, v in values.items() if n in fields}
    told = [difference(fields[n], stored(row, n), v) for n, v in kept_values.items() if not same(stored(row, n), v)]
    pairs = [(name, value) for name, given in post.lists() for value in given]
    return {"kept": kept, "told": told, "pairs": pairs}


def as_stored(row: Application, f: Field, value: Any, registry: Registry) -> Any:
    """A typed value as it would be stored; as it is where it cannot be."""
    if f.code in BASIC:
        return plain(value.partition(" ")[0] if f.code == "discipline" else value)
    cleaned = clean(f, value, registry)
    return value if cleaned.errors else cleaned.value


@page("calls.apply", methods=("POST",))
def drop_unsaved(request: HttpRequest, pk: int, section: str) -> HttpResponse:
    row = access(request.user, "calls.application.write", mine(request), pk=pk)
    forget_unsaved(application=row, section=section, actor=request.actor)
    return redirect("application_edit", pk=pk, section=section)
