"""People outside: a member confirms by link with their own account, a referee without an account writes on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.reading import faults, misfits
from tests.browser.test_stories import APPLICANT, leave_out, press

pytestmark = pytest.mark.browser
Enter = Callable[..., Any]
LETTER = "申请人基础扎实，研究目标明确，技术路线可行，能够独立完成本项目。" * 8


def draft(tab: Any) -> str:
    """The address of the applicant's open draft."""
    tab.locator(".hw-duty", has_text="完成并提交").first.click()
    tab.wait_for_url("**/edit/info/")
    return re.sub(r"edit/.*", "", tab.url)


def shown_link(tab: Any) -> str:
    return str(tab.locator("#address").inner_text())


def test_referee_without_account_writes_on_a_phone(enter: Enter) -> None:
    author = enter(APPLICANT)
    address = draft(author)
    author.goto(address + "edit/referees/")
    for label, value in (("姓名", "周文彬"), ("单位", "北方理工大学"), ("职称", "教授"), ("电子邮箱", "zhou@example.org")):
        author.get_by_label(label, exact=True).fill(value)
    author.get_by_label("研究领域（申请代码）").fill("A0101")
    press(author, "邀请")
    link = shown_link(author)

    phone = enter(width=360)
    phone.goto(link)
    assert faults(phone) + misfits(phone) == []
    press(phone, "签署并提交")
    phone.get_by_text("请修改标出的栏目").wait_for()
    phone.get_by_label("我具有高级专业技术职务").check()
    phone.get_by_label("我与申请人从事同一领域的研究").check()
    phone.get_by_label("与申请人的关系").select_option("none")
    phone.get_by_label("推荐意见").fill(LETTER)
    phone.get_by_label("我已阅读并签署《推荐专家承诺书》").check()
    assert faults(phone) + misfits(phone) == []
    press(phone, "签署并提交")
    phone.get_by_role("heading", name="推荐意见已提交").wait_for()
    phone.goto(link)
    phone.get_by_role("heading", name="这项邀请已经答复").wait_for()

    author.goto(address + "edit/referees/")
    author.get_by_text("已提交推荐意见").first.wait_for()
    assert LETTER[:30] not in author.content()


def test_member_confirms_by_link_with_the_own_account(enter: Enter) -> None:
    author = enter()
    author.goto("/accounts/login/")
    button = author.locator(".hw-enter button", has=author.get_by_text("项目负责人", exact=True))
    address_of_member = str(button.get_attribute("value")).replace("l", "p") + "@people.example"
    author.locator(".hw-enter button", has=author.get_by_text(APPLICANT, exact=True)).click()
    author.wait_for_url("**/desk/")
    address = draft(author)
    author.goto(address + "edit/members/")
    leave_out(author, "每年工作月数")
    author.get_by_label("参与者").fill(address_of_member)
    press(author, "加入")
    author.get_by_text("已加入并发出邀请").wait_for()
    waiting = author.locator(".hw-duty", has_text="等待确认").last
    name = waiting.locator("b").inner_text()
    with author.expect_navigation():
        waiting.get_by_role("button", name="重新发送邀请").click()
    link = shown_link(author)

    other = enter("评审专家")
    other.goto(link)
    other.get_by_role("heading", name="这个确认链接属于另一位参与者").wait_for()

    phone = enter(width=360)
    phone.goto(link)
    phone.get_by_text(name).first.wait_for()
    phone.get_by_role("link", name="登录后确认").click()
    phone.locator(".hw-enter button", has=phone.get_by_text("项目负责人", exact=True)).click()
    phone.wait_for_url("**/participations/**")
    assert faults(phone) + misfits(phone) == []
    phone.get_by_label("我已阅读并签署《参与者承诺书》").check()
    press(phone, "签署并确认参与")
    phone.get_by_text("已确认参与").wait_for()

    author.goto(address + "edit/members/")
    author.locator(".hw-duty", has_text=name).get_by_text("已确认").wait_for()
    phone.goto(link)
    phone.get_by_role("heading", name="这项邀请已经答复").wait_for()
