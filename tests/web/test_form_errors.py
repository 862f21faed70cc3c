"""Every form of every page, sent blank and with what cannot be read: each error is tied to the control that it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import pytest
from django.db import transaction

from headwater.core.examples import concrete
from tests.make import client, roles
from tests.test_access import ROUTES, records
from tools.page_reader import Form, Reader

pytestmark = pytest.mark.django_db
LEFT_OUT = ("accounts/logout", "i18n/", "enter", "api/")
UNREADABLE = "？"
NUMBER = re.compile(r"\d+")
Kind = tuple[str, ...]


def submissions(form: Form) -> Iterator[tuple[Kind, list[tuple[str, str]]]]:
    """The form with each of its buttons, its typed fields blank and then unreadable. The kind is what forms of many records share."""
    for name, value, _action in form.buttons or [("", "", "")]:
        for text in ("", UNREADABLE):
            sent = form.sent(text) + ([(name, value)] if name else [])
            yield (text, name, NUMBER.sub("#", value), *sorted({NUMBER.sub("#", field) for field, _value in sent})), sent


def post(browser: Any, target: str, sent: list[tuple[str, str]]) -> Any:
    data: dict[str, list[str]] = {}
    for name, value in sent:
        data.setdefault(name, []).append(value)
    with transaction.atomic():
        answer = browser.post(target, data)
        transaction.set_rollback(True)
    return answer


def test_every_error_is_tied_to_its_control() -> None:
    have, loose, shown = records(), [], set()
    known: set[Kind] = set()
    for name in [None, *roles().values()]:
        browser = client(name)
        for route, _entry in ROUTES:
            here = concrete(route, have)
            answer = browser.get(here) if not route.startswith(LEFT_OUT) else None
            if answer is None or answer.status_code != 200 or not answer.get("Content-Type", "").startswith("text/html"):
                continue
            for form in Reader(answer.content.decode()).forms:
                target = urljoin(here, form.action or here)
                for shape, sent in submissions(form) if form.method == "post" and not target[1:].startswith(LEFT_OUT) else ():
                    kind = (NUMBER.sub("#", target), *shape)
                    if kind in known:
                        continue
                    known.add(kind)
                    page = post(browser, target, sent)
                    if (page.status_code < 300 and page.streaming) or not page.get("Content-Type", "").startswith("text/html"):
                        continue
                    reader = Reader(page.content.decode())
                    shown |= {(route, text) for text, _ids in reader.errors}
                    loose += [(target, sent, words) for words in reader.untied()]
    assert sorted({(where, words) for where, _sent, words in loose}) == []
    assert len({route for route, _text in shown}) >= 12
    assert len(shown) >= 30
