"""What the pages of calls share: which record a reader may open, what every page about it shows, and what is confirmed first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from headwater.calls.checking.services.exports import LETTERS
from headwater.calls.contents import declared
from headwater.calls.deciding.services.letters import letter_name
from headwater.calls.endorsing.services.batches import Plan
from headwater.calls.forms import AnswerForm
from headwater.calls.loading import answers_of
from headwater.calls.models import Application, Call, Letter
from headwater.calls.permissions import reads_letters
from headwater.calls.schemes import scheme_of
from headwater.calls.signatures import lines_of
from headwater.calls.words import grade_words, words_of
from headwater.core.i18n import both
from headwater.core.listing import Column, Filter, Listing
from headwater.core.permission import access, may
from headwater.core.prepared import Prepared
from headwater.core.register import Register
from headwater.core.views.archives import bar_answer
from headwater.core.web import attempt
from headwater.forms.answers.showing import sections
from headwater.registry.models import PriorityField

RELATED = ("call__scheme", "host", "leader__account", "discipline", "second_discipline")


OF_CALL = ("scheme", "drafted_by", "cloned_from__scheme", "outline")


def the_call(request: HttpRequest, pk: int, action: str = "calls.board") -> Call:
    row: Call = access(request.user, action, Call.objects.visible_to(request.user).select_related(*OF_CALL), pk=pk)
    return row


def mine(request: HttpRequest) -> Any:
    return Application.objects.visible_to(request.user).select_related(*RELATED)


def draft(request: HttpRequest, pk: int) -> Application:
    row: Application = access(request.user, "calls.application.edit", mine(request), pk=pk)
    return row


OWN = Prepared(
    lambda pk, account: (
        Application.objects.filter(pk=pk, leader__account=account)
        .select_related("call", "leader")
        .only("state", "title_zh", "number", "call__scheme", "leader__account")
    )
)


def own_draft(request: HttpRequest, pk: int, action: str = "calls.application.edit") -> Application:
    """Return the author's own application like `draft`, in one small read without its texts, for requests that only act."""
    row = OWN.one(pk, request.user.pk) if request.user.pk else None
    if row is not None and may(request.user, action, row):
        return row
    application: Application = access(request.user, action, mine(request), pk=pk)
    return application


OPINIONS: Register[Callable[[Application], list[dict[str, Any]]]] = Register("source of opinions")
"""A function that gives the released opinions of an application without their authors."""


def released_opinions(row: Application) -> list[dict[str, Any]]:
    """Return the released opinions with the word of each grade."""
    words = dict(grade_words(row))
    return [o | {"word": words.get(o["grade"], "")} for function in OPINIONS.values() for o in function(row)]


def application_context(row: Application, *, judging: bool = False, reader: Any = None) -> dict[str, Any]:
    """Return what every page that shows an application needs. Experts and panels (`judging`) do not see restricted answers, and
    read the letters of referees where the scheme lets them.
    """
    scheme, answers = scheme_of(row.call), answers_of(row)
    context: dict[str, Any] = {
        "application": row,
        "scheme": scheme,
        "declared": declared(row),
        "sections": sections(answers, judging=judging),
        "lines": [] if judging else SimpleLazyObject(lambda: lines_of(row, answers)),
        "topic": row.call.topic(row.topic),
        "members": row.participants.select_related("person", "organisation"),
        "attachments": row.attachments.select_related("file"),
        "enclosed": _("参与者与附件") if scheme.members_max else _("附件"),
        "kinds": {a.kind: a for a in scheme.attachments},
        "references": row.referees.select_related("discipline"),
        "reads_letters": reads_letters(row, judging=judging, reader=reader),
        "field": PriorityField.objects.filter(code=row.priority_field).first() if row.priority_field else None,
    }
    return context | {"parts": SimpleLazyObject(lambda: contents_of(context))}


def contents_of(context: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return the parts of the page of an application, each with the key of its card."""
    scheme = context["scheme"]
    parts = [("part-info", _("基本信息")), *((f"part-{s.code}", both(s, "title")) for s, _fields in context["sections"])]
    if scheme.members_max or scheme.attachments:
        parts.append(("part-attachments", context["enclosed"]))
    if context["references"]:
        parts.append(("part-references", _("推荐专家")))
    if context["lines"]:
        parts.append(("part-signed", _("签署的文件")))
    return parts


def confirm(
    request: HttpRequest, plan: Plan, work: Callable[[], Any], success: str, page_: dict[str, Any], form: Any = None
) -> HttpResponse:
    """Show first the exact rows and the result for each. Once confirmed and unchanged since, do all that can be done together."""
    status = 200
    if request.POST.get("confirmed") and plan.ready:
        if request.POST.get("seen") != plan.digest:
            messages.warning(request, _("您核对之后情况有变化，没有办理任何一项；请重新核对。"))
        elif form is not None and not form.is_valid():
            status = 422
        elif attempt(request, work, form=form, success=success % len(plan.ready)):
            return redirect(page_["back"])
    return render(request, "calls/endorsing/preview.html", {"plan": plan, "form": form, **page_}, status=status)


def confirmed(request: HttpRequest, answer: str) -> bool:
    """Tell whether an answer was confirmed as the preview showed it: words that were changed there are shown anew."""
    form = AnswerForm({"answer": request.POST.get("shown", "")})
    return bool(request.POST.get("confirmed")) and form.is_valid() and form.cleaned_data["answer"] == answer


def letter_kinds(letters: Any) -> list[tuple[str, str]]:
    """Return (kind, name) of letters, as the calls of `letters` name them: a filter offers no paper that nobody has (1 query)."""
    found = Call.objects.filter(pk__in=letters.values("application__call")).order_by("scheme_id", "stage")
    words = [words_of(call) for call in found.distinct("scheme_id", "stage")]
    named = {kind: list(dict.fromkeys(letter_name(w, kind) for w in words)) for kind in Letter.Kind.values}
    return [(kind, "／".join(names[:3]) + ("…" if len(names) > 3 else "")) for kind, names in named.items() if names]


def _for_offices() -> list[Column]:
    """Return the columns with the letter to the host, and with the text for a word processor."""
    return [
        Column(
            _("送达函"), lambda x: str(x.covering or ""), url=lambda x: f"/host/letters/{x.covering_id}/" if x.covering_id else ""
        ),
        Column(_("可编辑文本"), lambda _x: "DOCX", url=lambda x: f"/letters/{x.pk}/?as=docx", export=False),
    ]


def letter_list(
    request: HttpRequest, rows: Any, title: str, empty_hint: str, *, covering: bool = False, **context: Any
) -> HttpResponseBase:
    """List letters, as a table or as an archive of PDFs: for a host, an officer, an applicant. `covering` adds what offices
    need: the letters to hosts under which they went out, and texts to edit.
    """
    listing = Listing(
        request,
        rows,
        name="letters",
        title=title,
        order="-id",
        search=("number", "application__title_zh", "application__leader__name_zh"),
        columns=[
            Column(_("文号"), lambda x: x.number, kind="title", url=lambda x: f"/letters/{x.pk}/"),
            Column(_("类型"), lambda x: letter_name(words_of(x.application), x.kind), phone=True),
            Column(_("编号"), lambda x: x.application.number),
            Column(_("名称"), lambda x: both(x.application, "title"), kind="long", phone=True),
            Column(_("申请人"), lambda x: both(x.application.leader)),
            Column(_("依托单位"), lambda x: both(x.application.host)),
            Column(_("日期"), lambda x: x.issued_at, kind="date"),
            Column(_("英文译本"), lambda _x: "English", url=lambda x: f"/letters/{x.pk}/?lang=en", export=False),
            *(_for_offices() if covering else []),
        ],
        only=(
            *("number", "kind", "issued_at", "application__number", "application__title_zh", "application__leader__name_zh"),
            *("application__host__name_zh", "application__call__scheme", "application__call__stage", "covering__number"),
        ),
        filters=[Filter("kind", _("类型"), letter_kinds(rows), "kind")],
        selectable=True,
        empty_title=_("没有通知书"),
        empty_hint=empty_hint,
    )
    if request.method == "POST":
        return bar_answer(request, listing, kind=LETTERS, title=title)
    page_context = {"list": listing, "archive": True, **context}
    return listing.export() or render(request, "calls/call_list.html" if "call" in context else "core/list.html", page_context)
