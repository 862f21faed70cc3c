"""The page on which people make and revoke their keys for programs."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.core.models import AccessToken, Account
from headwater.core.permission import SIGNED_IN, page
from headwater.core.tokens import SCOPES, make_token, revoke_token
from headwater.core.web import attempt, key_in


class TokenForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("用途"), max_length=60, help_text=gettext_lazy("例如：科研处数据看板"))
    days = forms.TypedChoiceField(
        label=gettext_lazy("有效期"),
        coerce=int,
        initial=90,
        choices=[
            (30, gettext_lazy("30 天")),
            (90, gettext_lazy("90 天")),
            (180, gettext_lazy("180 天")),
            (365, gettext_lazy("365 天")),
        ],
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("权限"), widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"})
    )

    password = forms.CharField(
        label=gettext_lazy("当前密码"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text=gettext_lazy("令牌代表您本人，新建时请再次输入密码。"),
    )

    def __init__(self, account: Account, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        self.fields["scopes"].choices = list(SCOPES.items())
        if not account.has_usable_password():  # entered by the demo's page: there is nothing to ask for
            del self.fields["password"]

    def clean_password(self) -> None:
        """Check the password, so that nobody makes a key from an open session of another; attempts count like those of a log-in."""
        if not get_adapter().reauthenticate(self.account, self.cleaned_data["password"]):
            raise forms.ValidationError(_("密码不正确"))


@page(SIGNED_IN)
def tokens(request: HttpRequest) -> HttpResponse:
    """Show one's own tokens. A new secret is shown in this one answer and cannot be had again."""
    rows = AccessToken.objects.visible_to(request.user)
    if request.method == "POST" and request.POST.get("revoke"):
        row = get_object_or_404(rows, pk=key_in(request.POST, "revoke"))
        attempt(request, lambda: revoke_token(token=row, actor=request.actor), success=_("令牌已撤销，立即失效。"))
        return redirect("tokens")
    form = TokenForm(request.user, request.POST if request.POST.get("make") else None)
    secrets: dict[str, str] = {}
    if request.method == "POST" and form.is_valid():

        def work() -> None:
            values = {name: form.cleaned_data[name] for name in ("name", "days", "scopes")}
            secrets["secret"] = make_token(**values, actor=request.actor)[1]

        if attempt(request, work, form=form):
            form = TokenForm(request.user)
    live = rows.live().order_by("-id")
    past = rows.exclude(pk__in=live.values("pk")).order_by("-id")[:20]
    context = {"form": form, "live": live, "ended": past, "secret": secrets.get("secret", ""), "labels": SCOPES}
    return render(request, "core/tokens.html", context, status=422 if form.errors else 200)
