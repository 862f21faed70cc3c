"""One address of every page that somebody can open, found as people find them: from the home and the desk of each role, by links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from http import HTTPStatus
from itertools import islice, product
from urllib.parse import urlsplit

from django.test import Client
from django.urls import Resolver404, resolve

from headwater.core.apps import load
from headwater.core.examples import ARGUMENT, EXAMPLES, concrete, name_at
from headwater.core.models import Account
from headwater.core.permission import PUBLIC, SIGNED_IN
from tests.make import client, roles
from tests.test_access import ROUTES

LINK = re.compile(r'<a\b[^>]*\bhref="(/[^"#]*)')
LEFT_OUT = ("api/", "accounts/logout", "accounts/inactive", "enter", "language")
"""Addresses that are no pages of ours to look at: programs', and those that act."""
PARTS = ("section",)
"""Arguments that name a part of a record: each is a page of its own."""
TRIES = 4
"""So many records of each kind are tried for a page to which no link leads."""
DESK = "desk/"


def links(page: str) -> Iterator[str]:
    for found in LINK.findall(page):
        yield unescape(found)


def kind_of(address: str) -> str:
    """The route of an address, with the parts of a record that it names; empty where there is none."""
    try:
        match = resolve(urlsplit(address).path)
    except Resolver404:
        return ""
    return " ".join([f"/{match.route}", *(str(match.kwargs[name]) for name in PARTS if name in match.kwargs)])


def shown(browser: Client, address: str) -> tuple[str, str, int]:
    """Where an address leads, the page there, and its status; the page is empty where there is none for this reader, or something else."""
    answer = browser.get(address, follow=True)
    is_page = answer.status_code == 200 and answer.headers.get("Content-Type", "").startswith("text/html")
    text = answer.content.decode() if is_page and not answer.streaming else ""
    final = answer.redirect_chain[-1][0] if answer.redirect_chain else address
    return final, text if "<!DOCTYPE html>" in text else "", answer.status_code


def followed(browser: Client, start: str, seen: set[str]) -> Iterator[str]:
    """The pages behind the links from `start`, which comes first; those of a kind in `seen` are left out, and the others join it."""
    todo, known = [start], {start}
    while todo:
        address = todo.pop(0)
        if address != start and (kind_of(address) in seen or kind_of(address).startswith(tuple(f"/{x}" for x in LEFT_OUT))):
            continue
        final, page, status = shown(browser, address)
        kind = kind_of(final)
        if not page and status == HTTPStatus.OK:
            seen.add(kind)  # a file
        if not page or not kind or (address != start and kind in seen):
            continue
        seen |= {kind, f"/{DESK}"}
        yield final
        new = [link for link in dict.fromkeys(links(page)) if link not in known]
        known.update(new)
        todo += new


def tried(route: str) -> Iterator[str]:
    """Addresses of a route with the first records that could stand in it."""
    names = [name_at(route, argument.end()) for argument in ARGUMENT.finditer(route)]
    choices = [list(islice(EXAMPLES[name].values(), TRIES)) for name in names]
    for values in islice(product(*choices), TRIES**2):
        yield concrete(route, dict(zip(names, values, strict=True)))


def pages() -> dict[str | None, list[str]]:
    """Addresses by the role, as the demo's home names it, of who opens them; each kind of page once, the desk for every role."""
    load("examples")
    seen: set[str] = set()
    browsers = {None: client(None)} | {role: client(name) for role, name in roles().items()}
    found = {role: [*followed(browser, f"/{DESK}" if role else "/", seen)] for role, browser in browsers.items()}
    reached = {kind.partition(" ")[0] for kind in seen}
    accounts = {role: Account.objects.get(username=name) for role, name in roles().items()}
    for route, entry in ROUTES:
        permission = getattr(entry.callback, "permission", None)
        if permission and f"/{route}" not in reached and not route.startswith(LEFT_OUT):
            may = [role for role in browsers if permission == PUBLIC or (role and allowed(accounts[role], permission))]
            for role, address in first_reached({role: browsers[role] for role in may}, route):
                found[role].append(address)
    return found


def allowed(account: Account, permission: str) -> bool:
    return permission == SIGNED_IN or account.has_perm(permission)


def first_reached(browsers: dict[str | None, Client], route: str) -> Iterator[tuple[str | None, str]]:
    """The first of the tried addresses of a route at which somebody finds a page of its own."""
    for role, browser in browsers.items():
        for address in tried(route):
            final, page, status = shown(browser, address)
            if status == HTTPStatus.METHOD_NOT_ALLOWED or (status == HTTPStatus.OK and not page):
                return
            if page and kind_of(final).partition(" ")[0] == f"/{route}":
                yield role, address
                return
