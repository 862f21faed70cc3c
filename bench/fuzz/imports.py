"""Bad tables: imports of people and institutions, by the page and by the service, from CSV and workbooks with every fault."""

from __future__ import annotations

import io
import time
import zipfile
from functools import lru_cache
from random import Random
from typing import Any

from bench.fuzz.files import damaged, twisted
from bench.fuzz.values import DAYS, NASTY, NUMBERS, Pairs, Upload, bad, changed, day, words
from bench.fuzz.world import Request, World, told, where

SLOW = 10.0
GOOD: dict[str, Any] = {
    "name_zh": lambda r: words(r, 3), "name_en": lambda r: "San Zhang", "document": lambda r: "", "sex": lambda r: r.choice("男女"),
    "birth_date": day, "organisation": lambda r: "内蒙古大学", "department": lambda r: "生态学院", "title": lambda r: "教授",
    "degree": lambda r: "博士", "orcid": lambda r: "", "email": lambda r: f"f{r.randrange(10**9)}@example.org", "phone": lambda r: "13800000000",
    "since": day, "code": lambda r: f"f-{r.randrange(10**6)}", "uscc": lambda r: "", "ror": lambda r: "", "kind": lambda r: "高等学校",
    "place": lambda r: "150100", "recommender": lambda r: "", "is_host": lambda r: r.choice(["是", ""]),
    "is_student": lambda r: r.choice(["是", "否", ""]), "is_fund_staff": lambda r: r.choice(["是", "否", ""]),
    "person": lambda r: str(r.randrange(1, 40)), "scope": lambda r: r.choice(["全部", "申请"]), "until": day, "decision": lambda r: f"f-{r.randrange(50)}",
    "years": lambda r: r.choice(["", "3", "永久"]), "legal_basis": lambda r: "条例", "post": lambda r: "教师", "senior": lambda r: r.choice("是否"),
    "year": lambda r: str(r.randint(2015, 2025)), "approved": lambda r: str(r.randrange(40)), "number": lambda r: f"P{r.randrange(50)}",
    "scheme": lambda r: r.choice(["im-gen", "重点项目"]), "role": lambda r: r.choice(["负责人", "参与者"]), "approved_on": day, "ends_on": day,
    "months": lambda r: "36", "closed": lambda r: r.choice(["是", "否", ""]),
    "venue": lambda r: "草业学报", "doi": lambda r: r.choice(["", f"10.1000/{r.randrange(99)}"]), "keywords": lambda r: "草原；碳汇", "abstract": lambda r: "",
    "position": lambda r: str(r.randint(1, 9)), "source": lambda r: "", "other_document": lambda r: "", "other_person": lambda r: str(r.randrange(1, 40)),
    "other_name": lambda r: "", "note": lambda r: "", "codes": lambda r: r.choice(["C0101", "C01；D02", ""]), "languages": lambda r: r.choice(["", "汉语、蒙古语"]),
    "max_load": lambda r: r.choice(["", "12"]), "is_external": lambda r: r.choice(["是", "否", ""]), "away_until": lambda r: "",
}  # fmt: skip
IDS = [
    "11010519491231002X",
    "110105194912310021",
    "91150000460000000X",
    "12100000400000000X",
    "0000-0002-1825-0097",
    "0000-0001-5109-3700",
    "https://orcid.org/0000-0002-1825-0097",
    "https://ror.org/0106qb496",
    "0106qb496",
    "０" * 18,
]


@lru_cache(maxsize=1)
def known() -> dict[str, list[str]]:
    """What is registered already, by column: rows that meet it update it, or must be refused."""
    from headwater.registry.models import Agency, Organisation, Person

    people, hosts = Person.objects.order_by("pk")[:6], Organisation.objects.order_by("pk")[:6]
    return {
        "name_zh": [*(p.name_zh for p in people), *(o.name_zh for o in hosts)],
        "email": [p.email for p in people],
        "orcid": [*(p.orcid for p in people), "0000-0002-1825-0097", "0000-0001-5109-3700"],
        "document": ["11010519491231002X", "110105199003078030", "15010219800101001X"],
        "code": [o.code for o in hosts],
        "uscc": [o.uscc for o in hosts],
        "ror": ["https://ror.org/0106qb496", "0106qb496"],
        "recommender": list(Agency.objects.order_by("pk").values_list("name_zh", flat=True)[:3]),
    }


def headings(random_: Random, columns: Any) -> list[Any]:
    heading: list[Any] = [c.label for c in columns]
    if random_.random() < 0.3:
        way = random_.randrange(6)
        if way == 0:
            random_.shuffle(heading)
        elif way == 1:
            heading[random_.randrange(len(heading))] = bad(random_, big=False)
        elif way == 2:
            heading = heading + heading
        elif way == 3:
            heading = [f" {h} " for h in heading]
        elif way == 4:
            heading = heading[: random_.randint(0, len(heading))]
        else:
            heading = [""] * random_.randint(0, 250)
    return heading


def cell(random_: Random, c: Any, organisation: str) -> Any:
    good = organisation if c.name == "organisation" else GOOD[c.name](random_)
    draw = random_.random()
    if c.name in known() and draw < 0.15:
        return random_.choice(known()[c.name])
    if draw < 0.88:
        return good
    if draw < 0.92:
        return changed(random_, good)
    return random_.choice([*IDS, *NUMBERS, *DAYS]) if draw < 0.95 else bad(random_, big=random_.random() < 0.05)


def table(random_: Random, columns: Any, organisation: str) -> list[list[Any]]:
    """A heading and rows, most cells good; a few, the same in many rows, are of what is registered."""
    rows = [headings(random_, columns)]
    for _n in range(random_.choice([0, 1, 1, 2, 3, 5, 40])):
        row = [cell(random_, c, organisation) for c in columns]
        if random_.random() < 0.1:
            row = row[: random_.randint(0, len(row))] or row + row
        rows.append(row)
        if random_.random() < 0.05:
            rows.append(list(row))
    return rows


def as_csv(random_: Random, rows: list[list[Any]]) -> bytes:
    import csv

    out = io.StringIO()
    writer = csv.writer(
        out, delimiter=random_.choices([",", "\t", ";"], [90, 7, 3])[0], lineterminator=random_.choice(["\r\n", "\n", "\r"])
    )
    for row in rows:
        writer.writerow(row)
    text = out.getvalue()
    if random_.random() < 0.05:
        text = random_.choice(['"', "\r\r\n", "sep=;\n", "\0", "x" * 1_100_000]) + text
    encoding = random_.choices(
        ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-32", "big5", "latin-1", "utf-7"],
        [60, 10, 10, 5, 3, 2, 3, 4, 3],
    )[0]
    try:
        return text.encode(encoding, "surrogatepass" if encoding.startswith("utf-8") else "replace")
    except UnicodeError:
        return text.encode("utf-8", "replace")


def as_workbook(random_: Random, rows: list[list[Any]]) -> bytes:
    """A workbook by the writer of the project's exports, with formulas, dates, errors, merged cells, far cells, many columns."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "nan_inf_to_errors": True})
    sheet = book.add_worksheet("a")
    for at, row in enumerate(rows):
        for column, cell in enumerate(row[:300]):
            text = str(cell).encode("utf-8", "replace").decode()[:32000]
            draw = random_.random()
            if draw < 0.94:
                sheet.write_string(at, column, text)
            elif draw < 0.96:
                sheet.write_formula(at, column, random_.choice(['="a"&"b"', "=1/0", "=A1", "=TODAY()", "=" + "(" * 50]))
            elif draw < 0.98:
                sheet.write_number(
                    at,
                    column,
                    random_.choice([0, 1.5, -1, 1e300, 45000, 45000.5, 1e15, 2958466, -5]),
                    book.add_format({"num_format": random_.choice(["General", "yyyy-mm-dd", "[h]:mm:ss", "0%"])}),
                )
            else:
                sheet.write_boolean(at, column, boolean=True)
    way = random_.random()
    if way < 0.05:
        sheet.merge_range(0, 0, 2, 3, "合并")
    elif way < 0.08:
        sheet.write_string(random_.choice([100, 100_005, 1_048_575]), random_.choice([3, 250, 16_383]), "x")
    elif way < 0.1:
        sheet.write_row(0, 0, ["x"] * 16_000)
    elif way < 0.12:
        book.add_worksheet("b").write_string(0, 0, "x")
    book.close()
    return out.getvalue()


def broken_workbook(random_: Random, content: bytes) -> bytes:
    """The archive damaged, or one of its parts rewritten."""
    draw = random_.random()
    if draw < 0.4:
        return damaged(random_, content)
    if draw < 0.6:
        return twisted(random_, content)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        victim = random_.choice(old.namelist())
        for name in old.namelist():
            data = old.read(name)
            if name == victim:
                way = random_.randrange(6)
                if way == 0:
                    continue
                if way == 1:
                    data = damaged(random_, data)
                elif way == 2:
                    data = data.replace(b"<v>0</v>", b"<v>%s</v>" % random_.choice([b"-1", b"9" * 30, b"x", b"1e9", b""]))
                elif way == 3:
                    data = data.replace(
                        b'r="A1"', random_.choice([b'r="ZZZ9999999"', b'r=""', b'r="A0"', b'r="1A"', b'r="XFD1048577"', b""])
                    )
                elif way == 4:
                    data = b'<!DOCTYPE a [<!ENTITY b "' + b"c" * 1000 + b'">]>' + data
                else:
                    data = b" " * random_.choice([10, 400_000]) + data
            new.writestr(name, data)
    return out.getvalue()


def made(random_: Random, columns: Any, organisation: str) -> tuple[str, bytes]:
    rows = table(random_, columns, organisation)
    if random_.random() < 0.5:
        content, name = as_csv(random_, rows), random_.choice(["a.csv", "a.csv", "a.tsv", "a.txt", "a.CSV"])
        if random_.random() < 0.1:
            content = damaged(random_, content)
    else:
        content, name = as_workbook(random_, rows), "a.xlsx"
        if random_.random() < 0.45:
            content = broken_workbook(random_, content)
    if random_.random() < 0.06:
        name = random_.choice(["a.xls", "a.ods", "a", "", "a.pdf", "a.xlsb", "a.csv", "a.xlsx", random_.choice(NASTY)[:100]])
    if random_.random() < 0.01:
        content = b""
    return name, content


def case(world: World, random_: Random) -> None:
    """By the service mostly, a fifth by the page: a dry run changes nothing, a refused file changes nothing."""
    from headwater.registry.models import Organisation
    from headwater.registry.tables import IMPORTS

    kind = random_.choice(sorted(IMPORTS))
    hosts = list(Organisation.objects.order_by("pk").values_list("name_zh", flat=True)[:5])
    name, content = made(random_, IMPORTS[kind][1], random_.choice(hosts))
    if random_.random() < 0.2:
        by_page(world, random_, kind, name, content)
    else:
        by_service(world, random_, kind, name, content)


def by_page(world: World, random_: Random, kind: str, name: str, content: bytes) -> None:
    who = random_.choices(["officer", "sysadmin", random_.choice(world.people)], [6, 3, 1])[0]
    pairs: Pairs = [("kind", kind if random_.random() < 0.95 else bad(random_, big=False)), ("file", Upload(name, content))]
    if random_.random() < 0.3:
        pairs.append(("skip_bad", "1"))
    if random_.random() < 0.3:
        pairs.append(("confirmed", "1"))
    request = Request(who, "POST", "/imports/", pairs)
    before = world.played.copy()
    touched = world.judge(request, world.send(request, random_))
    if touched and not any(n == "confirmed" for n, _v in pairs):
        world.find("changed", "a dry run by the page", f"{request}\n{touched}")
    if random_.random() < 0.5:
        held: Pairs = [
            ("kind", kind),
            ("held", "1"),
            ("confirmed", "1"),
            *([("skip_bad", "1")] if random_.random() < 0.5 else []),
        ]
        again = Request(who, "POST", "/imports/", held)
        world.judge(again, world.send(again, random_))
        world.played = before + type(before)({"accepted": 1})


def by_service(world: World, random_: Random, kind: str, name: str, content: bytes) -> None:
    from headwater.core.command import system
    from headwater.core.errors import Refused
    from headwater.registry.tables import IMPORTS

    dry, skip = random_.random() < 0.4, random_.random() < 0.4
    said = f"import {kind} {name[:60]!r}, {len(content)} bytes, dry_run={dry}, skip_bad={skip}"
    began, refused = time.process_time(), False
    try:
        result = IMPORTS[kind][2](name=name, content=content, actor=system("fuzz"), dry_run=dry, skip_bad=skip)
        refused = bool(result.errors) and not skip
        if result.added + result.changed + result.skipped > result.rows or any(not e.message for e in result.errors):
            world.find("count", f"import {kind}", f"{said}\n{result}")
    except Refused as error:
        refused = True
        if len(str(error)) > 2000:
            world.find("long", f"import {kind}", f"{said}\n{len(str(error))} characters of refusal")
    except Exception as error:
        refused = True
        world.find("error_500", where(error), f"{said}\n{told(error)}")
    if time.process_time() - began > SLOW:
        world.find("slow", f"import {kind}", f"{said}: {time.process_time() - began:.1f} s")
    world.played["refused" if refused else "accepted"] += 1
    tables = world.fingerprint()
    touched = {n for n in tables if tables[n] != world.tables.get(n)}
    if touched and (dry or refused):
        world.find("changed", f"import {kind}", f"{said}\n{touched} changed")
    world.tables, world.events = tables, world.last_event()
