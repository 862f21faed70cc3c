"""Answers that satisfy a scheme, as a browser would send them."""

from __future__ import annotations

from datetime import date
from typing import Any

from headwater.forms.shapes import Field
from headwater.schemes import Scheme

SPECIAL: dict[str, dict[str, Any]] = {
    "im-phd": {"degree_on": "2020-06-30", "postdoc": "no"},
    "im-major": {
        "origin": "guide",
        "subjects": [
            {"name": "课题一", "leader": "张三 内蒙古大学", "host": "内蒙古大学", "amount": "120"},
            {"name": "课题二", "leader": "李四 某所", "host": "某研究所", "amount": "80"},
        ],
    },
    "im-jf": {"from_department": "3", "from_cofunder": "7", "paid_by": "{year}-10-01"},
    "im-jfk": {"from_department": "20", "from_cofunder": "30", "paid_by": "{year}-10-01"},
    "im-lab": {"shape": "single", "fixed": "40", "senior": "20", "technicians": "5", "equipment": "1200"},
    "im-instr": {
        "items": [
            {"name": "透射电镜", "model": "200 kV", "count": "1", "price": "160", "made": "abroad"},
            {"name": "离心机", "model": "台式", "count": "2", "price": "5", "made": "home"},
        ],
        "similar_count": "1",
        "hours": "1500",
        "shared_hours": "600",
    },
    "im-share": {"grade": "good", "service_year": "{last}", "_amount": "1.4"},
    "im-prize": {"grade": "second", "by": "unit"},
    "im-need": {"pays": "yes", "money": "50", "share": "10"},
    "im-talent": {"way": "recruit", "joined_on": "2026-01-05"},
    "im-bounty": {
        "mode": "race",
        "steps": [
            {"step": "样机", "due": "{year}-12-31", "test": "现场", "amount": "150"},
            {"step": "验证", "due": "{next}-12-31", "test": "现场", "amount": "150"},
        ],
        "budget": {
            "rows": [
                {"category": "purchase", "item": "反应釜", "amount": "60", "basis": "询价"},
                {"category": "operation", "item": "材料", "amount": "180"},
                {"category": "labour", "item": "研究生", "amount": "6"},
            ],
            "indirect": "54",
        },
    },
    "im-direct": {
        "ground": "only",
        "grade": "excellent",
        "panel": [{"who": f"专家{n} 某校", "where": "某校", "vote": "yes" if n < 5 else "no"} for n in range(6)],
        "budget": {"rows": [{"year": "{year}", "amount": "60", "goal": "一"}, {"year": "{next}", "amount": "40", "goal": "二"}]},
    },
    "im-u": {
        "teachers": "1200",
        "teachers_45": "700",
        "lines": [
            {"line": "young", "content": "青年教师项目", "count": "40", "amount": "600"},
            {"line": "platform", "content": "平台运行", "count": "3", "amount": "400"},
        ],
        "budget": {"rows": [{"year": "{year}", "amount": "1000", "goal": "支持青年教师"}]},
    },
    "nsfc-reg-jf": {"category": "key", "requested": "255", "local_host": "local"},
}


def example(f: Field, year: int, special: Any = None) -> dict[str, Any]:
    """The controls of one question with values; `special` replaces the usual answer."""
    if f.value or f.type == "file":
        return {}
    if f.type == "budget" and f.regime == "lump":
        return {f.code: "", f"{f.code}.promise": "1"}
    if f.columns:
        given = special if special is not None else [{} for _n in range(max(1, f.min_rows))]
        rows = given["rows"] if isinstance(given, dict) else given
        out: dict[str, Any] = {f.code: ""}
        for n, row in enumerate(rows):
            for c in f.columns:
                if not c.value:
                    out[f"{f.code}.{n}.{c.code}"] = row.get(c.code, "") if row else simple(c, n)
        if isinstance(given, dict):
            out[f"{f.code}.indirect"] = given.get("indirect", "")
        return {k: dated(v, year) for k, v in out.items()}
    return {f.code: dated(special, year) if special is not None else simple(f)}


def dated(value: Any, year: int) -> Any:
    return value.format(year=year, next=year + 1, last=year - 1) if isinstance(value, str) else value


def simple(f: Field, n: int = 0) -> Any:
    if f.type in {"text", "rich", "line"}:
        return ("研" * max(1, f.min_chars)) if f.type != "line" else f"内容{n}"
    if f.type == "number":
        return str(max(int(f.minimum or 0), 1))
    if f.type == "date":
        return date(2020 + n, 6, 30).isoformat()
    known = {
        "money": "10",
        "discipline": "A0101",
        "person": f"某人{n} 某校",
        "organisation": "内蒙古大学" if n == 0 else f"某校{n}",
    }
    if f.type == "person" and not f.outside:
        return "{leader}"
    return known.get(f.type) or (f.choices[0][0] if f.type == "choice" else [f.choices[0][0]])


def answers_for(scheme: Scheme, section: str, year: int) -> dict[str, Any]:
    """A whole section as a browser would send it."""
    found = scheme.section(section)
    special = SPECIAL.get(scheme.code, {})
    out: dict[str, Any] = {}
    for f in found.fields if found else ():
        out |= example(f, year, special.get(f.code))
    return out
