"""Every page, as somebody who may open it: readable by everybody at a desk, and short and narrow enough for a phone."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.reading import hard_to_read
from tests.browser.walk import pages

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db,
    pytest.mark.skipif(not os.environ.get("HEADWATER_TEST_EVERY_PAGE"), reason="minutes of axe: .ci/long runs it (part pages)"),
]


def test_every_page_is_accessible_and_fits_a_phone(enter: Callable[..., Any]) -> None:
    found = pages()
    assert sum(len(addresses) for addresses in found.values()) > 130
    wrong = []
    for role, addresses in found.items():
        tab = enter(role)
        tab.set_default_timeout(60_000)
        for address in addresses:
            tab.goto(address)
            wrong += [f"{role} {address} {fault}" for fault in hard_to_read(tab)]
    assert not wrong, "\n".join(wrong)
