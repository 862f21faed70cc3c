"""Imports of what the rules judge about people and hosts that are registered already: sanctions, titles, earlier approvals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.sheets import RowError
from headwater.registry.identifiers import BadIdentifier, check_resident_id, document_hash
from headwater.registry.models import HostHistory, Organisation, Person, Sanction, TitleHeld
from headwater.registry.services import record_history, record_sanctions
from headwater.registry.tables import (
    DOCUMENTS,
    IDENTIFIER,
    IMPORTS,
    NAME,
    UNITS,
    YES_NO,
    Column,
    Importable,
    ImportResult,
    Row,
    Table,
    day_of,
    finish,
    parse_rows,
    pick,
    too_long,
)

WHO = (
    Column("document", "身份证号", False, DOCUMENTS, IDENTIFIER),
    Column("person", "人员编号"),
    Column("name_zh", "姓名", False, (), NAME),
)
"""Who a row is about: the document or the number on the person's page; a name, where it is given, must agree."""
SANCTIONS = (
    *WHO,
    Column("scope", "限制范围", True, ("范围",)),
    Column("since", "起始日期", True, ("开始日期",)),
    Column("until", "截止日（含）", False, ("截止日期", "截止日")),
    Column("years", "年限"),
    Column("decision", "处理决定文号", True, ("文号",)),
    Column("legal_basis", "依据"),
)
TITLES = (
    *WHO,
    Column("title", "职称", True),
    Column("senior", "高级职称", True, ("是否高级",)),
    Column("since", "取得日期", True),
)
HISTORY = (Column("organisation", "单位", True, UNITS), Column("year", "年度", True), Column("approved", "立项数", True))
SCOPES = {"全部": "all", "财政性科研项目": "all_fiscal", "申请": "apply", "参与": "participate"}
SCOPES |= {code: code for code in SCOPES.values()}
FOREVER = "永久"
OLDEST = date(1980, 1, 1)

Read = Callable[[int, Row, Person, list[RowError]], tuple[Any, dict[str, Any], Any]]
Ready = list[tuple[dict[str, Any], Any]]


class People:
    """The people whom the rows of a table name, by the records that stand for them: one query for all of them."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.hashes: dict[str, str] = {}
        self.wrong: dict[str, str] = {}
        for document in {row.get("document", "") for row in rows} - {""}:
            try:
                self.hashes[document] = document_hash(check_resident_id(document)[0])
            except BadIdentifier as error:
                self.wrong[document] = str(error)
        keys = [key for row in rows if (key := _number(row.get("person", "")))]
        records = Person.objects.filter(Q(id_hash__in=list(self.hashes.values())) | Q(pk__in=keys)).select_related("merged_into")
        self.by_id = {p.pk: p.survivor for p in records}
        self.by_hash = {p.id_hash: p.survivor for p in records if p.id_hash}
        self.names = {name for p in records for name in ((p.survivor_id, p.name_zh), (p.survivor_id, p.survivor.name_zh))}

    @property
    def ids(self) -> list[int]:
        return [p.pk for p in self.by_id.values()]

    def find(self, number: int, row: Row, errors: list[RowError]) -> Person | None:
        document, key = row.get("document", ""), row.get("person", "")
        excerpt = document[:6] + "…" if document else ""
        if document in self.wrong:
            errors.append(RowError(number, "身份证号", excerpt, self.wrong[document]))
            return None
        person = self.by_hash.get(self.hashes.get(document, "")) or self.by_id.get(_number(key))
        if person is None:
            message = _("登记库中没有此人，请先在“人员”表中登记") if document or key else _("身份证号和人员编号至少填写一项")
            errors.append(RowError(number, "人员编号" if key else "身份证号", key or excerpt, message))
        elif (key and self.by_id.get(_number(key)) != person) or (document and self.by_hash.get(self.hashes[document]) != person):
            errors.append(RowError(number, "人员编号", key, _("与身份证号不是同一人")))
        elif row.get("name_zh") and (person.pk, row["name_zh"]) not in self.names:
            errors.append(RowError(number, "姓名", row["name_zh"], _("与登记库中此人的姓名不同")))
        return person


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 12 else 0


def required_day(number: int, label: str, text: str, errors: list[RowError]) -> date | None:
    """Read a day that must be given; a day too early for anything on record is an error."""
    if not text:
        errors.append(RowError(number, label, "", _("不能为空，应为 2026-03-20 这样的日期")))
        return None
    day = day_of(number, label, text, errors)
    if day and not OLDEST <= day <= clock.add_months(clock.today(), 600):
        errors.append(RowError(number, label, text, _("日期应不早于 %s，且在今后五十年内") % OLDEST))
        return None
    return day


def about_people(
    table: Table, people: People, read: Read, write: Callable[[Ready, Actor], None], actor: Actor, dry_run: bool, skip_bad: bool
) -> ImportResult:
    """Read rows that are each about one person; `read` gives what tells rows apart, the values, and the record that they change."""
    keys: set[Any] = set()
    result, ready = table.result(dry_run), []
    for number, row in table:
        errors: list[RowError] = []
        person = people.find(number, row, errors)
        key, values, record = read(number, row, person or Person(), errors)
        if person and not errors and (person.pk, key) in keys:
            errors.append(
                RowError(number, "人员编号" if row.get("person") else "身份证号", person.name_zh, _("与文件中前面的一行重复"))
            )
        result.errors += errors
        if person and not errors:
            keys.add((person.pk, key))
            ready.append(({"person": person, **values}, record))
    return finish(result, ready, actor, skip_bad, write)


def import_sanctions(*, name: str, content: bytes, actor: Actor, dry_run: bool = True, skip_bad: bool = False) -> ImportResult:
    """Import sanctions; the decision's number and the scope find one that is on record, whose period then changes.

    Raises:
        Refused: the file as a whole cannot be read.
    """
    table = parse_rows(name, content, SANCTIONS)
    people = People(table.rows)
    sanctions = Sanction.objects.filter(person__in=people.ids).exclude(document="")
    by_key: dict[Any, Sanction] = {(s.person_id, s.document, s.scope): s for s in sanctions}

    def read(number: int, row: Row, person: Person, errors: list[RowError]) -> tuple[Any, dict[str, Any], Any]:
        scope = pick(number, "限制范围", row["scope"], SCOPES, errors)
        since = required_day(number, "起始日期", row["since"], errors)
        values = {"scope": scope, "since": since, "until": _free_day(number, row, since, errors)}
        values |= {"document": row["decision"], "legal_basis": row.get("legal_basis", "")}
        if not row["decision"]:
            errors.append(RowError(number, "处理决定文号", "", _("不能为空")))
        errors += too_long(number, values | {"decision": ""}, SANCTIONS, Sanction)
        if len(row["decision"]) > 100:
            errors.append(RowError(number, "处理决定文号", row["decision"][:40] + "…", _("最多 %d 字") % 100))
        key = row["decision"], scope
        return key, values, by_key.get((person.pk, *key))

    return about_people(table, people, read, _write_sanctions, actor, dry_run, skip_bad)


def _free_day(number: int, row: Row, since: date | None, errors: list[RowError]) -> date | None:
    """Return the first free day: after the last day, or the same date some years later. None means for ever, which must be written."""
    last, years = row.get("until", ""), row.get("years", "")
    if years == FOREVER and not last:
        return None
    if not last and not years:
        errors.append(RowError(number, "截止日（含）", "", _("截止日和年限至少填写一项；没有期限的，在年限中写“永久”")))
        return None
    length = int(years) if years.isdecimal() and len(years) < 3 else 0
    if years and not 1 <= length <= 50:
        errors.append(RowError(number, "年限", years, _("应为 1 至 50 的整数年，或“永久”（此时不填截止日）")))
        return None
    day = required_day(number, "截止日（含）", last, errors) if last else None
    if since is None or (last and day is None):
        return None
    until = clock.add_months(since, 12 * length) if length else since
    if day and day < since:
        errors.append(RowError(number, "截止日（含）", last, _("不能早于起始日期")))
    elif day and length and day + timedelta(days=1) != until:
        message = _("与年限不符：按年限应为 %s") % (until - timedelta(days=1))
        errors.append(RowError(number, "截止日（含）", last, message))
    return day + timedelta(days=1) if day else until


def _write_sanctions(ready: Ready, actor: Actor) -> None:
    with command(actor, "registry.import", name="registry.import_sanctions") as log:
        old: list[Sanction] = []
        for values, sanction in ready:
            if sanction:
                before = {"since": str(sanction.since), "until": str(sanction.until or "")}
                sanction.since, sanction.until = values["since"], values["until"]
                sanction.legal_basis = values["legal_basis"] or sanction.legal_basis
                log(sanction, before=before, after={"since": str(sanction.since), "until": str(sanction.until or "")})
                old.append(sanction)
        Sanction.objects.bulk_update(old, ["since", "until", "legal_basis"], batch_size=1000)
        record_sanctions(sanctions=[Sanction(**values) for values, sanction in ready if sanction is None], actor=actor)
        log(None, after={"rows": len(ready)})


def import_titles(*, name: str, content: bytes, actor: Actor, dry_run: bool = True, skip_bad: bool = False) -> ImportResult:
    """Import titles with the day they were given; a title that the person is known to hold is corrected.

    Raises:
        Refused: the file as a whole cannot be read.
    """
    table = parse_rows(name, content, TITLES)
    people = People(table.rows)
    titles = {(t.person_id, t.title): t for t in TitleHeld.objects.filter(person__in=people.ids)}

    def read(number: int, row: Row, person: Person, errors: list[RowError]) -> tuple[Any, dict[str, Any], Any]:
        senior = pick(number, "高级职称", row["senior"], YES_NO, errors)
        since = required_day(number, "取得日期", row["since"], errors)
        if since and since > clock.today():
            errors.append(RowError(number, "取得日期", row["since"], _("不能晚于今天")))
        values = {"title": row["title"], "senior": senior, "since": since}
        if not row["title"]:
            errors.append(RowError(number, "职称", "", _("不能为空")))
        errors += too_long(number, values, TITLES, Person)
        return row["title"], values, titles.get((person.pk, row["title"]))

    return about_people(table, people, read, _write_titles, actor, dry_run, skip_bad)


def _write_titles(ready: Ready, actor: Actor) -> None:
    """Write titles: a senior one makes its holder senior, as of now; who has no title on record takes the latest one."""
    with command(actor, "registry.import", name="registry.import_titles") as log:
        titles = TitleHeld.objects.bulk_create(
            [TitleHeld(**values) for values, _title in ready],
            batch_size=2000,
            update_conflicts=True,
            unique_fields=["person", "title"],
            update_fields=["senior", "since"],
        )
        people = {values["person"].pk: values["person"] for values, _title in ready}
        bare = {pk for pk, person in people.items() if not person.title}
        for row in sorted(titles, key=lambda t: t.since or OLDEST):
            person = people[row.person_id]
            person.is_senior = person.is_senior or row.senior
            person.title = row.title if row.person_id in bare else person.title
        Person.objects.bulk_update(people.values(), ["is_senior", "title"], batch_size=1000)
        log.many(people.values(), {"titles": True})


def import_history(*, name: str, content: bytes, actor: Actor, dry_run: bool = True, skip_bad: bool = False) -> ImportResult:
    """Import the approvals of hosts by year; the same host and year again takes the place of the earlier figure.

    Raises:
        Refused: the file as a whole cannot be read.
    """
    table = parse_rows(name, content, HISTORY)
    hosts = {o.name_zh: o for o in Organisation.objects.filter(name_zh__in={r["organisation"] for r in table.rows})}
    history = {(h.organisation_id, h.year): h for h in HostHistory.objects.filter(organisation__in=hosts.values())}
    result, ready, keys = table.result(dry_run), [], set()
    for number, row in table:
        errors: list[RowError] = []
        host = organisation_of(number, row, hosts, errors)
        year = whole(number, "年度", row["year"], OLDEST.year, clock.today().year, errors)
        approvals = whole(number, "立项数", row["approved"], 0, 100_000, errors)
        key = (host.pk if host else 0, year)
        if not errors and key in keys:
            errors.append(RowError(number, "单位", row["organisation"], _("与文件中前面的一行重复")))
        keys.add(key)
        result.errors += errors
        if not errors:
            ready.append(({"organisation": host, "year": year, "approved": approvals}, history.get(key)))
    return finish(result, ready, actor, skip_bad, _write_history)


def organisation_of(number: int, row: Row, hosts: dict[str, Organisation], errors: list[RowError]) -> Organisation | None:
    organisation = hosts.get(row["organisation"])
    if organisation is None:
        errors.append(RowError(number, "单位", row["organisation"], _("登记库中没有这个单位，请先登记或改用登记库中的名称")))
    return organisation


def whole(number: int, label: str, text: str, least: int, most: int, errors: list[RowError]) -> int:
    value = int(text) if text.isdecimal() and len(text) < 10 else -1
    if not least <= value <= most:
        errors.append(RowError(number, label, text, _("应为 %(least)d 至 %(most)d 的整数") % {"least": least, "most": most}))
    return value


def _write_history(ready: Ready, actor: Actor) -> None:
    record_history(history=[HostHistory(**values) for values, _row in ready], actor=actor)


IMPORTS.add("sanctions", Importable(gettext_lazy("失信惩戒"), SANCTIONS, import_sanctions))
IMPORTS.add("titles", Importable(gettext_lazy("职称"), TITLES, import_titles))
IMPORTS.add("host_history", Importable(gettext_lazy("历年立项数"), HISTORY, import_history))
