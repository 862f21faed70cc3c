"""The preview of a form judges what stands on the whole page, for it stores nothing between two changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.reading import faults
from tests.browser.test_stories import OFFICER, press

pytestmark = pytest.mark.browser


def test_preview_keeps_conditions_while_other_fields_change(enter: Callable[..., Any]) -> None:
    tab = enter(OFFICER)
    tab.goto("/office/")
    tab.locator("select[name=scheme]").select_option(label="指南需求征集")
    tab.locator("input[name=year]").fill("2039")
    press(tab, "沿用上年度批次新建")
    if not tab.locator("textarea[name=guide_zh]").input_value():
        tab.locator("textarea[name=guide_zh]").fill("指南：按本批次要求填报。")
    press(tab, "保存")
    tab.get_by_role("link", name="预览申请表").click()
    share, told = tab.locator("[data-question=share]"), tab.locator("[data-saved]", has_text="试填：没有保存")
    share.wait_for(state="hidden")
    tab.locator("input[name=title_zh]").wait_for()
    assert faults(tab) == []
    pays = tab.locator("[name=pays]:not([type=hidden])")
    if pays.first.evaluate("e => e.type") == "select-one":
        pays.select_option("yes")
    else:
        tab.locator("[name=pays][value=yes]").check()
    share.wait_for(state="visible")
    with tab.expect_response(lambda r: "/preview/" in r.url and r.request.method == "POST"):
        tab.locator("input[name=title_zh]").fill("草原")
    told.wait_for()
    tab.wait_for_timeout(300)
    assert share.is_visible()
