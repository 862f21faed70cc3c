"""Looking up while typing, in a real browser: by keyboard alone, told to a screen reader, and without script."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.reading import hard_to_read
from tests.browser.test_edit import draft, saved
from tests.browser.test_stories import APPLICANT, OFFICER, Enter, press

pytestmark = pytest.mark.browser
CODE, OPTION = "input[name=discipline]", ".ts-dropdown [role=option]:visible"


def lookup(tab: Any, label: str) -> Any:
    """The control of a look-up; while it has the focus it is a combobox."""
    tab.get_by_label(label, exact=True).first.focus()
    return tab.get_by_role("combobox", name=label)


def type_in(tab: Any, text: str) -> None:
    """Type, and wait for what the server finds."""
    with tab.expect_response("**/lookup/**"):
        tab.keyboard.insert_text(text)
    tab.locator(OPTION, has_text=text).first.wait_for()


def test_a_code_is_found_and_chosen_by_keyboard(enter: Enter) -> None:
    tab = enter(APPLICANT)
    tab.goto(draft(tab) + "edit/info/")
    before = tab.locator(CODE).input_value()
    code = before.split(" ")[0]
    box = lookup(tab, "申请代码")
    assert (box.get_attribute("aria-expanded"), tab.locator(OPTION).count()) == ("false", 0)
    type_in(tab, code[:3])
    assert box.get_attribute("aria-expanded") == "true"
    status = tab.locator(".ts-wrapper [role=status]")
    assert status.inner_text().startswith(("找到", "列出前"))
    tab.keyboard.press("ArrowDown")
    chosen = tab.locator(f"#{box.get_attribute('aria-activedescendant')}")
    text = chosen.inner_text()
    tab.keyboard.press("Enter")
    saved(tab)
    value = tab.locator(CODE).input_value()
    assert (value.split(" ")[0] != code, text.startswith(value)) == (True, True)
    tab.keyboard.press("Tab")
    expect(tab.locator(".ts-wrapper")).to_have_count(0)
    tab.reload()
    assert tab.locator(CODE).input_value() == value
    lookup(tab, "申请代码")
    type_in(tab, code)
    tab.keyboard.press("Enter")
    saved(tab)
    assert tab.locator(CODE).input_value() == before


def test_what_is_typed_without_choosing_is_read_as_it_is_and_kept_in_sight(enter: Enter) -> None:
    tab = enter(APPLICANT, width=390)
    tab.goto(draft(tab) + "edit/info/")
    before = tab.locator(CODE).input_value()
    lookup(tab, "申请代码")
    tab.keyboard.insert_text("ZZ99")
    tab.locator(".ts-dropdown .no-results, .ts-dropdown .create").first.wait_for()
    tab.keyboard.press("Tab")
    saved(tab, "没有这个申请代码")
    assert tab.locator(CODE).input_value() == "ZZ99"
    assert tab.locator(CODE).get_attribute("aria-describedby") == tab.locator("#auto-discipline").get_attribute("id")
    box = lookup(tab, "申请代码")
    assert box.get_attribute("aria-invalid") == "true"
    tab.keyboard.press("Backspace")  # gives the words back for mending
    assert box.input_value() == "ZZ99"
    box.fill(before.split(" ")[0])
    tab.locator(OPTION, has_text=before).click()
    saved(tab)
    assert tab.locator(CODE).input_value() == before
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_host_is_chosen_by_a_part_of_its_name(enter: Enter) -> None:
    tab = enter(APPLICANT)
    address = draft(tab) + "edit/info/"
    tab.goto(address)
    before = tab.locator("input[name=host]").input_value()
    tab.locator("input[name=host]").click()
    options = tab.locator(OPTION)
    options.first.wait_for()
    assert before not in options.evaluate_all("found => found.map((e) => e.dataset.value)")
    height = "document.querySelector('input[name=host]').closest('div').getBoundingClientRect().height"
    opened = tab.evaluate(height)
    tab.keyboard.press("Tab")
    assert tab.evaluate(height) == opened
    tab.locator("input[name=host]").click()
    options.first.wait_for()
    assert hard_to_read(tab) == []
    tab.reload()
    tab.locator("input[name=host]").click()
    type_in(tab, "大学")
    name = options.filter(has_not_text=before).first.get_attribute("data-value")
    tab.locator(f"{OPTION}[data-value='{name}']").click()
    press(tab, "更换依托单位")
    assert tab.locator("input[name=host]").input_value() == name
    tab.locator("input[name=host]").fill(before)
    press(tab, "更换依托单位")
    assert tab.locator("input[name=host]").input_value() == before


def test_without_script_a_page_beside_the_field_is_searched(enter: Enter) -> None:
    address = draft(enter(APPLICANT)) + "edit/info/"
    plain = enter().context.browser.new_context(java_script_enabled=False, base_url=address, locale="zh-CN")
    tab = plain.new_page()
    tab.goto(address)
    tab.locator(".hw-enter button", has=tab.get_by_text(APPLICANT, exact=True)).click()
    tab.wait_for_url("**/edit/info/")
    before = tab.locator("input[name=host]").input_value()
    with plain.expect_page() as opened:
        tab.get_by_role("link", name="查找依托单位").click()
    search = opened.value
    search.locator("input[name=q]").fill("大学")
    search.get_by_role("button", name="筛选").click()
    name = search.locator("tbody td.k-title").filter(has_not_text=before).first.inner_text()
    tab.locator("input[name=host]").fill(name)
    press(tab, "更换依托单位")
    assert tab.locator("input[name=host]").input_value() == name
    tab.locator("input[name=host]").fill(before)
    press(tab, "更换依托单位")
    plain.close()


def test_experts_are_filtered_by_a_look_up(enter: Enter) -> None:
    tab = enter(OFFICER)
    tab.goto("/office/experts/")
    lookup(tab, "单位")
    type_in(tab, "大学")
    name = tab.locator(OPTION).first.get_attribute("data-value")
    with tab.expect_navigation():
        tab.locator(OPTION).first.click()
    assert tab.locator("input[name=home]").input_value() == name
    assert set(tab.locator("tbody td[data-label=单位]").all_inner_texts()) == {name}


def test_rows_are_added_and_moved_with_what_was_chosen_in_them(enter: Enter) -> None:
    tab = enter(OFFICER)
    tab.goto("/office/")
    tab.locator("select[name=scheme]").select_option(label="指南需求征集")
    tab.locator("input[name=year]").fill("2038")
    press(tab, "沿用上年度批次新建")
    if not tab.locator("textarea[name=guide_zh]").input_value():
        tab.locator("textarea[name=guide_zh]").fill("指南：按本批次要求填报。")
    press(tab, "保存")
    tab.get_by_role("link", name="预览申请表").click()
    rows = tab.locator("[data-rows=teams]")
    names = []
    for n in (0, 1):
        tab.locator(f"input[name='teams.{n}.where']").focus()
        type_in(tab, "大学")
        names.append(tab.locator(OPTION).nth(n).get_attribute("data-value"))
        tab.locator(OPTION).nth(n).click()
        if not n and rows.locator("[data-row]").count() == 1:
            rows.get_by_role("button", name="加一行").click()
    expect(tab.locator("input[name='teams.1.where']")).to_have_value(str(names[1]))
    rows.get_by_role("button", name="上移").nth(1).click()
    assert [tab.locator(f"input[name='teams.{n}.where']").input_value() for n in (0, 1)] == names[::-1]
    assert rows.locator(".ts-wrapper").count() == 0
    ids = tab.locator("[data-rows=teams] [id]").evaluate_all("found => found.map((e) => e.id)")
    assert len(ids) == len(set(ids))
    assert rows.locator("label[for='f-teams.1.where']").count() == 1
