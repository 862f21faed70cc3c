"""Imports of works and of ties between people: what conflicts of interest and the choice of experts are found by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.sheets import RowError
from headwater.registry.models import Authorship, Person, Publication, Relation
from headwater.registry.services import Paper, add_publications, add_relations
from headwater.registry.standing import WHO, People, Ready, about_people, required_day, whole
from headwater.registry.tables import (
    DOCUMENTS,
    IDENTIFIER,
    IMPORTS,
    NAME,
    Column,
    Importable,
    ImportResult,
    Row,
    parse_rows,
    pick,
    too_long,
)

WORKS = (
    *WHO,
    Column("title", "题名", True, ("论著名称", "论文题目", "标题", "题目")),
    Column("year", "年份", True, ("发表年份", "出版年", "年度")),
    Column("venue", "刊物", False, ("期刊", "刊名", "出版物", "出版社")),
    Column("doi", "DOI"),
    Column("keywords", "关键词", False, ("关键字",)),
    Column("abstract", "摘要"),
    Column("position", "作者排序", False, ("排名", "作者顺序")),
    Column("source", "来源", False, ("数据来源",)),
)
RELATIONS = (
    *WHO,
    Column("other_document", "对方身份证号", False, tuple(f"对方{d}" for d in DOCUMENTS), IDENTIFIER),
    Column("other_person", "对方人员编号"),
    Column("other_name", "对方姓名", False, (), NAME),
    Column("kind", "关系", True, ("关系类型",)),
    Column("since", "起始日期"),
    Column("until", "截止日（含）", False, ("截止日期", "截止日")),
    Column("note", "说明", False, ("备注",)),
    Column("source", "来源", False, ("数据来源",)),
)
TIES = {
    "师生": "supervisor",
    "导师": "supervisor",
    "近亲属": "kin",
    "亲属": "kin",
    "项目合作": "coproject",
    "本人申报": "declared",
}
TIES |= {k.value: k.value for k in Relation.Kind}
EARLIEST = 1950
IMPORTED = "导入"
"""Where a work or a tie comes from is stored in Chinese, as other records are."""
Work = tuple[str, int]
"""A work is known by its DOI, or else by its title and year."""


def _key(title: str, year: int) -> Work:
    return "".join(title.split()).casefold(), year


def import_works(*, name: str, content: bytes, actor: Actor, dry_run: bool = True, skip_bad: bool = False) -> ImportResult:
    """Import works, a row for each author who is registered: rows of one DOI, or of one title and year, are one work.

    Raises:
        Refused: the file as a whole cannot be read.
    """
    table = parse_rows(name, content, WORKS)
    people = People(table.rows)
    source = f"{IMPORTED}：{name[:80]}"
    works = _known_works(table.rows)
    authors = set(Authorship.objects.filter(publication__in={p.pk for p in works.values()}).values_list("publication", "person"))

    def read(number: int, row: Row, person: Person, errors: list[RowError]) -> tuple[Any, dict[str, Any], Any]:
        year = whole(number, "年份", row["year"], EARLIEST, clock.today().year + 1, errors)
        position = whole(number, "作者排序", row["position"], 1, 5000, errors) if row.get("position") else 1
        texts = {key: row.get(key, "") for key in ("title", "venue", "doi", "keywords", "abstract", "source")}
        if not row["title"]:
            errors.append(RowError(number, "题名", "", _("不能为空")))
        errors += too_long(number, texts, WORKS, Publication)
        key: Any = texts["doi"].casefold() or _key(row["title"], year)
        work = works.get(key) or works.get(_key(row["title"], year))
        mine = work is not None and (work.pk, person.pk) in authors
        values = texts | {"year": year, "position": position, "key": key, "source": texts["source"] or source, "work": work}
        return key, values, work if mine else None

    return about_people(table, people, read, _write_works, actor, dry_run, skip_bad)


def _known_works(rows: Sequence[Row]) -> dict[Any, Publication]:
    titles, numbers = {r["title"] for r in rows}, {r["doi"] for r in rows if r.get("doi")}
    works: dict[Any, Publication] = {}
    for p in Publication.objects.filter(Q(title__in=titles) | Q(doi__in=numbers)).order_by("-pk"):
        works[_key(p.title, p.year or 0)] = p
        if p.doi:
            works[p.doi.casefold()] = p
    return works


def _write_works(ready: Ready, actor: Actor) -> None:
    """Write new works with their authors, further authors of known works, and what the table says better of a known work."""
    fresh: dict[Any, list[dict[str, Any]]] = {}
    with command(actor, "registry.import", name="registry.import_works") as log:
        old: dict[int, Publication] = {}
        authors = []
        for values, _work in ready:
            work = values["work"]
            if work is None:
                fresh.setdefault(values["key"], []).append(values)
                continue
            for name in ("venue", "doi", "keywords", "abstract"):
                setattr(work, name, values[name] or getattr(work, name))
            old[work.pk] = work
            authors.append(Authorship(publication=work, person=values["person"], position=values["position"]))
        Publication.objects.bulk_update(old.values(), ["venue", "doi", "keywords", "abstract"], batch_size=1000)
        Authorship.objects.bulk_create(authors, batch_size=2000, ignore_conflicts=True)
        log.many(old.values(), {"imported": True})
        add_publications(papers=[_paper(rows) for rows in fresh.values()], actor=actor)
        log(None, after={"rows": len(ready)})


def _paper(rows: Sequence[dict[str, Any]]) -> Paper:
    first = rows[0]
    authors = [r["person"].pk for r in sorted(rows, key=lambda r: r["position"])]
    texts = {key: first[key] for key in ("title", "abstract", "keywords", "venue", "year", "doi", "source")}
    return Paper(authors=authors, **texts)


def import_relations(*, name: str, content: bytes, actor: Actor, dry_run: bool = True, skip_bad: bool = False) -> ImportResult:
    """Import ties between people; a tie that is on record for both and of the kind has its period and note corrected.

    Raises:
        Refused: the file as a whole cannot be read.
    """
    table = parse_rows(name, content, RELATIONS)
    people, others = People(table.rows), People([_other(row) for row in table.rows])
    source = f"{IMPORTED}：{name[:80]}"
    rows = Relation.objects.filter(Q(first__in=people.ids) | Q(second__in=people.ids))
    ties = {(r.first_id, r.second_id, r.kind): r for r in rows}
    pairs: set[Any] = set()

    def read(number: int, row: Row, person: Person, errors: list[RowError]) -> tuple[Any, dict[str, Any], Any]:
        other = _find_other(others, number, row, errors)
        kind = pick(number, "关系", row["kind"], TIES, errors)
        days = [required_day(number, label, row[k], errors) if row.get(k) else None for k, label in PERIOD]
        if days[0] and days[1] and days[1] < days[0]:
            errors.append(RowError(number, "截止日（含）", row["until"], _("不能早于起始日期")))
        values: dict[str, Any] = {"note": row.get("note", ""), "source": row.get("source", "") or source}
        errors += too_long(number, values, RELATIONS, Relation)
        if other is None or kind is None or errors:
            return None, {}, None
        if other.pk == person.pk:
            errors.append(RowError(number, "对方人员编号", other.name_zh, _("双方是同一个人")))
        key = (min(person.pk, other.pk), max(person.pk, other.pk), kind)
        if key in pairs:
            errors.append(RowError(number, "关系", row["kind"], _("与文件中前面的一行重复")))
        pairs.add(key)
        values |= {"key": key, "since": days[0], "until": days[1]}
        return key, values, ties.get(key)

    return about_people(table, people, read, _write_relations, actor, dry_run, skip_bad)


PERIOD = (("since", "起始日期"), ("until", "截止日（含）"))


def _other(row: Row) -> Row:
    return {
        "document": row.get("other_document", ""),
        "person": row.get("other_person", ""),
        "name_zh": row.get("other_name", ""),
    }


def _find_other(others: People, number: int, row: Row, errors: list[RowError]) -> Person | None:
    """Find the other person of a tie, whose cells have headings of their own."""
    mistakes: list[RowError] = []
    other = others.find(number, _other(row), mistakes)
    errors += [RowError(e.row, f"对方{e.column}", e.value, e.message) for e in mistakes]
    return other if not mistakes else None


def _write_relations(ready: Ready, actor: Actor) -> None:
    with command(actor, "registry.import", name="registry.import_relations") as log:
        old: list[Relation] = []
        fresh: list[Relation] = []
        for values, relation in ready:
            first, second, kind = values["key"]
            row = relation or Relation(first_id=first, second_id=second, kind=kind)
            for name in ("since", "until", "note", "source"):
                setattr(row, name, values[name] or getattr(row, name))
            (old if relation else fresh).append(row)
        Relation.objects.bulk_update(old, ["since", "until", "note", "source"], batch_size=1000)
        log.many(old, {"imported": True})
        add_relations(relations=fresh, actor=actor)
        log(None, after={"rows": len(ready)})


IMPORTS.add("works", Importable(gettext_lazy("论著"), WORKS, import_works))
IMPORTS.add("relations", Importable(gettext_lazy("人员关系"), RELATIONS, import_relations))
