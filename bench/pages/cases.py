"""What is asked: every route of the house, for each role that may open it, with the records that role may see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from django.test import Client

from headwater.awards.models import Award
from headwater.calls.models import Application, Call, Letter
from headwater.core.apps import load
from headwater.core.examples import ARGUMENT, EXAMPLES, concrete, name_at, routes
from headwater.core.models import Account
from headwater.core.permission import PUBLIC, may
from headwater.registry.models import Person
from headwater.review.models import Assignment, Panel
from headwater.web.entries import entries

STAFF_MS, PUBLIC_MS, DOCUMENT_MS = 150, 100, 1000
"""Bars at p95: pages behind the log-in, pages for everybody, and papers that are typeset while one waits."""
PAPERS = (
    *("applications/<int:pk>/pdf/", "letters/<int:pk>/", "host/letters/<int:pk>/"),
    *("my/projects/<str:number>/pdf/", "notices/<int:pk>/pdf/", "panels/<int:pk>/minutes/pdf/"),
)
LEFT_OUT = ("accounts/logout/",)
TRIED = 18
"""Records that are tried for an address, to find the heaviest."""
QUERIES: dict[str, Sequence[str]] = {
    "admin/audit/": ("q=submit",),
    "lookup/people/": ("q=王",),
    "office/calls/<int:pk>/applications/": ("format=csv", "format=xlsx", "q=研究", "sort=-number"),
    "office/calls/<int:pk>/check/": ("format=csv", "verdict=clear"),
    "office/calls/<int:pk>/letters/": ("format=csv",),
    "office/calls/<int:pk>/progress/": ("format=csv", "short=1", "sort=-n_submitted"),
    "office/calls/<int:pk>/results/": ("format=csv", "format=xlsx"),
    "office/experts/": ("format=csv", "q=土壤", "sort=-done"),
    "people/": ("format=csv", "q=王", "records=double"),
    "projects/": ("format=csv", "format=xlsx", "q=土壤"),
    "search/": ("q=土壤", "q=王", "q=草愿谣感监册"),
}
"""What else is asked of a page: its files, its search, its other orders."""


@dataclass(frozen=True)
class Case:
    """An address as a role asks for it; `page` is its route with the query."""

    page: str
    role: str
    address: str
    bar: int


@dataclass
class Reader:
    """A role of the demo with its browser, and the records that it may see."""

    role: str
    account: Account | None

    @cached_property
    def browser(self) -> Client:
        browser = Client(SERVER_NAME="127.0.0.1", raise_request_exception=False)
        if self.account:
            browser.force_login(self.account, backend="headwater.web.accounts.Backend")
        return browser

    @cached_property
    def own(self) -> dict[str, list[Any]]:
        """Records by the name of the example, the heaviest kinds of each: an application of every state, every call."""
        seen = {} if self.account is None else self._seen(self.account)
        return {name: values for name, values in seen.items() if values}

    @staticmethod
    def _seen(account: Account) -> dict[str, list[Any]]:
        visible = Application.objects.visible_to(account)
        by_state = visible.order_by("state", "-pk").distinct("state").values_list("pk", flat=True)
        mine = Award.objects.filter(leader__account=account)
        return {
            "application": list(by_state),
            "call": list(Call.objects.visible_to(account).order_by("pk").values_list("pk", flat=True)),
            "letter": spaced(Letter.objects.visible_to(account)),
            "person": spaced(Person.objects.visible_to(account)),
            "assignment": spaced(Assignment.objects.visible_to(account)),
            "panel": spaced(Panel.objects.visible_to(account)),
            "award": list((mine if mine.exists() else Award.objects.all()).values_list("number", flat=True)[:3]),
        }


def spaced(rows: Any, most: int = 6) -> list[int]:
    keys = list(rows.order_by("pk").values_list("pk", flat=True)[:20_000])
    return keys[:: max(1, len(keys) // most)][:most]


def readers() -> list[Reader]:
    """Everybody and each role of the demo's home page."""
    found = [Reader("public", None)]
    for entry in entries():
        found.append(Reader(entry.role, Account.objects.get(username=entry.username)))
    return found


def examples() -> dict[str, list[Any]]:
    """The first values of each argument, as the apps give them."""
    load("examples")
    return {name: list(islice(iter(one.values()), 6)) for name, one in EXAMPLES.items()}


def addresses(route: str, values: Mapping[str, Sequence[Any]]) -> list[str]:
    """Concrete addresses of a route: as many as its arguments have values together, at most `TRIED`."""
    names = [name_at(route, match.end()) for match in ARGUMENT.finditer(route)]
    count = min(TRIED, max((len(values[name]) for name in names), default=1))
    if not all(values[name] for name in names):
        return []
    tried = [concrete(route, {name: values[name][n % len(values[name])] for name in names}) for n in range(count)]
    return list(dict.fromkeys(tried))


def bar_of(route: str, reader: Reader) -> int:
    if route in PAPERS:
        return DOCUMENT_MS
    return PUBLIC_MS if reader.account is None else STAFF_MS


def cases() -> Iterator[tuple[Reader, str, list[Case]]]:
    """For each role and page the addresses that may be the heaviest."""
    known, table = examples(), sorted((route, entry.callback.permission) for route, entry in routes())
    for reader in readers():
        for route, permission in table:
            if route in LEFT_OUT or not (permission == PUBLIC or (reader.account and may(reader.account, permission))):
                continue
            tried = addresses(route, known | reader.own)
            for query in ("", *QUERIES.get(route, ())):
                page, more = (f"{route}?{query}", f"?{query}") if query else (route, "")
                yield reader, page, [Case(page, reader.role, address + more, bar_of(route, reader)) for address in tried]
