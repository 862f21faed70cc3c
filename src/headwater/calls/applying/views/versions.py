"""Pages of the versions of an application: the list, two of them side by side, and restoring one."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from headwater.calls.applying.services.restoring import restore
from headwater.calls.applying.views.parts import fields_of
from headwater.calls.comparing import compare
from headwater.calls.contents import PRIVATE
from headwater.calls.models import Application, Version
from headwater.calls.pages import mine
from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.calls.versions import MOST_SHOWN, content_after, listed, readable
from headwater.core.errors import Refused
from headwater.core.i18n import named
from headwater.core.permission import access, may, page
from headwater.core.web import attempt
from headwater.forms.versions import WHOLE_DAYS, WINDOW
from headwater.registry.models import is_own

NAMES_SHOWN = 6
"""So many names of changed fields are told in a line of the list."""


@page("calls.application.list")
def versions(request: HttpRequest, pk: int) -> HttpResponse:
    """List all versions for those who write in the application; for host, agency and officers the submitted ones."""
    row = access(request.user, "calls.application.view", mine(request), pk=pk)
    own = is_own(request.user, row.leader)
    labels = {code: named(f, "label") for code, f in fields_of(row).items()}
    rows = []
    for entry in listed(row, request.user):
        names = [labels[n] for n in labels if n in entry.names and (own or n not in PRIVATE)]
        rows.append(
            {
                "version": entry.version,
                "previous": entry.previous,
                "names": names[:NAMES_SHOWN],
                "more": max(0, len(names) - NAMES_SHOWN),
                "clashes": [labels[n] for n in entry.version.clashing if n in labels],
            }
        )
    context = {
        "application": row,
        "rows": rows,
        "all": may(request.user, "calls.application.write", row),
        "minutes": int(WINDOW.total_seconds() // 60),
        "days": WHOLE_DAYS,
        "most": MOST_SHOWN,
    }
    return render(request, "calls/applying/versions.html", context)


@page("calls.application.list")
def compare_versions(request: HttpRequest, pk: int) -> HttpResponse:
    """Compare two versions, `?old=12&new=15`: what the application held after each of them; 0 is its beginning."""
    row = access(request.user, "calls.application.view", mine(request), pk=pk)
    writes = may(request.user, "calls.application.write", row)
    old, new = the_version(request, row, "old", begins=writes), the_version(request, row, "new", begins=writes)
    if old and new and old.pk > new.pk:
        old, new = new, old
    own = is_own(request.user, row.leader)
    contents = [content_after(row, v.pk if v else 0) for v in (old, new)]
    parts = compare(row, scheme_of(row.call), *contents, own=own)
    context = {
        "application": row,
        "old": old,
        "new": new,
        "parts": parts,
        "count": sum(len(p.changed) for p in parts),
        "beside": beside(old, new) if old and new else [],
        "can_restore": writes and row.state == State.DRAFT,
    }
    return render(request, "calls/applying/compare.html", context)


def the_version(request: HttpRequest, row: Application, key: str, *, begins: bool) -> Version | None:
    """Return the version that the address names, if this reader may read it; None is the beginning."""
    key_text = request.GET.get(key, "")
    if key_text == "0" and begins:
        return None
    if not key_text.isdecimal() or len(key_text) > 18:
        raise Http404
    version: Version | None = readable(row, request.user).select_related("author").filter(pk=int(key_text)).first()
    if version is None:
        raise Http404
    return version


def beside(old: Version, new: Version) -> list[tuple[str, list[str], list[str]]]:
    """List the members and files in which two submissions differ: (what, gone, come)."""
    differences = []
    for part, label in (("members", _("参与者")), ("files", _("附件"))):
        a, b = (v.beside.get(part, []) if v.kind == Version.Kind.SUBMIT else None for v in (old, new))
        if a is not None and b is not None and a != b:
            names = [[e["name"] if isinstance(e, dict) else e for e in one if e not in other] for one, other in ((a, b), (b, a))]
            differences.append((label, *names))
    return differences


@page("calls.apply", methods=("POST",))
def restore_version(request: HttpRequest, pk: int, version: int) -> HttpResponse:
    """Restore what the application held after a version (0: its beginning): the named fields, or all."""
    row = access(request.user, "calls.application.write", mine(request), pk=pk)
    names: list[str] = request.POST.getlist("name")

    def work() -> Any:
        if version and not Version.objects.filter(application=row, pk=version).exists():
            raise Refused.because(_("没有这个版本"))
        return restore(application=row, version=version, names=names, actor=request.actor)

    attempt(request, work, success=_("已恢复，恢复前的内容也保存为一个版本。"))
    return redirect("application_versions", pk=pk)
