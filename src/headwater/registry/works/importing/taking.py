"""The import of works: a dry run tells what becomes of each line, and what is confirmed is done as it was told, all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from headwater.core.command import Actor, Log, authorise, command
from headwater.core.errors import Refused
from headwater.registry.models import Work, WorkAuthor
from headwater.registry.tables import ImportResult
from headwater.registry.works.importing.joining import joined
from headwater.registry.works.importing.planning import (
    ASKED,
    CHANGED,
    FAULTY,
    IS_OTHER,
    IS_SAME,
    JOINED,
    NEW,
    SAME,
    Entry,
    Line,
    Plan,
    plan_of,
)
from headwater.registry.works.importing.reading import read_works
from headwater.registry.works.permissions import reach_of
from headwater.registry.works.searching import index_works
from headwater.registry.works.values import OF_RECORD, NewWork, row_of
from headwater.registry.works.writing import facts_of, insert_authors, insert_identifiers, insert_works

IMPORTED = "导入"
"""Where a work comes from is stored in Chinese, as other records are."""


@dataclass
class WorksResult(ImportResult):
    """What an import of works did or would do: besides the counts every line, and the keys of the works of the file that are on record."""

    same: int = 0
    asked: int = 0
    lines: list[Line] = field(default_factory=list)
    works: list[int] = field(default_factory=list)
    digest: str = ""


def import_works(
    *,
    name: str,
    content: bytes,
    actor: Actor,
    dry_run: bool = True,
    skip_bad: bool = False,
    seen: str = "",
    answers: Mapping[str, str] | None = None,
    origin: str = Work.Origin.IMPORTED,
) -> WorksResult:
    """Import works from a file of any known form.

    `seen` is the digest of the dry run that somebody confirms. `answers` say by line whether a work of a title, kind and year that is on
    record is the same ("same") or another one ("other"); the key "" answers all other lines, and what has no answer is left out.

    Raises:
        Refused: the file cannot be read, or something changed since the dry run.
        NotAllowed: the actor answers for nobody's works.
    """
    authorise(actor, "registry.works.add")
    reading = read_works(name, content)
    reach = reach_of(actor.account)
    if dry_run:
        return _result(plan_of(reading, content, reach, actor.account), reading.unused, reading.notes, dry_run=True)
    try:
        with command(actor, "registry.works.add", name="registry.import_works") as log:
            plan = plan_of(reading, content, reach, actor.account)
            if seen and plan.digest != seen:
                raise Refused.because(_("试运行之后登记内容有变化，没有导入；请重新试运行"), field="file", code="changed")
            result = _result(plan, reading.unused, reading.notes, dry_run=False)
            if result.errors and not skip_bad:
                result.added = result.changed = 0
            else:
                _take(plan, result, answers or {}, f"{IMPORTED}：{name[:80]}", origin, actor, log)
    except IntegrityError as error:
        raise Refused.because(_("试运行之后有编号由他人登记，没有导入；请重新试运行"), field="file", code="changed") from error
    return result


def _result(plan: Plan, unused: list[tuple[str, str]], notes: list[str], *, dry_run: bool) -> WorksResult:
    return WorksResult(
        rows=len(plan.lines),
        added=plan.count(NEW),
        changed=plan.count(CHANGED),
        skipped=plan.count(FAULTY),
        same=plan.count(SAME, JOINED),
        asked=plan.count(ASKED),
        errors=sorted(plan.errors, key=lambda e: e.row),
        dry_run=dry_run,
        unused=unused,
        notes=notes,
        lines=plan.lines,
        digest=plan.digest,
    )


def _take(plan: Plan, result: WorksResult, answers: Mapping[str, str], source: str, origin: str, actor: Actor, log: Log) -> None:
    """Write what the plan says, with one event for each work."""
    fresh: list[Entry] = []
    known: list[Entry] = []
    for entry in plan.entries:
        answer = answers.get(str(entry.line.line), answers.get("", "")) if entry.line.state == ASKED else ""
        if entry.line.state == NEW or answer == IS_OTHER:
            fresh.append(entry)
        elif entry.line.state == CHANGED or answer == IS_SAME:
            known.append(entry)
        elif entry.line.state == SAME and entry.row:
            result.works.append(entry.row.pk)
    works = [replace(e.work, source=e.work.source or source) for e in fresh]
    with transaction.atomic():
        keys = insert_works(works, origin=origin, account=actor.account)
    for key, work in zip(keys, works, strict=True):
        log.add("registry.work", key, None, facts_of(work))
    changed = _change(known, log)
    result.works += [*keys, *changed]
    result.added, result.changed = len(keys), len(changed)
    result.skipped += (
        sum(e.line.state == ASKED and e not in fresh and e not in known for e in plan.entries) if result.asked else 0
    )
    index_works([*keys, *changed])


def _change(entries: Sequence[Entry], log: Log) -> list[int]:
    """Write what becomes of known works; two lines that meet one record are done one after the other."""
    before: dict[int, NewWork] = {}
    after: dict[int, NewWork] = {}
    rows: dict[int, Work] = {}
    for entry in entries:
        assert entry.row and entry.before and entry.after  # noqa: S101, PT018 -- they meet a record
        key = entry.row.pk
        after[key] = joined(after[key], entry.work, overwrites=True) if key in after else entry.after
        before.setdefault(key, entry.before)
        rows[key] = entry.row
    locked = {r.pk: r for r in Work.objects.select_for_update(of=("self",)).filter(pk__in=rows).order_by("pk")}
    if any(locked[key].revision != rows[key].revision for key in rows if key in locked) or len(locked) < len(rows):
        raise Refused.because(_("试运行之后登记内容有变化，没有导入；请重新试运行"), field="file", code="changed")
    for key, row in locked.items():
        for name, value in row_of(after[key]).items():
            setattr(row, name, value)
        row.revision += 1
    Work.objects.bulk_update(locked.values(), [*OF_RECORD, "year", "revision"], batch_size=500)
    insert_identifiers((k, {s: v for s, v in after[k].identifiers.items() if s not in before[k].identifiers}) for k in locked)
    reordered = [key for key in locked if list(before[key].authors) != list(after[key].authors)]
    WorkAuthor.objects.filter(work__in=reordered).delete()
    insert_authors((key, n, author) for key in reordered for n, author in enumerate(after[key].authors, start=1))
    for key in locked:
        facts: list[dict[str, Any]] = [facts_of(before[key]), facts_of(after[key])]
        names = [n for n in {**facts[0], **facts[1]} if facts[0].get(n) != facts[1].get(n)]
        was, now = ({n: f[n] for n in names if n in f} for f in facts)
        log.add("registry.work", key, was, now)
    return list(locked)
