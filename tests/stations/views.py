from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from headwater.core.listing import Column, Listing
from headwater.core.permission import access, page
from tests.stations.models import Station


@page("stations.list")
def stations(request: HttpRequest) -> HttpResponse:
    listing = Listing(
        request,
        Station.objects.visible_to(request.user),
        name="stations",
        title="台站",
        order="code",
        columns=[
            Column("名称", lambda s: s.name_zh, kind="title", url=lambda s: f"/stations/{s.pk}/"),
            Column("状态", lambda s: s.state, kind="state"),
        ],
    )
    return listing.export() or render(request, "core/list.html", {"list": listing})


@page("stations.keep")
def station(request: HttpRequest, pk: int) -> HttpResponse:
    row = access(request.user, "stations.keep", Station.objects.visible_to(request.user), pk=pk)
    return render(request, "stations/station.html", {"station": row})
