"""Second factors: what the account library keeps of them is encrypted at rest, and who decides or administers must have one."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction

from headwater.core import keys
from headwater.core.models import Account


def lacks_second_factor(account: Account) -> bool:
    """Return whether an account must have a second factor and has none: until it is set up, it does nothing else."""
    if not settings.SECOND_FACTOR or not account.is_sensitive:
        return False
    return not Authenticator.objects.filter(user=account, type=Authenticator.Type.TOTP).exists()


def seal_text(text: str) -> str:
    return base64.urlsafe_b64encode(keys.encrypt(keys.TOTP, text.encode())).decode()


def open_text(text: str) -> str:
    """Return the text that was sealed.

    Raises:
        keys.NotReadable: it was never sealed, or by a key that is gone.
    """
    try:
        token = base64.urlsafe_b64decode(text.encode())
    except ValueError as error:
        raise keys.NotReadable(f"{keys.TOTP}: not a sealed text") from error
    return keys.decrypt(keys.TOTP, token).decode()


def with_each_text(data: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """Return the data of an authenticator with every secret in it changed: TOTP secret, seed of the codes, codes from elsewhere."""
    texts: dict[str, Any] = {name: change(data[name]) for name in ("secret", "seed") if name in data}
    if data.get("migrated_codes") is not None:
        texts["migrated_codes"] = [change(x) for x in data["migrated_codes"]]
    return {**data, **texts}


def seal_anew() -> int:
    """Seal every second factor with the key in use, so that older keys can be retired. Returns how many."""
    with transaction.atomic():
        rows = list(Authenticator.objects.select_for_update().order_by("pk"))
        for row in rows:
            row.data = with_each_text(row.data, lambda text: seal_text(open_text(text)))
        Authenticator.objects.bulk_update(rows, ["data"], batch_size=500)
    return len(rows)


keys.REWRITERS.add(keys.TOTP, seal_anew)
