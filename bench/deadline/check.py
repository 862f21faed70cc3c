"""After the kills: is everything that was acknowledged there, and nothing twice? Reads the database and the files on disk."""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def check(home: str, lines: str) -> list[dict[str, Any]]:
    """Compare the client's lines with the rows and files."""
    os.environ["HEADWATER_HOME"] = home
    from headwater.cli.main import setup

    setup()
    from headwater.core.command import system
    from headwater.core.invariants import check as broken
    from headwater.core.uploads import check_files

    told = [json.loads(line) for line in Path(lines).read_text().splitlines()]
    check_files(actor=system("bench"))
    lost, doubled = [], []
    for problems in (saves(told), files(told), submissions(told)):
        for kind, text in problems:
            (lost if kind == "lost" else doubled).append(text)
    breaches = [b.invariant.name for b in broken()]
    acknowledged = {s: sum(1 for t in told if t["step"] == s) for s in ("save", "finish", "submit")}
    return [
        {"steps": sum(acknowledged.values()), **{f"{k}s": n for k, n in acknowledged.items()}}
        | {"lost": len(lost), "doubled": len(doubled), "invariants_failed": len(breaches)}
        | {"examples": (lost + doubled + breaches)[:3]}
    ]


Problems = Iterator[tuple[str, str]]


def saves(told: list[dict[str, Any]]) -> Problems:
    """A field holds the text that was acknowledged last, or one that was sent after it; each save counted and logged once."""
    from headwater.calls.models import Application
    from headwater.core.models import Event

    allowed: dict[tuple[int, str], set[str]] = defaultdict(set)
    sent: dict[tuple[int, int], dict[str, str]] = {}
    acknowledged: dict[int, set[int]] = defaultdict(set)
    for line in told:
        if line["step"] == "try-save":
            sent[line["pk"], line["serial"]] = line["texts"]
            for name, text in line["texts"].items():
                allowed[line["pk"], name].add(text)
        elif line["step"] == "save":
            acknowledged[line["pk"]].add(line["serial"])
            for name, text in sent[line["pk"], line["serial"]].items():
                allowed[line["pk"], name] = {text}
    rows = {a.pk: a for a in Application.objects.filter(pk__in={pk for pk, _n in allowed})}
    for (pk, name), texts in allowed.items():
        if rows[pk].answers.get(name, "") not in texts and pk in acknowledged:
            yield "lost", f"application {pk}: {name}"
    logged: dict[int, int] = defaultdict(int)
    events = Event.objects.filter(command="calls.save_application", subject_id__in=list(rows))
    for pk in events.values_list("subject_id", flat=True):
        logged[pk] += 1
    for pk, row in rows.items():
        tries = sum(1 for p, _serial in sent if p == pk)
        if not len(acknowledged[pk]) <= row.revision <= tries or logged[pk] != row.revision:
            kind = "lost" if row.revision < len(acknowledged[pk]) else "doubled"
            yield kind, f"application {pk}: revision {row.revision}, {logged[pk]} events, {len(acknowledged[pk])} acknowledged"


def files(told: list[dict[str, Any]]) -> Problems:
    from headwater.calls.models import Attachment
    from headwater.core import blobs

    have: dict[tuple[int, str], list[str]] = defaultdict(list)
    for pk, digest, state in Attachment.objects.values_list("application", "file__sha256", "file__state"):
        have[pk, digest].append(state)
    for line in told:
        if line["step"] != "finish":
            continue
        found = have[line["pk"], line["sha256"]]
        if len(found) != 1:
            yield ("doubled" if found else "lost"), f"file {line['sha256'][:8]} of {line['pk']}: {len(found)} rows"
        elif found != ["fine"]:
            yield "lost", f"file {line['sha256'][:8]} of {line['pk']} is {found[0]}"
        elif hashlib.sha256(blobs.read(line["sha256"])).hexdigest() != line["sha256"]:
            yield "lost", f"file {line['sha256'][:8]} of {line['pk']}: other bytes on disk"
    for (pk, digest), states in have.items():
        if len(states) > 1:
            yield "doubled", f"file {digest[:8]} of {pk}: {len(states)} rows"


def submissions(told: list[dict[str, Any]]) -> Problems:
    from headwater.calls.models import Application, DocumentSignature
    from headwater.core.models import Event

    rows = {a.pk: a for a in Application.objects.only("pk", "state", "number", "submitted_at")}
    events: dict[int, int] = defaultdict(int)
    for pk in Event.objects.filter(command="calls.submit_application", subject_type="calls.application").values_list(
        "subject_id", flat=True
    ):
        events[pk] += 1
    signed: dict[int, int] = defaultdict(int)
    for pk in DocumentSignature.objects.filter(party="applicant").values_list("application", flat=True):
        signed[pk] += 1
    for line in told:
        if line["step"] == "submit" and rows[line["pk"]].state != "host_review":
            yield "lost", f"application {line['pk']} is {rows[line['pk']].state}"
    for pk, row in rows.items():
        wanted = int(row.state == "host_review")
        if (events[pk], signed[pk], int(bool(row.number))) != (wanted, wanted, wanted):
            yield (
                "doubled",
                f"application {pk} is {row.state}: {events[pk]} events, {signed[pk]} signatures, number {row.number!r}",
            )
