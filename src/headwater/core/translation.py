"""Translation for modules that must load where there is no Django: a region package is checked without it."""

from __future__ import annotations


def gettext(message: str) -> str:
    """Return the message in the reader's language."""
    from django.utils.translation import gettext as translated

    return translated(message)
