"""待办: what waits for a person, computed from the records, never stored. Apps register providers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from headwater.core import clock


@dataclass(frozen=True)
class Duty:
    """One thing to do: where, how many, by when."""

    title: str
    url: str
    due: datetime | None = None
    count: int = 1
    role: str = ""
    late: bool = False

    @property
    def days_left(self) -> int | None:
        if self.due is None:
            return None
        return (clock.last_day(self.due) - clock.today()).days


Provider = Callable[[Any], Iterable[Duty]]
PROVIDERS: list[Provider] = []


def duties(provider: Provider) -> Provider:
    """Register a provider: given an account, it yields duties. It must start from what the account may see."""
    PROVIDERS.append(provider)
    return provider


def duties_of(account: Any) -> list[Duty]:
    """All duties of an account, the most urgent first, those without a date last."""
    found = [d for provider in PROVIDERS for d in provider(account)]
    return sorted(found, key=lambda d: (d.due is None, d.due or clock.now(), d.title))
