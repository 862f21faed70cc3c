"""The region package as the system administrator sees it: what is loaded, what the folder says now, load it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from headwater.calls.models import SchemeVersion
from headwater.core.models import Parameter
from headwater.core.permission import page
from headwater.core.web import attempt
from headwater.regions.check import find_package, read_package
from headwater.regions.load import load_region
from headwater.registry.queries import region_here


@page("core.region.manage")
def region(request: HttpRequest) -> HttpResponse:
    package = read_package(find_package(settings.CONFIG.region))
    if request.method == "POST":
        attempt(
            request,
            lambda: load_region(package=package, actor=request.actor),
            success=_("地区包已加载；没有变化的不会重复写入。"),
        )
        return redirect("region")
    loaded = region_here()
    return render(
        request,
        "regions/region.html",
        {
            "package": package,
            "loaded": loaded,
            "changed": loaded is None or loaded.digest != package.digest,
            "schemes": SchemeVersion.objects.order_by("code", "-version"),
            "parameters": Parameter.objects.order_by("key", "applies_to", "valid_from"),
        },
    )
