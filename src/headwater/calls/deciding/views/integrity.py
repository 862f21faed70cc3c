"""Objections to notices as the integrity officer reads them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from headwater.calls.models import Objection
from headwater.core.i18n import both
from headwater.core.listing import Column, Filter, Listing
from headwater.core.own import without_own
from headwater.core.permission import page


@page("calls.integrity")
def objections(request: HttpRequest) -> HttpResponse:
    listing = Listing(
        request,
        without_own(Objection.objects.all(), request.user).select_related("row", "notice__call"),
        name="objections",
        title=_("公示异议"),
        order="-filed_at",
        search=("row__title", "row__leader", "text"),
        columns=[
            Column(_("项目"), lambda o: o.row.title, kind="title", url=lambda o: f"/notices/{o.notice_id}/"),
            Column(_("负责人"), lambda o: o.row.leader),
            Column(_("依托单位"), lambda o: o.row.host),
            Column(_("公示"), lambda o: both(o.notice, "title")),
            Column(_("异议内容与依据"), lambda o: o.text),
            Column(_("提出时间"), lambda o: o.filed_at, sort="filed_at", kind="date"),
            Column(_("状态"), lambda o: Objection.State(o.state), kind="state"),
            Column(_("处理意见"), lambda o: o.answer),
        ],
        filters=[Filter("state", _("状态"), Objection.State.choices, "state")],
        empty_title=_("没有异议"),
        empty_hint=_("公示期内提出并经邮件确认的异议会出现在这里。"),
    )
    hint = _("只读：公示异议及其处理。答复由项目主管作出，认定成立须经两人。")
    return listing.export() or render(request, "core/list.html", {"list": listing, "hint": hint})
