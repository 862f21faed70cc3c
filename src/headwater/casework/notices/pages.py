"""What the pages of objections are made of, whichever app publishes the notice. The pages themselves are where the notices are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from headwater.casework.notices.forms import ObjectionForm
from headwater.casework.notices.objecting import claim_of
from headwater.core.api import client_address
from headwater.core.web import attempt


@dataclass(frozen=True)
class Objected:
    """The line to which somebody objects, for a page: its words, its notice and where that is; `replier` is who may reply."""

    is_open: bool
    line: str
    notice: str
    back: str
    replier: str


def objection_page(request: HttpRequest, about: Objected, ask: Callable[..., str]) -> HttpResponse:
    """Take an objection to a line; `ask` is the command that keeps it and sends the link."""
    form = ObjectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        is_done = attempt(
            request,
            lambda: ask(actor=request.actor, source=client_address(request), **form.cleaned_data),  # type: ignore[attr-defined]
            form=form,
            success=_("确认邮件已发出。请打开其中的链接确认，确认后异议才生效。"),
        )
        if is_done:
            return redirect(about.back)
    return render(request, "notices/objection.html", {"about": about, "form": form}, status=422 if form.errors else 200)


def confirmation_page(request: HttpRequest, key: str) -> HttpResponse:
    """Show what the link in the mail confirms, and file it once its button is pressed."""
    found = claim_of(key)
    context: dict[str, Any] = {"claim": None}
    if found is not None:
        desk, claim = found
        context = {"claim": claim, "line": desk.line(claim), "notice": desk.notice(claim), "back": desk.url(claim)}
        if request.method == "POST":
            is_done = attempt(
                request,
                lambda: desk.file(key, request.actor),  # type: ignore[attr-defined]
                success=_("异议已提出。处理期间该项暂停办理，处理意见将发到您的邮箱。"),
            )
            if is_done:
                return redirect(desk.url(claim))
    answer = render(request, "notices/confirm_objection.html", context, status=200 if found else 410)
    answer["Referrer-Policy"], answer["Cache-Control"] = "no-referrer", "no-store"
    return answer
