"""Pages of the quotas of all hosts in a call, for officers: what each may endorse, what it has used, what waits, and why."""

from __future__ import annotations

from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from headwater.calls.endorsing.services.endorsement import change_quota
from headwater.calls.forms import QuotaForm
from headwater.calls.models import Application, Call, HostQuota
from headwater.calls.pages import the_call
from headwater.calls.quotas import quota_words
from headwater.calls.states import ENDORSED, State
from headwater.core.i18n import both
from headwater.core.listing import Column, Filter, Listing
from headwater.core.permission import page
from headwater.core.web import attempt


def with_counts(call: Call) -> QuerySet[HostQuota]:
    """Return the quotas with `used` (endorsed and still counting), `waiting` for the host, and `left`."""

    def count(condition: Q) -> Coalesce:
        rows = Application.objects.filter(condition, host=OuterRef("organisation"), call=OuterRef("call")).order_by()
        return Coalesce(Subquery(rows.values("host").annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0)

    rows = HostQuota.objects.filter(call=call).select_related("organisation__place")
    rows = rows.annotate(used=count(Q(state__in=ENDORSED)), waiting=count(Q(state=State.HOST_REVIEW)))
    return rows.annotate(left=F("quota") - F("used"))


FITS = {"full": Q(left__lte=0), "over": Q(waiting__gt=F("left")), "open": Q(left__gt=0)}


@page("calls.check")
def quotas(request: HttpRequest, pk: int) -> HttpResponse:
    call = the_call(request, pk, "calls.check")
    listing = Listing(
        request,
        with_counts(call),
        name=f"{call.code}-quotas",
        title=f"{call.code} {_('单位限额')}",
        order="-quota",
        search=("organisation__name_zh", "organisation__name_en"),
        columns=[
            Column(_("依托单位"), lambda q: both(q.organisation), kind="title", url=lambda q: f"/office/quotas/{q.pk}/"),
            Column(_("限额"), lambda q: q.quota, sort="quota", kind="number", phone=True),
            Column(_("已报送"), lambda q: q.used, sort="used", kind="number"),
            Column(_("待单位审核"), lambda q: q.waiting, sort="waiting", kind="number"),
            Column(_("剩余"), lambda q: q.left, sort="left", kind="number", phone=True),
            Column(_("计算方法"), lambda q: quota_words(q.quota, q.basis)),
        ],
        filters=[
            Filter(
                "fit",
                _("用量"),
                [("full", _("已用完")), ("over", _("待审多于剩余")), ("open", _("还有剩余"))],
                apply=lambda rows, value: rows.filter(FITS[value]),
            )
        ],
        empty_title=_("本批次不受单位限额限制"),
        empty_hint=_("限额在批次发布时按历年立项数计算；不受单位限额限制的项目类型见参数“单位推荐限额”。"),
    )
    context = {"list": listing, "call": call, "tab": "quotas"}
    return listing.export() or render(request, "calls/call_list.html", context)


@page("calls.check")
def quota(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one quota: how it was computed, and the form that sets another with a reason."""
    row = get_object_or_404(HostQuota.objects.filter(call__in=Call.objects.visible_to(request.user)), pk=pk)
    call = the_call(request, row.call_id, "calls.check")
    counted = with_counts(call).get(pk=pk)
    form = QuotaForm(request.POST or None, initial={"quota": counted.quota})
    if request.method == "POST" and form.is_valid():
        values, actor = form.cleaned_data, request.actor
        host = counted.organisation
        if attempt(
            request,
            lambda: change_quota(call=call, host=host, quota=values["quota"], reason=values["reason"], actor=actor),
            form=form,
            success=_("限额已调整，并已通知依托单位。"),
        ):
            return redirect("call_quotas", pk=call.pk)
    context = {"call": call, "row": counted, "form": form, "why": quota_words(counted.quota, counted.basis), "tab": "quotas"}
    return render(request, "calls/endorsing/quota.html", context, status=422 if form.errors else 200)
