"""Tasks of the shell: letters to set a password."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from headwater.core.models import Account
from headwater.core.services import write_to
from headwater.core.site import site_address
from headwater.registry.services import password_path


@app.task(name="headwater.send_reset", queue="house")
def send_reset(address: str) -> None:
    write_reset(address)


def write_reset(address: str) -> int:
    """Write to each active account of an address, with a link to set the password; nobody else gets a letter."""
    rows = list(Account.objects.filter(email=address, is_active=True).order_by("pk")) if address else []
    with transaction.atomic():
        for account in rows:
            with translation.override(account.language or settings.LANGUAGE_CODE):
                context = {"to": account, "url": site_address(password_path(account))}
                write_to([(account.email, _("设置您的密码"), render_to_string("account/email/reset.txt", context).strip())])
    return len(rows)
