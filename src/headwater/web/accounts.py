"""How accounts enter: by password and, where set, TOTP. Nobody signs up by themselves: institutions and officers add people."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: Any) -> bool:
        return False
