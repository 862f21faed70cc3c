"""The bar under a list: what it asks for, a table at once or an archive by a job."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from headwater.core.errors import Refused
from headwater.core.exports import MOST_ITEMS, ask_export
from headwater.core.listing import Listing


def bar_answer(request: HttpRequest, listing: Listing, *, kind: str, title: str) -> HttpResponse:
    """Answer the bar under a list: the ticked rows (or all, as filtered) as a table at once, or as an archive by a job."""
    form = request.POST.get("format", "")
    rows = listing.selection()
    if form != "zip":
        return listing.export(form, rows) or redirect(request.get_full_path())
    try:
        # one more than may be exported, so that too many is refused instead of cut
        items = list(rows.order_by(listing.sort).values_list("pk", flat=True)[: MOST_ITEMS + 1])
        export = ask_export(what=kind, items=items, title=title, actor=request.actor)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect(request.get_full_path())
    return redirect("job", pk=export.pk)
