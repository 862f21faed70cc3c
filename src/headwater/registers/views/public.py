"""What everybody sees of registers: lists with map and files, the public part of each entry, what is new as a feed."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from headwater.core.permission import PUBLIC, page
from headwater.registers.declared import REGISTERS
from headwater.registers.doors import page_of, register_or_404, rows_of
from headwater.registers.entries import entries_of
from headwater.registers.feeds import FEEDS, feed_of
from headwater.registers.kinds import kinds_here
from headwater.registers.listings import entry_list
from headwater.registers.navigation import BESIDE
from headwater.registers.records import public_record, public_tabs


@page(PUBLIC)
def registers(request: HttpRequest) -> HttpResponse:
    """List the registers with what they hold: real entries, and how many of them are at work."""
    kinds = kinds_here()
    lines = []
    for register in sorted(REGISTERS.values(), key=lambda r: r.place):
        mine = [k for k in kinds.values() if k.register == register.code and k.public]
        if mine:
            rows = entries_of(register).public().real()
            lines.append({"register": register, "kinds": mine, "count": rows.count()})
    beside = sorted(BESIDE.values(), key=lambda page: page.place)
    return render(request, "registers/registers.html", {"lines": lines, "beside": beside})


@page(PUBLIC)
def register(request: HttpRequest, register: str) -> HttpResponseBase:
    rows = entry_list(request, register_or_404(register), public=True)
    answer = rows.listing.export()
    if answer:
        return answer
    view = request.GET.get("view", "")
    return render(request, "registers/register.html", {"rows": rows, "list": rows.listing, "view": view})


@page(PUBLIC)
def entry(request: HttpRequest, register: str, number: str) -> HttpResponse:
    """Show the public part of an entry; who sees it from inside is led to its page where there is no public part."""
    found = register_or_404(register)
    row = rows_of(found).visible_to(request.user).filter(number=number).first()
    if row is None:
        raise Http404
    if not row.is_public:
        return redirect(page_of(found, row))
    inside = entries_of(found).inside(request.user).filter(pk=row.pk).exists()
    context = {
        "register": found,
        "entry": row,
        "record": public_record(found, row),
        "tabs": public_tabs(request, row),
        "inside": page_of(found, row) if inside else "",
    }
    return render(request, "registers/public_entry.html", context)


@page(PUBLIC)
def feed(request: HttpRequest, register: str, form: str) -> HttpResponse:
    """Give the entries that began or ended last, as Atom or RSS."""
    if form not in FEEDS:
        raise Http404
    content_type, text = feed_of(register_or_404(register), form)
    return HttpResponse(text, content_type=content_type)
