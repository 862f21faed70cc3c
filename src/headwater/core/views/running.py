"""Whether all is well: the health of the house, and the mails that were written."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from headwater.core.health import checks, invariant_checks
from headwater.core.invariants import check
from headwater.core.listing import Column, Filter, Listing
from headwater.core.mails import MOST_ATTEMPTS, Standing, failed_mails, in_standing, retry_mails, standing, trouble
from headwater.core.models import OutboxMail
from headwater.core.permission import page
from headwater.core.web import attempt, keys_in


@page("core.health.view")
def health(request: HttpRequest) -> HttpResponse:
    """What can be told at once; the button looks through all records as well."""
    breaches = check() if request.method == "POST" else None
    if breaches is not None and not breaches:
        messages.success(request, _("全部相符。"))
    return render(request, "core/health.html", {"checks": checks(), "invariants": invariant_checks(breaches)})


@page("core.outbox.view")
def outbox(request: HttpRequest) -> HttpResponseBase:
    """The mails with where they stand; those that failed can be sent again."""
    listing = Listing(
        request,
        OutboxMail.objects.all(),
        name="outbox",
        title=_("邮件"),
        order="-id",
        search=("to", "subject"),
        filters=[Filter("state", _("状态"), Standing.choices, apply=in_standing)],
        selectable=True,
        columns=[
            Column(_("主题"), lambda m: m.subject, kind="title"),
            Column(_("收件人"), lambda m: m.to),
            Column(_("状态"), standing, kind="state"),
            Column(_("写入时间"), lambda m: m.created_at, kind="date"),
            Column(_("发出"), lambda m: m.sent_at, kind="date"),
            Column(_("原因"), trouble, phone=True),
            Column("error", lambda m: m.error, screen=False),
        ],
        empty_title=_("没有邮件"),
        empty_hint=_("通知、邀请和登录邮件会出现在这里。"),
    )
    if request.method == "POST" and "again" in request.POST:
        chosen = keys_in(request.POST, "pk")
        done = _("所选的失败邮件将重新发送。")
        attempt(request, lambda: retry_mails(mails=chosen, actor=request.actor), success=done)
        return redirect("outbox")
    form = request.POST.get("format", "") if request.method == "POST" else ""
    answer = listing.export(form, listing.selection() if form else None)
    context = {"list": listing, "failed": failed_mails().count(), "most": MOST_ATTEMPTS}
    return answer or render(request, "core/outbox.html", context)
