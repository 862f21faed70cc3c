"""Pages of referees: the one on which a referee without an account writes, and the data of the applicant's list."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from headwater.calls.forms import DeclineForm, LetterForm
from headwater.calls.joining.services.referees import decline_referee, open_referee, write_letter
from headwater.calls.joining.views.links import ended, followed, sealed
from headwater.calls.loading import answers_of
from headwater.calls.models import Party, Referee
from headwater.calls.schemes import scheme_of
from headwater.core.permission import PUBLIC, page
from headwater.core.web import attempt
from headwater.forms.signing import asked


@page(PUBLIC)
def refer(request: HttpRequest, token: str) -> HttpResponse:
    """Show the page behind a referee's link: the applicant, a form for the letter, and a way to decline. No account is needed."""
    link = followed(request, token, "referee")
    if isinstance(link, HttpResponse):
        return link
    row = link.referee
    if row is None:
        raise Http404
    open_referee(referee=row, actor=request.actor)
    rules = scheme_of(row.application.call).referees
    writing, declining = request.POST.get("do") == "write", request.POST.get("do") == "decline"
    form = LetterForm(request.POST if writing else None, rules=rules, initial=_initial(row))
    decline = DeclineForm(request.POST if declining else None)
    actor, agree = request.actor, request.POST.getlist("agree")
    if form.is_valid() and attempt(
        request, lambda: write_letter(referee=row, values=form.cleaned_data, agree=agree, actor=actor), form=form
    ):
        return ended(request, "written", 200)
    if decline.is_valid() and attempt(
        request, lambda: decline_referee(referee=row, **decline.cleaned_data, actor=actor), form=decline
    ):
        return ended(request, "declined", 200)
    page_context = {
        "referee": row,
        "application": row.application,
        "form": form,
        "decline": decline,
        "rules": rules,
        "documents": asked(scheme_of(row.application.call), Party.REFEREE, answers_of(row.application)),
        "agree": agree,
    }
    return sealed(render(request, "calls/joining/refer.html", page_context, status=422 if form.errors or decline.errors else 200))


def _initial(row: Referee) -> dict[str, str]:
    return {"said_name": row.name, "said_institution": row.institution, "said_title": row.title}
