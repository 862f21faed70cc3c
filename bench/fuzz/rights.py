"""Whether events were caused by those who may, as the apps say it in their `rights.py`, apart from the permissions of the system."""

from __future__ import annotations


def wrong_events(after: int, who: str | None, path: str) -> list[str]:
    """Events after `after` that `who` may not have caused, each as "command: why"."""
    from headwater.core.causes import right_of, wrong
    from headwater.core.models import Account, Event

    account = Account.objects.filter(username=who).first() if who else None
    out = []
    for event in Event.objects.filter(pk__gt=after).order_by("pk"):
        if event.actor_id is None and not right_of(event.command).anybody:
            out.append(f"{event.command}: nobody is named for what {who} did")
        elif event.actor_id is not None and (account is None or event.actor_id != account.pk):
            out.append(f"{event.command}: {event.actor_label} is named for what {who} did")
        elif why := wrong(event, account):
            out.append(f"{event.command}: {why}")
    return out
