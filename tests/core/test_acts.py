"""An act is shown before it is done, and only what was shown is done."""

from __future__ import annotations

import pytest

from headwater.core.acts import SHOWN, Act
from headwater.core.errors import Refused
from headwater.core.models import Account
from tests.approvals import confirmed, seen_on
from tests.make import client
from tests.pages import words

pytestmark = pytest.mark.django_db
PAGE = "/admin/accounts/?q=leader"


def act(**given: object) -> Act:
    usual = {"title": "t", "verb": "v", "back": "/", "changes": ["a"], "undo": "u", "columns": ["n", "x"], "rows": [["1", "甲"]]}
    return Act(**(usual | given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"rows": [["1", "乙"]]}, "1 乙"),
        ({"changes": ["b"]}, "将会发生"),
        ({"told": ["甲"]}, "通知"),
        ({"undo": "x"}, "如何撤回"),
        ({"warnings": ["w"]}, "提示"),
    ],
)
def test_whatever_is_shown_is_what_is_confirmed(changed: dict[str, object], named: str) -> None:
    token = act().sight.token
    act().sight.require(token)
    with pytest.raises(Refused, match=named):
        act(**changed).sight.require(token)


def test_a_long_list_is_confirmed_as_a_whole_though_not_all_of_it_is_shown() -> None:
    rows = [[str(n), "甲"] for n in range(SHOWN + 5)]
    long = act(rows=rows)
    assert (len(long.shown), long.left) == (SHOWN, 5)
    other = act(rows=[*rows[:-1], [str(SHOWN + 4), "乙"]])
    with pytest.raises(Refused, match="其余各项"):
        other.sight.require(long.sight.token)
    assert len(long.sight.token) < 20_000


def test_two_lines_of_one_name_are_two_lines() -> None:
    twice = act(rows=[["1", "甲"], ["1", "甲"]])
    with pytest.raises(Refused):
        act().sight.require(twice.sight.token)


def test_an_account_is_closed_after_its_page_was_read_and_not_when_it_changed_since() -> None:
    leader, page = Account.objects.get(username="leader"), client("sysadmin")
    shown = page.post(PAGE, {"toggle": leader.pk})
    text = words(shown.content.decode())
    assert [w in text for w in ("核对后停用账号", "不能再登录", "可以随时重新启用", leader.name_zh)] == [True] * 4
    Account.objects.filter(pk=leader.pk).update(name_zh="改了名")
    stale = page.post(PAGE, {"toggle": leader.pk, "confirmed": "1", "seen": seen_on(shown)})
    assert (stale.status_code, "您核对之后有变化" in stale.content.decode()) == (422, True)
    assert Account.objects.get(pk=leader.pk).is_active
    unseen = page.post(PAGE, {"toggle": leader.pk, "confirmed": "1"})
    assert (unseen.status_code, Account.objects.get(pk=leader.pk).is_active) == (422, True)
    assert confirmed(page, PAGE, {"toggle": leader.pk}).status_code == 302
    assert not Account.objects.get(pk=leader.pk).is_active
