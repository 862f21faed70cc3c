"""Personal access tokens: made and revoked by their owner, kept as a hash, limited by scope and time."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.errors import NotAllowed, Reason, refuse_if
from headwater.core.models import AccessToken
from headwater.core.permission import SIGNED_IN
from headwater.core.register import Register

PREFIX = "hw_"
LONGEST_DAYS = 365
MOST_LIVE = 20
USED_EVERY = timedelta(minutes=1)

SCOPES: Register[str | Promise] = Register("scope of a token")
"""What a token may be allowed to do, in words."""


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def make_token(*, name: str, scopes: Sequence[str], days: int, actor: Actor) -> tuple[AccessToken, str]:
    """Make a token; the secret is returned here and never again.

    Raises:
        Refused: no name, no or unknown scopes, a time that is too long, or too many tokens already.
    """
    account = actor.account
    if account is None:
        raise NotAllowed("core.token.own")
    with command(actor, SIGNED_IN, name="core.make_token") as log:
        live = AccessToken.objects.visible_to(account).live().count()
        refuse_if(_problems(name, scopes, days, live))
        secret = PREFIX + secrets.token_urlsafe(32)
        row = AccessToken.objects.create(
            account=account,
            name=name.strip()[:60],
            hint=secret[: len(PREFIX) + 5],
            digest=digest_of(secret),
            scopes=sorted(set(scopes)),
            created_at=clock.now(),
            expires_at=clock.now() + timedelta(days=days),
        )
        log(row, after={"name": row.name, "hint": row.hint, "scopes": row.scopes, "expires_at": row.expires_at.isoformat()})
    return row, secret


def _problems(name: str, scopes: Sequence[str], days: int, live: int) -> list[Reason]:
    reasons = []
    if not name.strip():
        reasons.append(Reason(_("请写明用途"), field="name"))
    if not scopes or set(scopes) - set(SCOPES):
        reasons.append(Reason(_("请至少选择一项权限"), field="scopes"))
    if not 1 <= days <= LONGEST_DAYS:
        reasons.append(Reason(_("有效期为 1 至 %d 天") % LONGEST_DAYS, field="days"))
    if live >= MOST_LIVE:
        reasons.append(Reason(_("有效的令牌不能超过 %d 个，请先撤销不用的") % MOST_LIVE))
    return reasons


def revoke_token(*, token: AccessToken, actor: Actor) -> None:
    """End a token at once. Only its owner does so; one that has ended already is left alone."""
    if actor.account is None or token.account_id != actor.account.pk:
        raise NotAllowed("core.token.own")
    with command(actor, SIGNED_IN, name="core.revoke_token") as log:
        now = clock.now()
        if AccessToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=now):
            log(token, after={"revoked_at": now.isoformat()})


def find_token(secret: str) -> AccessToken | None:
    """Return the live token with this secret, of an active account. Its last use is written at most once a minute."""
    if not secret.startswith(PREFIX) or len(secret) > 200:
        return None
    row = AccessToken.objects.live().filter(digest=digest_of(secret), account__is_active=True).select_related("account").first()
    if row is None:
        return None
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=clock.now() - USED_EVERY)
    if row.last_used_at is None or row.last_used_at < clock.now() - USED_EVERY:
        AccessToken.objects.filter(stale, pk=row.pk).update(last_used_at=clock.now())
    return row
