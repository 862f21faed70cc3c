"""Bad addresses: every page with odd parts and parameters as everybody, and every operation of the API."""

from __future__ import annotations

import base64
import json
from random import Random
from typing import Any
from urllib.parse import quote_plus

from bench.fuzz.places import all_routes, concrete
from bench.fuzz.values import bad, raw
from bench.fuzz.world import Request, World

NAMES = [
    "q",
    "page",
    "after",
    "sort",
    "format",
    "state",
    "kind",
    "group",
    "call",
    "all",
    "who",
    "find",
    "without",
    "scheme",
    "year",
    "language",
    "next",
    "verdict",
    "role",
    "outcome",
    "short",
    "external",
    "open",
    "limit",
    "tables",
    "field",
    "table",
]
LANGUAGES = ["en", "zh-hans", "zh", "", "xx", "en;q=nan", "en;q=-1", "*", "a" * 500, "en,zh;q=0.5,", "../../x", "zh-hans-x-y-z"]
TYPES = ["application/json", "text/html", "*/*", "", "application/xml;q=1e9", "a/b" * 200]


def cursor(random_: Random) -> str:
    """A cursor of a list that lies."""
    value = random_.choice([None, 1, -1, "x", 1e309, "2026-02-30", [], {}, True, 2**70, "\0", "草原"])
    pk: Any = random_.choice([1, -1, 2**70, "x", None, 1.5, [], "1"])
    text = json.dumps(random_.choice([[value, pk], [value], [], {}, value, [value, pk, 1]]))
    return (
        base64.urlsafe_b64encode(text.encode()).decode() if random_.random() < 0.8 else random_.choice(["====", "a", "é", text])
    )


def query(random_: Random) -> str:
    parts = []
    for _n in range(random_.choice([0, 1, 1, 2, 4])):
        name = random_.choice(NAMES) if random_.random() < 0.9 else bad(random_, big=False)
        value = (
            cursor(random_)
            if name == "after" and random_.random() < 0.7
            else good(random_, name)
            if random_.random() < 0.3
            else bad(random_, big=False)
        )
        parts.append(f"{quote_plus(raw(name[:200]))}={quote_plus(raw(value[:3000]))}")
    return "&".join(parts)


def good(random_: Random, name: str) -> str:
    known = {
        "format": ["csv", "xlsx", "json"], "sort": ["-id", "year", "saved_at", "-saved_at", "number", "score", "username", "amount_fen", "-budget_fen", "pk"],
        "state": ["draft", "published", "received"], "all": ["1"], "year": ["2027"], "language": ["en"], "kind": ["university"], "limit": ["1", "200"],
    }  # fmt: skip
    return random_.choice(known.get(name, ["1", "a", "草原"]))


def url(world: World, random_: Random) -> None:
    route = random_.choice(all_routes())
    path = concrete(random_, route, wrong=0.3)
    asked = query(random_)
    request = Request(
        random_.choice(world.people), random_.choices(["GET", "HEAD"], [95, 5])[0], f"{path}?{asked}" if asked else path
    )
    if random_.random() < 0.1:
        request.headers = {
            "HTTP_ACCEPT_LANGUAGE": random_.choice(LANGUAGES),
            "HTTP_HX_REQUEST": "true",
            "HTTP_HX_CURRENT_URL": bad(random_, big=False).encode("ascii", "replace").decode()[:200],
        }
    world.judge(request, world.send(request))


def tokens(world: World) -> list[str]:
    """Keys of every role, made once for a database."""
    from headwater.core.command import Actor
    from headwater.core.models import Account
    from headwater.core.tokens import SCOPES, make_token

    if not world.keys:
        for account in Account.objects.filter(username__in=[p for p in world.people if p]).order_by("username"):
            for scopes in (list(SCOPES), list(SCOPES)[:1]):
                world.keys.append(make_token(name="fuzz", scopes=scopes, days=1, actor=Actor(account, "fuzz"))[1])
        world.tables, world.events = world.fingerprint(), world.last_event()
    return world.keys


def api(world: World, random_: Random) -> None:
    route = random_.choice([r for r in all_routes() if r.startswith("api/")])
    known = tokens(world)
    path = concrete(random_, route, wrong=0.3)
    asked = query(random_)
    draw = random_.random()
    headers = {"REMOTE_ADDR": f"10.{random_.randrange(256)}.{random_.randrange(256)}.{random_.randrange(256)}"}
    if draw < 0.6:
        headers["HTTP_AUTHORIZATION"] = f"Bearer {random_.choice(known)}"
    elif draw < 0.8:
        headers["HTTP_AUTHORIZATION"] = random_.choice(
            [
                "Bearer",
                "Bearer ",
                "Basic YTpi",
                "bearer hw_x",
                f"Bearer {random_.choice(known)[:-1]}",
                "Bearer " + "x" * 9000,
                "Bearer é",
                "Bearer a\tb",
                "\x7f",
            ]
        )
    if random_.random() < 0.3:
        headers |= {"HTTP_ACCEPT_LANGUAGE": random_.choice(LANGUAGES), "HTTP_ACCEPT": random_.choice(TYPES)}
    method = random_.choices(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "X"], [85, 3, 4, 2, 2, 2, 2])[0]
    content = b"" if method == "GET" else random_.choice([b"", b"{", b"[]", b"\xff", b'{"a":1}' * 100])
    request = Request(
        None, method, f"{path}?{asked}" if asked else path, headers=headers, content=content, content_type=random_.choice(TYPES)
    )
    answer = world.send(request)
    world.judge(request, answer)
    if (
        answer.status >= 400
        and not answer.status >= 500
        and method == "GET"
        and answer.content[:1] != b"{"
        and path.startswith("/api/v1/")
    ):
        world.find("format", f"api {answer.status}", f"{request}\n{answer.text[:200]}")
