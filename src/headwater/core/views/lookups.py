"""The address of a look-up: options for a script, a page to search for everybody."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.core.listing import Column, Listing
from headwater.core.lookups import Lookup
from headwater.core.permission import page


def lookup_view(lookup: Lookup) -> Callable[..., HttpResponse]:
    """Return the view of a look-up, open to those who may use it."""

    @page(lookup.action, methods=("GET", "HEAD"))
    def look_up(request: HttpRequest) -> HttpResponse:
        media_type = request.get_preferred_type(["text/html", "application/json"])
        answer = _options(request, lookup) if media_type == "application/json" else _search(request, lookup)
        patch_vary_headers(answer, ["Accept"])
        return answer

    return look_up


def _options(request: HttpRequest, lookup: Lookup) -> HttpResponse:
    options, more = lookup.options(request.user, request.GET.get("q", ""))
    if more:
        message = _("列出前 %d 项，继续输入可以缩小范围") % len(options)
    elif options:
        message = ngettext("找到 %d 项，用上下键选择", "找到 %d 项，用上下键选择", len(options)) % len(options)
    else:
        message = _("没有找到，请换个词，或填写全称")
    return JsonResponse({"options": options, "told": message})


def _search(request: HttpRequest, lookup: Lookup) -> HttpResponse:
    listing = Listing(
        request,
        lookup.visible(request.user).select_related(*lookup.related),
        name=lookup.code,
        title=_("查找%s") % lookup.label,
        order=lookup.order,
        search=lookup.fields,
        columns=[Column(lookup.label, lookup.value, kind="title"), Column(_("说明"), lookup.note)],
        empty_title=_("没有可查找的内容"),
    )
    hint = _("把要填写的名称或代码抄到表单里。")
    return listing.export() or render(request, "core/list.html", {"list": listing, "hint": hint})
