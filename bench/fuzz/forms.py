"""Bad forms: the editor, every other form of every page, any address at all, the steps of an upload."""

from __future__ import annotations

import hashlib
import json
from random import Random
from typing import Any

from bench.fuzz.editor import again, autosave, draft, opinion, section, shrink, who_sends
from bench.fuzz.places import all_routes, concrete, ids
from bench.fuzz.values import Pairs, Upload, bad, disturbed, key
from bench.fuzz.world import Request, World, short


def case(world: World, random_: Random) -> None:
    draw = random_.random()
    if draw < 0.42:
        autosave(world, random_)
    elif draw < 0.58:
        section(world, random_)
    elif draw < 0.64:
        again(world, random_)
    elif draw < 0.87:
        page(world, random_)
    elif draw < 0.94:
        anywhere(world, random_)
    elif draw < 0.97:
        opinion(world, random_)
    else:
        upload(world, random_)


def page(world: World, random_: Random) -> None:
    """A form of some page, filled in, with faults, sent by whom it is for or by somebody else."""
    from bench.fuzz.pages import forms_in

    who, place = random_.choice(world.places)
    opened = Request(who, "GET", place)
    answer = world.send(opened)
    world.judge(opened, answer)
    forms = [f for f in forms_in(place, answer.text) if f.method == "post"] if answer.status == 200 else []
    forms = [f for f in forms if f.action.startswith("/") and f.action not in {"/accounts/logout/", "/language/"}] or forms
    if not forms:
        return
    form = random_.choice(forms)
    pairs = [(n, v) for n, v in form.filled(random_) if n != "csrfmiddlewaretoken"]
    pairs = [(n, some_file(random_)) if f == "file" else (n, v) for (n, v), f in ((p, kind_of(form, p[0])) for p in pairs)]
    pairs += [(f.name, some_file(random_)) for f in form.fields if f.kind == "file"]
    if random_.random() < 0.85:
        pairs = disturbed(random_, pairs, near(random_))
    target = form.pressed or form.action
    if random_.random() < 0.05:
        target = change_numbers(random_, target)
    sender = who if random_.random() < 0.85 else random_.choice(world.people)
    send_twice(world, random_, Request(sender, "POST", target, pairs))


def kind_of(form: Any, name: str) -> str:
    return next((f.kind for f in form.fields if f.name == name), "")


def some_file(random_: Random) -> Upload:
    from bench.fuzz.files import made

    name, content = made(random_)
    return Upload(name if random_.random() < 0.8 else bad(random_, big=False), content)


def near(random_: Random) -> list[int]:
    found = ids()
    return found[random_.choice(sorted(found))][:50]


def change_numbers(random_: Random, path: str) -> str:
    return (
        "/".join(key(random_, near(random_)) if p.isdigit() else p for p in path.split("/"))
        .replace("\0", "%00")
        .replace("\n", "%0A")
        .encode("utf-8", "replace")
        .decode()
    )


def send_twice(world: World, random_: Random, request: Request) -> None:
    """Send it; now and then send it again, as an impatient hand does."""
    for _n in range(2 if random_.random() < 0.1 else 1):
        answer = world.send(request, random_)
        partly = (answer.status == 422 and "/edit/" in request.path) or "/review/" in request.path
        world.judge(request, answer, partly=partly)
        if answer.status >= 500:
            shrink(world, request, answer)
    for text in world.kept.compare_all() if "/save/" not in request.path and "/edit/" not in request.path else ():
        world.find("lost", f"{text.split(':')[0].split(' ')[0]} after {short(request.path)}", f"{request}\n{text}")
    if "/edit/" in request.path or "/save/" in request.path or "/apply/" in request.path:
        world.kept.load()


NAMES = [
    "pk", "do", "remove", "toggle", "end", "expert", "release", "publish", "revoke", "decision", "note", "text", "party",
    "vote_1", "chair", "file", "kind", "confirmed", "seen", "agree", "format", "create", "grant", "make", "member", "person",
    "months", "reason", "answer", "fund", "objection", "held", "language", "next", "username", "code",
    "shown", "wait", "day", "words", "why",
]  # fmt: skip
"""Fields that some page of the house reads."""
VALUES = [
    "1", "accept", "approve", "propose", "reconsider", "notice", "zip", "xlsx", "csv", "people", "on", "leader", "close",
    "terminate", "extend", "uphold", "dismiss", "settle", "hand_back",
]  # fmt: skip


def anywhere(world: World, random_: Random) -> None:
    """Any address by any method as anybody, with fields of any name."""
    route = random_.choice(all_routes())
    path = concrete(random_, route, wrong=0.15)
    method = random_.choices(["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"], [80, 6, 5, 3, 2, 3, 1])[0]
    pairs: Pairs = [
        (
            n,
            random_.choice(VALUES)
            if random_.random() < 0.3
            else key(random_, near(random_))
            if random_.random() < 0.6
            else bad(random_, big=False),
        )
        for n in random_.sample(NAMES, random_.randint(0, 12))
    ]
    headers = {"HTTP_UPLOAD_OFFSET": random_.choice(["0", "-1", "x", "9" * 20])} if method == "PUT" else {}
    send_twice(world, random_, Request(random_.choice(world.people), method, path, pairs, headers=headers))


def upload(world: World, random_: Random) -> None:
    """The steps of an upload, in and out of order, with wrong sizes, digests and places."""
    from bench.fuzz.files import made

    row = draft(random_)
    who = who_sends(world, random_, row)
    name, content = made(random_)
    digest = (
        hashlib.sha256(content).hexdigest()
        if random_.random() < 0.85
        else random_.choice(["", "x", "0" * 64, "A" * 64, "f" * 63])
    )
    size = str(len(content)) if random_.random() < 0.85 else key(random_, [0, 1, len(content) + 1])
    kinds = [a["kind"] for a in row.call.scheme.definition.get("attachment", [])] or ["other"]
    pairs: Pairs = [("kind", random_.choice(kinds)), ("name", name), ("size", size), ("sha256", digest)]
    if random_.random() < 0.2:
        pairs = disturbed(random_, pairs, [row.pk])
    request = Request(who, "POST", f"/applications/{row.pk}/uploads/", pairs)
    answer = world.send(request, random_)
    world.judge(request, answer)
    if answer.status != 201:
        return
    url, at = json.loads(answer.content)["url"], json.loads(answer.content)["offset"]
    for _n in range(random_.randint(0, 5)):
        step = random_.random()
        if step < 0.6:
            length = random_.choice([1, 100, 50_000, 2**20, 2**20 + 1])
            offset = str(at) if random_.random() < 0.85 else key(random_, [0, at + 1])
            request = Request(who, "PUT", url, content=content[at : at + length], headers={"HTTP_UPLOAD_OFFSET": offset})
            answer = world.send(request)
            if answer.status == 200:
                at = json.loads(answer.content)["offset"]
        elif step < 0.9:
            request = Request(who, "POST", f"{url}finish/")
            answer = world.send(request)
            if answer.status == 200 and hashlib.sha256(content).hexdigest() != json.loads(answer.content)["sha256"]:
                world.find("lost", "upload with another digest", str(request))
        else:
            request = Request(who if step < 0.95 else random_.choice(world.people), random_.choice(["DELETE", "GET"]), url)
            answer = world.send(request)
        world.judge(request, answer)
