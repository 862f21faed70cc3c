"""For migrations: addresses that are kept already get their normal form, and administrators are told what nobody could decide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Count

from headwater.core.addresses import NORMAL, is_address, normal


def give_normal_form(model: Any, field: str = "email") -> list[tuple[int, str]]:
    """Rewrite what is not in normal form. What is no address is cleared and returned, as (key, text)."""
    rejects = []
    for row in model.objects.exclude(**{f"{field}__regex": NORMAL}).only("pk", field).iterator():
        text = getattr(row, field)
        address = normal(text) if is_address(text) else ""
        if not address:
            rejects.append((row.pk, text))
        model.objects.filter(pk=row.pk).update(**{field: address})
    return rejects


def doubles(model: Any) -> list[str]:
    """Return the addresses that several rows have."""
    rows = model.objects.exclude(email="").values("email").annotate(n=Count("pk")).filter(n__gt=1)
    return list(rows.order_by("email").values_list("email", flat=True))


def tell_administrators(apps: Any, title: str, lines: Sequence[str]) -> None:
    """Put lines in the workbench of each system administrator, where there are any."""
    if not lines:
        return
    grants = apps.get_model("core", "RoleGrant").objects.filter(role="system_admin", until__isnull=True)
    note = apps.get_model("core", "Notification")
    for account in grants.values_list("account_id", flat=True).distinct():
        note.objects.create(account_id=account, title=title[:200], body="\n".join(lines)[:20000], url="/admin/accounts/")


def settle() -> None:
    """Check foreign keys now: a table with checks that wait cannot be altered in the same transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
