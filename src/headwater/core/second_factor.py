"""Who decides or administers shows a second factor."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.conf import settings

from headwater.core.models import Account


def lacks_second_factor(account: Account) -> bool:
    """Whether an account must have a second factor and has none: until it is set up, it does nothing else."""
    if not settings.SECOND_FACTOR or not account.is_sensitive:
        return False
    return not Authenticator.objects.filter(user=account, type=Authenticator.Type.TOTP).exists()
