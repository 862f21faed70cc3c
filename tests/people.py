"""Who acts in tests: accounts of the tiny year by role."""

from __future__ import annotations

from django.test import Client

from headwater.core.command import Actor
from headwater.core.models import Account
from headwater.web.entries import entries


def roles() -> dict[str, str]:
    """User name by what the demo's home page calls the role."""
    return {e.role: e.username for e in entries()}


def actor(username: str) -> Actor:
    return Actor(account=Account.objects.get(username=username), source="test")


def client(username: str | None) -> Client:
    browser = Client()
    if username:
        browser.force_login(Account.objects.get(username=username), backend="headwater.web.accounts.Backend")
    return browser
