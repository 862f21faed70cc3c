"""A request as a host's manager and an officer make and answer it, on the width of a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser.conftest import SITE, connect, copy_served
from tests.browser.test_stories import HOST, OFFICER, press
from tests.make.requests import KIND

pytestmark = pytest.mark.browser
Enter = Callable[..., Any]
PHONE = 360
DATABASE = f"{SITE}_requests"
OF_HOST = """SELECT g.scope_id FROM core_rolegrant g JOIN core_account a ON a.id = g.account_id
    WHERE g.role = 'host_manager' AND a.username = %s"""
USERNAME = """SELECT p ->> 1 FROM core_event, jsonb_array_elements(after -> 'people') p
    WHERE command = 'demo.complete' AND p ->> 0 = 'host' ORDER BY core_event.id DESC LIMIT 1"""


@pytest.fixture
def request_site(django_db_setup: None) -> Iterator[str]:
    with copy_served(DATABASE, "tests.browser.request_site:application") as address:
        yield address


def new_address() -> str:
    """Where the demo's manager proposes something about the institution."""
    with connect(DATABASE) as connection:
        (username,) = connection.execute(USERNAME).fetchone()
        (key,) = connection.execute(OF_HOST, [username]).fetchone()
    return f"/requests/about/{KIND}/{key}/new/"


def look(tab: Any, page: str) -> None:
    """Nothing of a page reaches beyond the screen."""
    wide = tab.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE, (page, wide)


def test_a_request_is_proposed_approved_and_in_force(enter: Enter, request_site: str) -> None:
    host, officer = (enter(role, width=PHONE, at=request_site) for role in (HOST, OFFICER))
    host.goto(new_address())
    look(host, "new")
    press(host, "填写 变更地址")
    host.locator("input[name=new_address]").fill("学府街 235 号")
    host.locator("[data-saved]", has_text="已自动保存").wait_for()
    host.locator("input[name=moved_on]").fill("2026-03-01")
    host.locator("#rules", has_text="必填栏目已填写").wait_for()
    look(host, "edit")
    host.get_by_role("link", name="核对并提交").click()
    look(host, "submit")
    host.locator("textarea[name=reason]").fill("校区搬迁")
    press(host, "提交")
    look(host, "open")
    officer.goto("/desk/")
    officer.locator(".hw-duty", has_text="审批：申请事项").first.click()
    look(officer, "waiting")
    officer.get_by_role("link", name="变更地址").first.click()
    look(officer, "case")
    press(officer, "批准这一事项")
    officer.locator("textarea[name=note]").fill("材料齐全")
    look(officer, "act")
    press(officer, "批准这一事项")
    host.reload()
    assert "材料齐全" in host.content()
    assert "关于变更地址的函" in host.content()
    look(host, "done")
    host.goto("/requests/")
    look(host, "list")
