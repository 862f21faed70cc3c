"""What a browser says of itself, in words that its owner knows."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

BROWSERS = (
    ("MicroMessenger/", _("微信")),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""Marks and names, the narrower first: nearly every browser calls itself by the names of the others, too."""
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def browser_words(agent: str) -> str:
    """Name the browser and the system of a user agent (Chrome · Linux); what is not known stays as it is."""
    found = [next((name for mark, name in marks if mark in agent), "") for marks in (BROWSERS, SYSTEMS)]
    return " · ".join(str(name) for name in found if name) or agent
