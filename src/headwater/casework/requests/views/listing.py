"""Lists of requests: of who proposed them, of a host, an agency or an office, and about one record."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.casework.requests.declared import REQUESTS
from headwater.casework.requests.models import Request
from headwater.casework.requests.queries import requests_about
from headwater.casework.requests.views.doors import record_at
from headwater.casework.subjects import SUBJECTS
from headwater.core.i18n import Bilingual, named
from headwater.core.listing import Column, Filter, Listing
from headwater.core.permission import page

START = (("waiting", gettext_lazy("等待生效")), ("trouble", gettext_lazy("未能生效")))


def _starting(rows: QuerySet[Request], choice: str) -> QuerySet[Request]:
    waiting: QuerySet[Request] = rows.waiting_to_start()  # type: ignore[attr-defined]
    return waiting.filter(trouble="") if choice == "waiting" else waiting.exclude(trouble="")


def _listing(http: HttpRequest, rows: QuerySet[Request], *, name: str, about: bool = True) -> Listing:
    kinds = dict.fromkeys(
        (code, Bilingual(zh, en)) for code, zh, en in rows.order_by("kind").values_list("kind", "name_zh", "name_en")
    )
    filters = [
        Filter("state", _("状态"), Request.State.choices, "state"),
        Filter("kind", _("种类"), [(code, str(words)) for code, words in kinds], "kind"),
        Filter("start", _("生效"), START, apply=_starting),
    ]
    if about and len(REQUESTS) > 1:
        filters.append(Filter("of", _("对象类别"), [(k, str(SUBJECTS[k].label)) for k in REQUESTS], "subject_kind"))
    columns = [
        Column(_("申请"), lambda r: r.name, kind="title", url=lambda r: reverse("request", args=[r.pk])),
        Column(_("编号"), lambda r: r.number, sort="number"),
        *([Column(_("对象"), lambda r: r.about, sort="about_zh", phone=True)] if about else []),
        Column(_("提出人"), lambda r: named(r.proposed_by)),
        Column(_("提交时间"), lambda r: r.submitted_at, kind="date", phone=True),
        Column(_("生效日期"), lambda r: r.effective_on, kind="date"),
        Column(_("状态"), lambda r: Request.State(r.state), kind="state"),
    ]
    return Listing(
        http,
        rows.select_related("proposed_by"),
        columns,
        title=_("申请"),
        name=name,
        order="-id",
        search=("number", "name_zh", "name_en", "about_zh", "about_en", "proposed_by__name_zh"),
        filters=filters,
        empty_title=_("还没有申请"),
        empty_hint=_("在对象的页面上点“提出申请”，选择种类后填写；提交后在这里看到办理情况。"),
    )


@page("requests.list")
def requests(http: HttpRequest) -> HttpResponse:
    """List what one has proposed (`?part=mine`), or all that one may see."""
    mine = http.GET.get("part") == "mine"
    rows = Request.objects.visible_to(http.user)
    listing = _listing(http, rows.filter(proposed_by=http.user) if mine else rows, name="requests")
    url = reverse("requests")
    tabs = [(_("全部"), url, not mine), (_("我提出的"), f"{url}?part=mine", mine)]
    return listing.export() or render(http, "requests/list.html", {"list": listing, "tabs": tabs})


@page("requests.list")
def about(http: HttpRequest, kind: str, key: int) -> HttpResponse:
    """List the requests about one record."""
    record = record_at(http, kind, key)
    listing = _listing(http, requests_about(record, http.user), name="requests", about=False)
    subject = SUBJECTS[kind]
    context = {
        "list": listing,
        "title": _("申请事项：%s") % subject.name(record),
        "back": subject.url(record),
        "back_label": subject.name(record),
        "new_url": reverse("request_new", args=[kind, key]) if http.user.has_perm("requests.propose", record) else "",
    }
    return listing.export() or render(http, "requests/about.html", context)
