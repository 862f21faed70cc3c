"""Similar texts as the integrity officer reads them: who, with whom, how much; the words stay with those who check."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from headwater.calls.queries import likenesses_to_watch
from headwater.core.i18n import both
from headwater.core.listing import Column, Listing
from headwater.core.permission import page


@page("calls.integrity")
def similar(request: HttpRequest) -> HttpResponse:
    listing = Listing(
        request,
        likenesses_to_watch(request.user).select_related(
            *("application__leader", "application__host", "application__call", "other__leader", "other__host", "other__call")
        ),
        name="similar",
        title=_("相似文本"),
        order="-share",
        search=("application__number", "application__title_zh", "application__leader__name_zh", "other__leader__name_zh"),
        columns=[
            Column(_("申请"), lambda x: both(x.application, "title"), kind="title"),
            Column(_("编号"), lambda x: x.application.number),
            Column(_("申请人"), lambda x: both(x.application.leader)),
            Column(_("依托单位"), lambda x: both(x.application.host)),
            Column(_("相似的申请"), lambda x: both(x.other, "title"), kind="long", phone=True),
            Column(_("该申请的申请人"), lambda x: both(x.other.leader)),
            Column(_("批次"), lambda x: both(x.other.call, "title")),
            Column(_("相似比例"), lambda x: f"{x.share:.0%}", sort="share", kind="number", phone=True),
            Column(_("最长相同文字"), lambda x: x.longest, sort="longest", kind="number", phone=True),
        ],
        page_size=40,
        empty_title=_("没有相似文本"),
        empty_hint=_("形式审查对全部申请查重；达到阈值的会出现在这里。"),
    )
    hint = _("只读：查重结果。正文由负责形式审查的项目主管核对。")
    return listing.export() or render(request, "core/list.html", {"list": listing, "hint": hint})
