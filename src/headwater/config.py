"""Settings from the environment, read once, with one clear line for each mistake."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

DEFAULT_REGION = Path(__file__).resolve().parent / "regions/default"
"""Names the shipped region package that is taken where none is set."""


class ConfigError(Exception):
    """A setting is missing or wrong; the message names it and says what was expected."""


KNOWN = {
    "HEADWATER_HOME": "folder of the data and files (default .headwater)",
    "HEADWATER_DATABASE_URL": "postgresql://user:password@host:port/name (default: the embedded PostgreSQL)",
    "HEADWATER_DATABASE_OWNER_URL": "address of the role that owns the tables, when HEADWATER_DATABASE_URL names one that owns none",
    "HEADWATER_KEYS": "folder of the secrets (default HEADWATER_HOME/keys)",
    "HEADWATER_HOSTS": "comma-separated host names that may be served (default 127.0.0.1,localhost)",
    "HEADWATER_PORT": "port of the web server (default 8000)",
    "HEADWATER_WEB_PROCESSES": "number of web processes (default 2)",
    "HEADWATER_REGION": "code or folder of the region package (default: the shipped one that regions/default names)",
    "HEADWATER_DEMO": "1 opens the demo's one-click log-in (never with real data)",
    "HEADWATER_DEBUG": "1 shows tracebacks in the browser (development only)",
    "HEADWATER_EMAIL_URL": "smtp://user:password@host:port or file:///folder (default: files in HEADWATER_HOME/mail)",
    "HEADWATER_EMAIL_FROM": "address that mails come from (default headwater@ the first of HEADWATER_HOSTS)",
    "HEADWATER_HTTPS": "1 when served behind HTTPS: secure cookies, HSTS, and plain HTTP is led there",
    "HEADWATER_SECOND_FACTOR": "1 or 0: who decides or administers must have a second factor (default 1, in the demo 0)",
    "HEADWATER_TEST_CLOCK": "local moment at which the test suite believes to run (see .ci/long)",
    "HEADWATER_TEST_BEGUN": "true moment at which that began; set by the suite itself",
    "HEADWATER_TEST_ALONE": "1: also install and run the kernels alone (minutes; .ci/long)",
    "HEADWATER_TEST_EVERY_PAGE": "1: also look at every page with axe and at 360 px (minutes; .ci/long)",
    "HEADWATER_FUZZ_EXAMPLES": "examples of each property in tests/test_fuzz.py",
    "HEADWATER_TEST_TEMPLATE": "keep: the tests' database is made anew only when tables or regions change (work on one test)",
    "HEADWATER_TEST_WORKERS": "processes of the test suite (default 2)",
    "HEADWATER_PYTHON": "interpreter that ./run uses to make its environment",
    "HEADWATER_CHROMIUM": "path of the Chromium used by browser tests and screenshots",
}


@dataclass(frozen=True)
class Config:
    """Config holds what the environment sets for the process. `database_url` is empty for the embedded PostgreSQL."""

    home: Path
    database_url: str
    owner_url: str
    keys: Path
    hosts: list[str]
    port: int
    web_processes: int
    region: str
    demo: bool
    debug: bool
    email_url: str
    email_from: str
    https: bool
    second_factor: bool

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Config:
        """Read and check the environment.

        Raises:
            ConfigError: an unknown HEADWATER_ name or a value that cannot be used.
        """
        env = os.environ if env is None else env
        unknown = sorted(k for k in env if k.startswith("HEADWATER_") and k not in KNOWN)
        if unknown:
            raise ConfigError(f"unknown setting {unknown[0]}; known are: {', '.join(KNOWN)}")
        home = _folder(env.get("HEADWATER_HOME") or ".headwater")
        url = env.get("HEADWATER_DATABASE_URL", "")
        owner_url = env.get("HEADWATER_DATABASE_OWNER_URL", "")
        for address in filter(None, (url, owner_url)):
            database_from_url(address)
        demo = _flag(env, "HEADWATER_DEMO")
        hosts = [h.strip() for h in env.get("HEADWATER_HOSTS", "").split(",") if h.strip()] or ["127.0.0.1", "localhost"]
        return cls(
            home=home,
            database_url=url,
            owner_url=owner_url,
            keys=_folder(env.get("HEADWATER_KEYS") or home / "keys"),
            hosts=hosts,
            port=_number(env, "HEADWATER_PORT", 8000, 1, 65535),
            web_processes=_number(env, "HEADWATER_WEB_PROCESSES", 2, 1, 64),
            region=env.get("HEADWATER_REGION") or DEFAULT_REGION.read_text(encoding="utf-8").strip(),
            demo=demo,
            debug=_flag(env, "HEADWATER_DEBUG"),
            email_url=env.get("HEADWATER_EMAIL_URL", ""),
            email_from=env.get("HEADWATER_EMAIL_FROM", "") or f"headwater@{hosts[0]}",
            https=_flag(env, "HEADWATER_HTTPS"),
            second_factor=_flag(env, "HEADWATER_SECOND_FACTOR", "0" if demo else "1"),
        )


def _number(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name, str(default))
    if not text.isdecimal() or not low <= int(text) <= high:
        raise ConfigError(f"{name}={text!r}: expected a whole number from {low} to {high}")
    return int(text)


def _flag(env: Mapping[str, str], name: str, default: str = "0") -> bool:
    text = env.get(name, default)
    if text not in {"0", "1", ""}:
        raise ConfigError(f"{name}={text!r}: expected 1 or 0")
    return text == "1"


def _folder(path: str | Path) -> Path:
    return Path(path).expanduser().resolve()


def database_from_url(url: str) -> dict[str, object]:
    """Turn a postgresql:// URL into Django's DATABASES entry.

    Raises:
        ConfigError: not a PostgreSQL URL, or no database name in it.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ConfigError(f"HEADWATER_DATABASE_URL: {error}") from error
    options = dict(parse_qsl(parts.query))
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise ConfigError("HEADWATER_DATABASE_URL: expected postgresql://user:password@host:port/name")
    try:
        port = parts.port
    except ValueError as error:
        raise ConfigError("HEADWATER_DATABASE_URL: the port is not a number") from error
    # Statements are prepared at their third use; a pooler that shares connections between transactions needs "off".
    threshold = options.pop("prepare_threshold", "3")
    if threshold != "off" and not threshold.isdigit():
        raise ConfigError("HEADWATER_DATABASE_URL: prepare_threshold is a number or off")
    prepare = None if threshold == "off" else int(threshold)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(port or ""),
        "OPTIONS": {"connect_timeout": 10, "server_side_binding": True, "prepare_threshold": prepare, **options},
        "DISABLE_SERVER_SIDE_CURSORS": prepare is None,  # a cursor does not outlive a pooled connection either
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
