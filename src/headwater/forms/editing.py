"""The doors of an editor: a page of it, its saves with and without script, who else is there, words of a lost session.

A page of a domain finds the record that its reader may write in, makes its `Writing`, and calls these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone

from headwater.core import clock
from headwater.core.errors import Refused
from headwater.core.i18n import named
from headwater.core.translation import gettext as _
from headwater.core.web import attempt
from headwater.forms.answers.judging import is_complete
from headwater.forms.answers.merging import same
from headwater.forms.answers.references import Registry
from headwater.forms.answers.state import Answers
from headwater.forms.autosaving import Changes
from headwater.forms.binding import bind, live
from headwater.forms.comparing import Difference, difference
from headwater.forms.lookback import open_clashes, restore
from headwater.forms.presence import tell_presence
from headwater.forms.unsaved import forget_unsaved, keep_unsaved, signature, unsaved_of
from headwater.forms.writing import Writing

MOST_ANCHOR = 40


def keep_for_later(request: HttpRequest, pk: int, section: str) -> None:
    """Keep typed words that cannot be taken now, mostly because the session is over, until their author comes back."""
    keep_unsaved(pk=pk, section=section, signature=request.POST.get("_who", ""), body=request.POST.urlencode())


def keep(
    writing: Writing, values: Mapping[str, Any], base: Mapping[str, Any], request: HttpRequest
) -> tuple[Changes | None, dict[str, str]]:
    """Save what can be saved: a refused value does not keep the others from being saved. Returns the errors by control too."""
    errors: dict[str, str] = {}
    for _attempt in range(2):
        try:
            return writing.save(values, base=base, actor=request.actor), errors  # type: ignore[attr-defined]
        except Refused as refused:
            errors |= {writing.control_of(r.field) or "_": r.text for r in refused.reasons}
            values = {k: v for k, v in values.items() if k not in {r.field.partition(".")[0] for r in refused.reasons}}
    return None, errors


def edit(request: HttpRequest, writing: Writing, section: str, show: Callable[..., HttpResponse]) -> HttpResponse:
    """Answer for one page of the editor: without script its button saves; `show(errors=, base=, status=)` draws the page."""
    if not writing.is_open:
        if request.method == "POST":
            keep_for_later(request, writing.key, section)
            messages.warning(request, _("%s已提交，刚才的修改没有存入；一小时内退回或撤回后可在原处存入。") % writing.word)
        return redirect(writing.url)
    if request.method != "POST":
        unsaved = unsaved_of(writing.subject, request.user, section)
        return unsaved_page(request, writing, section, unsaved) if unsaved else show()
    base = writing.read_base(request.POST)
    values, errors = writing.read(request.POST, [n for n in request.POST if not n.startswith("_")])
    changes, refused = keep(writing, values, base, request)
    errors |= refused
    if not errors:
        forget_unsaved(writing.subject, section=section, actor=request.actor)  # type: ignore[attr-defined]
        choose(request, writing)
        return redirect(after_save(request, writing, section, changes))
    writing.reload()
    return show(errors=errors, base=base, status=422)


def after_save(request: HttpRequest, writing: Writing, section: str, changes: Changes | None) -> str:
    """Say what became of a save, and choose the page that follows."""
    if changes and changes.merged:
        messages.info(request, _("已保存；其他人同时所做的修改已合并，请核对。"))
    elif not request.POST.get("_take"):
        messages.success(request, _("已保存。"))
    at = (request.POST.get("_row") or request.POST.get("_take", "").partition(":")[2]).partition(":")[0]
    anchor = f"#q-{at}" if len(at) <= MOST_ANCHOR and at.isidentifier() else ""
    return writing.address("edit", section) + anchor


def choose(request: HttpRequest, writing: Writing) -> None:
    """Apply the button beside a field in which somebody else had written too: "version:field:side"."""
    version, _colon, rest = request.POST.get("_take", "").partition(":")
    name, _colon, side = rest.partition(":")
    if not version.isdecimal() or len(version) > 18 or side not in {"before", "both", "mine"}:
        return
    actor = request.actor  # type: ignore[attr-defined]
    if side == "mine":
        attempt(request, lambda: writing.settle(version=int(version), name=name, actor=actor))
    else:
        attempt(
            request,
            lambda: restore(writing, version=int(version), names=[name], actor=actor, side=side),
            success=_("已采用，原来的文字保存在历史版本中。"),
        )


def wrong_account(request: HttpRequest) -> HttpResponse | None:
    """Refuse what a page of another account sends; ask this before the record is looked for."""
    account = request.headers.get("X-Account")
    if account is None or account == str(request.user.pk):
        return None
    return JsonResponse({"account": str(request.user)}, status=409)


def autosave(request: HttpRequest, writing: Writing) -> HttpResponse:
    """Save the fields that changed. The answer has the time, errors by control, the rules as they now stand, what the fields
    hold now where that differs from what was sent, and what other writers have changed on this page since it was loaded
    (`fields`).
    """
    values, errors = writing.read(request.POST, request.POST.getlist("_fields"))
    changes, refused = keep(writing, values, writing.read_base(request.POST), request)
    errors |= refused
    if changes is None:
        writing.reload()
    bad = {name.partition(".")[0] for name in errors}
    sent = [n for n in values if changes is not None and writing.control_of(n) not in bad]
    return JsonResponse(
        {
            "message": _("已自动保存 %s") % f"{timezone.localtime(clock.now()):%H:%M:%S}",
            "errors": errors,
            "revision": writing.revision,
            "size": f"{writing.size:,}",
            "fields": field_states(request, writing, sent, changes),
            "live": live(writing.answers),
            "rules": render_to_string("components/rules.html", {"results": writing.results()}),
        }
    )


def field_states(
    request: HttpRequest, writing: Writing, names: Sequence[str], changes: Changes | None
) -> dict[str, dict[str, Any]]:
    """Return by control `base`, the stored value; `pairs`, what the controls show then; `sent`, what was sent where that
    differs; `clash`, a notice.

    Fields that were not sent are told of when somebody else has saved since the page heard last.
    """
    revision, own = request.POST.get("_revision", ""), int(bool(changes and changes.before))
    others = revision.isdecimal() and int(revision) + own != writing.revision
    on_page = writing.names_on(request.POST.get("_section", "")) if others else []
    states: dict[str, dict[str, Any]] = {
        writing.control_of(n): {"base": writing.stored(n), "pairs": writing.pairs_of(n)} for n in on_page
    }
    merged = changes.merged if changes else {}
    for name in names:
        state = states.setdefault(writing.control_of(name), {"base": writing.stored(name)})
        if name in merged:
            state |= {"sent": merged[name], "pairs": writing.pairs_of(name)}
    for control, html in writing.notices(names, request).items():
        states[control] |= {"clash": html}
    if changes and changes.clashes:
        for name, notice in clash_notices(writing, request.user, names).items():
            states[writing.control_of(name)]["clash"] = render_to_string("forms/clash.html", {"notice": notice})
    return states


@dataclass(frozen=True)
class Notice:
    """A notice beside a field in which somebody else had written in the same place: their words against those that stand now."""

    version: int
    name: str
    label: str
    other: str
    at: datetime
    difference: Difference
    both: bool


def clash_notices(writing: Writing, user: Any, names: Sequence[str]) -> dict[str, Notice]:
    """Return the notices by field, for the writer whose words stand."""
    notices: dict[str, Notice] = {}
    versions = writing.subject.rows(writing.subject.store.versions)
    for v in open_clashes(writing.subject, user):
        earlier = versions.filter(pk__lt=v.pk).order_by("-id").select_related("author").first()
        other = str(earlier.author) if earlier and earlier.author and earlier.author != user else _("您在另一窗口")
        for name, clash in v.clashes.items():
            if name in names and name in writing.fields and name not in notices:
                changed = difference(writing.fields[name], v.before.get(name), writing.stored(name))
                notices[name] = Notice(v.pk, name, changed.label, other, v.at, changed, clash["both"] is not None)
    return notices


def section_context(
    request: HttpRequest, writing: Writing, section: str, errors: Mapping[str, str], base: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what the page of one section shows. A refused field keeps what its writer had seen before."""
    part, names = writing.form.section(section), writing.names_on(section)
    bad = {name.partition(".")[0] for name in errors}
    unseen = {n: base[n] for n in names if n in base and (writing.control_of(n) in bad or "_" in bad)}
    return {
        "writing": writing,
        "section_code": section,
        "section": part,
        "base": writing.base_of(names, unseen),
        "who": signature(writing.subject, request.user.pk or 0),
        "clashes": clash_notices(writing, request.user, names),
        "questions": bind(part.fields, writing.answers, request.POST if errors else None, dict(errors)) if part else [],
        "files_url": writing.files_url,
        "results": writing.results(),
        "errors": errors,
        "size": f"{writing.size:,}",
        **presence_context(writing, request.user),
    }


def section_tabs(answers: Answers) -> list[tuple[str, str, str]]:
    """List (code, title, completeness) of the sections. One without a question that is asked is left out."""
    tabs = []
    for s, fields in answers.asked_sections:
        own = [f for f in fields if not f.value]
        done = sum(1 for f in own if is_complete(answers, f))
        tabs.append((s.code, named(s, "title"), f"{done}/{len(own)}" if own else ""))
    return tabs


def presence_context(writing: Writing, user: Any) -> dict[str, Any]:
    """Return who else is at work on it. What has one writer takes no more queries."""
    shared = writing.is_shared(user)
    return {"shared": shared, "others": tell_presence(writing.subject, user) if shared else []}


def presence(request: HttpRequest, writing: Writing) -> HttpResponse:
    """Note that the editor is still open, every half minute, and answer with who else is there."""
    return render(request, "forms/presence.html", {"writing": writing, **presence_context(writing, request.user)})


def drop_unsaved(request: HttpRequest, writing: Writing, section: str) -> HttpResponse:
    forget_unsaved(writing.subject, section=section, actor=request.actor)  # type: ignore[attr-defined]
    return redirect(writing.address("edit", section))


def unsaved_page(request: HttpRequest, writing: Writing, section: str, unsaved: Any) -> HttpResponse:
    """Show what a form sent after the session was over, so that its author reads it and sends it again unchanged."""
    post = QueryDict(unsaved.body)
    values, _errors = writing.read(post, [n for n in post if not n.startswith("_")])
    registry = Registry()
    stored = {n: writing.as_stored(n, v, registry) for n, v in values.items() if n in writing.fields}
    differences = [
        difference(writing.fields[n], writing.stored(n), v) for n, v in stored.items() if not same(writing.stored(n), v)
    ]
    pairs = [(name, value) for name, texts in post.lists() for value in texts]
    context = {"writing": writing, "section_code": section, "unsaved": unsaved, "differences": differences, "pairs": pairs}
    return render(request, "forms/unsaved.html", context)
