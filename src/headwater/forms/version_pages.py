"""Pages of the versions of what somebody writes: the list, two of them side by side, restoring one."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from headwater.core.errors import Refused
from headwater.core.i18n import named
from headwater.core.translation import gettext as _
from headwater.core.web import attempt
from headwater.forms.comparing import compare
from headwater.forms.lookback import MOST_SHOWN, listed, restore
from headwater.forms.versions import WHOLE_DAYS, WINDOW
from headwater.forms.writing import Writing

NAMES_SHOWN = 6
"""So many names of changed fields are told in a line of the list."""


def versions(request: HttpRequest, writing: Writing) -> HttpResponse:
    """List the versions that the reader may see, with what each changed."""
    labels = {name: named(f, "label") for name, f in writing.fields.items()}
    rows = []
    for entry in listed(writing.versions(request.user)):
        names = [labels[n] for n in labels if n in entry.names]
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
        "writing": writing,
        "rows": rows,
        "all": writing.may_write(request.user),
        "minutes": int(WINDOW.total_seconds() // 60),
        "days": WHOLE_DAYS,
        "most": MOST_SHOWN,
    }
    return render(request, "forms/versions.html", context)


def compared(request: HttpRequest, writing: Writing) -> HttpResponse:
    """Compare two versions, `?old=12&new=15`: what was held after each of them; 0 is the beginning."""
    writes = writing.may_write(request.user)
    old, new = (_version(request, writing, key, begins=writes) for key in ("old", "new"))
    if old and new and old.pk > new.pk:
        old, new = new, old
    contents = [writing.content_after(v.pk if v else 0) for v in (old, new)]
    parts = compare(writing.parts, *contents)
    context = {
        "writing": writing,
        "old": old,
        "new": new,
        "parts": parts,
        "count": sum(len(p.changed) for p in parts),
        "beside": _beside(old, new) if old and new else [],
        "can_restore": writes and writing.is_open,
    }
    return render(request, "forms/compare.html", context)


def _version(request: HttpRequest, writing: Writing, key: str, *, begins: bool) -> Any:
    """Return the version that the address names, if this reader may read it; None is the beginning."""
    text = request.GET.get(key, "")
    if text == "0" and begins:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise Http404
    version = writing.versions(request.user).select_related("author").filter(pk=int(text)).first()
    if version is None:
        raise Http404
    return version


def _beside(old: Any, new: Any) -> list[tuple[str, list[str], list[str]]]:
    """List the members and files in which two submissions differ: (what, gone, come)."""
    differences = []
    for part, label in (("members", _("参与者")), ("files", _("附件"))):
        a, b = (v.beside.get(part, []) if v.kind == "submit" else None for v in (old, new))
        if a is not None and b is not None and a != b:
            gone, come = (
                [e["name"] if isinstance(e, dict) else e for e in one if e not in other] for one, other in ((a, b), (b, a))
            )
            differences.append((label, gone, come))
    return differences


def restored(request: HttpRequest, writing: Writing, version: int) -> HttpResponse:
    """Restore what was held after a version (0: the beginning): the named fields, or all."""

    def work() -> Any:
        if version and not writing.subject.rows(writing.subject.store.versions).filter(pk=version).exists():
            raise Refused.because(_("没有这个版本"))
        return restore(writing, version=version, names=request.POST.getlist("name"), actor=request.actor)  # type: ignore[attr-defined]

    attempt(request, work, success=_("已恢复，恢复前的内容也保存为一个版本。"))
    return redirect(writing.address("versions"))
