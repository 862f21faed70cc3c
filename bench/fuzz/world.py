"""The system under the fuzzer: who sends what, what came back, and what must hold after every case."""

from __future__ import annotations

import logging
import re
import traceback
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

from bench.fuzz.kept import Kept
from bench.fuzz.values import Pairs, body

CSRF = "a" * 32
PASSING = (
    "django_session", "core_cache", "core_rate", "core_eventseal", "core_seal", "core_identity", "core_upload", "procrastinate_jobs",
    "procrastinate_events", "procrastinate_periodic_defers", "procrastinate_workers", "account_emailaddress", "core_signin",
)  # fmt: skip
"""Tables that are not the record: sessions, counts, and uploads on their way."""
SEEN: list[BaseException] = []
"""What views raised since it was last cleared."""


class Witness:
    """The innermost middleware: sees what a view raised before another one makes an answer of it."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        return self.get_response(request)

    def process_exception(self, request: Any, error: Exception) -> None:
        SEEN.append(error)


@dataclass
class Answer:
    status: int
    content: bytes
    error: BaseException | None
    location: str = ""

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")


@dataclass
class Finding:
    """`kind` is what was broken; findings of one `key` are the same defect."""

    kind: str
    key: str
    case: str
    text: str
    times: int = 1


@dataclass
class Request:
    """`pairs` are the fields of a form; `content` is a body that was made otherwise."""

    who: str | None
    method: str
    path: str
    pairs: Pairs = field(default_factory=list)
    content: bytes | None = None
    content_type: str = "application/octet-stream"
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        said = ", ".join(f"{n[:60]!r}: {v if isinstance(v, bytes) else repr(v)[:80]}" for n, v in self.pairs[:40])
        more = f" + {len(self.pairs) - 40} fields" if len(self.pairs) > 40 else ""
        return f"{self.who or 'the public'}: {self.method} {self.path[:300]} {{{said}{more}}}" + (
            f" {len(self.content)} bytes" if self.content is not None else ""
        )


class World:
    """One database and the people in it. `played` counts what became of the cases."""

    def __init__(self, people: list[str | None], places: list[tuple[str | None, str]]) -> None:
        self.people, self.places = people, places
        self.clients: dict[str | None, Any] = {}
        self.findings: dict[str, Finding] = {}
        self.played: Counter[str] = Counter()
        self.case = self.sent_as = ""
        self.keys: list[str] = []
        self.kept = Kept()
        self.kept.load()
        self.tables = self.fingerprint()
        self.events = self.last_event()

    def client(self, who: str | None) -> Any:
        from django.test import Client

        from headwater.core.models import Account

        if who not in self.clients:
            browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
            if who:
                browser.force_login(Account.objects.get(username=who), backend="headwater.web.accounts.Backend")
            browser.cookies["csrftoken"] = CSRF
            self.clients[who] = browser
            self.tables = self.fingerprint()
        return self.clients[who]

    def send(self, request: Request, random_: Random | None = None) -> Answer:
        """Send it as a browser would; whatever is raised becomes part of the answer."""
        content, kind, self.sent_as = request.content, request.content_type, "bytes"
        if content is None and request.method == "POST":
            content, kind, self.sent_as = body(random_ or Random(0), request.pairs)
        browser = self.client(request.who)
        SEEN.clear()
        headers = {"HTTP_X_CSRFTOKEN": CSRF} | request.headers
        try:
            response = browser.generic(request.method, request.path, content or b"", kind, **headers)
            found = b"".join(response.streaming_content) if response.streaming else response.content
        except Exception as error:
            return Answer(599, b"", error)
        error = SEEN[0] if SEEN else (response.exc_info[1] if getattr(response, "exc_info", None) else None)
        return Answer(response.status_code, found, error, response.headers.get("Location", ""))

    # What must hold

    def judge(self, request: Request, answer: Answer, *, partly: bool = False) -> set[str]:
        """Every rule that holds for all requests; `partly` for pages that keep the good part of what they refuse.

        Returns the tables of the record that were touched.
        """
        if answer.status >= 500:
            self.find("error_500", where(answer.error), f"{request}\n{told(answer.error)}")
        elif answer.error is not None and untold(answer.error):
            self.find("untold", where(answer.error), f"{request}\n{answer.error}")
        tables = self.fingerprint()
        touched = {name for name in tables if tables[name] != self.tables.get(name)}
        touched -= {"core_accesstoken"} if request.path.startswith("/api/") else set()  # when a key was last used
        self.tables = tables
        refused = answer.status >= 400
        self.played["refused" if refused else "accepted"] += 1
        if touched and refused and not partly:
            self.find(
                "changed",
                f"refused {short(request.path)} {sorted(touched)}",
                f"{request}\n{answer.status}, but {sorted(touched)} changed",
            )
        if touched and request.method in {"GET", "HEAD"} and not request.path.partition("?")[0].endswith("/pdf/"):
            self.find(
                "changed", f"GET {short(request.path)} {sorted(touched)}", f"{request}\n{sorted(touched)} changed by reading"
            )
        if touched:
            self.judge_events(request)
        return touched

    def judge_events(self, request: Request) -> None:
        """Who changed something is who sent it, and may."""
        from bench.fuzz.rights import wrong_events

        for text in wrong_events(self.events, request.who, request.path):
            self.find("permission", text.partition(":")[0], f"{request}\n{text}")
        self.events = self.last_event()

    def find(self, kind: str, key: str, text: str) -> None:
        name = f"{kind} {key}"
        if name in self.findings:
            self.findings[name].times += 1
        else:
            self.findings[name] = Finding(kind, key, self.case, text)

    def fingerprint(self) -> dict[str, tuple[int, int]]:
        """(rows, newest transaction) of every table of the record: any insert, update or deletion changes it."""
        from django.db import connection
        from psycopg.sql import SQL, Identifier, Literal

        with connection.cursor() as cursor:
            if not hasattr(self, "statement"):
                names = [n for n in connection.introspection.table_names() if n not in PASSING]
                one = SQL("SELECT {}, count(*), coalesce(max(xmin::text::bigint), 0) FROM {}")
                whole = SQL(" UNION ALL ").join(one.format(Literal(n), Identifier(n)) for n in sorted(names))
                self.statement = whole.as_string(cursor.connection)
            cursor.execute(self.statement)
            return {name: (count, newest) for name, count, newest in cursor.fetchall()}

    def last_event(self) -> int:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(max(id), 0) FROM core_event")
            return int(cursor.fetchone()[0])

    def settle(self) -> None:
        """The job that looks into files, then all invariants, the chain, and every answer that was ever acknowledged."""
        from headwater.core.command import system
        from headwater.core.invariants import check
        from headwater.core.sealing import seal_events
        from headwater.core.uploads import check_files

        try:
            check_files(actor=system("fuzz"))
        except Exception as error:
            self.find("error_500", where(error), f"check_files\n{told(error)}")
        seal_events()
        for breach in check():
            self.find("invariant", breach.invariant.name, f"{breach.invariant.name}: {breach.rows[:5]}")
        for text in self.kept.compare_all():
            self.find("lost", f"later {text.split(':')[0]}", text)
        self.events, self.tables = self.last_event(), self.fingerprint()

    def reduce(self, request: Request, key: str) -> Request:
        """Drop fields as long as the same thing is raised."""
        pairs = list(request.pairs)
        for size in (len(pairs) // 2, len(pairs) // 4, 3, 1):
            at = 0
            while size and at < len(pairs) and len(pairs) > 1:
                fewer = pairs[:at] + pairs[at + size :]
                answer = self.send(Request(request.who, request.method, request.path, fewer, headers=request.headers))
                if answer.status >= 500 and where(answer.error) == key:
                    pairs = fewer
                else:
                    at += size
        return Request(request.who, request.method, request.path, pairs, headers=request.headers)


def short(path: str) -> str:
    return re.sub(r"\d+", "N", path.partition("?")[0])[:80]


def where(error: BaseException | None) -> str:
    """The kind of an error and the innermost place of ours that it came through: its name among the defects."""
    if error is None:
        return "nothing raised"
    frames = [
        f for f in traceback.extract_tb(error.__traceback__) if "headwater" in f.filename and "site-packages" not in f.filename
    ]
    place = f"{frames[-1].filename.rpartition('headwater/')[2]}:{frames[-1].lineno}" if frames else "outside"
    return f"{type(error).__name__} at {place}"


def told(error: BaseException | None) -> str:
    return "".join(traceback.format_exception(error)[-12:]) if error else ""


def untold(error: BaseException) -> bool:
    """A database that cannot hold a value, where no form said so: a length, a range. A NUL is answered by 400, that is the rule."""
    from django.db import DatabaseError

    return isinstance(error, DatabaseError) and not re.search(r"NUL|0x00|null character|\\u0000", str(error))


def quiet() -> None:
    logging.disable(logging.CRITICAL)
