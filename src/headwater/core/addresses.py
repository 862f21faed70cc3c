"""E-mail addresses have one normal form: where one comes in, where it is kept, where it is looked up and compared."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.utils.functional import Promise

MEANINGLESS = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
"""Categories of signs that nobody sees in an address: controls, zero-width and direction marks, blanks of all widths."""
MOST_STEPS = 8
NORMAL = r"^[!-@\[-~]*$"
"""What the database holds to: printable ASCII without capitals and blanks."""


def normal(text: str) -> str:
    """Return the normal form: full-width signs as plain ones, small letters, no blanks or invisible signs, the domain as the net writes it.

    What has no address in it comes back in this form too: `is_address` tells.
    """
    for _step in range(MOST_STEPS):
        plainer = _plainer(text)
        if plainer == text:
            break
        text = plainer
    return text


def _plainer(text: str) -> str:
    """Go one step to the normal form: where a sign is removed, its neighbours may together be another one."""
    # NFKC turns some spacing marks into a blank with a combining mark, so blanks go after it; IDNA has its own ideographic stop.
    plain = unicodedata.normalize("NFKC", text).casefold().replace("。", ".")
    plain = "".join(c for c in plain if unicodedata.category(c) not in MEANINGLESS)
    local, at, domain = plain.rpartition("@")
    if domain.isascii():
        return plain
    try:
        return f"{local}{at}{domain.encode('idna').decode()}"
    except UnicodeError:
        return plain


def is_address(text: str) -> bool:
    """Return whether the normal form of `text` is an address that mail can be sent to."""
    address = normal(text)
    try:
        validate_email(address)
    except ValidationError:
        return False
    return address.isascii() and len(address) <= 254


if TYPE_CHECKING:
    Base = models.EmailField[str, str]
else:
    Base = models.EmailField


class AddressField(Base):
    """An address, kept and looked up in its normal form by every writer and query, whatever form they give."""

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return normal(text) if isinstance(text, str) else text

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = self.get_prep_value(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value


class AddressFormField(forms.EmailField):
    """An address as people type it; what is taken over is its normal form."""

    def to_python(self, value: Any) -> Any:
        return normal(super().to_python(value) or "")


def kept_normal(name: str, field: str | Promise = "email") -> models.CheckConstraint:
    """Return a constraint by which the database, too, takes nothing but the normal form."""
    return models.CheckConstraint(name=name, condition=models.Q(**{f"{field}__regex": NORMAL}))
