"""When a verb of a kind is due (`[[due]]`): by the grades of the last years, or by reports that are late. It is proposed, never done by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from headwater.bases.models import Base
from headwater.bases.parts import DUE, DueRule
from headwater.casework.reports.obligations import obligations
from headwater.core.i18n import Bilingual
from headwater.core.parameters import Parameters
from headwater.registers.grades import Graded, grades_of
from headwater.registers.kinds import kinds_here
from headwater.registers.shapes import Kind
from headwater.registry.queries import region_code


@dataclass(frozen=True)
class DueVerb:
    """A verb that is due for a base, with every reason in words."""

    base: Base
    kind: Kind
    verb: str
    reasons: tuple[str, ...]

    @property
    def label(self) -> Bilingual:
        return self.kind.verb[self.verb].label


def due_verbs(on: date, bases: Any = None) -> list[DueVerb]:
    """Return the verbs that are due on a day for some bases, by default for all (a fixed number of queries for each kind)."""
    found: list[DueVerb] = []
    for kind in kinds_here().values():
        rules: Sequence[DueRule] = kind.parts.get(DUE, ())
        if rules:
            found += _of_kind(kind, rules, on, Base.objects.all() if bases is None else bases)
    return found


def _of_kind(kind: Kind, rules: Sequence[DueRule], on: date, bases: Any) -> Iterator[DueVerb]:
    states = {verb.code: set(verb.source) for verb in kind.verbs}
    rows = {b.pk: b for b in bases.filter(kind=kind.code).select_related("version", "host").order_by("number")}
    terms, reasons = Parameters(region_code(), on), dict[tuple[int, str], list[str]]()
    grades = grades_of(list(rows.values())) if any(r.grade for r in rules) else {}
    late = _late(kind, rules, rows, on)
    for rule in rules:
        times = terms.number(rule.times, kind.code)
        for pk, row in rows.items():
            if row.state not in states.get(rule.verb, ()):
                continue
            why = _by_grade(grades.get(pk, ()), rule, times) if rule.grade else _by_report(late.get((pk, rule.report), ()), times)
            if why:
                reasons.setdefault((pk, rule.verb), []).append(why)
    yield from (DueVerb(rows[pk], kind, verb, tuple(texts)) for (pk, verb), texts in reasons.items())


def _by_grade(grades: Sequence[Graded], rule: DueRule, times: int) -> str:
    newest = list(grades)[-times:]
    if times < 1 or len(newest) < times or any(g.code != rule.grade for g in newest):
        return ""
    return _("%(years)s 年度考核均为“%(grade)s”") % {"years": "、".join(g.period for g in newest), "grade": newest[-1].label}


def _late(kind: Kind, rules: Sequence[DueRule], rows: Mapping[int, Base], on: date) -> dict[tuple[int, str], list[str]]:
    """Return the periods whose report is late and not written, by base and kind of report."""
    wanted = {r.report for r in rules if r.report}
    found: dict[tuple[int, str], list[str]] = {}
    if not wanted or not rows:
        return found
    for owed in obligations(on, subject=Base._meta.label_lower, keys=list(rows)):
        if owed.kind.code in wanted and owed.kind.of == kind.code and not owed.is_written and owed.days_late(on) > 0:
            found.setdefault((owed.subject_id, owed.kind.code), []).append(str(owed.words))
    return found


def _by_report(periods: Sequence[str], times: int) -> str:
    return _("逾期未报：%s") % "、".join(periods) if 0 < times <= len(periods) else ""
