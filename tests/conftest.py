"""One database template with the region and a tiny finished year, built once by the real commands and cloned for each worker."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faked import shift_clock

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("HEADWATER_HOME", str(ROOT / ".headwater-test"))
os.environ["HEADWATER_DEMO"] = "1"
os.environ.pop("HEADWATER_DEBUG", None)
shift_clock()


def fingerprint() -> str:
    """Changes with any file that the template is made from.

    With HEADWATER_TEST_TEMPLATE=keep only tables and regions count: for work on one test, whose code the played year does not need.
    """
    sha = hashlib.sha256(os.environ.get("HEADWATER_TEST_CLOCK", "").encode())
    kept = os.environ.get("HEADWATER_TEST_TEMPLATE") == "keep"
    for file in sorted((ROOT / "src/headwater").rglob("*")):
        if file.suffix in {".toml", ".geojson"} or (file.suffix == ".py" and (not kept or file.parent.name == "migrations")):
            sha.update(file.read_bytes())
    return sha.hexdigest()[:16]


def database_url(name: str) -> str:
    """The address of a database of the tests' server, as an administrator would write it."""
    from django.conf import settings

    default = settings.OWNER_DATABASE
    user = f"{default['USER']}:{default['PASSWORD']}" if default["PASSWORD"] else default["USER"]
    if str(default["HOST"]).startswith("/"):
        return f"postgresql://{user}@/{name}?host={default['HOST']}"
    return f"postgresql://{user}@{default['HOST']}:{default['PORT']}/{name}"


def give_rights(database: str) -> None:
    """A server that stays has the application's role of an earlier run, which knows nothing of this copy of the database."""
    import psycopg

    from headwater.core import keys
    from headwater.database_role import make_role, role_of

    url = database_url(database)
    with psycopg.connect(url, autocommit=True) as owner:
        make_role(owner, role_of(url), keys.ring("database")[0].hex(), database)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: object) -> Iterator[None]:
    """Clone the template for this worker; the first worker to come builds it."""
    import psycopg
    from django.conf import settings
    from django.db import connections
    from filelock import FileLock

    from headwater.core.sealing import hold_head
    from headwater.demo.run import ensure_demo

    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    template, own = f"hw_template_{fingerprint()}", f"hw_test_{worker}"
    default = settings.OWNER_DATABASE
    info = {
        k: v
        for k, v in {
            "host": default["HOST"],
            "port": default["PORT"],
            "user": default["USER"],
            "password": default["PASSWORD"],
        }.items()
        if v
    }
    lock = FileLock(Path(tempfile.gettempdir()) / f"{template}.lock")

    def use(name: str) -> None:
        connections["default"].close()
        settings.DATABASES["default"]["NAME"] = name
        connections["default"].settings_dict["NAME"] = name

    with lock, psycopg.connect(dbname="postgres", autocommit=True, **info) as admin, django_db_blocker.unblock():  # type: ignore[attr-defined]
        for (old,) in admin.execute("SELECT datname FROM pg_database WHERE datname LIKE 'hw_template_%'").fetchall():
            if old != template:
                admin.execute(f'DROP DATABASE "{old}"')
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template]).fetchone():
            admin.execute("DROP DATABASE IF EXISTS hw_building")
            admin.execute("CREATE DATABASE hw_building TEMPLATE template0 ENCODING 'UTF8'")
            use("hw_building")
            ensure_demo(scale="tiny", seed=7, texts=None, reset=False, say=lambda _line: None)
            connections.close_all()
            admin.execute(f'ALTER DATABASE hw_building RENAME TO "{template}"')
        admin.execute(f'DROP DATABASE IF EXISTS "{own}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{own}" TEMPLATE "{template}"')
        give_rights(own)
    use(own)
    settings.ANCHORS = Path(tempfile.mkdtemp()) / "seals.jsonl"
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        hold_head()
    yield
    connections.close_all()


@pytest.fixture(scope="module")
def owner_connection(django_db_setup: None) -> Iterator[None]:
    """The tests of this file do what the application may not: they connect as the owner of the tables."""
    from headwater.core.prepare import as_owner

    with as_owner():
        yield


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """No values kept between tests, nor the language of a page that one of them read; the quick hasher is enough for log-ins."""
    from django.conf import settings
    from django.utils import translation

    from headwater.core.parameters import forget_parameters

    forget_parameters()
    translation.activate(settings.LANGUAGE_CODE)
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["testserver", "127.0.0.1", "localhost"])
    monkeypatch.setattr(settings, "SECOND_FACTOR", False)  # as in the demo, whose accounts have none


@pytest.fixture(autouse=True)
def _rights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test has people do is held against the rights that the apps declare; see `tests/test_rights.py`."""
    from headwater.core.command import Log
    from tests.rights import hold

    written = Log.write

    def write(log: Log) -> None:
        written(log)
        hold(log)

    monkeypatch.setattr(Log, "write", write)
