"""Two people in one field, a tab that was closed without a connection, a session that ended: in a real browser, nothing is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.browser.reading import hard_to_read
from tests.browser.test_stories import APPLICANT, Enter, leave_out, press

pytestmark = pytest.mark.browser
LEADER = "项目负责人"
SAVED, GOALS = "[data-saved]", "textarea[name=goals]"


def draft(tab: Any) -> str:
    """The address of the applicant's open draft."""
    tab.locator(".hw-duty", has_text="完成并提交").first.click()
    tab.wait_for_url("**/edit/**")
    return re.sub(r"edit/.*", "", tab.url)


def write(tab: Any, text: str) -> None:
    """Type at the end of the field, as people do."""
    field = tab.locator(GOALS)
    field.focus()
    field.evaluate("e => e.setSelectionRange(e.value.length, e.value.length)")
    tab.keyboard.insert_text(text)


def saved(tab: Any, more: str = "已自动保存") -> None:
    tab.locator(SAVED, has_text=more).wait_for(timeout=20_000)


def kept_in_browser(tab: Any) -> int:
    return int(tab.evaluate("Object.keys(localStorage).filter((k) => k.startsWith('headwater:unsent:')).length"))


def test_two_people_write_in_one_field(enter: Enter) -> None:
    first, second = enter(APPLICANT), enter(LEADER)
    name = second.locator(".hw-who b").inner_text()
    address = draft(first)
    first.goto(address + "edit/members/")
    leave_out(first, name)
    first.locator("input[name=member]").fill(name)
    press(first, "加入")
    second.goto("/desk/")
    second.locator("a[href*='/participations/']").last.click()
    second.wait_for_url("**/participations/**")
    for tick in second.locator("input[name=agree], input[name=known]").all():
        tick.check()
    press(second, "签署并确认参与")
    first.reload()
    first.locator("input[name=may_edit]:not([disabled])").check()
    press(first, "保存编辑权限")
    for tab in (first, second):
        tab.goto(address + "edit/plan/")
    words = first.locator(GOALS).input_value()
    first.locator(GOALS).fill("申请人写在前面。" + words)
    saved(first)
    write(second, "参与者写在后面。")
    saved(second, "已合并")
    assert second.locator(GOALS).input_value() == f"申请人写在前面。{words}参与者写在后面。"
    assert second.evaluate("document.activeElement.selectionStart === document.activeElement.value.length")
    first.reload()
    assert first.locator(".hw-present").inner_text().startswith(name)
    first.locator(GOALS).fill("甲改了第一句。" + words)
    saved(first)
    second.locator(GOALS).fill("乙改了第一句。" + words)
    second.locator(".hw-clash", has_text="同时改了这一栏").wait_for()
    assert hard_to_read(second) == []
    with second.expect_navigation():
        second.get_by_role("button", name="两者都留").click()
    assert second.locator(GOALS).input_value() == f"甲改了第一句。乙改了第一句。{words}"
    second.get_by_role("link", name="历史版本").click()
    assert hard_to_read(second) == []
    second.get_by_role("link", name="看改动").first.click()
    second.locator(".hw-diff").first.wait_for()
    assert hard_to_read(second) == []
    assert second.locator(".hw-diff ins").first.inner_text().endswith("甲改了第一句。")
    with second.expect_navigation():
        second.get_by_role("button", name="整份恢复到前一个版本").click()
    second.goto(address + "edit/plan/")
    assert second.locator(GOALS).input_value() == f"乙改了第一句。{words}"
    second.locator(GOALS).fill(words)
    saved(second)


def test_words_of_a_tab_that_was_closed_without_a_connection_are_merged(enter: Enter) -> None:
    tab = enter(APPLICANT)
    address = draft(tab) + "edit/plan/"
    tab.goto(address)
    words = tab.locator(GOALS).input_value()
    tab.context.set_offline(True)
    write(tab, "断线时写的一句。")
    saved(tab, "连接中断")
    context = tab.context
    tab.close()
    context.set_offline(False)
    other = context.browser.new_context(base_url=address, locale="zh-CN")
    other.add_cookies(context.cookies())
    elsewhere = other.new_page()
    elsewhere.goto(address)
    elsewhere.locator(GOALS).fill("别处写的一句。" + words)
    saved(elsewhere)
    again = context.new_page()
    again.goto(address)
    saved(again, "已合并")
    assert again.locator(GOALS).input_value() == f"别处写的一句。{words}断线时写的一句。"
    assert kept_in_browser(again) == 0
    again.reload()
    again.locator(GOALS).fill(words)
    saved(again)
    other.close()


def test_words_typed_after_the_session_ended_are_saved_after_the_next_log_in(enter: Enter) -> None:
    tab = enter(APPLICANT)
    address = draft(tab) + "edit/foundation/"
    tab.goto(address)
    tab.context.clear_cookies(name="sessionid")
    tab.locator("textarea[name=results]").fill("登录失效后写的成果")
    saved(tab, "登录已失效")
    assert kept_in_browser(tab) == 1
    login = tab.context.new_page()
    login.goto(tab.locator(f"{SAVED} a").get_attribute("href"))
    login.locator(".hw-enter button", has=login.get_by_text(APPLICANT, exact=True)).click()
    login.wait_for_url("**/desk/")
    tab.evaluate("dispatchEvent(new Event('focus'))")
    saved(tab)
    assert kept_in_browser(tab) == 0
    tab.reload()
    assert tab.locator("textarea[name=results]").input_value() == "登录失效后写的成果"


def test_without_script_words_sent_after_the_session_ended_are_shown_again(enter: Enter) -> None:
    address = draft(enter(APPLICANT)) + "edit/foundation/"
    plain = enter().context.browser.new_context(java_script_enabled=False, base_url=address, locale="zh-CN")
    tab = plain.new_page()

    def sign_in() -> None:
        tab.locator(".hw-enter button", has=tab.get_by_text(APPLICANT, exact=True)).click()

    tab.goto(address)
    sign_in()
    tab.wait_for_url("**/edit/foundation/")
    plain.clear_cookies(name="sessionid")
    tab.locator("textarea[name=results]").fill("没有脚本时写的成果")
    press(tab, "保存")
    sign_in()
    tab.get_by_role("heading", name="登录失效时提交的内容").wait_for()
    assert "没有脚本时" in tab.locator(".hw-diff ins").first.inner_text()
    press(tab, "存入申请书")
    assert tab.locator("textarea[name=results]").input_value() == "没有脚本时写的成果"
    plain.close()


def test_limits_are_told_beside_what_they_limit(enter: Enter) -> None:
    tab = enter(APPLICANT, width=360)
    address = draft(tab)
    tab.goto(address + "edit/plan/")
    assert re.fullmatch(r"\d+ / \d+", tab.locator("#n-goals").inner_text())
    tab.goto(address + "edit/info/")
    tab.locator("input[name=title_en]").fill("Steppe")
    assert tab.locator("#n-title_en").inner_text() == "6 / 300"
    assert "1,000,000" not in tab.locator(".hw-rules").inner_text()  # the limit of the machine is no rule
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


def test_words_survive_a_server_that_fails_and_one_that_refuses(enter: Enter) -> None:
    tab = enter(APPLICANT)
    tab.goto(draft(tab) + "edit/foundation/")
    field, answers = tab.locator("textarea[name=results]"), [500, 413]
    tab.route("**/save/", lambda route: route.fulfill(status=answers.pop(0), body="<html>") if answers else route.continue_())
    field.fill("服务器出错时写的成果")
    saved(tab, "服务器暂时不能保存")
    tab.evaluate("dispatchEvent(new Event('online'))")
    saved(tab, "没有保存")
    assert kept_in_browser(tab) == 1
    field.fill("服务器出错以后写的成果")
    saved(tab)
    assert kept_in_browser(tab) == 0
