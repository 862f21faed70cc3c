"""The applicants of the deadline bench: one asyncio process with its own small HTTP/1.1 client, so that the client costs little.

Reads a task (JSON) on standard input, writes what was acknowledged as it comes (one JSON line each, flushed), ends with the CPU it took.
A step whose answer never came, or was "not available", is sent again until it is answered: as the page's script does.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import re
import sys
import time
from typing import Any
from urllib.parse import urlencode

AGAIN = (OSError, asyncio.IncompleteReadError, EOFError, ValueError, asyncio.TimeoutError)
PATIENCE = 60.0
REVISION = re.compile(rb'name="_revision" value="(\d+)"')


class Line:
    """A kept-alive connection, one request at a time."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def ask(self, head: bytes, body: bytes = b"") -> tuple[int, dict[bytes, bytes], bytes]:
        if self.writer is None or self.reader is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
        self.writer.write(head + body)
        raw = await self.reader.readuntil(b"\r\n\r\n")
        first, *rest = raw[:-4].split(b"\r\n")
        headers = {k.lower(): v for k, _colon, v in (line.partition(b": ") for line in rest)}
        content = await self.reader.readexactly(int(headers.get(b"content-length", b"0")))
        if headers.get(b"connection") == b"close":
            self.close()
        return int(first.split(b" ", 2)[1]), headers, content

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


class Applicant:
    """Saves, uploads and submits one application. `note` is told of every acknowledged step."""

    def __init__(self, line: Line, user: list[Any], task: dict[str, Any], note: Any, retry: bool, revision: int = 0) -> None:
        self.line, self.note, self.retry, self.task = line, note, retry, task
        self.pk, _account, session, self.csrf = user
        self.cookie = f"Cookie: sessionid={session}; csrftoken={self.csrf}\r\n"
        self.random = random.Random(f"{task['seed']}-{self.pk}")
        self.seen: dict[str, str] = {}
        self.revision = revision

    async def step(self, what: str, method: str, path: str, body: bytes, kind: str, more: str = "", **said: Any) -> Any:
        """One request until it is answered. Returns (status, headers, content)."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.line.port}\r\n{self.cookie}X-CSRFToken: {self.csrf}\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
        ).encode()
        begun = time.perf_counter()
        while True:
            try:
                sent = time.perf_counter()
                status, headers, content = await asyncio.wait_for(self.line.ask(head, body), PATIENCE)
            except AGAIN:
                self.line.close()
                status, headers, content = 599, {}, b""
            if status < 500:
                now = time.perf_counter()
                self.note(
                    step=what,
                    pk=self.pk,
                    ms=round(1e3 * (now - sent), 2),
                    status=status,
                    all=round(1e3 * (now - begun), 2),
                    **said,
                )
                return status, headers, content
            if not self.retry:
                raise RuntimeError(f"{what}: {status} {content[:200]!r}")
            await asyncio.sleep(0.2)

    async def form(self, what: str, path: str, values: Any, **said: Any) -> Any:
        return await self.step(what, "POST", path, urlencode(values).encode(), "application/x-www-form-urlencoded", **said)

    async def save(self, serial: int) -> None:
        """Autosave of three fields, as the editor's script sends it with what it knows to be stored; every text is told apart from all others."""
        names = self.random.sample(self.task["fields"], 3)
        texts = {n: f"{serial}-{self.random.random()} " + "基础研究" * self.random.randint(40, 110) for n in names}
        self.note(step="try-save", pk=self.pk, serial=serial, texts=texts)
        base = json.dumps({n: self.seen[n] for n in names if n in self.seen})
        sent = [*(("_fields", n) for n in names), ("_base", base), *texts.items()]
        status, _headers, content = await self.form("save", f"/applications/{self.pk}/save/", sent, serial=serial)
        self.seen |= texts
        if status != 200 or json.loads(content)["errors"]:
            raise RuntimeError(f"save: {status} {content[:300]!r}")
        self.revision = json.loads(content)["revision"]

    async def upload(self, serial: int) -> None:
        """Announce, send in chunks, finish; after an answer that never came, go on where the server says."""
        content = pdf(f"{self.task['seed']}-{self.pk}-{serial}", self.task["bytes"])
        digest = hashlib.sha256(content).hexdigest()
        values = {"kind": "ethics", "name": f"附件{serial}.pdf", "size": len(content), "sha256": digest}
        _status, _headers, answer = await self.form("announce", f"/applications/{self.pk}/uploads/", values)
        told = json.loads(answer)
        url, at, size = told["url"], told["offset"], told["chunk"]
        while at < len(content):
            part = content[at : at + size]
            more = f"Upload-Offset: {at}\r\n"
            status, _headers, answer = await self.step(
                "chunk", "PUT", url, part, "application/octet-stream", more, bytes=len(part)
            )
            if status not in {200, 409}:
                raise RuntimeError(f"chunk: {status} {answer[:300]!r}")
            at = json.loads(answer)["offset"]
        status, _headers, answer = await self.form("finish", url + "finish/", {}, sha256=digest)
        if status != 200:
            raise RuntimeError(f"finish: {status} {answer[:300]!r}")

    async def submit(self) -> None:
        sent = [("_revision", self.revision), *(("agree", x) for x in self.task["agree"])]
        status, headers, answer = await self.form("submit", f"/applications/{self.pk}/submit/", sent)
        if status != 302 or headers[b"location"].decode() != f"/applications/{self.pk}/":
            raise RuntimeError(f"submit {self.pk}: {status} {headers.get(b'location')!r} {answer[:300]!r}")

    async def read(self) -> int:
        """The revision that the last check shows, for who comes only to submit."""
        head = f"GET /applications/{self.pk}/edit/submit/ HTTP/1.1\r\nHost: 127.0.0.1:{self.line.port}\r\n{self.cookie}\r\n"
        _status, _headers, content = await self.line.ask(head.encode())
        found = REVISION.search(content)
        return int(found[1]) if found else 0

    async def open_editor(self) -> None:
        await self.step("editor", "GET", f"/applications/{self.pk}/edit/more/", b"", "text/plain")

    async def live(self) -> None:
        for serial, word in enumerate(self.task["script"]):
            if word == "save":
                await self.save(serial)
            elif word == "upload":
                await self.upload(serial)
            elif word == "submit":
                await self.submit()
            else:
                await self.open_editor()


def pdf(name: str, size: int) -> bytes:
    """A PDF of about `size` bytes that passes the checks and is like no other."""
    body = random.Random(name).randbytes(size)
    head = b"%PDF-1.7\n1 0 obj\n<< /Length " + str(len(body)).encode() + b" >>\nstream\n"
    return head + body.replace(b"endstream", b"endstreaM") + b"\nendstream\nendobj\nstartxref\n9\n%%EOF\n"


async def run(task: dict[str, Any]) -> None:
    users = list(task["users"])
    users.reverse()
    failed: list[str] = []
    done = 0

    def note(**said: Any) -> None:
        sys.stdout.write(json.dumps(said, ensure_ascii=False) + "\n")
        if task["retry"]:
            sys.stdout.flush()

    revisions: dict[int, int] = {}

    async def read_first(mine: list[Any]) -> None:
        line = Line(task["port"])
        for user in mine:
            revisions[user[0]] = await Applicant(line, user, task, note, task["retry"]).read()
        line.close()

    if task["script"][0] == "submit":
        await asyncio.gather(*(read_first(users[n :: task["connections"]]) for n in range(task["connections"])))

    async def one_connection() -> None:
        nonlocal done
        line = Line(task["port"])
        while users:
            try:
                user = users.pop()
                await Applicant(line, user, task, note, task["retry"], revisions.get(user[0], 0)).live()
                done += 1
            except (RuntimeError, KeyError) as error:
                failed.append(str(error))
        line.close()

    started, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(one_connection() for _n in range(task["connections"])))
    note(
        step="end",
        seconds=time.perf_counter() - started,
        cpu=time.process_time() - cpu,
        done=done,
        failed=failed[:20],
        failures=len(failed),
    )


if __name__ == "__main__":
    asyncio.run(run(json.loads(sys.stdin.read())))
