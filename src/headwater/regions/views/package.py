"""The region package as the system administrator sees it: what is loaded, what the folder says now, load it."""

from __future__ import annotations

import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from headwater.calls.models import SchemeVersion
from headwater.core.i18n import both
from headwater.core.listing import Column, Filter, Listing
from headwater.core.models import Parameter
from headwater.core.permission import page
from headwater.core.web import attempt
from headwater.regions.check import find_package, package_now, read_package
from headwater.regions.load import load_region
from headwater.registry.queries import region_here


@page("core.region.manage")
def region(request: HttpRequest) -> HttpResponse:
    path = find_package(settings.CONFIG.region)
    if request.method == "POST":
        attempt(
            request,
            lambda: load_region(package=read_package(path), actor=request.actor),
            success=_("地区包已加载；没有变化的不会重复写入。"),
        )
        return redirect("region")
    package, loaded = package_now(path), region_here()
    return render(
        request,
        "regions/region.html",
        {
            "package": package,
            "loaded": loaded,
            "changed": loaded is None or loaded.digest != package.digest,
            "schemes": SchemeVersion.objects.count(),
            "parameters": Parameter.objects.count(),
        },
    )


@page("core.region.manage")
def schemes(request: HttpRequest) -> HttpResponseBase:
    listing = Listing(
        request,
        SchemeVersion.objects.defer("definition"),
        name="schemes",
        title=_("项目类型"),
        order="code",
        search=("code", "name_zh", "name_en"),
        columns=[
            Column(_("名称"), both, kind="title"),
            Column(_("代码"), lambda s: s.code, sort="code"),
            Column(_("版本"), lambda s: s.version, kind="number"),
            Column(_("加载"), lambda s: s.loaded_at, sort="loaded_at", kind="date"),
        ],
        empty_title=_("还没有加载项目类型"),
    )
    return listing.export() or render(request, "regions/part.html", {"list": listing, "part": "schemes"})


@page("core.region.manage")
def parameters(request: HttpRequest) -> HttpResponseBase:
    applies = Parameter.objects.exclude(applies_to="").order_by("applies_to").values_list("applies_to", flat=True).distinct()
    listing = Listing(
        request,
        Parameter.objects.all(),
        name="parameters",
        title=_("参数"),
        order="key",
        search=("key", "label_zh", "label_en", "source"),
        columns=[
            Column(_("参数"), lambda p: both(p, "label") or p.key, kind="title"),
            Column(_("代码"), lambda p: p.key, sort="key", phone=False),
            Column(_("适用"), lambda p: p.applies_to),
            Column(_("起"), lambda p: p.valid_from, sort="valid_from", kind="date", phone=False),
            Column(_("止"), lambda p: p.valid_to, kind="date", phone=False),
            Column(_("值"), lambda p: json.dumps(p.value, ensure_ascii=False)),
            Column(_("来源"), lambda p: f"{p.source} {p.confidence}".strip(), phone=False),
        ],
        filters=[Filter("applies", _("适用"), [(code, code) for code in applies], "applies_to")],
        empty_title=_("还没有参数"),
    )
    return listing.export() or render(request, "regions/part.html", {"list": listing, "part": "parameters"})
