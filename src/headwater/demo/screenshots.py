"""Pictures of the demo's pages at 1440 and 360 px with headless Chromium, for the README and for looking."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

from django.conf import settings

from headwater.calls.models import Application, Call
from headwater.calls.states import CallState, State
from headwater.config import ConfigError
from headwater.core import clock
from headwater.demo.plan import read_plan
from headwater.regions.check import find_package, read_package
from headwater.regions.tour import read_tour
from headwater.registry.queries import region_folder
from headwater.review.models import Assignment, Panel
from headwater.web.entries import entries

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

PORT = 8765
WIDTHS = (1440, 360)
README = {
    "home": (1440, 1300, 1000),
    "article": (1440, 1000, 800),
    "decide": (1440, 1000, 800),
    "editor": (1440, 1000, 800),
    "opinion": (360, 800, 360),
}
"""The README's pictures: width and height that are shown, width of the picture."""


def find_chromium() -> str:
    """Find the browser to drive.

    Raises:
        ConfigError: none is installed; says how to get one.
    """
    program = (
        os.environ.get("HEADWATER_CHROMIUM")
        or shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    if not program:
        raise ConfigError("Chromium was not found: install it (Debian: apt install chromium) or set HEADWATER_CHROMIUM")
    return program


Picture = tuple[str, str | None, str | None]
"""The name of a picture, as whom it is taken, and the address; None where the demo holds nothing to show."""


def _public(pictures: Mapping[str, Any]) -> list[Picture]:
    return [
        ("home", None, "/"),
        ("policy", None, "/policy/"),
        ("article", None, f"/policy/{pictures.get('article', 1)}/"),
        ("indicator", None, "/indicators/awards.money/"),
        ("calls", None, "/calls/"),
        ("projects", None, "/projects/"),
        ("notices", None, "/notices/"),
        ("search", None, f"/search/?q={pictures.get('search', '')}"),
        ("login", None, "/accounts/login/"),
    ]


def _desks(who: Mapping[str, str]) -> list[Picture]:
    return [
        ("desk-finance", who["finance_officer"], "/desk/"),
        ("finance", who["finance_officer"], "/finance/"),
        ("desk-integrity", who["integrity_officer"], "/desk/"),
        ("integrity-sanctions", who["integrity_officer"], "/integrity/sanctions/"),
        ("integrity-similar", who["integrity_officer"], "/integrity/similar/"),
        ("integrity-objections", who["integrity_officer"], "/integrity/objections/"),
        ("audit", who["audit_admin"], "/admin/audit/"),
        ("health", who["audit_admin"], "/admin/health/"),
        ("roles", who["security_admin"], "/admin/roles/"),
        ("region", who["system_admin"], "/admin/region/"),
        ("region-papers", who["system_admin"], "/admin/region/papers/letter/"),
    ]


def pages() -> list[tuple[str, str | None, str]]:
    """List (name, user name or None, address) of the pages worth a picture, chosen from what the demo holds."""
    who: dict[str, str] = {}
    for entry in entries():
        who.setdefault(entry.kind, entry.username)
    pictures = read_plan(read_package(find_package(settings.CONFIG.region))).more["pictures"]
    finished = Call.objects.filter(state=CallState.FINISHED, scheme__code=pictures.get("scheme")).first()
    reviewing = Call.objects.filter(applications__state=State.IN_REVIEW).order_by("-year").first()
    opened = Call.objects.open_at(clock.now()).first()
    draft = Application.objects.filter(state=State.DRAFT, leader__account__username=who["applicant"]).first()
    writing = Assignment.objects.filter(state=Assignment.State.ACCEPTED, expert__person__account__username=who["expert"]).first()
    panel = Panel.objects.filter(call=finished).first()
    office = who["programme_officer"]
    rows: list[Picture] = [
        *_public(pictures),
        ("call", None, f"/calls/{opened.code}/" if opened else None),
        ("applicant", who["applicant"], "/desk/"),
        ("editor", who["applicant"], f"/applications/{draft.pk}/edit/plan/" if draft else None),
        ("editor-info", who["applicant"], f"/applications/{draft.pk}/edit/info/" if draft else None),
        ("agreement", who["leader"], "/my/projects/"),
        ("endorse", who["host"], "/host/endorse/"),
        ("recommend", who["agency"], "/recommend/"),
        ("officer", office, "/desk/"),
        ("board", office, f"/office/calls/{finished.pk}/" if finished else None),
        ("check", office, f"/office/calls/{finished.pk}/applications/?state=not_accepted" if finished else None),
        ("assign", office, f"/office/calls/{reviewing.pk}/assign/" if reviewing else None),
        ("progress", office, f"/office/calls/{reviewing.pk}/progress/" if reviewing else None),
        ("decide", office, f"/office/calls/{finished.pk}/decide/" if finished else None),
        ("panel", office, f"/panels/{panel.pk}/" if panel else None),
        ("review", who["expert"], "/review/"),
        ("opinion", who["expert"], f"/review/{writing.pk}/" if writing else None),
        ("lead", who["leadership"], "/lead/"),
        ("tour", None, "/tour/" if read_tour(region_folder(), "zh") else None),
        *_desks(who),
    ]
    return [(name, user, url) for name, user, url in rows if url]


@contextmanager
def served(port: int, *, application: str = "headwater.wsgi:application", **env: str) -> Iterator[str]:
    """Run a web process on `port` for pictures and browser tests, and give its address when it answers."""
    address = f"http://127.0.0.1:{port}"
    words = [application, "--bind", f"127.0.0.1:{port}", "--threads", "4", "--log-level", "error"]
    process = subprocess.Popen([sys.executable, "-m", "gunicorn", *words], env={**os.environ, **env})  # noqa: S603
    try:
        for _attempt in range(150):
            try:
                urlopen(address + "/accounts/login/", timeout=2).read()
                break
            except OSError:
                time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(15)


def launch(driver: Playwright) -> Browser:
    """Start a headless Chromium that asks nothing of the network."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    return driver.chromium.launch(executable_path=find_chromium(), args=arguments)


def take(folder: Path, only: str | None) -> Iterator[str]:
    """Take the pictures; yields a line for each page with a warning where it is wider than the window."""
    folder.mkdir(parents=True, exist_ok=True)
    todo = [p for p in pages() if not only or only in p[0]]
    with _browser() as (browser, address):
        for width in WIDTHS:
            for user in dict.fromkeys(u for _n, u, _a in todo):
                tab = _entered(browser, address, user, viewport={"width": width, "height": 900})
                for name, whose, url in todo:
                    if whose != user:
                        continue
                    tab.goto(address + url)
                    height = min(6000, tab.evaluate("document.documentElement.scrollHeight"))
                    area: Any = {"x": 0, "y": 0, "width": width, "height": height}
                    tab.screenshot(path=str(folder / f"{name}-{width}.png"), full_page=True, clip=area)
                    over = tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                    yield f"{name}-{width}.png" + (f"  WIDER than the window by {over} px" if over > 1 else "")
                tab.context.close()


def take_readme(folder: Path) -> Iterator[str]:
    """Take the README's pictures anew, under the names that they have there."""
    folder.mkdir(parents=True, exist_ok=True)
    targets = {name: (user, url) for name, user, url in pages()}
    with _browser() as (browser, address):
        for name, (width, height, shown_width) in README.items():
            user, url = targets[name]
            size = {"width": width, "height": height}
            tab = _entered(browser, address, user, viewport=size, device_scale_factor=shown_width / width)
            tab.goto(address + url)
            file = f"{name}.png"
            tab.screenshot(path=str(folder / file))
            tab.context.close()
            yield file


@contextmanager
def _browser() -> Iterator[tuple[Browser, str]]:
    from playwright.sync_api import sync_playwright

    find_chromium()
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # the driver's loop runs in this thread; the queries are done by then
    with served(PORT, HEADWATER_DEMO="1" if settings.DEMO else "0") as address, sync_playwright() as driver:
        browser = launch(driver)
        yield browser, address
        browser.close()


def _entered(browser: Browser, address: str, user: str | None, **window: Any) -> Page:
    """Open a page in a window of its own, signed in as one of the demo's roles."""
    tab = browser.new_context(locale="zh-CN", **window).new_page()
    if user:
        tab.goto(address + "/accounts/login/")
        tab.locator(f"button[name=username][value='{user}']").first.click()
        tab.wait_for_url("**/desk/")
    return tab
