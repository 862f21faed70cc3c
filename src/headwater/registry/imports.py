"""Imports of people and organisations from xlsx and csv: a dry run lists every bad row and changes nothing."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.core import clock
from headwater.core.address_changes import address_owners
from headwater.core.addresses import is_address
from headwater.core.command import Actor, command
from headwater.core.sheets import RowError
from headwater.core.sounds import sounds
from headwater.registry.addresses import ask_for_addresses, tell_of_changes
from headwater.registry.fund_staff import lock_persons, objection, work_under_way
from headwater.registry.identifiers import BadIdentifier, check_orcid, check_resident_id, check_ror, check_uscc, document_hash
from headwater.registry.models import Agency, Employment, Organisation, Person, Place
from headwater.registry.qualifications import known_degrees, one_of_degrees, senior_titles
from headwater.registry.tables import (
    ADDRESS,
    CLEAR,
    DOCUMENTS,
    IDENTIFIER,
    IMPORTS,
    MAYBE,
    NAME,
    UNITS,
    YES,
    Column,
    Importable,
    ImportResult,
    Row,
    birth_span,
    day_of,
    finish,
    parse_rows,
    pick,
    put,
    too_long,
    work_span,
)

ADDRESSES = ("邮箱", "E-mail", "Email", "邮箱地址", "电子邮件", "电子信箱", "联系邮箱")
PEOPLE = (
    Column("name_zh", "姓名", True, ("中文姓名", "名字"), NAME),
    Column("name_en", "英文姓名", False, ("英文名", "姓名拼音"), NAME),
    Column("document", "身份证号", False, DOCUMENTS, IDENTIFIER),
    Column("sex", "性别"),
    Column("birth_date", "出生日期", False, ("出生年月", "出生年月日", "生日")),
    Column("organisation", "单位", True, UNITS),
    Column("department", "院系", False, ("部门", "所在院系", "所在部门", "学院")),
    Column("title", "职称", False, ("专业技术职务", "职称名称")),
    Column("degree", "最高学位", False, ("学位",)),
    Column("orcid", "ORCID", False, ("ORCID iD", "ORCID号"), IDENTIFIER),
    Column("email", "电子邮箱", False, ADDRESSES, ADDRESS),
    Column("phone", "电话", False, ("手机", "手机号", "手机号码", "联系电话", "电话号码", "移动电话"), IDENTIFIER),
    Column("since", "入职日期", False, ("入职时间", "到岗日期", "到校日期")),
    Column("is_student", "在读研究生", False, ("在读",)),
    Column("is_fund_staff", "基金管理人员"),
)
ORGANISATIONS = (
    Column("code", "代码"),
    Column("name_zh", "单位名称", True, ("名称", "单位", "单位全称")),
    Column("name_en", "英文名称", False, ("单位英文名称",)),
    Column("uscc", "统一社会信用代码", False, ("社会信用代码", "信用代码", "统一信用代码"), IDENTIFIER),
    Column("ror", "ROR", False, ("ROR ID",)),
    Column("kind", "类型", True, ("单位类型", "单位性质")),
    Column("place", "所在地代码", False, ("区划代码", "行政区划代码")),
    Column("recommender", "归口管理部门", False, ("归口部门", "主管部门", "推荐单位")),
    Column("is_host", "注册依托单位"),
)
SEXES = {"男": "m", "女": "f", "m": "m", "f": "f", "": ""}


def import_people(*, name: str, content: bytes, actor: Actor, dry_run: bool = True, skip_bad: bool = False) -> ImportResult:
    """Import people; an identity document or ORCID already known, or else the same name, institution and e-mail, updates
    that person; anything else adds one. A namesake of the same institution needs one of the three to be told apart.

    Nothing changes when there is a bad row, unless `skip_bad`. Uses a constant number of queries.

    Raises:
        Refused: the file as a whole cannot be read.
    """
    table = parse_rows(name, content, PEOPLE)
    hosts, words = {o.name_zh: o for o in Organisation.objects.all()}, _Words(known_degrees(), senior_titles())
    records = Person.objects.select_related("merged_into")
    identities = _Identities({p.id_hash: p for p in records.exclude(id_hash="")}, {p.orcid: p for p in records.exclude(orcid="")})
    namesakes: dict[tuple[str, int], list[Person]] = defaultdict(list)
    for p in records.filter(name_zh__in={r["name_zh"] for r in table.rows}, organisation__isnull=False):
        namesakes[p.name_zh, p.organisation_id or 0].append(p)
    owners = address_owners(r.get("email", "") for r in table.rows)
    keys: set[Any] = set()
    places: dict[int, int] = {}
    result, ready = table.result(dry_run), []
    for number, row in table:
        values, errors = _person(number, row, hosts, words)
        errors += too_long(number, values, PEOPLE, Person)
        key = values["id_hash"] or values["orcid"] or (values["name_zh"], values["organisation"], values["email"])
        person = identities.find(number, row, values, errors)
        if not errors and person is None and isinstance(key, tuple):
            person = _namesake(number, values, namesakes[values["name_zh"], values["organisation"].pk], errors)
        one = {key, person.pk} if person else {key}
        if one & keys:
            errors.append(RowError(number, "姓名", row["name_zh"], _("与文件中前面的一行是同一人")))
        keys |= one
        if owners.get(values["email"]) not in {None, person.account_id if person else None}:
            errors.append(RowError(number, "电子邮箱", values["email"], _("这个邮箱已属于另一个账号")))
        result.errors += errors
        if not errors:
            ready.append((values, person))
            if person is not None:
                places[person.pk] = number
            else:
                result.notes += _near(number, values, namesakes[values["name_zh"], values["organisation"].pk])
    ready = _without_applicants(places, ready, result, actor)
    return finish(result, ready, actor, skip_bad, _write_people)


def _without_applicants(
    places: dict[int, int], ready: list[tuple[dict[str, Any], Person | None]], result: ImportResult, actor: Actor
) -> list[tuple[dict[str, Any], Person | None]]:
    """Return the rows without those that mark as fund staff somebody who applies, takes part or carries out a project: these are errors."""
    staff = {p.pk: p for values, p in ready if p is not None and values["is_fund_staff"] and not p.is_fund_staff}
    busy = work_under_way(staff, actor)
    for values, person in ready:
        if person is not None and person.pk in busy and values["is_fund_staff"]:
            result.errors.append(RowError(places[person.pk], "基金管理人员", values["name_zh"], objection(busy[person.pk])))
    return [(v, p) for v, p in ready if p is None or p.pk not in busy or not v["is_fund_staff"]]


def _near(number: int, values: dict[str, Any], namesakes: list[Person]) -> list[str]:
    """Note that somebody new has the name of others at the institution: perhaps two records of one person, which can be merged."""
    if not namesakes:
        return []
    parameters = {"line": number, "name": values["name_zh"], "others": "、".join(str(p.pk) for p in namesakes[:5])}
    return [
        _("第 %(line)d 行 %(name)s：该单位已有同名人员（人员编号 %(others)s），请核对是否同一人，可在人员页合并记录") % parameters
    ]


@dataclass(frozen=True)
class _Identities:
    """The records of the registry by document and by ORCID; what is found is the record that stands for the person."""

    documents: dict[str, Person]
    orcids: dict[str, Person]

    def find(self, number: int, row: Row, values: dict[str, Any], errors: list[RowError]) -> Person | None:
        """Find one person by document and ORCID: nobody gets a new identity, and with it new limits, by another's ORCID."""
        document, orcid = self.documents.get(values["id_hash"]), self.orcids.get(values["orcid"])
        match = document or orcid
        if match is None:
            return None
        other = orcid is not None and orcid.survivor_id != match.survivor_id
        if other or (document is None and match.id_hash and values["id_hash"]):
            errors.append(RowError(number, "ORCID", row["orcid"], _("该 ORCID 属于登记库中身份证件不同的另一人")))
        for record, names in ((document, ("id_hash", "id_tail")), (orcid, ("orcid",))):
            if record and record.merged_into_id:  # that record keeps its own
                values |= dict.fromkeys(names, "")
        return match.survivor


def _namesake(number: int, values: dict[str, Any], namesakes: list[Person], errors: list[RowError]) -> Person | None:
    """Return the person of the same name, institution and e-mail; namesakes that nothing tells apart are an error."""
    for person in namesakes:
        if values["email"] and person.email == values["email"]:
            return person.survivor
    if namesakes and not values["email"]:
        text = _("登记库中该单位已有同名人员，请填写身份证号、ORCID 或电子邮箱以便区分")
        errors.append(RowError(number, "姓名", values["name_zh"], text))
    return None


@dataclass(frozen=True)
class _Words:
    """Words that the region gives: the degrees, and the titles that are senior ones."""

    degrees: Sequence[str]
    senior: frozenset[str]


def _person(number: int, row: Row, hosts: dict[str, Organisation], words: _Words) -> tuple[dict[str, Any], list[RowError]]:
    errors: list[RowError] = []
    values: dict[str, Any] = {"name_zh": row["name_zh"], "id_hash": "", "orcid": "", "id_tail": ""}
    if not row["name_zh"]:
        errors.append(RowError(number, "姓名", "", _("不能为空")))
    organisation = hosts.get(row["organisation"])
    if organisation is None:
        errors.append(RowError(number, "单位", row["organisation"], _("登记库中没有这个单位，请先登记或改用登记库中的名称")))
    values["organisation"] = organisation
    for key in ("name_en", "department", "title", "email", "phone"):
        values[key] = row.get(key, "")
    values["sex"] = pick(number, "性别", row.get("sex", ""), SEXES, errors) or ""
    for key, label, span in (("birth_date", "出生日期", birth_span()), ("since", "入职日期", work_span())):
        values[key] = day_of(number, label, row.get(key, ""), errors, span)
    values["highest_degree"] = row.get("degree", "")
    if values["highest_degree"] not in (*words.degrees, "", CLEAR):
        errors.append(RowError(number, "最高学位", row["degree"], one_of_degrees(words.degrees)))
    values["is_senior"] = values["title"] in words.senior if values["title"] else None
    for key, label in (("is_student", "在读研究生"), ("is_fund_staff", "基金管理人员")):
        values[key] = pick(number, label, row.get(key, ""), MAYBE, errors)
    if row.get("email") and not is_address(row["email"]) and row["email"] != CLEAR:
        errors.append(RowError(number, "电子邮箱", row["email"], _("不是电子邮箱地址")))
    _identify(number, row, values, errors)
    return values, errors


def _identify(number: int, row: Row, values: dict[str, Any], errors: list[RowError]) -> None:
    """Put in what the document and the ORCID tell; they must agree with the rest of the row."""
    try:
        if row.get("document"):
            document, birth_date, sex = check_resident_id(row["document"])
            if not birth_span()[0] <= birth_date <= birth_span()[1]:
                raise BadIdentifier(_("身份证号中的出生日期不合情理"))
            if values["birth_date"] not in {None, birth_date}:
                errors.append(RowError(number, "出生日期", row["birth_date"], _("与身份证号中的出生日期不同")))
            values.update(id_hash=document_hash(document), id_tail=document[-4:], birth_date=birth_date, sex=sex)
    except BadIdentifier as error:
        errors.append(RowError(number, "身份证号", row["document"][:6] + "…", str(error)))
    try:
        if row.get("orcid"):
            values["orcid"] = check_orcid(row["orcid"])
    except BadIdentifier as error:
        errors.append(RowError(number, "ORCID", row["orcid"], str(error)))


TAKEN_OVER = [
    *(
        "name_zh",
        "name_sounds",
        "name_en",
        "organisation",
        "department",
        "title",
        "email",
        "phone",
        "sex",
        "birth_date",
        "highest_degree",
    ),
    *("is_senior", "is_student", "is_fund_staff", "orcid", "id_hash", "id_tail"),
]


def _write_people(ready: list[tuple[dict[str, Any], Any]], actor: Actor) -> None:
    with command(actor, "registry.import", name="registry.import_people") as log:
        fresh, jobs, old = [], [], []
        account_addresses: list[tuple[Person, str]] = []
        earlier_addresses: list[tuple[Person, str]] = []
        homes = {person.pk: person.organisation_id for _values, person in ready if person}
        lock_persons([person.pk for values, person in ready if person and values["is_fund_staff"]])
        for values, person in ready:
            since = values.pop("since")
            if person is not None and values["email"] not in ("", person.email):
                if person.account_id:  # the address of an account waits for its new mailbox
                    new = values.pop("email")
                    account_addresses.append((person, "" if new == CLEAR else new))
                else:
                    earlier_addresses.append((person, person.email))
            target = person or Person()
            if values["title"] == target.title:  # a title outside the list may be on record as a senior one
                values["is_senior"] = None
            put(target, values)
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
        if old:
            for known in old:
                known.name_sounds = sounds(known.name_zh)
            Person.objects.bulk_update(old, TAKEN_OVER, batch_size=1000)
        log.many(fresh, {"imported": True})
        log.many(old, {"updated": True})
        ask_for_addresses(account_addresses, actor=actor, log=log)
        tell_of_changes(earlier_addresses)


def _leave(moves: dict[int, tuple[Any, date]]) -> None:
    """End the posts that people leave on the day they begin elsewhere (two statements): the institution that somebody came from
    still counts for conflicts of interest, so it must be on record even where the post was not."""
    rows = Employment.objects.filter(person__in=moves, until__isnull=True, kind=Employment.Kind.FULL)
    posts = [e for e in rows if e.organisation_id == moves[e.person_id][0]]
    for row in posts:
        row.until = max(row.since, moves[row.person_id][1])
    Employment.objects.bulk_update(posts, ["until"], batch_size=1000)
    movers = {row.person_id for row in posts}
    Employment.objects.bulk_create(
        [
            Employment(person_id=person, organisation_id=home, since=min(since, date(2000, 1, 1)), until=since)
            for person, (home, since) in moves.items()
            if person not in movers
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
    table = parse_rows(name, content, ORGANISATIONS)
    registered = {o.uscc: o for o in Organisation.objects.exclude(uscc="")} | {o.name_zh: o for o in Organisation.objects.all()}
    codes: dict[str, Organisation | str] = {o.code: o for o in registered.values()}
    places = {p.code: p for p in Place.objects.all()}
    agencies = {a.name_zh: a for a in Agency.objects.all()} | {a.code: a for a in Agency.objects.all()}
    result, ready, keys = table.result(dry_run), [], set()
    for number, row in table:
        values, errors = _organisation(number, row, places, agencies)
        errors += too_long(number, values, ORGANISATIONS, Organisation)
        key = values.get("uscc") or values["name_zh"]
        if key in keys:
            errors.append(RowError(number, "单位名称", values["name_zh"], _("与文件中前面的一行重复")))
        keys.add(key)
        organisation = registered.get(values["uscc"]) or registered.get(values["name_zh"])
        if values["code"] and codes.setdefault(values["code"], organisation or key) != (organisation or key):
            errors.append(RowError(number, "代码", values["code"], _("已是另一单位的代码")))
        result.errors += errors
        if not errors:
            ready.append((values, organisation))
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
            errors.append(RowError(number, "归口管理部门", row["recommender"], _("没有这个部门")))
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
        fields = {"code", "name_sounds"}
        for values, organisation in ready:
            target = organisation or Organisation()
            fields |= set(values)
            for key, value in values.items():
                if organisation is None or value not in ("", None, False):
                    setattr(target, key, value)
            if not target.code:
                target.code = target.uscc.lower() or "org-" + hashlib.sha256(target.name_zh.encode()).hexdigest()[:10]
            target.name_sounds = sounds(target.name_zh)
            (fresh if organisation is None else old).append(target)
        Organisation.objects.bulk_create(fresh)
        Organisation.objects.bulk_update(old, sorted(fields), batch_size=500)
        for target in [*fresh, *old]:
            log(target, after={"name_zh": target.name_zh, "uscc": target.uscc, "is_host": target.is_host})


IMPORTS.add("people", Importable(gettext_lazy("人员"), PEOPLE, import_people))
IMPORTS.add("organisations", Importable(gettext_lazy("单位"), ORGANISATIONS, import_organisations))
