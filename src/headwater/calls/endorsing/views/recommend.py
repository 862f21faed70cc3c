"""Pages of recommending agencies. Each sees only what its own institutions have endorsed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from headwater.calls.checking.services.exports import APPLICATIONS
from headwater.calls.endorsing.services.batches import plan_recommendation
from headwater.calls.endorsing.services.endorsement import recommend, return_to_host
from headwater.calls.endorsing.views.rows import back_column, call_filter, chosen, columns, confirm_return, return_page
from headwater.calls.models import Application, Party
from headwater.calls.pages import RELATED, confirm
from headwater.calls.queries import recommendation_batches
from headwater.calls.states import State
from headwater.core.i18n import both
from headwater.core.listing import Column, Listing
from headwater.core.permission import page
from headwater.core.views.archives import bar_answer


def agencies_of(request: HttpRequest) -> set[int]:
    return request.user.scopes("recommender", "agency")


@page("calls.recommend")
def recommend_queue(request: HttpRequest) -> HttpResponse:
    agencies = agencies_of(request)
    rows = Application.objects.visible_to(request.user).filter(host__recommender__in=agencies).select_related(*RELATED)
    show_all = request.GET.get("all") == "1"
    table_columns = [*columns(), Column(_("依托单位"), lambda a: both(a.host))]
    listing = Listing(
        request,
        rows if show_all else rows.filter(state=State.RECOMMENDING),
        name="recommendation",
        title=_("归口推荐"),
        order="-id",
        columns=table_columns if show_all else [*table_columns, back_column("/recommend/%d/return/")],
        search=("title_zh", "number", "leader__name_zh", "host__name_zh"),
        filters=[call_filter(rows)],
        selectable=True,
        empty_title=_("没有待推荐的申请"),
        empty_hint=_("所属单位报送后会出现在这里。"),
    )
    if request.method == "POST":
        return bar_answer(request, listing, kind=APPLICATIONS, title=_("归口推荐申请书"))
    context = {"list": listing, "show_all": show_all, "batches": recommendation_batches(agencies), "archive": True}
    return listing.export() or render(request, "calls/endorsing/recommend.html", context)


@page("calls.recommend", methods=("POST",))
def recommend_chosen(request: HttpRequest) -> HttpResponse:
    rows = chosen(request, host__recommender__in=agencies_of(request))
    if not rows:
        return redirect("recommend")
    if request.POST.get("return"):
        return confirm_return(request, rows, return_to_host, {"action": "/recommend/chosen/", "back": "/recommend/"})
    plan = plan_recommendation(rows, request.user)
    page_context = {
        "title": _("核对推荐清单"),
        "action": "/recommend/chosen/",
        "verb": _("确认推荐"),
        "back": "/recommend/",
        "documents": plan.documents(Party.RECOMMENDER),
    }
    agree = request.POST.getlist("agree")
    return confirm(
        request,
        plan,
        lambda: recommend(applications=plan.ready, actor=request.actor, agree=agree),
        _("已推荐 %d 项。"),
        page_context,
    )


@page("calls.recommend")
def recommend_return(request: HttpRequest, pk: int) -> HttpResponse:
    return return_page(request, pk, "calls.recommend", return_to_host, _("已退回依托单位。"), "/recommend/")
