"""Render the pages of one tree for `visible_text.py`, which starts this with the tree first on the path.

Usage: python render_pages.py world | discover LIST | render LIST PAGES, with HEADWATER_HOME and DJANGO_SETTINGS_MODULE set.
`world` builds the small demo; `discover` writes what to ask for (a line of JSON each), `render` what came back. Whatever a
request writes is rolled back, and the clock stands still, so that two trees answer the same requests in the same world.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from page_reader import Reader

HOME = Path(os.environ["HEADWATER_HOME"])
LANGUAGES = ("zh-hans", "en")
PER_ROUTE = 1
"""How many addresses of one route each role opens beside the one that the access tests know."""
LEFT_OUT = ("/accounts/logout", "/accounts/2fa/totp/activate/", "/static/", "/api/")
"""What ends the session, what is drawn at random, and what no browser shows."""


def start() -> None:
    import django

    django.setup()
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.SECOND_FACTOR = False


def stop_clock() -> None:
    """The moment at which the world was built, for everything that asks the time."""
    from django.utils import timezone

    from headwater.core import clock

    moment = datetime.fromisoformat((HOME / "moment").read_text())
    import django.core.cache.backends.db  # noqa: F401  -- keeps the true clock, by which its entries end

    timezone.now = lambda: moment
    clock.fix(moment)


def world() -> None:
    from django.utils import timezone

    from headwater.demo.run import ensure_demo

    (HOME / "moment").write_text(timezone.now().isoformat())
    ensure_demo(scale="tiny", seed=7, texts=None, reset=False, say=lambda line: print(f"  {line}"))


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is rolled back."""
    from django.db import transaction

    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def browsers() -> dict[str, Any]:
    """A client for nobody and one for each role of the demo's home page, logged in before anything is rolled back."""
    from django.test import Client

    from headwater.core.models import Account
    from headwater.web.entries import entries

    found = {"": Client(raise_request_exception=False)}
    for entry in entries():
        if entry.username not in found:
            found[entry.username] = Client(raise_request_exception=False)
            account = Account.objects.get(username=entry.username)
            found[entry.username].force_login(account, backend="headwater.web.accounts.Backend")
    return found


def ask(browser: Any, request: dict[str, Any]) -> tuple[int, str, str]:
    """Status, place of a redirect, and body when it is a page."""
    from django.utils import translation

    browser.cookies["django_language"] = request["language"]
    with undone(), translation.override(request["language"]):
        try:
            answer = sent(browser, request)
        except Exception as error:
            return 500, "", f"<p>{type(error).__name__}: {error}</p>"
        page = not answer.streaming and answer.get("Content-Type", "").startswith("text/html")
        return answer.status_code, answer.get("Location", ""), answer.content.decode() if page else ""


def sent(browser: Any, request: dict[str, Any]) -> Any:
    if "sent" not in request:
        return browser.get(request["address"])
    data: dict[str, list[str]] = {}
    for name, value in request["sent"]:
        data.setdefault(name, []).append(value)
    return browser.post(request["address"], data)


def route_of(address: str) -> str | None:
    from django.urls import Resolver404, resolve

    with suppress(Resolver404):
        return resolve(urlsplit(address).path).route
    return None


class Discovery:
    """Follows the links of every role from the addresses that the access tests know, a few for each route."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.posted: set[tuple[str, ...]] = set()

    def role(self, name: str, browser: Any, begin: list[str]) -> None:
        waiting, seen, opened = list(begin), set(begin), Counter(map(route_of, begin))
        while waiting:
            address = waiting.pop(0)
            request = {"role": name, "language": "zh-hans", "address": address}
            status, _place, body = ask(browser, request)
            if status not in {403, 404, 405}:  # refusals are one page for all
                self.requests += [request | {"language": x} for x in LANGUAGES]
            reader = Reader(body)
            for target in self.new_links(address, reader, seen, opened):
                seen.add(target)
                waiting.append(target)
            if status == 200:
                self.forms(name, address, reader)

    @staticmethod
    def new_links(address: str, reader: Reader, seen: set[str], opened: Counter[Any]) -> Iterator[str]:
        """Links to pages not seen yet, a few for each route and the words of its query."""
        for link in reader.links:
            target = urljoin(address, link).partition("#")[0]
            key = (route_of(target), re.sub(r"=[^&]*", "=", urlsplit(target).query))
            known = target in seen or not target.startswith("/") or target.startswith(LEFT_OUT)
            if not known and key[0] and opened[key] < PER_ROUTE:
                opened[key] += 1
                yield target

    def forms(self, name: str, address: str, reader: Reader) -> None:
        """Each form with every button of it, typed fields left empty: what a page says then is compared too."""
        for form in reader.forms:
            for button, value, action in (form.buttons or [("", "", "")])[:6]:
                target = urljoin(address, action or form.action or address)
                route = route_of(target) or ""
                kind = (name, route, button, "" if value.isdigit() else value, *sorted({x for x, _ in form.sent("")}))
                known = kind in self.posted or target.startswith(LEFT_OUT) or target.startswith(("/i18n/", "/enter"))
                if form.method == "post" and route and not known:
                    self.posted.add(kind)
                    sent = form.sent("") + ([(button, value)] if button else [])
                    self.requests.append({"role": name, "language": "zh-hans", "address": target, "sent": sent})


def discover(target: Path) -> None:
    from tests.test_access import ROUTES, records

    try:
        from headwater.core.examples import concrete as address
    except ImportError:  # an earlier tree keeps the examples in its tests
        from tests.test_access import address

    with undone():
        have = records()
    begin = [a for a in (address(route, have) for route, _entry in ROUTES) if not a.startswith(LEFT_OUT)]
    found = Discovery()
    for name, browser in browsers().items():
        found.role(name, browser, begin)
    target.write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in found.requests))


def render(source: Path, target: Path) -> None:
    known = browsers()
    with target.open("w") as out:
        for line in source.read_text().splitlines():
            request = json.loads(line)
            status, place, body = ask(known[request["role"]], request)
            out.write(json.dumps({**request, "status": status, "place": place, "body": body}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    start()
    match sys.argv[1:]:
        case ["world"]:
            world()
        case ["discover", where]:
            stop_clock()
            discover(Path(where))
        case ["render", source, target]:
            from headwater.core.prepare import bring_up_to_date

            bring_up_to_date()
            stop_clock()
            render(Path(source), Path(target))
        case _:
            sys.exit(__doc__)
