"""Addresses made concrete: for each part of a route the ids that are there, or something odd."""

from __future__ import annotations

import re
from functools import lru_cache
from random import Random
from typing import Any
from urllib.parse import quote

from bench.fuzz.pages import forms_in, routes
from bench.fuzz.values import key, raw

KINDS = (
    ("review/<int:pk>", "assignment"),
    ("panels/<int:pk>", "panel"),
    ("office/calls/<int:pk>", "call"),
    ("exports/<int:pk>", "export"),
    ("jobs/<int:pk>", "job"),
    ("letters/<int:pk>", "letter"),
    ("notices/<int:pk>", "notice"),
    ("people/<int:pk>", "person"),
    ("files/<int:pk>", "file"),
)


@lru_cache(maxsize=1)
def all_routes() -> list[str]:
    return sorted(r for r, _view in routes() if not r.startswith("accounts/logout"))


def ids() -> dict[str, list[int]]:
    """Ids by kind of record. Few of each, the same for every case of a block."""
    return _ids()


@lru_cache(maxsize=1)
def _ids() -> dict[str, list[int]]:
    from headwater.awards.models import Award
    from headwater.calls.models import Application, Attachment, Call, Letter, Notice, NoticeRow, Participant
    from headwater.core.models import Export, Job, RoleGrant, StoredFile
    from headwater.registry.models import Organisation, Person
    from headwater.review.models import Assignment, Expert, Panel, PanelItem, PanelMember, Round

    models = {
        "assignment": Assignment, "panel": Panel, "call": Call, "export": Export, "job": Job, "letter": Letter, "notice": Notice,
        "person": Person, "file": StoredFile, "application": Application, "host": Organisation, "expert": Expert,
        "item": PanelItem, "row": NoticeRow, "grant": RoleGrant, "participant": Participant, "attachment": Attachment,
        "round": Round, "panel_member": PanelMember, "award": Award,
    }  # fmt: skip
    out: dict[str, list[int]] = {}
    for name, model in models.items():
        found = list(model.objects.order_by("pk").values_list("pk", flat=True))
        out[name] = found[:10] + found[-25:]
    states: dict[str, list[int]] = {}
    for pk, state in Application.objects.order_by("pk").values_list("pk", "state"):
        states.setdefault(state, []).append(pk)
    out["application"] = [pk for found in states.values() for pk in found[:3]] + out["application"][-34:]
    return out


@lru_cache(maxsize=1)
def texts() -> dict[str, list[str]]:
    from headwater.awards.models import Award
    from headwater.calls.models import Call, SchemeVersion
    from headwater.core.models import Upload
    from headwater.registry.models import ReviewGroup

    parts = {s["code"] for d in SchemeVersion.objects.values_list("definition", flat=True) for s in d["section"]}
    return {
        "<str:section>": ["info", "members", "attachments", "submit", *sorted(parts)],
        "<str:verb>": ["ask_approval", "send_back", "publish", "expire", "accept_clear", "notice", "open", "again", "close"],
        "<str:group>": list(ReviewGroup.objects.order_by("code").values_list("code", flat=True)),
        "<str:kind>": ["people", "organisations"],
        "<str:name>": ["calls", "projects", "notices", "articles", "indicators"],
        "<str:form>": ["csv", "xlsx", "json"],
        "<str:token>": [*Upload.objects.values_list("token", flat=True)[:5], "x"],
        "<str:uidb36>": ["1", "2"],
        "<str:key>": ["x", "set-password"],
        "<str:number>": list(Award.objects.order_by("pk").values_list("number", flat=True)[:9]),
        "<str:code>": ["awards.count", "awards.money", *Call.objects.order_by("pk").values_list("code", flat=True)],
    }


def forget() -> None:
    _ids.cache_clear()
    texts.cache_clear()


def concrete(random_: Random, route: str, *, wrong: float = 0.0) -> str:
    """An address of a route; each part is odd with the chance `wrong`."""
    known = ids()
    main = next((kind for start, kind in KINDS if start in route), "application")
    named = {
        "pk": main,
        "host": "host",
        "call": "call",
        "application": "application",
        "expert": "expert",
        "other": "application",
        "item": "item",
        "row": "row",
    }

    def part(found: re.Match[str]) -> str:
        if random_.random() < wrong:
            return quote(raw(key(random_, known["application"]))[:3000] or b"-", safe="")
        if found[1] == "int":
            choices: list[Any] = list(range(1, 21)) if found[2] == "number" else known[named.get(found[2], main)] or [1]
            return str(random_.choice(choices))
        return quote(str(random_.choice(texts()[found[0]])), safe="")

    return "/" + re.sub(r"<(int|str):(\w+)>", part, route.replace(r"^v1/[\s\S]*$", "v1/<str:code>"))


def places(world: Any, random_: Random, *, each: int, among: list[str] | None = None) -> list[tuple[str | None, str]]:
    """(who, address) of pages with a form to send: every route as everybody, `each` addresses of those that are open to them."""
    from bench.fuzz.world import Request

    found: list[tuple[str | None, str]] = []
    for who in world.people:
        for route in all_routes() if among is None else among:
            if route.startswith(("api/", "data/")) or "pdf" in route or "xlsx" in route:
                continue
            tries = 1 if "<" not in route else each
            for _n in range(tries):
                path = concrete(random_, route)
                opened = Request(who, "GET", path)
                answer = world.send(opened)
                world.judge(opened, answer)
                if answer.status in {401, 403, 405} and "<" not in route:
                    break
                own = (
                    [
                        f
                        for f in forms_in(path, answer.text)
                        if f.method == "post" and f.action not in {"/language/", "/accounts/logout/"}
                    ]
                    if answer.status == 200
                    else []
                )
                if own and (who, path) not in found and (who is not None or path.startswith(("/notices", "/accounts"))):
                    found.append((who, path))
    return found
