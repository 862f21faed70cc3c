"""A served copy of the tiny year and a headless Chromium; without Chromium the stories are skipped, saying how to get it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from headwater.config import ConfigError
from headwater.demo.screenshots import find_chromium, launch, served
from tests.conftest import database_url, fingerprint, give_rights

SITE = f"hw_site_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


def connect(database: str) -> Any:
    import psycopg
    from django.conf import settings

    default = settings.OWNER_DATABASE
    info = {"host": default["HOST"], "port": default["PORT"], "user": default["USER"], "password": default["PASSWORD"]}
    return psycopg.connect(dbname=database, autocommit=True, **{k: v for k, v in info.items() if v})


@pytest.fixture
def site_database(site: str) -> Iterator[Any]:
    """A connection to the database of the served copy: for stories in which weeks pass."""
    with connect(SITE) as connection:
        yield connection


@contextmanager
def copy_served(database: str) -> Iterator[str]:
    """Serve a fresh clone of the template by a gunicorn of its own, and give its address."""
    try:
        find_chromium()
    except ConfigError as error:
        pytest.skip(str(error))
    with connect("postgres") as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{database}" TEMPLATE "hw_template_{fingerprint()}"')
    give_rights(database)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    more = {"HEADWATER_DATABASE_URL": database_url(database), "HEADWATER_DEMO": "1"}
    with served(port, application="tests.browser.site:application", **more) as running:
        yield running


@pytest.fixture(scope="session")
def site(django_db_setup: None) -> Iterator[str]:
    """The address of a gunicorn over a clone of the template, for this worker only."""
    with copy_served(SITE) as address:
        yield address


@pytest.fixture
def untouched_site(django_db_setup: None) -> Iterator[str]:
    """The address of a copy that nobody has acted in yet, for a story that goes through the whole year."""
    with copy_served(f"{SITE}_own") as address:
        yield address


@pytest.fixture
def untouched_database(untouched_site: str) -> Iterator[Any]:
    """A connection to the database of that copy, to see what became of it."""
    with connect(f"{SITE}_own") as connection:
        yield connection


@pytest.fixture(scope="session")
def chromium(site: str) -> Iterator[Any]:
    """One browser for all stories of this worker. Its driver leaves an event loop marked as running in this thread, for which
    Django would refuse the database to every test that comes after: the loop rests while a test runs, so that is allowed."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = launch(driver)
        yield browser
        browser.close()


@pytest.fixture
def enter(chromium: Any, site: str) -> Iterator[Callable[..., Any]]:
    """Open a page, as one of the demo's roles when its name on the home page is given; console errors fail the test."""
    contexts: list[Any] = []
    errors: list[str] = []

    def open_page(role: str | None = None, *, width: int = 1440, at: str = site) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": 900}, locale="zh-CN", base_url=at)
        contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(10_000)
        tab.on("dialog", lambda dialog: dialog.accept())
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.on(
            "console",
            lambda line: (
                errors.append(line.text) if line.type == "error" and not line.text.startswith("Failed to load resource") else None
            ),
        )
        if role is not None:
            tab.goto("/accounts/login/")
            tab.locator(".hw-enter button", has=tab.get_by_text(role, exact=True)).first.click()
            tab.wait_for_url("**/desk/")
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []
