"""What an import would do, line by line: new, the same, changed, to be asked, joined to an earlier line, faulty. Nothing is changed here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from headwater.core.errors import Reason
from headwater.core.sheets import RowError
from headwater.registry.models import Person, Work, WorkAuthor, WorkClaim, WorkIdentifier, records_of
from headwater.registry.standing import People
from headwater.registry.works.identifiers import read_all, scheme_label
from headwater.registry.works.importing.joining import conflicts, joined
from headwater.registry.works.importing.parsed import Parsed, Reading
from headwater.registry.works.matching import find_alike, find_same, title_keys, with_people
from headwater.registry.works.permissions import Reach
from headwater.registry.works.values import OF_RECORD, Author, NewWork, made_plain, problems
from headwater.registry.works.writing import kept_as

NEW, SAME, CHANGED, ASKED, JOINED, FAULTY = "new", "same", "changed", "asked", "joined", "faulty"
IS_SAME, IS_OTHER = "same", "other"
"""Answers to a line that is asked about: the work on record, or another one."""


@dataclass
class Line:
    """What becomes of a record of the file. `work` is the record that it meets, `notes` what would change or whom names mean."""

    line: int
    state: str
    title: str
    notes: list[str] = field(default_factory=list)
    work: int = 0


@dataclass
class Entry:
    """A work of the file: its first line, further ones, and the record that it meets, with what that would become."""

    line: Line
    work: NewWork
    others: list[Line] = field(default_factory=list)
    row: Work | None = None
    before: NewWork | None = None
    after: NewWork | None = None


@dataclass
class Plan:
    lines: list[Line]
    entries: list[Entry]
    errors: list[RowError]
    digest: str = ""

    def count(self, *states: str) -> int:
        return sum(line.state in states for line in self.lines)


def plan_of(reading: Reading, content: bytes, reach: Reach, account: Any) -> Plan:
    """Weigh the records of a file, in a number of questions that does not depend on how many there are."""
    errors: list[RowError] = [e for r in reading.records for e in r.errors]
    works = _with_given_people(reading.records, errors)
    plain = with_people([made_plain(w) for w in works], reach)
    same = _known_numbers(plain)
    faulty = {e.row for e in errors}
    for record, work, known in zip(reading.records, plain, same, strict=True):
        if record.line not in faulty:
            errors += [_error(record, work, reason, reading.labels) for reason in _problems(work, known)]
    faulty = {e.row for e in errors}
    lines = [
        Line(r.line, FAULTY if r.line in faulty else NEW, w.title[:200]) for r, w in zip(reading.records, plain, strict=True)
    ]
    entries = _joined_in_file([(ln, w) for ln, w in zip(lines, plain, strict=True) if ln.state != FAULTY], errors)
    _meet_records(entries, reach, account, errors)
    _leave_strangers(entries, reach, reading.labels, errors)
    plan = Plan(lines, entries, errors)
    plan.digest = _digest(plan, content)
    return plan


def _known_numbers(works: Sequence[NewWork]) -> list[bool]:
    """Return of each work whether a number of it is on record: then its title need not be told."""
    bare = [read_all(w.identifiers)[0] if not w.title else {} for w in works]
    return [bool(keys) for keys in find_same(bare)]


def _problems(work: NewWork, known: bool) -> Iterator[Reason]:
    if not work.title and not work.kind and work.identifiers:  # a list of numbers
        yield from (Reason(why, field=f"id_{s}") for s, why in read_all(work.identifiers)[1].items())
        if not known and not read_all(work.identifiers)[1]:
            text = _("没有登记过这个编号，而清单里没有题名；请从出版方导出 BibTeX 或 RIS，或逐项填写")
            yield Reason(text, field=f"id_{next(iter(work.identifiers))}")
        return
    yield from problems(work)


def _error(record: Parsed, work: NewWork, reason: Reason, labels: Mapping[str, str]) -> RowError:
    value = work.identifiers.get(reason.field.removeprefix("id_"), "") or getattr(work, reason.field, "")
    text = value if isinstance(value, str) else ""
    return RowError(record.line, labels.get(reason.field, reason.field), text[:40], reason.text)


def _with_given_people(records: Sequence[Parsed], errors: list[RowError]) -> list[NewWork]:
    """Return the works with the authors whom a table names by their number or document (1 query)."""
    named = [r for r in records if r.who]
    if not named:
        return [r.work for r in records]
    people = People([dict(r.who) for r in named])
    works = []
    for record in records:
        mistakes: list[RowError] = []
        person = people.find(record.line, dict(record.who), mistakes) if record.who else None
        errors += mistakes
        works.append(_with_author(record, person, errors) if person and not mistakes else record.work)
    return works


def _with_author(record: Parsed, person: Person, errors: list[RowError]) -> NewWork:
    """Return a work with a registered author at the place that the row names, or where their name stands."""
    authors = list(record.work.authors)
    names = {person.name_zh, person.name_en, str(record.who.get("name_zh", ""))} - {""}
    at = record.place - 1 if record.place else next((n for n, a in enumerate(authors) if a.name in names), -1)
    if not authors:
        return replace(record.work, authors=[Author(person.name_zh or person.name_en, person=person.pk, place=record.place)])
    if not 0 <= at < len(authors) or (record.place and authors[at].name not in names):
        shown = authors[at].name if 0 <= at < len(authors) else ""
        errors.append(RowError(record.line, "作者排序", shown, _("作者中的这一位不是登记的姓名；请核对作者排序或姓名")))
        return record.work
    authors[at] = replace(authors[at], person=person.pk)
    return replace(record.work, authors=authors)


def _joined_in_file(pairs: Sequence[tuple[Line, NewWork]], errors: list[RowError]) -> list[Entry]:
    """Return the works of the lines: lines of one number, or of one title, year and kind without different numbers, are one work."""
    entries: list[Entry] = []
    by_number: dict[tuple[str, str], Entry] = {}
    by_title: dict[tuple[str, str, str], list[Entry]] = {}
    for (line, work), keys in zip(pairs, title_keys([w for _line, w in pairs]), strict=True):
        work = replace(work, identifiers=read_all(work.identifiers)[0])  # noqa: PLW2901 -- in their normal form from here on
        titles = [(work.kind, work.issued[:4], key) for key in keys]
        met = {id(e): e for pair in work.identifiers.items() if (e := by_number.get(pair))}
        if len(met) > 1:
            line.state = FAULTY
            errors.append(RowError(line.line, "", work.title[:40], _("各编号在文件中属于不同的成果")))
            continue
        near = (e for key in titles for e in by_title.get(key, ()) if not conflicts(e.work, work))
        entry = next(iter(met.values()), None) or next(near, None)
        if entry and (differing := conflicts(entry.work, work)):
            line.state = FAULTY
            errors.append(
                RowError(
                    line.line,
                    "",
                    work.title[:40],
                    _("编号与第 %(line)d 行相同，%(what)s却不同")
                    % {"line": entry.line.line, "what": "、".join(map(scheme_label, differing))},
                )
            )
            continue
        if entry is None:
            entry = Entry(line, work)
            entries.append(entry)
        else:
            line.state, line.notes = JOINED, [_("与第 %d 行是同一成果") % entry.line.line]
            entry.others.append(line)
            entry.work = joined(entry.work, work, overwrites=False)
        by_number |= dict.fromkeys(entry.work.identifiers.items(), entry)
        for key in titles:
            if entry not in by_title.setdefault(key, []):
                by_title[key].append(entry)
    return entries


def _meet_records(entries: Sequence[Entry], reach: Reach, account: Any, errors: list[RowError]) -> None:
    """Find for each work of the file the record that it meets, and what that would become."""
    same = find_same([e.work.identifiers for e in entries])
    open_entries = [e for e, keys in zip(entries, same, strict=True) if not keys]
    alike = dict(zip(map(id, open_entries), find_alike([e.work for e in open_entries]), strict=True))
    met = {id(e): (keys or alike[id(e)])[:1] for e, keys in zip(entries, same, strict=True)}
    records = {w.pk: (w, before) for w, before in _records(key for keys in met.values() for key in keys)}
    mendable = _mendable([w for w, _before in records.values()], reach, account)
    for entry, keys in zip(entries, same, strict=True):
        if len(keys) > 1:
            entry.line.state = FAULTY
            errors.append(RowError(entry.line.line, "", entry.work.title[:40], _("各编号属于不同的已登记成果，请先核对或合并")))
        elif met[id(entry)]:
            entry.row, entry.before = records[met[id(entry)][0]]
            _weigh(entry, asked=not keys, may_mend=entry.row.pk in mendable)
            _say_conflicts(entry, errors, asked=not keys)
        else:
            entry.line.notes += _whom(entry.work)


def _records(keys: Iterable[int]) -> Iterator[tuple[Work, NewWork]]:
    """Yield records with what they hold (3 queries)."""
    wanted = set(keys)
    authors: dict[int, list[Author]] = {}
    identifiers: dict[int, dict[str, str]] = {}
    for a in WorkAuthor.objects.filter(work__in=wanted).order_by("work", "position", "pk"):
        authors.setdefault(a.work_id, []).append(Author(a.name, a.organisation, a.person_id))
    for i in WorkIdentifier.objects.filter(work__in=wanted):
        identifiers.setdefault(i.work_id, {})[i.scheme] = i.value
    for row in Work.objects.filter(pk__in=wanted).order_by("pk"):
        yield row, kept_as(row, authors.get(row.pk, []), identifiers.get(row.pk, {}))


def _mendable(works: Sequence[Work], reach: Reach, account: Any) -> set[int]:
    """Return which records may be changed, as `permissions.may_mend` says of each (2 queries)."""
    keys = {w.pk for w in works}
    if reach.everybody:
        return keys
    accepted = WorkClaim.objects.filter(Q(work__in=keys) | Q(work__merged_into__in=keys), state=WorkClaim.State.ACCEPTED)
    settled = {into or key for key, into in accepted.values_list("work", "work__merged_into")}
    hosted = WorkAuthor.objects.filter(work__in=keys, person__organisation__in=reach.hosts).values_list("work", flat=True)
    return ({w.pk for w in works if account and w.entered_by_id == account.pk} | set(hosted)) - settled


def _weigh(entry: Entry, *, asked: bool, may_mend: bool) -> None:
    """Say what a record becomes: its own texts stay where the importer may not mend it, and only people are told for open names."""
    row, before = entry.row, entry.before
    assert row is not None and before is not None  # noqa: S101, PT018 -- met above
    if may_mend:
        after = joined(before, entry.work, overwrites=True)
    else:
        linked = {a.name: a.person for a in entry.work.authors if a.person}
        taken = {a.person for a in before.authors}
        after = replace(
            before,
            authors=[
                replace(a, person=linked[a.name]) if not a.person and a.name in linked and linked[a.name] not in taken else a
                for a in before.authors
            ],
        )
    entry.after = after
    entry.line.work = row.pk
    entry.line.title = entry.line.title or before.title[:200]
    changes = changes_of(before, after)
    entry.line.state = ASKED if asked else CHANGED if changes else SAME
    if asked:
        entry.line.notes += [_("已有同题名、同年份、同类别的成果（%d）；若是同一成果：") % row.pk, *(changes or [_("无变化")])]
    else:
        entry.line.notes += changes if changes else ([] if may_mend else [_("由他人登记，内容不改")])


def _say_conflicts(entry: Entry, errors: list[RowError], *, asked: bool) -> None:
    """Say where the numbers of a record and of the file differ: a reason to look, and of what one number says is the same a mistake."""
    assert entry.before is not None  # noqa: S101 -- met before
    differing = conflicts(entry.before, entry.work)
    if differing and not asked:
        entry.line.state = FAULTY
        theirs = "、".join(f"{scheme_label(s)} {entry.before.identifiers[s]}" for s in differing)
        shown = "、".join(entry.work.identifiers[s] for s in differing)
        errors.append(RowError(entry.line.line, "", shown[:40], _("与已登记的编号不同（%s）；有误的请先更正登记") % theirs))
    elif differing:
        names = "、".join(map(scheme_label, differing))
        entry.line.notes.insert(0, _("%s与登记的不同，很可能是另一成果；选同一成果的，保留登记的编号") % names)


def changes_of(before: NewWork, after: NewWork) -> list[str]:
    """Return in words what differs between two states of a work."""
    labels = {f.name: str(f.verbose_name) for f in Work._meta.concrete_fields}
    notes = []
    for name in OF_RECORD:
        old, new = (_shown(getattr(w, name)) for w in (before, after))
        if old != new:
            notes.append(f"{labels[name]}：{old[:60] or '—'} → {new[:60]}")
    notes += [
        f"{scheme_label(scheme)}：{value}"
        for scheme, value in after.identifiers.items()
        if before.identifiers.get(scheme) != value
    ]
    if list(before.authors) != list(after.authors):
        fresh = [a.name for a in after.authors if a not in before.authors]
        notes.append(_("作者：%s") % "、".join(fresh)[:120])
    return notes


def _shown(value: Any) -> str:
    return "；".join(value) if isinstance(value, (list, tuple)) else str(value)


def _whom(work: NewWork) -> list[str]:
    known = [a.name for a in work.authors if a.person]
    return [_("对应登记人员：%s") % "、".join(known)[:120]] if known else []


def _leave_strangers(entries: Sequence[Entry], reach: Reach, labels: Mapping[str, str], errors: list[RowError]) -> None:
    """Make works faulty of which nobody is an author for whom the importer answers."""
    if reach.everybody:
        return
    people = set(records_of(reach.people().values_list("pk", flat=True)))
    whom = _("作者中没有本单位登记的人员") if reach.hosts else _("作者中没有您本人的姓名")
    for entry in entries:
        if entry.line.state != FAULTY and not people & {a.person for a in (entry.after or entry.work).authors}:
            entry.line.state = FAULTY
            names = "、".join(a.name for a in entry.work.authors)[:40]
            message = _("%(why)s：请核对署名，或填写英文署名的写法") % {"why": whom}
            errors.append(RowError(entry.line.line, labels.get("authors", "DOI"), names, message))


def _digest(plan: Plan, content: bytes) -> str:
    """Return the digest of everything that is shown of a file: another file, another state of a record, another plan has another."""
    revisions = {e.row.pk: e.row.revision for e in plan.entries if e.row}
    lines = [(n.line, n.state, n.title, n.notes, n.work, revisions.get(n.work, 0)) for n in plan.lines]
    errors = [(e.row, e.column, e.value, e.message) for e in plan.errors]
    text = json.dumps([lines, errors], ensure_ascii=False)
    return hashlib.sha256(hashlib.sha256(content).digest() + text.encode()).hexdigest()
