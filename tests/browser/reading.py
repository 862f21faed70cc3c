"""What stands in the way of a reader of a page: what axe finds, in light and in dark, and what does not fit a phone."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 360, "height": 800}
HIGHEST_HEAD = 120
MOST_SCREENS = 15
EVERYTHING: dict[str, Any] = {}
BUT_CONTRAST = {"rules": {"color-contrast": {"enabled": False}}}
CONTRAST = {"runOnly": ["color-contrast"]}
ON_A_PHONE = {"runOnly": ["scrollable-region-focusable", "target-size"]}
THEME = "theme => { document.documentElement.dataset.bsTheme = theme; }"
FAULTS = """async options => {
  const found = await axe.run({ exclude: ["[data-alike]"] }, { resultTypes: ["violations"], preload: false, ...options });
  const places = v => v.nodes.slice(0, 3).map(n => n.target.join(" ")).join(" | ");
  return found.violations.map(v => `${v.id}: ${places(v)}`);
}"""
MARK_ALIKE = """() => {
  const seen = new Set();
  for (const row of document.querySelectorAll("tbody tr, li, .hw-duty, .hw-rule, .hw-enter form")) {
    const kinds = [row, ...row.querySelectorAll("*")].map((e) => `${e.tagName}.${e.getAttribute("class")}.${e.textContent.trim() ? 1 : 0}`);
    const key = `${row.parentElement.getAttribute("class")} ${kinds.join(" ")}`;
    if (seen.has(key)) row.setAttribute("data-alike", "");
    seen.add(key);
  }
}"""
"""Marks rows that are drawn as one before them: their colours need no second look, which is what takes longest."""
MEASURE = """() => {
  const title = document.querySelector("h1");
  const before = [...document.querySelectorAll("main .alert")].filter((a) => title && a.compareDocumentPosition(title) & 4);
  const alerts = before.reduce((sum, a) => sum + a.getBoundingClientRect().height + 12, 0);
  const page = document.documentElement;
  return { top: title ? title.getBoundingClientRect().top + scrollY - alerts : 0, height: page.scrollHeight, width: page.scrollWidth };
}"""


def faults(tab: Any, options: dict[str, Any] = EVERYTHING) -> list[str]:
    """What axe finds on a page: the rule and the first places that break it."""
    if tab.evaluate("typeof axe === 'undefined'"):
        tab.evaluate(AXE_SCRIPT)
    return list(tab.evaluate(FAULTS, options))


def misfits(tab: Any) -> list[str]:
    """What does not fit the window of a phone."""
    size = tab.evaluate(MEASURE)
    wrong = []
    if size["top"] > HIGHEST_HEAD:
        wrong.append(f"the title begins at {size['top']:.0f} px")
    if size["height"] > MOST_SCREENS * PHONE["height"]:
        wrong.append(f"{size['height'] / PHONE['height']:.1f} screens long")
    if size["width"] > PHONE["width"]:
        wrong.append(f"{size['width']} px wide")
    return wrong


def hard_to_read(tab: Any) -> list[str]:
    """Everything that is wrong with a page: at a desk, in the dark, on a phone. It stands at a desk afterwards."""
    tab.emulate_media(reduced_motion="reduce")  # colours on their way from light to dark are no faults
    tab.set_viewport_size(DESK)
    found = faults(tab, BUT_CONTRAST)
    tab.evaluate(MARK_ALIKE)
    found += faults(tab, CONTRAST)
    tab.evaluate(THEME, "dark")
    found += [f"dark {fault}" for fault in faults(tab, CONTRAST)]
    tab.evaluate(THEME, "light")
    tab.set_viewport_size(PHONE)
    found += misfits(tab)
    if tab.locator(".hw-sticky").count():  # in a window as high as the page, a bar that sticks covers nothing
        tab.set_viewport_size({**PHONE, "height": tab.evaluate("document.documentElement.scrollHeight")})
    found += [f"phone {fault}" for fault in faults(tab, ON_A_PHONE)]
    tab.set_viewport_size(DESK)
    return found
