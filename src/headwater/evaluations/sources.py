"""Where the figures of a self-report come from, as schemes and sheets name it. Pure.

A first answer is `entry.CODE` (the record of the entry), `report.last.CODE`, `report.sum.CODE` or `report.mean.CODE` (its reports of the
years of the round), or `SOURCE.PART` (what the house knows of such records, as for reports). A quantity of a sheet names the question of
the self-report that gives its value, or a figure of the house.
"""

from __future__ import annotations

from headwater.schemes.shapes import Scheme

ENTRY, REPORTS = "entry", "report"
LAST, SUM, MEAN = WAYS = ("last", "sum", "mean")
NUMERIC = ("number", "money")


def split(prefill: str) -> tuple[str, str, str]:
    """Return source, way and part of a first answer; the way is empty but for reports."""
    source, _dot, part = prefill.partition(".")
    if source != REPORTS:
        return source, "", part
    way, _dot, code = part.partition(".")
    return source, way, code


def prefill_problem(prefill: str) -> str:
    """Return what is wrong with how a first answer names reports; empty where nothing is."""
    source, way, part = split(prefill)
    if source == REPORTS and (way not in WAYS or not part):
        return f"expected {REPORTS}.{{{', '.join(WAYS)}}}.CODE, found {prefill!r}"
    return "" if part else f"expected {ENTRY}.CODE, {REPORTS}.WAY.CODE or SOURCE.PART, found {prefill!r}"


def question_problem(scheme: Scheme, code: str) -> str:
    """Return why a question of the self-report gives no figure; empty where it does."""
    question = scheme.field(code)
    if question is None:
        return f"no question {code!r} in {scheme.code!r}"
    return "" if question.of.is_numeric else f"{code!r} is a question of type {question.type}; expected a number or an amount"
