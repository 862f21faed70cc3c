"""Bad answers: the editor of every scheme by its autosave and its sections, opinions by theirs; what was acknowledged must be stored."""

from __future__ import annotations

import json
import re
from html import escape
from random import Random
from typing import Any

from bench.fuzz.kept import ANY, expected, received
from bench.fuzz.values import NUMBERS, Pairs, bad, controls, disturbed, good, typed, words
from bench.fuzz.world import Answer, Request, World, short

INFO = (
    "title_zh", "title_en", "abstract_zh", "abstract_en", "keywords_zh", "keywords_en", "research_class", "discipline",
    "priority_field", "topic", "amount_wan", "months", "starts_on", "flags", "unsuitable",
)  # fmt: skip
TYPED_AS = {"amount_wan": "money", "months": "number", "starts_on": "date", "discipline": "discipline"}


def draft(random_: Random) -> Any:
    """A draft, of every scheme as likely, and its author; now and then an application that left its author."""
    from headwater.calls.models import Application

    rows = Application.objects.filter(leader__account__isnull=False)
    found = rows.filter(state="draft") if random_.random() < 0.95 else rows.exclude(state="draft")
    by_code: dict[str, list[int]] = {}
    for pk, code in found.order_by("pk").values_list("pk", "call__scheme__code"):
        by_code.setdefault(code, []).append(pk)
    chosen = random_.choice(by_code[random_.choice(sorted(by_code))])
    return Application.objects.select_related("call__scheme", "leader__account").get(pk=chosen)


def who_sends(world: World, random_: Random, row: Any) -> str | None:
    return row.leader.account.username if random_.random() < 0.95 else random_.choice(world.people)


def info(random_: Random, name: str, row: Any) -> Pairs:
    from headwater.forms.shapes import Field

    if name == "flags":
        return [(name, bad(random_, big=False)) for _n in range(random_.randint(0, 3))] + [(name, "")]
    if name == "unsuitable":
        return [
            (
                name,
                "、".join(words(random_, 3) for _n in range(random_.randint(0, 5))) if random_.random() < 0.5 else bad(random_),
            )
        ]
    if name in {"research_class", "topic", "priority_field"} and random_.random() < 0.5:
        return [(name, random_.choice(["free", "goal", "", "eco", "01"]))]
    return [(name, typed(random_, Field(name, TYPED_AS.get(name, "line"), "", "", max_chars=120)))]


def autosave(world: World, random_: Random) -> None:
    from headwater.calls.schemes import scheme_of

    row = draft(random_)
    scheme = scheme_of(row.call)
    pairs: Pairs = []
    questions = [f for f in scheme.fields if f.type != "file" or random_.random() < 0.1]
    for f in random_.sample(questions, min(len(questions), random_.randint(0, 3))):
        pairs += controls(random_, f)
    for name in random_.sample(INFO, random_.randint(0 if pairs else 1, 2)):
        pairs += info(random_, name, row)
    if random_.random() < 0.2:
        pairs = disturbed(random_, pairs, [row.pk])
    names = list(dict.fromkeys(n for n, _v in pairs))
    if random_.random() < 0.1:
        names = random_.sample(names, random_.randint(0, len(names))) + random_.choices(
            ["nothing", "state", "leader", "answers", "pk", "", "..", "revision"], k=1
        )
    pairs += [("_fields", n) for n in names]
    if random_.random() < 0.05:
        code = random_.choice(scheme.fields).code
        pairs.append(
            (
                "_row",
                f"{code}:{random_.choice(['remove', 'up', 'down', 'x'])}:{random_.choice(['0', '1', '9' * 4400, '-1', '²'])}",
            )
        )
    request = Request(who_sends(world, random_, row), "POST", f"/applications/{row.pk}/save/", pairs)
    judge_save(world, random_, request, row, world.send(request, random_), scheme)


def judge_save(
    world: World, random_: Random, request: Request, row: Any, answer: Answer, scheme: Any, *, by_page: bool = False
) -> None:
    """Besides the general rules: what was acknowledged is stored, everything else is as it was."""
    world.judge(request, answer, partly=by_page and answer.status == 422)
    if answer.status >= 500:
        shrink(world, request, answer)
        return
    got = received(request.pairs, world.sent_as)
    names = [n for n in got if n != "csrfmiddlewaretoken"] if by_page else got.get("_fields", [])
    acknowledged = expected(scheme, got, names)
    said: set[str] | None = set()
    if by_page:
        good_ = answer.status == 302 and answer.location.startswith(request.path)
        said = set() if good_ else None if answer.status == 422 else {"_"}
    elif answer.status == 200 and answer.content[:1] == b"{":
        said = {n.partition(".")[0] for n in json.loads(answer.content)["errors"]}
    else:
        said = {"_"}
    if said and "_" in said:
        acknowledged, refused, unsure = {}, set(), set()
    else:
        spared = said or set()
        refused = {
            n
            for n in acknowledged
            if n.removeprefix("a.") in spared
            or (n == "amount_fen" and "amount_wan" in spared)
            or (n == "discipline__code" and "discipline" in spared)
        }
        unsure = set(acknowledged) if said is None else set()
    if world.sent_as == "garbled":
        acknowledged = dict.fromkeys(acknowledged, ANY)
    for text in world.kept.after_save(row.pk, acknowledged, refused, unsure):
        name = text.split(":")[0]
        kind = next((f.type for f in scheme.fields if name.endswith(f"a.{f.code}")), name)
        world.find("lost", f"{kind} {short(request.path)}", f"{request}\n{text}\nerrors: {said}")
    if by_page and answer.status == 422 and world.sent_as != "garbled":
        shown_again(world, request, answer, scheme, got)


def shown_again(world: World, request: Request, answer: Answer, scheme: Any, got: dict[str, list[str]]) -> None:
    """A text that was refused stands in its field again."""
    part = scheme.section(request.path.rstrip("/").rpartition("/")[2])
    text = answer.text
    for f in part.fields if part else ():
        typed_ = (got.get(f.code) or [""])[-1]
        if (
            f.type in {"text", "rich"}
            and 0 < len(typed_) < 5000
            and "\0" not in typed_
            and "\r" not in typed_
            and escape(typed_) not in text.replace("&#x27;", "&#x27;")
        ):
            world.find(
                "not_shown", f"{f.type} {short(request.path)}", f"{request}\n{f.code}: {typed_[:200]!r} is not on the page again"
            )


def section(world: World, random_: Random) -> None:
    """A page of the editor by its save button."""
    from headwater.calls.schemes import scheme_of

    row = draft(random_)
    scheme = scheme_of(row.call)
    part = random_.choice(["info", *(s.code for s in scheme.sections)])
    pairs: Pairs = []
    if part == "info":
        for name in random_.sample(INFO, random_.randint(3, len(INFO))):
            pairs += info(random_, name, row)
    else:
        for f in scheme.section(part).fields:
            pairs += controls(random_, f) if random_.random() < 0.5 else [(f.code, good(random_, f))] if not f.has_rows else []
    if random_.random() < 0.3:
        pairs = disturbed(random_, pairs, [row.pk])
    request = Request(who_sends(world, random_, row), "POST", f"/applications/{row.pk}/edit/{part}/", pairs)
    judge_save(world, random_, request, row, world.send(request, random_), scheme, by_page=True)


def again(world: World, random_: Random) -> None:
    """A section that is opened and saved as it stands changes nothing."""
    from bench.fuzz.pages import forms_in
    from headwater.calls.schemes import scheme_of

    row = draft(random_)
    if row.state != "draft":
        return
    scheme = scheme_of(row.call)
    part = random_.choice(["info", *(s.code for s in scheme.sections)])
    path, who = f"/applications/{row.pk}/edit/{part}/", row.leader.account.username
    request = Request(who, "GET", path)
    answer = world.send(request)
    world.judge(request, answer)
    found = [
        f
        for f in forms_in(path, answer.text)
        if f.method == "post" and any(x.name not in {"csrfmiddlewaretoken"} for x in f.fields)
    ]
    mine = next((f for f in found if f.action == path), None)
    if answer.status != 200 or mine is None:
        return
    pairs: Pairs = [(n, v.replace("\n", "\r\n")) for n, v in mine.pairs() if n != "csrfmiddlewaretoken"]
    request = Request(who, "POST", path, pairs)
    answer = world.send(request)
    world.judge(request, answer, partly=True)
    if answer.status == 422:
        said = re.findall(r"invalid-feedback[^>]*>([^<]*)", answer.text)
        world.find(
            "not_again", f"{short(path)} {said}", f"{request}\nwhat was stored is refused when it is sent again unchanged: {said}"
        )
    for text in world.kept.after_save(row.pk, {}, set(), set()):
        name = text.split(":")[0]
        kind = next((f.type for f in scheme.fields if name.endswith(f"a.{f.code}")), name)
        world.find("not_again", f"{kind} {short(path)}", f"{request}\n{text}")


OPINION = ("scores", "grade", "familiarity", "text_applicant", "text_fund")


def opinion(world: World, random_: Random) -> None:
    """An expert's opinion by its autosave: what was acknowledged is stored, the rest is as it was."""
    from headwater.review.models import Assignment, Opinion
    from headwater.schemes.judging import usual_judging

    rows = Assignment.objects.filter(state="accepted").select_related("expert__person__account").order_by("pk")
    row = random_.choice(list(rows))
    pairs: Pairs = [
        (f"score_{c}", random_.choice(["0", "100", "85.5", *NUMBERS]))
        for c in random_.sample([c.code for c in usual_judging().criteria], 2)
    ]
    pairs += [("grade", random_.choice("012345x")), ("familiarity", random_.choice("0123x"))]
    pairs += [
        (n, words(random_, random_.choice([0, 300, 5000, 5001])) if random_.random() < 0.6 else bad(random_)) for n in OPINION[3:]
    ]
    pairs = random_.sample(pairs, random_.randint(1, len(pairs)))
    pairs += [("_fields", n) for n, _v in pairs if random_.random() < 0.95]
    before = Opinion.objects.filter(assignment=row).values(*OPINION).get()
    request = Request(row.expert.person.account.username, "POST", f"/review/{row.pk}/save/", pairs)
    answer = world.send(request, random_)
    world.judge(request, answer)
    if answer.status != 200 or world.sent_as == "garbled":
        return
    after = Opinion.objects.filter(assignment=row).values(*OPINION).get()
    got, errors = received(pairs, world.sent_as), json.loads(answer.content)["errors"]
    for name in OPINION[1:]:
        text = (got.get(name) or [""])[-1]
        sent = name in got.get("_fields", []) and name in got and name not in errors and "_" not in errors
        wanted = text if name.startswith("text") else int(text) if sent and text in {"1", "2", "3"} else after[name]
        if after[name] != (wanted if sent else before[name]):
            world.find(
                "lost",
                f"opinion {name}",
                f"{request}\n{wanted!r:.200} became {after[name]!r:.200}, before {before[name]!r:.200}, errors {errors}",
            )
    for name in got.get("_fields", []):
        told = str((got.get(name) or [""])[-1])
        kept = after["scores"].get(name.removeprefix("score_"))
        sure = name not in errors and "_" not in errors and re.fullmatch("[0-9]{1,2}", told)
        if sure and name.startswith("score_") and kept not in {None, float(told)}:
            world.find("lost", "opinion score", f"{request}\n{name} became {after['scores']}")


def shrink(world: World, request: Request, answer: Answer) -> None:
    """The first of each kind of error is reduced to the fields that it needs."""
    from bench.fuzz.world import told, where

    name = f"error_500 {where(answer.error)}"
    found = world.findings.get(name)
    if found is not None and found.times == 1 and request.pairs and len(request.pairs) < 400:
        least = world.reduce(request, where(answer.error))
        found.text = f"{least}\n{told(answer.error)}"
        world.tables, world.events = world.fingerprint(), world.last_event()
        world.kept.load()
