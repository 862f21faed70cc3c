"""Where this site is, for what leaves it: whole addresses in mails."""

from __future__ import annotations

from django.conf import settings


def site_address(path: str) -> str:
    """Return the whole address of a path of this site, for a mail."""
    config = settings.CONFIG
    return f"https://{config.hosts[0]}{path}" if config.https else f"http://{config.hosts[0]}:{config.port}{path}"
