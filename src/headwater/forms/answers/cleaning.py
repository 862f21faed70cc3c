"""Typed answers made fit for storage. Only what cannot be stored is an error; what is merely incomplete is judged later."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from headwater.forms.answers.references import Registry
from headwater.forms.fieldtype import Cleaned
from headwater.forms.shapes import Field


def clean(f: Field, value: Any, registry: Registry) -> Cleaned:
    """Make an answer fit for storage."""
    if f.value:
        return Cleaned(errors={f.code: _("没有这一栏")})
    return f.of.clean(f, value, registry)
