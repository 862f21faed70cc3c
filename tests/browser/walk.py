"""One address of every page that somebody can open, found as people find them: from the home and the desk of each role, by links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urlsplit

from django.test import Client
from django.urls import Resolver404, resolve

from headwater.core.apps import load
from headwater.core.examples import concrete, first_of_each
from tests.make import client, roles
from tests.test_access import ROUTES

LINK = re.compile(r'<a\b[^>]*\bhref="(/[^"#]*)')
LEFT_OUT = ("api/", "accounts/logout", "accounts/inactive", "enter", "language")
"""Addresses that are no pages of ours to look at: programs', and those that act."""


def links(page: str) -> Iterator[str]:
    for found in LINK.findall(page):
        yield unescape(found)


def route_of(address: str) -> str:
    try:
        return str(resolve(urlsplit(address).path).route)
    except Resolver404:
        return ""


def html(browser: Client, address: str) -> str:
    """The page at an address; empty where there is none for this reader, or something else than a page."""
    answer = browser.get(address)
    is_page = answer.status_code == 200 and answer.headers.get("Content-Type", "").startswith("text/html")
    text = answer.content.decode() if is_page and not answer.streaming else ""
    return text if "<!DOCTYPE html>" in text else ""


def pages() -> dict[str | None, list[str]]:
    """Addresses by the role, as the demo's home names it, of who opens them; each route once, the desk for every role."""
    load("examples")
    seen: set[str] = set()
    found: dict[str | None, list[str]] = {}
    have = first_of_each()
    for role, name in [(None, None), *roles().items()]:
        browser, own = client(name), found.setdefault(role, [])
        todo = ["/"] if role is None else ["/desk/"]
        while todo:
            address = todo.pop(0)
            route = route_of(address)
            if (not route and address != "/") or route in seen or route.startswith(LEFT_OUT):
                continue
            if page := html(browser, address):
                own.append(address)
                if route != "desk/":
                    seen.add(route)
                todo += links(page)
                todo = list(dict.fromkeys(todo))
            elif address == "/desk/":
                break
            if route == "desk/":
                todo = [a for a in todo if a != "/desk/"]
        for route, entry in ROUTES:
            path = concrete(route, have)
            if (
                route not in seen
                and not route.startswith(LEFT_OUT)
                and getattr(entry.callback, "permission", None)
                and html(browser, path)
            ):
                own.append(path)
                seen.add(route)
    return found
