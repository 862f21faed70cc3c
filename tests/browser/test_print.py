"""Paper: tables stay tables on A4, whose width is that of a narrow screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.test_stories import OFFICER

pytestmark = pytest.mark.browser
A4_INSIDE_ITS_MARGINS = {"width": 658, "height": 980}


@pytest.mark.parametrize(
    ("address", "link"), [("/office/", ""), ("/notices/", "main a[href^='/notices/']"), ("/office/experts/", "")]
)
def test_a_table_is_cards_on_a_phone_and_a_table_on_paper(address: str, link: str, enter: Callable[..., Any]) -> None:
    tab = enter(OFFICER)
    tab.set_viewport_size(A4_INSIDE_ITS_MARGINS)
    tab.goto(address)
    if link:
        with tab.expect_navigation():
            tab.locator(link).first.click()
    table = tab.locator("table.stack").first
    table.locator("tbody tr").first.wait_for()
    assert table.locator("tbody tr").first.evaluate("e => getComputedStyle(e).display") == "grid"
    tab.emulate_media(media="print")
    look = "e => getComputedStyle(e).display"
    assert table.locator("thead").evaluate(look) == "table-header-group"
    assert table.locator("tbody tr").first.evaluate(look) == "table-row"
    assert table.locator("tbody td").first.evaluate(look) == "table-cell"
    assert table.locator("tbody td").first.evaluate("e => getComputedStyle(e, '::before').content") in {"none", "normal"}
