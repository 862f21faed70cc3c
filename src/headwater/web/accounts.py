"""How accounts enter: by password and, where set, TOTP. Nobody signs up by themselves: institutions and officers add people.

Nothing here tells whether an account exists: every look-up is one statement, every log-in one hash, and a letter to set a password
is written by the worker, whoever asked for it.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.forms import LoginForm, UserTokenForm
from django import forms
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from headwater.core.addresses import AddressFormField, normal
from headwater.core.correspondence import Signer
from headwater.core.models import Account, OutboxMail
from headwater.core.passwords import change_password
from headwater.core.prepared import Prepared
from headwater.web.tasks import send_reset

SIGNED_IN = Prepared(lambda pk: Account.objects.filter(pk=pk).select_related("person"))


class Backend(AuthenticationBackend):
    """The backend loads the person of an account along with it, because almost every page asks for it."""

    def get_user(self, user_id: Any) -> Account | None:
        row = SIGNED_IN.one(int(user_id))
        return row if row is not None and self.user_can_authenticate(row) else None

    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> Account | None:
        """Find the account by user name or address, whichever was typed, and compute one hash for it, so that time tells nothing."""
        identifier = credentials.get("username") or credentials.get("email") or ""
        names = Q(username__iexact=unicodedata.normalize("NFKC", identifier))
        address = normal(identifier)
        rows = Account.objects.filter(names | Q(email=address) if address else names)
        for account in rows.order_by("pk"):
            if self._check_password(account, credentials.get("password") or ""):
                return account
        return None


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: Any) -> bool:
        return False

    def set_password(self, user: Any, password: str) -> None:
        """Keep the present session, and end a lock after failed attempts for whoever has shown the mailbox or the old password."""
        actor = replace(self.request.actor, account=user)
        change_password(account=user, password=password, actor=actor, keep=self.request.session.session_key or "")
        for name in ("username", "email"):
            if getattr(user, name):
                self._delete_login_attempts_cached_email(self.request, **{name: getattr(user, name)})

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count a name in another case or width as the same name."""
        return normal(credentials.get("email") or credentials.get("username") or "")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Put letters of the library into the outbox, in the language of the account."""
        user = context.get("user") or getattr(self.request, "user", None)
        with translation.override(getattr(user, "language", None) or translation.get_language()):
            message = self.render_mail(template_prefix, email, context | {"to": user})
            OutboxMail.objects.create(to=email, subject=str(message.subject)[:200], body=Signer().signed(str(message.body)))

    def send_notification_mail(self, template_prefix: str, user: Any, context: Any = None, email: str | None = None) -> None:
        super().send_notification_mail(template_prefix, user, {**(context or {}), "user": user}, email)


class SignInForm(LoginForm):
    """The form names both things that let somebody in; the way to a new password stands once, beside the button."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        name, password = self.fields["login"], self.fields["password"]
        name.label = _("用户名或电子邮箱")
        password.label = _("密码")
        password.help_text = ""
        for field in (name, password):
            field.widget.attrs.pop("placeholder", None)


class ResetForm(forms.Form):
    """The form asks for a letter to set a password. Every address gets the same answer after the same work: the worker looks for the account."""

    email = AddressFormField(label=_("电子邮箱"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))

    def save(self, request: HttpRequest, **_more: Any) -> str:
        address: str = self.cleaned_data["email"]
        transaction.on_commit(lambda: send_reset.defer(address=address))
        return address


class TokenForm(UserTokenForm):
    """A link to set a password leads nowhere once the account is closed."""

    def _get_user(self, uidb36: str) -> Account | None:
        account = super()._get_user(uidb36)
        return account if account is not None and account.is_active else None
