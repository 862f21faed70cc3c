"""Pages of the administrators: accounts, their addresses and second factors."""

from __future__ import annotations

from functools import partial

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.core import clock
from headwater.core.address_changes import approve_address, confirm_address, correct_address, drop_address, waiting_change
from headwater.core.addresses import AddressFormField
from headwater.core.factor_resets import approve_factor_reset, ask_factor_reset, drop_factor_reset
from headwater.core.i18n import both
from headwater.core.listing import Column, Filter, Listing
from headwater.core.models import Account, AddressChange, FactorReset, GrantProposal
from headwater.core.permission import PUBLIC, page
from headwater.core.services import create_accounts, set_active
from headwater.core.views.account_acts import dropping_address, dropping_reset, resetting, switching
from headwater.core.views.acts import confirm_act
from headwater.core.web import attempt, key_in


class AccountForm(forms.Form):
    username = forms.RegexField(label=gettext_lazy("用户名"), regex=r"^[\w.@+-]{3,60}$")
    name_zh = forms.CharField(label=gettext_lazy("姓名"), max_length=120)
    email = AddressFormField(label=gettext_lazy("电子邮箱"))


class AddressForm(forms.Form):
    """Another address, or none, with the reason for it."""

    email = AddressFormField(
        label=gettext_lazy("电子邮箱"),
        required=False,
        help_text=gettext_lazy("留空即删除。新邮箱确认后生效，原邮箱同时得到通知。"),
    )
    reason = forms.CharField(label=gettext_lazy("理由"), max_length=500)


class FactorForm(forms.Form):
    username = forms.CharField(label=gettext_lazy("用户名"), max_length=150)
    reason = forms.CharField(
        label=gettext_lazy("理由"), max_length=500, help_text=gettext_lazy("写明如何核实了本人身份；本人会收到这段理由。")
    )


@page("core.account.manage")
def accounts(request: HttpRequest) -> HttpResponse:
    form = AccountForm(request.POST if request.POST.get("create") else None)
    correction = AddressForm(request.POST if request.POST.get("correct") else None)
    if request.method == "POST" and request.POST.get("toggle"):
        row = get_object_or_404(Account, pk=key_in(request.POST, "toggle"))
        work = partial(set_active, account=row, active=not row.is_active, actor=request.actor)
        return confirm_act(request, switching(row, request.get_full_path()), work, _("已更改。"))
    if request.POST.get("correct") and correction.is_valid() and _correct(request, correction):
        return redirect(request.get_full_path())
    if request.POST.get("create") and form.is_valid() and _create(request, form):
        return redirect("accounts")
    listing = Listing(
        request,
        Account.objects.all(),
        name="accounts",
        title=_("账号"),
        order="username",
        search=("username", "name_zh", "email"),
        columns=[
            Column(
                _("用户名"), lambda a: a.username, sort="username", kind="title", url=lambda a: f"/admin/accounts/?q={a.username}"
            ),
            Column(_("姓名"), lambda a: both(a)),
            Column(_("电子邮箱"), lambda a: a.email),
            Column(_("邮箱与他人相同"), lambda a: _("是") if a.email_shared else ""),
            Column(_("启用"), lambda a: _("是") if a.is_active else _("否")),
            Column(_("最近登录"), lambda a: a.last_login, kind="date"),
        ],
        filters=[
            Filter("shared", _("邮箱与他人相同"), [("1", _("是"))], apply=lambda rows, _value: rows.filter(email_shared=True))
        ],
        empty_title=_("没有账号"),
    )
    wrong = form.errors or correction.errors
    context = {
        "list": listing,
        "form": form,
        "correction": correction,
        "changes": AddressChange.objects.waiting().filter(expires_at__gt=clock.now()).count(),
        "resets": FactorReset.objects.waiting(clock.now()).count(),
        "proposals": GrantProposal.objects.waiting(clock.now()).count(),
    }
    return listing.export() or render(request, "core/accounts.html", context, status=422 if wrong else 200)


def _correct(request: HttpRequest, form: AddressForm) -> bool:
    row = get_object_or_404(Account, pk=key_in(request.POST, "correct"))
    new, reason = form.cleaned_data["email"], form.cleaned_data["reason"]
    return attempt(
        request,
        lambda: correct_address(account=row, new=new, reason=reason, actor=request.actor),
        form=form,
        success=_("已通知新邮箱和原邮箱。") if new else _("已删除邮箱。"),
    )


def _create(request: HttpRequest, form: AccountForm) -> bool:
    account = Account(**form.cleaned_data)
    account.set_unusable_password()
    success = _("账号已建立；本人通过“忘记密码”设置密码。")
    return attempt(request, lambda: create_accounts(accounts=[account], actor=request.actor), form=form, success=success)


@page("core.address.settle")
def changes(request: HttpRequest) -> HttpResponse:
    """Show addresses that wait for their new mailbox or for a security administrator."""
    rows = AddressChange.objects.waiting().filter(expires_at__gt=clock.now()).select_related("account", "asked_by").order_by("id")
    if request.method == "POST":
        row = get_object_or_404(rows, pk=key_in(request.POST, "approve") or key_in(request.POST, "drop"))
        if request.POST.get("approve"):
            attempt(request, lambda: approve_address(change=row, actor=request.actor), success=_("已核准。"))
            return redirect("address_changes")
        work = partial(drop_address, change=row, actor=request.actor)
        return confirm_act(request, dropping_address(row), work, _("已作废，邮箱不变。"))
    own = request.user.pk
    pending = [r for r in rows if r.needs_approval and not r.approved_at and own not in (r.asked_by_id, r.account_id)]
    approvable = {r.pk for r in pending} if request.user.has_perm("core.role.grant") else set()
    return render(request, "core/address_changes.html", {"rows": rows, "approvable": approvable})


@page("core.factor.settle")
def factors(request: HttpRequest) -> HttpResponse:
    """Reset lost second factors: a security administrator asks, and where a role decides another administrator agrees."""
    rows = FactorReset.objects.waiting(clock.now()).select_related("account", "asked_by").order_by("id")
    form = FactorForm(request.POST if request.POST.get("ask") else None)
    if request.method == "POST" and not form.is_bound:
        row = get_object_or_404(rows, pk=key_in(request.POST, "approve") or key_in(request.POST, "drop"))
        if request.POST.get("approve"):
            work = partial(approve_factor_reset, reset=row, actor=request.actor)
            return confirm_act(request, resetting(row), work, _("第二因素已重置。"))
        work = partial(drop_factor_reset, reset=row, actor=request.actor)
        return confirm_act(request, dropping_reset(row), work, _("已作废，第二因素不变。"))
    if form.is_valid() and _ask_reset(request, form):
        return redirect("factor_resets")
    context = {"rows": rows, "form": form, "may_ask": request.user.has_perm("core.factor.ask")}
    return render(request, "core/factor_resets.html", context, status=422 if form.errors else 200)


def _ask_reset(request: HttpRequest, form: FactorForm) -> bool:
    row = Account.objects.filter(username__iexact=form.cleaned_data["username"]).first()
    if row is None:
        form.add_error("username", _("没有这个用户"))
        return False
    reason = form.cleaned_data["reason"]
    success = _("已提议，待另一位管理员核准。") if row.is_sensitive else _("第二因素已重置。")
    return attempt(request, lambda: ask_factor_reset(account=row, reason=reason, actor=request.actor), form=form, success=success)


@page(PUBLIC)
def confirm(request: HttpRequest, key: str) -> HttpResponse:
    """Confirm an address from its new mailbox: the link shows what it is for, the button confirms."""
    change = waiting_change(key)
    is_confirmed = False
    if request.method == "POST" and change is not None:
        is_confirmed = attempt(request, lambda: confirm_address(key=key, actor=request.actor))
    context = {"change": change, "done": is_confirmed, "waits": is_confirmed and change is not None and change.needs_approval}
    return render(request, "core/confirm_address.html", context, status=404 if change is None else 200)
