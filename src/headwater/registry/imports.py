"""Imports of people and organisations from xlsx and csv: a dry run lists every bad row and changes nothing."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.core import clock
from headwater.core.address_changes import taken
from headwater.core.addresses import is_address, normal
from headwater.core.command import Actor, command
from headwater.core.sheets import RowError
from headwater.registry.addresses import ask_for_addresses, tell_of_changes
from headwater.registry.fund_staff import lock_persons, objection, work_under_way
from headwater.registry.identifiers import BadIdentifier, check_orcid, check_resident_id, check_ror, check_uscc, document_hash
from headwater.registry.models import Agency, Employment, Organisation, Person, Place
from headwater.registry.tables import (
    IMPORTS,
    MAYBE,
    YES,
    Column,
    ImportResult,
    Row,
    day_of,
    finish,
    parse_rows,
    pick,
    too_long,
)

PEOPLE = (
    Column("name_zh", "姓名", True),
    Column("name_en", "英文姓名"),
    Column("document", "身份证号", False, ("证件号码",)),
    Column("sex", "性别"),
    Column("birth_date", "出生日期"),
    Column("organisation", "单位", True, ("依托单位",)),
    Column("department", "院系"),
    Column("title", "职称"),
    Column("degree", "最高学位"),
    Column("orcid", "ORCID"),
    Column("email", "电子邮箱", False, ("邮箱",)),
    Column("phone", "电话", False, ("手机",)),
    Column("since", "入职日期"),
    Column("is_student", "在读研究生", False, ("在读",)),
    Column("is_fund_staff", "基金管理人员"),
)
ORGANISATIONS = (
    Column("code", "代码"),
    Column("name_zh", "单位名称", True, ("名称",)),
    Column("name_en", "英文名称"),
    Column("uscc", "统一社会信用代码"),
    Column("ror", "ROR"),
    Column("kind", "类型", True),
    Column("place", "所在地代码"),
    Column("recommender", "归口部门"),
    Column("is_host", "注册依托单位"),
)
SENIOR_TITLES = frozenset(
    [
        "教授",
        "研究员",
        "副教授",
        "副研究员",
        "高级工程师",
        "正高级工程师",
        "主任医师",
        "副主任医师",
        "高级农艺师",
        "高级实验师",
        "正高级实验师",
        "研究馆员",
    ]
)
SEXES = {"男": "m", "女": "f", "m": "m", "f": "f", "": ""}
DEGREES = ("博士", "硕士", "学士", "无", "")


def import_people(*, name: str, content: bytes, actor: Actor, dry_run: bool = True, skip_bad: bool = False) -> ImportResult:
    """Import people; an identity document or ORCID already known, or else the same name, institution and e-mail, updates
    that person; anything else adds one. A namesake of the same institution needs one of the three to be told apart.

    Nothing changes when there is a bad row, unless `skip_bad`. Uses a constant number of queries.

    Raises:
        Refused: the file as a whole cannot be read.
    """
    rows = parse_rows(name, content, PEOPLE)
    hosts = {o.name_zh: o for o in Organisation.objects.all()}
    known = {p.id_hash: p for p in Person.objects.exclude(id_hash="")}
    by_orcid = {p.orcid: p for p in Person.objects.exclude(orcid="")}
    namesakes: dict[tuple[str, int], list[Person]] = defaultdict(list)
    for p in Person.objects.filter(name_zh__in={r["name_zh"] for r in rows}, organisation__isnull=False):
        namesakes[p.name_zh, p.organisation_id or 0].append(p)
    owners = taken(normal(r.get("email", "")) for r in rows)
    seen: set[Any] = set()
    places: dict[int, int] = {}
    result, ready = ImportResult(rows=len(rows), dry_run=dry_run), []
    for number, row in enumerate(rows, start=2):
        values, errors = _person(number, row, hosts)
        errors += too_long(number, values, PEOPLE, Person)
        key = values["id_hash"] or values["orcid"] or (values["name_zh"], values["organisation"], values["email"])
        if key in seen:
            errors.append(RowError(number, "姓名", row["name_zh"], _("与文件中前面的一行是同一人")))
        seen.add(key)
        person = known.get(values["id_hash"]) or by_orcid.get(values["orcid"])
        _same_person(number, row, values, person, by_orcid.get(values["orcid"]), errors)
        if not errors and person is None and isinstance(key, tuple):
            person = _namesake(number, values, namesakes[values["name_zh"], values["organisation"].pk], errors)
        if owners.get(values["email"]) not in {None, person.account_id if person else None}:
            errors.append(RowError(number, "电子邮箱", values["email"], _("这个邮箱已属于另一个账号")))
        result.errors += errors
        if not errors:
            ready.append((values, person))
            if person is not None:
                places[person.pk] = number
    ready = _without_applicants(places, ready, result, actor)
    return finish(result, ready, actor, skip_bad, _write_people)


def _without_applicants(
    places: dict[int, int], ready: list[tuple[dict[str, Any], Person | None]], result: ImportResult, actor: Actor
) -> list[tuple[dict[str, Any], Person | None]]:
    """Who applies, takes part or carries out a project is not marked as fund staff: such rows are errors."""
    marked = {p.pk: p for values, p in ready if p is not None and values["is_fund_staff"] and not p.is_fund_staff}
    busy = work_under_way(marked, actor)
    for values, person in ready:
        if person is not None and person.pk in busy and values["is_fund_staff"]:
            result.errors.append(RowError(places[person.pk], "基金管理人员", values["name_zh"], objection(busy[person.pk])))
    return [(v, p) for v, p in ready if p is None or p.pk not in busy or not v["is_fund_staff"]]


def _same_person(
    number: int, row: Row, values: dict[str, Any], person: Person | None, owner: Person | None, errors: list[RowError]
) -> None:
    """Document and ORCID must mean one person: nobody gets a new identity, and with it new limits, by another's ORCID."""
    other = person is not None and owner is not None and owner.pk != person.pk
    if other or (person and person.id_hash and values["id_hash"] not in {"", person.id_hash}):
        errors.append(RowError(number, "ORCID", row["orcid"], _("该 ORCID 属于登记库中身份证件不同的另一人")))


def _namesake(number: int, values: dict[str, Any], found: list[Person], errors: list[RowError]) -> Person | None:
    """The person of the same name, institution and e-mail; namesakes that nothing tells apart are an error."""
    for person in found:
        if values["email"] and person.email == values["email"]:
            return person
    if found and not values["email"]:
        text = _("登记库中该单位已有同名人员，请填写身份证号、ORCID 或电子邮箱以便区分")
        errors.append(RowError(number, "姓名", values["name_zh"], text))
    return None


def _person(number: int, row: Row, hosts: dict[str, Organisation]) -> tuple[dict[str, Any], list[RowError]]:
    errors: list[RowError] = []
    values: dict[str, Any] = {"name_zh": row["name_zh"], "id_hash": "", "orcid": "", "id_tail": ""}
    if not row["name_zh"]:
        errors.append(RowError(number, "姓名", "", _("不能为空")))
    organisation = hosts.get(row["organisation"])
    if organisation is None:
        errors.append(RowError(number, "单位", row["organisation"], _("登记库中没有这个单位，请先登记或改用登记名称")))
    values["organisation"] = organisation
    for key in ("name_en", "department", "title", "email", "phone"):
        values[key] = row.get(key, "")
    values["sex"] = pick(number, "性别", row.get("sex", ""), SEXES, errors) or ""
    for key, label in (("birth_date", "出生日期"), ("since", "入职日期")):
        values[key] = day_of(number, label, row.get(key, ""), errors)
    values["highest_degree"] = row.get("degree", "")
    if values["highest_degree"] not in DEGREES:
        errors.append(RowError(number, "最高学位", row["degree"], _("应为 博士、硕士、学士 或 无")))
    values["is_senior"] = values["title"] in SENIOR_TITLES if values["title"] else None
    for key, label in (("is_student", "在读研究生"), ("is_fund_staff", "基金管理人员")):
        values[key] = pick(number, label, row.get(key, ""), MAYBE, errors)
    values["email"] = normal(values["email"])
    if row.get("email") and not is_address(row["email"]):
        errors.append(RowError(number, "电子邮箱", row["email"], _("不是电子邮箱地址")))
    try:
        if row.get("document"):
            document, born, sex = check_resident_id(row["document"])
            values.update(id_hash=document_hash(document), id_tail=document[-4:], birth_date=born, sex=sex)
    except BadIdentifier as error:
        errors.append(RowError(number, "身份证号", row["document"][:6] + "…", str(error)))
    try:
        if row.get("orcid"):
            values["orcid"] = check_orcid(row["orcid"])
    except BadIdentifier as error:
        errors.append(RowError(number, "ORCID", row["orcid"], str(error)))
    return values, errors


def _write_people(ready: list[tuple[dict[str, Any], Any]], actor: Actor) -> None:
    with command(actor, "registry.import", name="registry.import_people") as log:
        fresh, jobs, old = [], [], []
        asked: list[tuple[Person, str]] = []
        moved: list[tuple[Person, str]] = []
        homes = {person.pk: person.organisation_id for _values, person in ready if person}
        lock_persons([person.pk for values, person in ready if person and values["is_fund_staff"]])
        for values, person in ready:
            since = values.pop("since")
            if person is not None and values["email"] not in ("", person.email):
                if person.account_id:  # the address of an account waits for its new mailbox
                    asked.append((person, values.pop("email")))
                else:
                    moved.append((person, person.email))
            target = person or Person()
            if values["title"] == target.title:  # a title outside the list may be on record as a senior one
                values["is_senior"] = None
            for key, value in values.items():
                if value not in ("", None):
                    setattr(target, key, value)
            if person is None:
                fresh.append(target)
                jobs.append(Employment(person=target, organisation=values["organisation"], since=since or date(2000, 1, 1)))
            else:
                old.append(target)
                if homes[person.pk] not in {None, values["organisation"].pk}:
                    jobs.append(Employment(person=target, organisation=values["organisation"], since=since or clock.today()))
        Person.objects.bulk_create(fresh, batch_size=2000)
        _leave({job.person_id: (homes[job.person_id], job.since) for job in jobs if job.person_id})
        Employment.objects.bulk_create(jobs, batch_size=2000)
        fields = [
            "name_zh",
            "name_en",
            "organisation",
            "department",
            "title",
            "email",
            "phone",
            "sex",
            "birth_date",
            "highest_degree",
            "is_senior",
            "is_student",
            "is_fund_staff",
            "orcid",
            "id_hash",
            "id_tail",
        ]
        if old:
            Person.objects.bulk_update(old, fields, batch_size=1000)
        log.many(fresh, {"imported": True})
        log.many(old, {"updated": True})
        ask_for_addresses(asked, actor=actor, log=log)
        tell_of_changes(moved)


def _leave(moves: dict[int, tuple[Any, date]]) -> None:
    """End the posts that people leave on the day they begin elsewhere (two statements): the institution that somebody came from
    still counts for conflicts of interest, so it must be on record even where the post was not."""
    rows = Employment.objects.filter(person__in=moves, until__isnull=True, kind=Employment.Kind.FULL)
    left = [e for e in rows if e.organisation_id == moves[e.person_id][0]]
    for row in left:
        row.until = max(row.since, moves[row.person_id][1])
    Employment.objects.bulk_update(left, ["until"], batch_size=1000)
    known = {row.person_id for row in left}
    Employment.objects.bulk_create(
        [
            Employment(person_id=person, organisation_id=home, since=min(since, date(2000, 1, 1)), until=since)
            for person, (home, since) in moves.items()
            if person not in known
        ],
        batch_size=2000,
    )


def import_organisations(
    *, name: str, content: bytes, actor: Actor, dry_run: bool = True, skip_bad: bool = False
) -> ImportResult:
    """Import organisations; the credit code, then the name, finds one that is already registered.

    Raises:
        Refused: the file as a whole cannot be read.
    """
    rows = parse_rows(name, content, ORGANISATIONS)
    known = {o.uscc: o for o in Organisation.objects.exclude(uscc="")} | {o.name_zh: o for o in Organisation.objects.all()}
    codes: dict[str, Organisation | str] = {o.code: o for o in known.values()}
    places = {p.code: p for p in Place.objects.all()}
    agencies = {a.name_zh: a for a in Agency.objects.all()} | {a.code: a for a in Agency.objects.all()}
    result, ready, seen = ImportResult(rows=len(rows), dry_run=dry_run), [], set()
    for number, row in enumerate(rows, start=2):
        values, errors = _organisation(number, row, places, agencies)
        errors += too_long(number, values, ORGANISATIONS, Organisation)
        key = values.get("uscc") or values["name_zh"]
        if key in seen:
            errors.append(RowError(number, "单位名称", values["name_zh"], _("与文件中前面的一行重复")))
        seen.add(key)
        found = known.get(values["uscc"]) or known.get(values["name_zh"])
        if values["code"] and codes.setdefault(values["code"], found or key) != (found or key):
            errors.append(RowError(number, "代码", values["code"], _("已是另一单位的代码")))
        result.errors += errors
        if not errors:
            ready.append((values, found))
    return finish(result, ready, actor, skip_bad, _write_organisations)


def _organisation(
    number: int, row: Row, places: dict[str, Place], agencies: dict[str, Agency]
) -> tuple[dict[str, Any], list[RowError]]:
    errors: list[RowError] = []
    kinds = {str(k.label): k.value for k in Organisation.Kind} | {k.value: k.value for k in Organisation.Kind}
    values: dict[str, Any] = {
        "name_zh": row["name_zh"],
        "name_en": row.get("name_en", ""),
        "uscc": "",
        "code": row.get("code", ""),
    }
    if not row["name_zh"]:
        errors.append(RowError(number, "单位名称", "", _("不能为空")))
    values["kind"] = pick(number, "类型", row["kind"], kinds, errors)
    row["place"] = row.get("place", "")
    values["place"] = places.get(row["place"])
    if values["place"] is None and (row["place"] or row.get("is_host", "") in YES):
        errors.append(RowError(number, "所在地代码", row["place"], _("不是本地区的六位区划代码")))
    if row.get("recommender"):
        values["recommender"] = agencies.get(row["recommender"])
        if values["recommender"] is None:
            errors.append(RowError(number, "归口部门", row["recommender"], _("没有这个部门")))
    values["is_host"] = row.get("is_host", "") in YES
    try:
        if row.get("uscc"):
            values["uscc"] = check_uscc(row["uscc"])
    except BadIdentifier as error:
        errors.append(RowError(number, "统一社会信用代码", row["uscc"], str(error)))
    try:
        if row.get("ror"):
            values["ror"] = check_ror(row["ror"])
    except BadIdentifier as error:
        errors.append(RowError(number, "ROR", row["ror"], str(error)))
    return values, errors


def _write_organisations(ready: list[tuple[dict[str, Any], Any]], actor: Actor) -> None:
    with command(actor, "registry.import", name="registry.import_organisations") as log:
        fresh: list[Organisation] = []
        old: list[Organisation] = []
        changed = {"code"}
        for values, found in ready:
            target = found or Organisation()
            changed |= set(values)
            for key, value in values.items():
                if found is None or value not in ("", None, False):
                    setattr(target, key, value)
            if not target.code:
                target.code = target.uscc.lower() or "org-" + hashlib.sha256(target.name_zh.encode()).hexdigest()[:10]
            (fresh if found is None else old).append(target)
        Organisation.objects.bulk_create(fresh)
        Organisation.objects.bulk_update(old, sorted(changed), batch_size=500)
        for target in [*fresh, *old]:
            log(target, after={"name_zh": target.name_zh, "uscc": target.uscc, "is_host": target.is_host})


IMPORTS |= {
    "people": (gettext_lazy("人员"), PEOPLE, import_people),
    "organisations": (gettext_lazy("单位"), ORGANISATIONS, import_organisations),
}
