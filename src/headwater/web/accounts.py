"""How accounts enter: by password and, where set, TOTP. Nobody signs up by themselves: institutions and officers add people."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend

from headwater.core.models import Account
from headwater.core.prepared import Prepared

SIGNED_IN = Prepared(lambda pk: Account.objects.filter(pk=pk).select_related("person"))


class Backend(AuthenticationBackend):
    """Brings the person of an account along: almost every page asks for it."""

    def get_user(self, user_id: Any) -> Account | None:
        row = SIGNED_IN.one(int(user_id))
        return row if row is not None and self.user_can_authenticate(row) else None


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: Any) -> bool:
        return False
