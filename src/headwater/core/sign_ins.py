"""The sessions of an account, for its owner to see and to end."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.errors import NotAllowed
from headwater.core.models import AccessToken, Account, SignIn
from headwater.core.permission import SIGNED_IN

SEEN_EVERY = timedelta(minutes=5)


def note_sign_in(*, account: Account, key: str, before: str, address: str, agent: str) -> None:
    """Note that a session is used; one whose key was renewed since (`before`) stays the same to its owner."""
    values = {"session_key": key, "account": account, "address": address[:60], "agent": agent[:200], "seen_at": clock.now()}
    if not before or not SignIn.objects.filter(session_key=before, account=account).update(**values):
        SignIn.objects.update_or_create(session_key=key, defaults=values)


def open_sign_ins(account: Account) -> QuerySet[SignIn]:
    """Return the sessions of an account that can still be used."""
    live = Session.objects.filter(expire_date__gt=timezone.now())
    return SignIn.objects.filter(account=account, session_key__in=live.values("session_key"))


def end_sign_ins(*, account: Account, actor: Actor, only: int = 0, keep: str = "") -> int:
    """End one session (`only`), or all but the one that is kept; at once, wherever they are used.

    Raises:
        NotAllowed: sessions of somebody else.
    """
    if actor.account is None or actor.account.pk != account.pk:
        raise NotAllowed("core.session.own")
    with command(actor, SIGNED_IN, name="core.end_sessions") as log:
        rows = SignIn.objects.filter(account=account).exclude(session_key=keep)
        count = close_sessions(rows.filter(pk=only) if only else rows)
        if count:
            log(account, after={"sessions_ended": count})
    return count


def close_sessions(rows: QuerySet[SignIn]) -> int:
    """End sessions at once: their cookies lead nowhere any more. Call inside a command."""
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    return SignIn.objects.filter(session_key__in=keys).delete()[0]


def end_access(account: Account, keep: str = "") -> dict[str, int]:
    """End the tokens of an account and its sessions but the one that is kept; how many, for the event. Call inside a command."""
    tokens = AccessToken.objects.live().filter(account=account).update(revoked_at=clock.now())
    return {
        "tokens_ended": tokens,
        "sessions_ended": close_sessions(SignIn.objects.filter(account=account).exclude(session_key=keep)),
    }


def forget_sign_ins() -> None:
    """Drop sessions that are over, and what was noted of them."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    SignIn.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
