"""Requests that no browser sends: answered plainly, never by an error of the server."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any

import pytest
from django.test import Client

from headwater.calls.models import Application, Call
from headwater.calls.states import State
from tests.make import client

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=b"
NO_KEYS = ["", "x", "-1", "1e309", "2026-02-03", "²", "9" * 40, "9" * 5000]


@pytest.mark.parametrize("kind", [f"{FORM}; charset=utf-16", f"{FORM}; charset=x", f"{PARTS}; charset=idna"])
def test_a_form_in_another_charset_is_refused(kind: str) -> None:
    content = b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\n1\r\n--b--\r\n' if "multipart" in kind else b"name=1"
    answer = client("officer").generic("POST", "/tokens/", content, kind)
    assert answer.status_code == 415
    assert "请求有误" in answer.content.decode()


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"'])
def test_a_form_that_names_utf_8_is_read(charset: str) -> None:
    answer = client("officer").generic("POST", "/tokens/", b"make=1&name=", f"{FORM}; charset={charset}")
    assert answer.status_code == 422


def test_too_many_fields_are_a_plain_400() -> None:
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    browser.cookies["csrftoken"] = "a" * 32
    answer = browser.generic("POST", "/search/", b"&".join(b"f%d=1" % n for n in range(20_001)), FORM)
    assert answer.status_code == 400
    assert "请求有误" in answer.content.decode()


@pytest.mark.parametrize(("path", "status"), [("/nowhere/", 404), ("/office/calls/x/", 404), ("/office/", 400)])
def test_a_body_that_cannot_be_read_is_no_error_of_the_server(path: str, status: int) -> None:
    browser = client("officer")
    browser.raise_request_exception = False
    browser.handler.enforce_csrf_checks = True
    browser.cookies["csrftoken"] = "a" * 32
    answer = browser.generic("POST", path, b"x", "multipart/form-data; boundary=")
    assert answer.status_code == status


@pytest.mark.parametrize("key", NO_KEYS[1:])
@pytest.mark.parametrize(
    ("who", "path", "fields"),
    [
        ("secadmin", "/admin/roles/", "end"),
        ("sysadmin", "/admin/grants/", "approve"),
        ("sysadmin", "/admin/grants/", "drop"),
        ("secadmin", "/admin/accounts/changes/", "approve"),
        ("sysadmin", "/admin/accounts/", "toggle"),
        ("officer", "/tokens/", "revoke"),
        ("officer", "/office/calls/{call}/assign/", "publish"),
        ("officer", "/office/reviews/{received}/", "release"),
        (None, "/applications/{draft}/member/", "remove"),
        (None, "/applications/{draft}/attachment/", "remove"),
    ],
)
def test_what_is_no_key_is_not_found(who: str | None, path: str, fields: str, key: str) -> None:
    draft = Application.objects.filter(state=State.DRAFT).select_related("leader__account")[0]
    known: dict[str, Any] = {"draft": draft.pk, "call": Call.objects.order_by("pk")[0].pk}
    known["received"] = Application.objects.filter(state=State.IN_REVIEW)[0].pk
    answer = client(who or draft.leader.account.username).post(path.format(**known), {fields: key})
    assert answer.status_code == 404


@pytest.mark.parametrize("key", NO_KEYS)
@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("host-imu", "/host/endorse/chosen/"),
        ("officer", "/office/calls/{call}/applications/"),
        ("officer", "/office/calls/{call}/agreements/"),
    ],
)
def test_what_is_no_key_is_not_chosen(who: str, path: str, key: str) -> None:
    path = path.format(call=Call.objects.order_by("pk")[0].pk)
    assert client(who).post(path, {"pk": key, "format": "none"}).status_code == 302


@pytest.mark.parametrize("value", ["Infinity", "NaN", "1e999", "[]", "{}", "true", '"x"'])
def test_a_cursor_that_lies_gives_the_first_page(value: str) -> None:
    cursor = urlsafe_b64encode(f"[{value}, 1]".encode()).decode()
    for path in ("/host/letters/", "/host/endorse/"):
        assert client("host-imu").get(path, {"after": cursor}).status_code == 200
    for path in ("/office/", "/people/", "/office/experts/"):
        assert client("officer").get(path, {"after": cursor}).status_code == 200
