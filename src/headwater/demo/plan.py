"""The demo of a region as its package tells it: people, institutions, calls, sizes and words (demo.toml and the folder demo/)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from headwater.core.money import Fen
from headwater.core.reading import Reader
from headwater.regions.package import Mistake, Package

FILE = "demo.toml"
PARTS = ("finished", "reviewing", "open")
STAGES = ("drafting", "checking", "voting", "deciding", "approving", "publishing", "noticed", "ended", "agreeing")
"""Where the year is. A demo has calls of the first three; the others stop at one step of the year each, so that there is work at each."""
AT_HOME = tuple(part for part in STAGES if part != "deciding")
"""Steps whose applicants belong to the home institution; a set of projects is suggested from several."""
HOME_PEOPLE = 4
"""Applicants of the open call who belong to the home institution, in a demo whose calls stop at steps."""
ETHICS = "ethics"
"""The kind of attachment that goes with what applications declare."""
KINDS = ("university", "college", "institute", "hospital", "enterprise")
VOCABULARY = Path(__file__).resolve().parent / "vocabulary"
ROLES = (
    *("programme_officer", "committee", "finance_officer", "integrity_officer", "leadership"),
    *("system_admin", "security_admin", "audit_admin"),
)
"""Roles of the staff: each has something to do in the demo, and there are two programme officers."""


class DemoError(Exception):
    """The demo cannot be built here; the message says why."""


@dataclass(frozen=True)
class Scale:
    experts: int
    hosts: int
    panel_least: int


@dataclass(frozen=True)
class CallPlan:
    """A call of the demo: `applications` by the name of the scale; `aside` calls are played by the second process.

    `suffix` ends the code of a call that is not the only one of its scheme and year, and `batch` (Chinese, English) its title.
    """

    scheme: str
    part: str
    applications: Mapping[str, int]
    amount_fen: Fen
    success: float
    for_young: bool
    aside: bool
    suffix: str
    batch: tuple[str, str] = ("", "")

    @property
    def own_code(self) -> tuple[str, bool, str]:
        """Name what tells the codes of two calls apart; calls that are not finished are of the year after."""
        return self.scheme, self.part == PARTS[0], self.suffix


@dataclass(frozen=True)
class Staff:
    username: str
    name: str
    role: str


@dataclass(frozen=True)
class Plan:
    """`more` holds the texts and lists of demo.toml that are taken as they stand."""

    folder: Path
    seed: int
    scales: Mapping[str, Scale]
    calls: Sequence[CallPlan]
    staff: Sequence[Staff]
    referees: Sequence[tuple[str, str, str]]
    external: Sequence[tuple[str, str]]
    more: Mapping[str, Any]

    def of_part(self, part: str) -> list[CallPlan]:
        return [c for c in self.calls if c.part == part]

    def count(self, scale: str, part: str = "") -> int:
        return sum(c.applications[scale] for c in self.calls if not part or c.part == part)

    def at_home(self, scale: str) -> int:
        """Count the applicants who belong to the home institution: whoever has a button, and all of the calls that stop at a step."""
        staged = sum(c.applications[scale] for c in self.calls if c.part in AT_HOME)
        return staged + HOME_PEOPLE if staged else 0

    def scale(self, name: str) -> Scale:
        """Return the sizes of a scale.

        Raises:
            DemoError: the region's demo has none of this name.
        """
        if name not in self.scales:
            raise DemoError(f"the demo of this region has no scale {name!r}; known: {', '.join(self.scales)}")
        return self.scales[name]

    def vocabulary(self, name: str) -> dict[str, Any]:
        """Read words of the demo: from the region's own file, else from the one that all regions share."""
        own = self.folder / "demo" / f"{name}.toml"
        return read_words(own if own.exists() else VOCABULARY / f"{name}.toml")

    def text(self, key: str) -> str:
        return str(self.more.get(key, ""))


@lru_cache(maxsize=16)
def read_words(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


TEXTS = ("contact", "guide_zh", "guide_en", "letter", "sanction_basis", "credit_prefix", "resident_place", "panel_place")
LISTS = ("senior_titles", "junior_titles", "degrees", "journals_zh")
TABLES = ("words_zh", "words_en", "sections", "flags", "category_letters", "young", "pictures", "answers")
FORMS = {
    "credit_prefix": (r"[0-9A-HJ-NPQRTUWXY]{11}", "eleven characters of a credit code"),
    "resident_place": (r"[1-8][0-9]{5}", "the six digits of a place, the first from 1 to 8"),
}
"""What the numbers of made-up institutions and people begin with."""


def read_plan(package: Package) -> Plan:
    """Read the plan of a package's demo.

    Raises:
        DemoError: the package has no demo, or one with mistakes; all are named.
    """
    plan, mistakes = checked_plan(package)
    if plan is None:
        raise DemoError("\n".join(map(str, mistakes)) or f"the region package {package.path.name!r} has no {FILE}")
    return plan


def checked_plan(package: Package) -> tuple[Plan | None, list[Mistake]]:
    """Read the plan, or list its mistakes; a package without a demo has neither."""
    file = package.path / FILE
    if not file.exists():
        return None, []
    try:
        top = Reader(tomllib.loads(file.read_text(encoding="utf-8")), [])
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return None, [Mistake(FILE, "", f"not valid TOML: {error}")]
    plan = _plan(package, top)
    for name in ("topics", "names"):
        if not (package.path / "demo" / f"{name}.toml").exists():
            top.problems.append((f"demo/{name}.toml", "this file is missing"))
    mistakes = [Mistake(FILE, key, problem) for key, problem in top.problems]
    return (None if mistakes else plan), mistakes


def _plan(package: Package, top: Reader) -> Plan:
    more: dict[str, Any] = {key: top.text(key, required=True) for key in TEXTS}
    more |= {key: top.get(key, list, [], required=True) for key in LISTS}
    more |= {key: top.get(key, dict, {}) for key in TABLES}
    for key, (form, words) in FORMS.items():
        if more[key] and not re.fullmatch(form, more[key]):
            top.problems.append((key, f"expected {words}, found {more[key]!r}"))
    scales = {name: _scale(top.table_at("scale").table_at(name)) for name in top.table_at("scale", required=True).table}
    calls = [_call(r, package, scales) for r in top.tables("call", required=True)]
    for n, call in enumerate(calls):
        if call.own_code in {c.own_code for c in calls[:n]}:
            top.problems.append((f"call[{n}].suffix", "a second call of one scheme and year needs a suffix of its own"))
    for part in PARTS:
        if part not in {c.part for c in calls}:
            top.problems.append(("call", f"expected a call with part = {part!r}"))
    _declared(top, calls, package, more["flags"])
    if any(call.part in AT_HOME for call in calls):
        _of_steps(top, calls, more["flags"])
    staff = [
        Staff(*(r.text(key, required=True) for key in ("username", "name", "role"))) for r in top.tables("staff", required=True)
    ]
    roles = [s.role for s in staff]
    for role in ROLES:
        if roles.count(role) < (2 if role == ROLES[0] else 1):
            top.problems.append(("staff", f"expected {'two people' if role == ROLES[0] else 'somebody'} with the role {role!r}"))
    referees = [
        (r.text("name", required=True), r.text("institution", required=True), r.text("title", required=True))
        for r in top.tables("referee", required=True)
    ]
    outside = top.table_at("external", required=True)
    places, kinds = outside.get("places", list, [], required=True), outside.get("kinds", list, [], required=True)
    pairs = [pair for pair in kinds if isinstance(pair, list) and len(pair) == 2 and pair[1] in KINDS]
    if len(pairs) < len(kinds):
        top.problems.append((outside.path("kinds"), f"expected pairs of a word and one of {', '.join(KINDS)}"))
    external = [(f"{place}{word}", kind) for place in places for word, kind in pairs]
    seed = top.get("seed", int, 0, required=True)
    top.done()
    return Plan(package.path, seed, scales, calls, staff, referees, external, more)


def _declared(top: Reader, calls: Sequence[CallPlan], package: Package, flags: Mapping[str, Any]) -> None:
    """What applications of the demo declare must be known to the schemes of its calls, with the file that it asks for."""
    schemes = {s["scheme"]["code"]: s for s in package.schemes if isinstance(s.get("scheme"), dict) and "code" in s["scheme"]}
    for code in dict.fromkeys(c.scheme for c in calls if c.scheme in schemes and any(c.applications.values())):
        known = {f.get("code") for f in schemes[code].get("flag", [])}
        for letter, flag in flags.items():
            if flag not in known:
                top.problems.append((f"flags.{letter}", f"the scheme {code!r} has no flag {flag!r}"))
        if flags and ETHICS not in {a.get("kind") for a in schemes[code].get("attachment", [])}:
            top.problems.append(("flags", f"the scheme {code!r} has no attachment of kind {ETHICS!r} for what is declared"))


def _of_steps(top: Reader, calls: Sequence[CallPlan], flags: Mapping[str, Any]) -> None:
    """A demo whose calls stop at steps has one open call with room for the people of the home institution, and a flag, since what one
    of them forgets to attach is refused.
    """
    if not flags:
        top.problems.append(("flags", "calls that stop at a step need a flag: what is declared and not attached is refused"))
    opened = [(n, call) for n, call in enumerate(calls) if call.part == "open"]
    for n, _call in opened[1:]:
        top.problems.append((f"call[{n}].part", "one open call is enough where calls stop at a step: its people are the same"))
    for n, call in opened[:1]:
        for name, count in call.applications.items():
            if isinstance(count, int) and count < HOME_PEOPLE:
                said = f"the open call needs at least {HOME_PEOPLE} in the scale {name!r}, of the home institution"
                top.problems.append((f"call[{n}].applications", said))


def _scale(r: Reader) -> Scale:
    return Scale(*(r.get(key, int, 1, required=True) for key in ("experts", "hosts", "panel_least")))


LEAST = {"checking": 4, "voting": 2, "deciding": 2, "agreeing": 3}
"""Applications that a call needs, so that there is something of each kind at its step."""


def _call(r: Reader, package: Package, scales: Mapping[str, Scale]) -> CallPlan:
    schemes = {s["scheme"]["code"] for s in package.schemes if isinstance(s.get("scheme"), dict) and "code" in s["scheme"]}
    scheme, part = r.text("scheme", required=True), r.text("part", required=True)
    if scheme and scheme not in schemes:
        r.problems.append((r.path("scheme"), f"no scheme with code {scheme!r}"))
    if part and part not in (*PARTS, *STAGES):
        r.problems.append((r.path("part"), f"expected one of {', '.join((*PARTS, *STAGES))}, found {part!r}"))
    counts = r.get("applications", dict, {}, required=True)
    for name in scales:
        if not isinstance(counts.get(name), int):
            r.problems.append((r.path("applications"), f"expected a number for the scale {name!r}"))
        elif counts[name] < LEAST.get(part, 0):
            r.problems.append((r.path("applications"), f"a call in {part!r} needs at least {LEAST[part]} in the scale {name!r}"))
    call = CallPlan(
        scheme,
        part,
        counts,
        Fen(r.get("amount_fen", int, 0, required=True)),
        r.get("success", float, 0.0, required=True),
        r.get("for_young", bool, False),
        r.get("aside", bool, False),
        r.text("suffix"),
        (r.text("batch_zh"), r.text("batch_en")),
    )
    r.done()
    return call
