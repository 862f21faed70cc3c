"""Pages of roles: granting, proposing, approving, ending; each sensitive grant by two people."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.core import clock
from headwater.core.acts import ReasonForm
from headwater.core.granting import approve_grant, drop_grant, end_grant, label_of, propose_grant
from headwater.core.i18n import both
from headwater.core.listing import Column, Filter, Listing
from headwater.core.models import Account, GrantProposal, RoleGrant
from headwater.core.permission import page
from headwater.core.roles import LIMITS, ROLES, Scope, role_choices, sensitive_roles
from headwater.core.services import grant_roles
from headwater.core.views.account_acts import ending, granting
from headwater.core.views.acts import confirm_act, given
from headwater.core.web import attempt, key_in

MOST_TO_END = 10


class GrantForm(forms.Form):
    username = forms.CharField(label=gettext_lazy("用户名"), max_length=150)
    role = forms.ChoiceField(label=gettext_lazy("角色"), choices=lambda: [(code, label_of(code)) for code in ROLES])
    scope = forms.ChoiceField(label=gettext_lazy("范围"), choices=lambda: scope_choices())
    scope_code = forms.CharField(
        label=gettext_lazy("范围代码"),
        required=False,
        help_text=gettext_lazy("单位、部门或条目的代码、批次编号；范围为“全部”时留空。"),
    )


def scope_choices() -> list[tuple[str, Any]]:
    return [(Scope.ALL.value, Scope.ALL.label), *((code, limit.label) for code, limit in LIMITS.items())]


@page("core.role.grant")
def roles(request: HttpRequest) -> HttpResponse:
    form = GrantForm(request.POST if request.POST.get("grant") else None)
    if request.POST.get("end"):
        row = get_object_or_404(RoleGrant.objects.select_related("account"), pk=key_in(request.POST, "end"))
        act = ending(row, given(request))
        reason = request.POST.get("reason", "")
        return confirm_act(request, act, partial(end_grant, grant=row, reason=reason, actor=request.actor), _("授权已收回。"))
    if request.method == "POST" and form.is_valid() and _grant(request, form):
        return redirect("roles")
    rows = RoleGrant.objects.in_force(clock.now()).select_related("account")
    listing = Listing(
        request,
        rows,
        name="roles",
        title=_("授权"),
        order="-id",
        search=("account__username", "account__name_zh", "scope_label"),
        selectable=False,
        columns=[
            Column(_("用户"), lambda g: both(g.account), kind="title"),
            Column(_("用户名"), lambda g: g.account.username),
            Column(_("角色"), lambda g: ROLES[g.role].label, phone=True),
            Column(_("范围"), lambda g: g.scope_label or Scope(g.scope).label, phone=True),
            Column(_("起"), lambda g: g.since, kind="date"),
        ],
        filters=[Filter("role", _("角色"), role_choices(), "role")],
        empty_title=_("没有授权"),
    )
    context = {
        "list": listing,
        "form": form,
        "recent": listing.objects[:MOST_TO_END],
        "proposals": GrantProposal.objects.waiting(clock.now()).count(),
    }
    return listing.export() or render(request, "core/roles.html", context, status=422 if form.errors else 200)


def _grant(request: HttpRequest, form: GrantForm) -> bool:
    data = form.cleaned_data
    account = Account.objects.filter(username__iexact=data["username"]).first()
    if account is None:
        form.add_error("username", _("没有这个用户"))
        return False
    record, limit = None, data["scope"]
    if limit != Scope.ALL:
        record = LIMITS[limit].find(data["scope_code"])
        if record is None:
            form.add_error("scope_code", _("没有找到该代码"))
            return False
    of_entry = limit not in Scope.values
    grant = RoleGrant(
        account=account,
        role=data["role"],
        scope=Scope.ENTRY if of_entry else limit,
        scope_kind=limit if of_entry else "",
        scope_id=record.pk if record else None,
        scope_label=str(record) if record else "",
        granted_by=request.user,
    )
    if data["role"] in sensitive_roles():
        success = _("已提议，待另一位管理员核准。")
        return attempt(request, lambda: propose_grant(grant=grant, actor=request.actor), form=form, success=success)
    return attempt(request, lambda: grant_roles(grants=[grant], actor=request.actor), form=form, success=_("已授权。"))


@page("core.role.approve")
def grants(request: HttpRequest) -> HttpResponse:
    """Show the roles that were proposed and wait for a second administrator."""
    rows = GrantProposal.objects.waiting(clock.now()).select_related("account", "proposed_by").order_by("expires_at", "id")
    form = ReasonForm(request.POST if request.POST.get("drop") else None)
    if request.POST.get("approve"):
        row = get_object_or_404(rows, pk=key_in(request.POST, "approve"))
        return confirm_act(request, granting(row), partial(approve_grant, proposal=row, actor=request.actor), _("已授权。"))
    if request.POST.get("drop"):
        row = get_object_or_404(rows, pk=key_in(request.POST, "drop"))
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        attempt(request, lambda: drop_grant(proposal=row, reason=reason, actor=request.actor), success=_("已记录，不授予。"))
        return redirect("grants")
    return render(request, "core/grants.html", {"rows": rows, "form": form}, status=422 if form.errors else 200)
