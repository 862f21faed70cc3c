"""The officer's keys in the queue of the formal check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.browser
OFFICER = "项目主管（甲）"


@pytest.fixture
def waiting(site_database: Any) -> Iterator[list[int]]:
    """Three applications put back into the formal check: two with a problem, one clear."""
    found = site_database.execute(
        "SELECT a.id, a.state, c.verdict, c.failed::text FROM calls_application a JOIN calls_formalcheck c ON c.application_id = a.id"
        " WHERE a.state = 'rejected' AND a.call_id = (SELECT a.call_id FROM calls_application a JOIN calls_call l ON l.id = a.call_id"
        " WHERE l.code LIKE 'im-gen-%' GROUP BY 1 ORDER BY max(l.closes_at) LIMIT 1) ORDER BY a.id LIMIT 3"
    ).fetchall()
    change = "UPDATE calls_application SET state = %s WHERE id = %s"
    check = "UPDATE calls_formalcheck SET verdict = %s, failed = %s::jsonb WHERE application_id = %s"
    wanted = [("clear", "[]"), ("faulty", '["F05"]'), ("faulty", '["F12"]')]
    for (pk, _state, _verdict, _failed), (verdict, failed) in zip(found, wanted, strict=True):
        site_database.execute(change, ["received", pk])
        site_database.execute(check, [verdict, failed, pk])
    yield [row[0] for row in found]
    for pk, state, verdict, failed in found:
        site_database.execute(change, [state, pk])
        site_database.execute(check, [verdict, failed, pk])


def press_key(tab: Any, key: str) -> None:
    with tab.expect_navigation():
        tab.keyboard.press(key)


def test_keys_accept_refuse_and_go_on(enter: Callable[..., Any], site_database: Any, waiting: list[int]) -> None:
    clear, first, second = waiting
    call = site_database.execute("SELECT call_id FROM calls_application WHERE id = %s", [clear]).fetchone()[0]
    tab = enter(OFFICER)
    tab.goto(f"/office/calls/{call}/check/")
    tab.keyboard.press("j")
    press_key(tab, "Enter")
    assert tab.url.endswith(f"/office/applications/{first}/")
    assert [e.inner_text() for e in tab.locator("kbd").all()] == ["a", "r", "n", "p"]
    tab.locator("#note").fill("r n p")
    assert tab.url.endswith(f"/office/applications/{first}/")
    tab.locator("h1").click()
    press_key(tab, "n")
    assert tab.url.endswith(f"/office/applications/{second}/")
    press_key(tab, "p")
    press_key(tab, "r")
    assert "申请复审" in tab.locator(".hw-act").inner_text()
    with tab.expect_navigation():
        tab.locator("button[name=confirmed]").click()
    assert tab.url.endswith(f"/office/applications/{second}/")
    assert "不予受理" in tab.locator(".alert").inner_text()
    press_key(tab, "n")
    assert tab.url.endswith(f"/office/applications/{clear}/")
    press_key(tab, "a")
    assert tab.url.endswith(f"/office/calls/{call}/check/")
    states = site_database.execute("SELECT state FROM calls_application WHERE id = ANY(%s) ORDER BY id", [waiting]).fetchall()
    assert states == [("accepted",), ("not_accepted",), ("received",)]
    codes = site_database.execute("SELECT codes FROM calls_formalcheck WHERE application_id = %s", [first]).fetchone()[0]
    assert codes == ["F05"]
