"""Every page, as somebody who may open it: readable by everybody at a desk, and short and narrow enough for a phone."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.walk import pages

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db,
    pytest.mark.skipif(not os.environ.get("HEADWATER_TEST_EVERY_PAGE"), reason="minutes of axe: .ci/long runs it (part pages)"),
]
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 360, "height": 800}
HIGHEST_HEAD = 120
MOST_SCREENS = 15
DARK = "document.documentElement.dataset.bsTheme = 'dark'"
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
MEASURE = """() => {
  const title = document.querySelector("h1");
  const before = [...document.querySelectorAll("main .alert")].filter((a) => title && a.compareDocumentPosition(title) & 4);
  const alerts = before.reduce((sum, a) => sum + a.getBoundingClientRect().height + 12, 0);
  const page = document.documentElement;
  return { top: title ? title.getBoundingClientRect().top + scrollY - alerts : 0, height: page.scrollHeight, width: page.scrollWidth };
}"""


def faults(tab: Any, options: dict[str, Any] | None = None) -> list[str]:
    """What axe finds: the rule and the first places that break it."""
    found = Axe().run(tab, options=options).response["violations"]
    return [f"{v['id']}: {' | '.join(' '.join(n['target']) for n in v['nodes'][:3])}" for v in found]


def on_a_phone(tab: Any) -> list[str]:
    tab.set_viewport_size(PHONE)
    size = tab.evaluate(MEASURE)
    wrong = []
    if size["top"] > HIGHEST_HEAD:
        wrong.append(f"the title begins at {size['top']:.0f} px")
    if size["height"] > MOST_SCREENS * PHONE["height"]:
        wrong.append(f"{size['height'] / PHONE['height']:.1f} screens long")
    if size["width"] > PHONE["width"]:
        wrong.append(f"{size['width']} px wide")
    tab.set_viewport_size(DESK)
    return wrong


def test_every_page_is_accessible_and_fits_a_phone(enter: Callable[..., Any]) -> None:
    found = pages()
    assert sum(len(addresses) for addresses in found.values()) > 100
    wrong = []
    for role, addresses in found.items():
        tab = enter(role)
        tab.emulate_media(reduced_motion="reduce")  # colours on their way from light to dark are no faults
        for address in addresses:
            tab.goto(address)
            told = faults(tab) + on_a_phone(tab)
            tab.evaluate(DARK)
            told += [f"dark {fault}" for fault in faults(tab, CONTRAST)]
            wrong += [f"{role} {address} {fault}" for fault in told]
    assert not wrong, "\n".join(wrong)
