"""The checks of a region package's tables, each against what the loader, the rules and the other tables ask of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from headwater.core.reading import Reader
from headwater.regions.needs import check_needs, shape_words
from headwater.regions.package import Package
from headwater.regions.policies import check_articles, check_document, check_evidence
from headwater.schemes import parse_scheme
from headwater.schemes.rules import RULES, parameters_of
from headwater.schemes.rules.values import WORDS, shape_of

LEVEL_CHARS = 12
AGENCY_KINDS = ("government", "department", "committee", "local", "group")
ORGANISATION_KINDS = ("university", "college", "institute", "hospital", "enterprise", "government")
CONFIDENCES = ("checked", "checked-2nd", "from-knowledge", "design")
LABEL_CHARS = {"label_zh": 60, "label_en": 80}

PROFILE = ("department_zh", "fund_zh", "fund_en", "letter_mark")
"""How the region calls its department and its fund, and the mark of its letters' numbers."""

NEEDED = (
    *("call_deadline_time", "call_window_days", "endorse_days", "recommend_days", "guide_lead_days", "max_named_unsuitable"),
    *("formal_check_days", "recheck_request_days", "recheck_answer_days"),
    *("reviewers_per_application", "reviewer_max_load", "review_deadline_days", "min_opinion_chars", "min_reviews_valid"),
    "max_same_host_reviewers",
    *("coauthor_window_years", "coproject_window_years", "affiliation_window_years"),
    *("consortium_author_limit", "host_counts_as_home"),
    "young_age",
    *(
        "publicity_working_days",
        "objection_reply_days",
        "objection_confirm_hours",
        "objections_per_hour",
        "objections_per_contact",
    ),
    *("taskbook_days", "agreement_reminder_days", "agreement_last_reminder_days", "agreement_extension_days"),
)
"""Parameters that every call reads, whatever the rules of its scheme."""

BASES = ("formal_check", "recheck_request", "recheck_answer", "guide_lead", "fund_staff", "public_projects", "rules")
"""What pages cite a rule of the region for; `rules` is for every rule that has no source of its own under its name."""

OFFICE = ("system", "name", "phone", "email", "address", "postcode", "supervision")
"""What mails and papers say of who signs them."""

Problems = list[tuple[str, str]]


def check_region(package: Package, problems: Problems) -> None:
    head = Reader(package.tables["region"], problems).table_at("region", required=True)
    code = _named(head)
    if code and code != package.path.name:
        problems.append((head.path("code"), f"expected {package.path.name!r}, the name of the folder"))
    for key in ("currency", "timezone", *PROFILE):
        head.text(key, required=True)
    head.text("notice_mark")
    _pairs(head.table_at("bases"), (*BASES, *RULES))
    _pairs(head.table_at("office"), OFFICE)
    head.text("place", required=True)
    _reference(head, "place", _codes(package, "places", "place"), "place")


def _pairs(table: Reader, known: Sequence[str]) -> None:
    """Check a table of texts in Chinese and English under keys that something reads."""
    for key in table.table:
        pair = table.get(key, list, [])
        if key not in known:
            table.problems.append((table.path(key), f"nothing reads this; known: {', '.join(known)}"))
        if len(pair) != 2 or not all(isinstance(text, str) and text for text in pair):
            table.problems.append((table.path(key), "expected a Chinese and an English text"))


def check_places(package: Package, problems: Problems) -> None:
    rows, place_codes = _rows(package, "places", "place", problems), _codes(package, "places", "place")
    levels = _rows(package, "places", "level", problems)
    codes = [_named(r) for r in levels]
    _twice(levels, codes)
    for r, code in zip(levels, codes, strict=True):
        if len(code) > LEVEL_CHARS:
            problems.append((r.path("code"), f"expected at most {LEVEL_CHARS} characters"))
    if levels and sum(1 for r in levels if r.get("counted", bool, False)) != 1:
        problems.append(("level", "expected one level with counted = true: that by which the region is counted and drawn"))
    _twice(rows, [_named(r) for r in rows])
    for r in rows:
        _one_of(r, "level", codes)
        _reference(r, "parent", place_codes, "place")
    groups = Reader(package.tables["places"], problems).tables("group")
    _twice([*rows, *groups], [r.text("code") for r in rows] + [_named(g) for g in groups])
    for g in groups:
        for code in g.get("places", list, [], required=True):
            if code not in place_codes:
                problems.append((g.path("places"), f"no place with code {code!r}"))


def counted_level(package: Package) -> dict[str, Any]:
    """Return the level of places by which a region is counted and drawn, with its names."""
    level: dict[str, Any] = next(row for row in package.tables["places"]["level"] if row.get("counted"))
    return level


def check_agencies(package: Package, problems: Problems) -> None:
    rows, places = _rows(package, "agencies", "agency", problems), _codes(package, "places", "place")
    _twice(rows, [_named(r) for r in rows])
    for r in rows:
        _one_of(r, "kind", AGENCY_KINDS)
        _reference(r, "place", places, "place")
        r.get("recommends", bool, False)


def check_policy(package: Package, problems: Problems) -> None:
    agencies, fields = _codes(package, "agencies", "agency"), _codes(package, "fields", "priority_field")
    top = Reader(package.tables["policy"], problems)
    if top.table:
        check_document(top)
        check_evidence(top, check_articles(top, agencies, fields))


def check_fields(package: Package, problems: Problems) -> None:
    prefixes = _codes(package, "disciplines", "discipline")
    rows = _rows(package, "fields", "priority_field", problems) + _rows(package, "fields", "review_group", problems)
    owners: dict[str, str] = {}
    for r in rows:
        code = _named(r)
        for prefix in r.get("discipline_prefixes", list, []):
            if not isinstance(prefix, str) or prefix not in prefixes:
                problems.append((r.path("discipline_prefixes"), f"no discipline with code {prefix!r}"))
            elif prefix in owners:
                problems.append((r.path("discipline_prefixes"), f"{prefix!r} belongs to {owners[prefix]!r} already"))
            else:
                owners[prefix] = code


def check_organisations(package: Package, problems: Problems) -> None:
    rows = _rows(package, "organisations", "organisation", problems)
    places, agencies = _codes(package, "places", "place"), _codes(package, "agencies", "agency")
    _twice(rows, [_named(r) for r in rows])
    for r in rows:
        _one_of(r, "kind", ORGANISATION_KINDS)
        _reference(r, "place", places, "place")
        _reference(r, "recommender", agencies, "agency")


def check_disciplines(package: Package, problems: Problems) -> None:
    rows, discipline_codes = _rows(package, "disciplines", "discipline", problems), _codes(package, "disciplines", "discipline")
    codes = [_named(r) for r in rows]
    if len(set(codes)) != len(codes):
        _twice(rows, codes)
    for r in rows:
        r.get("level", int, required=True)
        _reference(r, "parent", discipline_codes, "discipline")


def check_parameters(package: Package, problems: Problems) -> None:
    schemes = {code for s in package.schemes if (code := scheme_code(s))}
    # A file that cannot be read is told once, not again by every parameter of its scheme.
    unread = {Path(m.file).stem for m in package.mistakes if m.file.startswith("schemes/") and not m.key}
    starts: set[tuple[str, str, str]] = set()
    for r in _rows(package, "parameters", "parameter", problems):
        key, start = r.text("key", required=True), _date(r, "valid_from", required=True)
        if "value" not in r.table:
            problems.append((r.path("value"), "required"))
        else:
            _value(r, key)
        _one_of(r, "confidence", CONFIDENCES)
        r.text("source", required=True)
        _labels(r)
        end = _date(r, "valid_to")
        if start and end and end < start:
            problems.append((r.path("valid_to"), f"is before valid_from ({start})"))
        for code in r.get("applies_to", list, []):
            if not isinstance(code, str) or code not in schemes | unread:
                problems.append((r.path("applies_to"), f"no scheme with code {code!r}"))
            if (key, str(code), str(start)) in starts:
                problems.append((r.path("key"), f"{key!r} for {code!r} from {start} is given twice"))
            starts.add((key, str(code), str(start)))
    if not problems:
        _unread(package, problems)
        rows = package.tables["parameters"].get("parameter", [])
        check_needs([parse_scheme(s, parameters_of)[0] for s in package.schemes], rows, date.today(), problems)  # noqa: DTZ011 -- a region is checked without the house's clock


def scheme_code(definition: dict[str, Any]) -> str:
    head = definition.get("scheme")
    code = head.get("code") if isinstance(head, dict) else None
    return code if isinstance(code, str) else ""


CHECKS: dict[str, Callable[[Package, Problems], None]] = {
    "region": check_region,
    "places": check_places,
    "agencies": check_agencies,
    "policy": check_policy,
    "fields": check_fields,
    "organisations": check_organisations,
    "disciplines": check_disciplines,
    "parameters": check_parameters,
}


def _rows(package: Package, name: str, key: str, problems: Problems) -> list[Reader]:
    return Reader(package.tables.get(name, {}), problems).tables(key, required=bool(package.tables.get(name)))


def _codes(package: Package, name: str, key: str) -> set[str]:
    rows = package.tables.get(name, {}).get(key, [])
    codes = [r.get("code") for r in rows if isinstance(r, dict)] if isinstance(rows, list) else []
    return {code for code in codes if isinstance(code, str)}


def _reference(reader: Reader, key: str, codes: set[str], what: str) -> None:
    value = reader.get(key, str)
    if value is not None and value not in codes:
        reader.problems.append((reader.path(key), f"no {what} with code {value!r}"))


def _named(reader: Reader) -> str:
    reader.text("name_zh", required=True)
    reader.text("name_en", required=True)
    return reader.text("code", required=True)


def _one_of(reader: Reader, key: str, choices: Sequence[str]) -> None:
    value = reader.text(key, required=True)
    if value and value not in choices:
        reader.problems.append((reader.path(key), f"expected one of {', '.join(choices)}, found {value!r}"))


def _twice(rows: list[Reader], codes: list[str], key: str = "code") -> None:
    for reader, code in zip(rows, codes, strict=True):
        if code and codes.count(code) > 1 and codes.index(code) != rows.index(reader):
            reader.problems.append((reader.path(key), f"{code!r} is used twice"))


def _date(reader: Reader, key: str, *, required: bool = False) -> date | None:
    """Read a plain date; a date with a time is a mistake."""
    value: date | None = reader.get(key, date, required=required)
    if isinstance(value, datetime):
        reader.problems.append((reader.path(key), "expected a date without a time"))
        return None
    return value


def _labels(r: Reader) -> None:
    """Check the labels that officers read for a parameter of a call: they are in both languages, or in neither where the core has them."""
    labels = {name for name in LABEL_CHARS if name in r.table}
    for name, most in LABEL_CHARS.items():
        if labels and len(r.text(name, required=True)) > most:
            r.problems.append((r.path(name), f"expected at most {most} characters"))


def _value(r: Reader, key: str) -> None:
    """Check the value against the shape that the rule, quota or clock of this key reads."""
    shape = shape_of(key)
    if isinstance(shape, list):
        for row in r.tables("value", required=True):
            _row(row, shape[0])
        return
    plain = [r.get("value", shape)] if shape and not isinstance(shape, dict) else []
    values = _row(r.table_at("value"), shape) if isinstance(shape, dict) else plain
    for value in values:
        if isinstance(value, int) and value < 0:
            r.problems.append((r.path("value"), f"must not be negative, found {value}"))
        if isinstance(value, list) and not all(isinstance(v, str) for v in value):
            r.problems.append((r.path("value"), "expected a list of texts"))


def _row(table: Reader, shape: dict[str, Any]) -> list[Any]:
    values = [table.get(name.rstrip("?"), kind, required=not name.endswith("?")) for name, kind in shape.items()]
    for name, words in WORDS.items():
        if name in shape and name in table.table and table.table[name] not in words:
            table.problems.append((table.path(name), f"found {table.table[name]!r}; known: {', '.join(words)}"))
    table.done()
    return values


def _unread(package: Package, problems: Problems) -> None:
    """Report rules that read a parameter with no row for their scheme: they would answer "skipped" on every date."""
    rows = package.tables.get("parameters", {}).get("parameter", [])
    pairs = {(r.get("key"), code) for r in rows for code in r.get("applies_to") or [""]}
    codes = [code for s in package.schemes if (code := scheme_code(s))]
    for key in NEEDED:
        lacking = [code for code in codes if not {(key, code), (key, "")} & pairs]
        if lacking:
            problems.append(("parameter", f"every call reads {key!r}: give {', '.join(lacking)} a row, or one to all"))
    for key in ("degrees", "senior_titles"):
        if (key, "") not in pairs:
            problems.append(("parameter", f"the registry reads {key!r}: give it a row that applies to all"))
    for scheme in package.schemes:
        code, uses = scheme_code(scheme), scheme.get("rule", [])
        for use in uses if isinstance(uses, list) else []:
            rule = RULES.get(str(use.get("name"))) if isinstance(use, dict) else None
            for key in rule.keys(use) if rule and set(rule.params) <= set(use) else []:
                if not {(key, code), (key, "")} & pairs:
                    form = f" ({words})" if (words := shape_words(key)) else ""
                    problems.append(("parameter", f"rule {use['name']!r} of {code!r} reads {key!r}: give it a row{form}"))
        if _has_budget(scheme) and not {("indirect_cost_tiers", code), ("indirect_cost_tiers", "")} & pairs:
            problems.append(("parameter", f"a budget of {code!r} reads 'indirect_cost_tiers': give it a row"))


def _has_budget(scheme: dict[str, Any]) -> bool:
    """Say whether a scheme asks for a budget with an indirect cost, which tiers cap."""
    sections = scheme.get("section", [])
    fields = [f for s in sections if isinstance(s, dict) for f in s.get("field", [])] if isinstance(sections, list) else []
    return any(isinstance(f, dict) and f.get("regime") == "budget3" for f in fields)
