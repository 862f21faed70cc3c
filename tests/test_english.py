"""English pages are English: Chinese stands only where a record has nothing else, and there it says that it is Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from django.test import Client

from headwater.core.apps import load
from headwater.core.examples import concrete
from headwater.core.models import Account
from headwater.core.names import HAN
from headwater.core.permission import PUBLIC
from tests.make import client, roles
from tests.test_access import ROUTES, records

pytestmark = pytest.mark.django_db

load("examples")
CHINESE = re.compile(f"[{HAN}](?:[{HAN}，。；：、“”（）《》！？0-9 ]*[{HAN}）])?")
KEPT = frozenset({"清空", "张三（某某大学）"})
"""What must be typed in Chinese: the word that a cell holds, and the form of a name with an institution."""
SAID = ("title", "placeholder", "aria-label", "alt", "data-label", "content")
"""Attributes that somebody reads or hears."""
VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())  # noqa: SIM905
TYPED = frozenset({"textarea", "script", "style"})
"""What people type, and what nobody reads."""


class Reader(HTMLParser):
    """A reader keeps the Chinese of a page: what stands in elements that say so (`marked`), and what does not (`found`)."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[tuple[str, bool]] = []
        self.marked, self.found = "", []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        language = given.get("lang")
        said = language.startswith("zh") if language else bool(self.stack and self.stack[-1][1])
        if not said and tag not in TYPED:
            for name in SAID:
                self.take(given.get(name) or "", f"@{name}")
        if tag not in VOID:
            self.stack.append((tag, said))

    def handle_endtag(self, tag: str) -> None:
        while self.stack:
            if self.stack.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        tag, said = self.stack[-1] if self.stack else ("", False)
        if said:
            self.marked += f"\n{' '.join(data.split())}"
        elif tag not in TYPED:
            self.take(data, tag)

    def take(self, text: str, where: str) -> None:
        self.found += [(where, m[0].strip()) for m in CHINESE.finditer(" ".join(text.split()))]


def chinese_of(page: str) -> list[tuple[str, str]]:
    """Return what is Chinese on a page without saying so. A label or the title may repeat what the page marks: they cannot mark it."""
    reader = Reader()
    reader.feed(page)
    return [
        (where, text)
        for where, text in reader.found
        if text not in KEPT and not ((where[0] == "@" or where == "title") and text in reader.marked)
    ]


def in_english(name: str | None) -> Client:
    """A client of somebody who reads English."""
    if name:
        Account.objects.filter(username=name).update(language="en")
    browser = client(name)
    browser.cookies["django_language"] = "en"
    return browser


def pages() -> Iterator[tuple[str, str, str]]:
    """Open every address as the first role that may, the desk and the home page as everybody."""
    have, browsers = records(), {name: in_english(name) for name in [None, *roles().values()]}
    for route, entry in ROUTES:
        if route.startswith(("api/", "static", "accounts/logout")):
            continue
        for name, browser in browsers.items():
            if name is None and entry.callback.permission != PUBLIC:
                continue
            response = browser.get(concrete(route, have))
            if response.status_code == 200 and response["Content-Type"].startswith("text/html"):
                yield route, name or "", response.content.decode()
                if route not in {"", "desk/"}:
                    break


def test_english_pages_are_english() -> None:
    wrong = sorted({f"{route} ({name}) {where}: {text}" for route, name, page in pages() for where, text in chinese_of(page)})
    assert not wrong, "\n".join(wrong)
