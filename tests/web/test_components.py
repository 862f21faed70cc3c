"""Components of pages: heads, folds that open without script, contents lists, what a phone leaves out of a list."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.template import Context, Template
from django.test import RequestFactory

from headwater.core.listing import Column, on_phone
from headwater.core.models import Account, Notification
from headwater.core.rows import PAGE, Rows
from tests.make import client
from tests.pages import elements, words


def rendered(source: str, address: str = "/", **context: Any) -> str:
    return words(Template(source).render(Context({"request": RequestFactory().get(address), **context})))


def test_a_head_has_its_title_what_is_said_and_its_acts() -> None:
    page = rendered('{% page_with title "说明" %}<p>又</p>{% acts %}<a href="/x/">做</a>{% endpage_with %}', title="<题>")
    assert re.sub(r"> <", "><", page) == (
        '<div class="hw-head"><div><h1>&lt;题&gt;</h1><p>说明</p><p>又</p></div>'
        '<div class="hw-actions"><a href="/x/">做</a></div></div>'
    )
    bare = rendered('{% page_with "题" %}{% acts %}{% if no %}<a></a>{% endif %}{% endpage_with %}')
    assert "hw-actions" not in bare
    assert "<h1>题</h1>" in bare


FOLDS = '{% folds %}{% fold "甲" 3 %}内{% endfold %}{% fold "乙" open=True %}容{% endfold %}{% endfolds %}'


def test_a_fold_tells_what_it_holds_and_opens_without_script() -> None:
    closed, opened = rendered(FOLDS, "/?q=1"), rendered(FOLDS, "/?q=1&folds=open")
    assert ["open" in e for e in elements(closed) if e[""] == "details"] == [False, True]
    assert ["open" in e for e in elements(opened) if e[""] == "details"] == [True, True]
    assert '<span class="hw-fold-count">3</span>' in closed
    assert [e["href"] for e in elements(closed) if e[""] == "a"] == ["?q=1&folds=open"]
    assert [e["href"] for e in elements(opened) if e[""] == "a"] == ["?q=1"]
    assert ("展开全部" in closed, "收起全部" in re.sub(r'data-other="[^"]*"', "", opened)) == (True, True)


def column(kind: str, phone: bool | None = None) -> Column:
    return Column(kind, lambda row: row, kind=kind, phone=phone)


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        ([column("title"), column("text"), column("date"), column("money"), column("state"), column("action")], {0, 1, 2, 4, 5}),
        ([column("title"), column("text", False), column("text"), column("money"), column("date")], {0, 2, 3}),
        ([column("text"), column("text"), column("money", True)], {0, 2}),
    ],
)
def test_a_phone_shows_the_title_the_state_and_two_facts(columns: list[Column], shown: set[int]) -> None:
    assert on_phone(columns) == shown


def test_rows_that_are_no_records_come_in_pages() -> None:
    def at(address: str) -> Rows:
        return Rows(RequestFactory().get(address), list(range(120)), size=50)

    first, last = at("/?scheme=a"), at("/?scheme=a&page=3")
    assert (first.objects, first.total, first.has_next, first.next_query) == (list(range(50)), 120, True, "scheme=a&page=2")
    assert (last.objects, last.first_page, last.has_next) == (list(range(100, 120)), False, False)
    assert {at(f"/?page={bad}").page for bad in ("0", "-1", "x", "")} == {1}
    assert at("/?page=99").page == 3
    assert Rows(RequestFactory().get("/"), []).has_next is False


def test_a_cell_that_holds_nothing_is_empty_so_that_a_phone_leaves_it_out() -> None:
    page = rendered('{% table %}<tr><td class="a">{% if no %}x{% endif %}\n  </td><td> <b>1</b> </td></tr>{% endtable %}')
    assert '<td class="a"></td>' in page
    assert "<b>1</b>" in page


@pytest.mark.django_db
def test_records_in_an_order_of_their_own_come_in_pages_without_files() -> None:
    account = Account.objects.order_by("pk")[0]
    account.notifications.all().delete()
    Notification.objects.bulk_create([Notification(account=account, title=f"通知{n}") for n in range(PAGE + 1)])
    browser = client(account.username)
    first, last = (browser.get(address).content.decode() for address in ("/notifications/", "/notifications/?page=2"))
    assert (first.count("通知") > PAGE, f"共 {PAGE + 1} 条" in first, 'href="?page=2"' in first, "csv" in first) == (
        True,
        True,
        True,
        False,
    )
    assert ('href="?page=2"' in last, "通知0<" in last, f"通知{PAGE}<" in last) == (False, True, False)


@pytest.mark.django_db
def test_the_region_is_shown_in_parts_each_with_its_list() -> None:
    browser = client("sysadmin")
    assert browser.get("/admin/region/").status_code == 200
    found = browser.get("/admin/region/parameters/?q=young_age").content.decode()
    assert "young_age" in found
    assert "publicity_working_days" not in found
    assert "im-youth" in browser.get("/admin/region/schemes/?q=im-youth").content.decode()
    assert client("officer").get("/admin/region/parameters/").status_code == 403
