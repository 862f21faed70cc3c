"""The figures of a report beside those of earlier periods: changes in per cent, and jumps that an officer should look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from headwater.casework.reports.filings import Filing, filings_of
from headwater.casework.reports.models import Report
from headwater.core.i18n import Bilingual
from headwater.core.money import Fen
from headwater.core.numbers import to_places
from headwater.forms.answers.state import Answers
from headwater.forms.fieldtype import label
from headwater.forms.figures import figure
from headwater.forms.shapes import Field

PERIODS = 4
"""So many earlier periods stand beside a report."""


@dataclass(frozen=True)
class Line:
    """One figure through the periods, the newest first. `change` is that of the newest to the one before, in per cent; a `jump` is
    larger than the region thinks usual.
    """

    name: str
    label: str
    values: Sequence[str]
    change: Decimal | None = None
    jump: bool = False

    @property
    def change_words(self) -> str:
        return "" if self.change is None else f"{self.change:+}%"


@dataclass(frozen=True)
class Comparison:
    heads: Sequence[Bilingual]
    lines: Sequence[Line]
    most: Any = None
    """The change in per cent above which a figure jumps; None where the region says nothing."""

    @property
    def rows(self) -> list[tuple[Line, list[tuple[Bilingual, str]]]]:
        """Each figure with its values under the heads of their columns."""
        return [(line, list(zip(self.heads, line.values, strict=True))) for line in self.lines]

    @property
    def jumps(self) -> list[Line]:
        return [line for line in self.lines if line.jump]


def figure_of(answers: Answers, name: str) -> Decimal | Fen | None:
    """Return the value of a figure that is compared: an answer, the rows of a table, the sum of a column; None for no answer."""
    code, _dot, column = name.partition(".")
    f = answers.form.field(code)
    if f is None or code in answers.hidden:
        return None
    if not f.has_rows:
        value = f.of.operand(answers.get(code))
        return value if isinstance(value, (Decimal, Fen)) else None
    rows = answers.rows(f)
    c = f.column(column) if column else None
    if c is None:
        return Decimal(len(rows)) if answers.get(code) is not None else None
    values = [v for row in rows if isinstance(v := c.of.operand(row.get(c.code)), (Decimal, Fen))]
    if not values:
        return None
    return total(values)


def labelled(filing: Filing, name: str) -> str:
    code, _dot, column = name.partition(".")
    f = filing.form.field(code)
    c = f.column(column) if f is not None and column else None
    if f is None:
        return name
    if c is not None:
        return str(Bilingual(f"{f.label_zh}：{label(c)}合计", f"{f.label_en}: {label(c)}, total"))
    return str(Bilingual(f"{f.label_zh}（行数）", f"{f.label_en} (rows)")) if f.has_rows else label(f)


def in_words(f: Field | None, column: str, value: Decimal | Fen | None) -> str:
    if value is None:
        return "—"
    c = f.column(column) if f is not None and column else f
    if isinstance(value, Fen):
        return c.of.text(c, int(value)) if c is not None else str(value)
    return figure(value)


def earlier_filings(filing: Filing, most: int = PERIODS) -> dict[date, list[Filing]]:
    """Return the accepted reports of earlier periods, the newest first: of the record, and of those that it came from (3 queries)."""
    report = filing.report
    keys = [report.subject_id, *filing.of.earlier(filing.record)]
    rows = Report.objects.filter(subject_kind=report.subject_kind, subject_id__in=keys, kind=report.kind)
    rows = rows.filter(state=Report.State.ACCEPTED, since__lt=report.since)
    newest = sorted(set(rows.order_by().values_list("since", flat=True)), reverse=True)[:most]
    found: dict[date, list[Filing]] = {since: [] for since in newest}
    for one in filings_of(rows.filter(since__in=newest).order_by("pk")):
        found[one.report.since].append(one)
    return found


def changed(now: Decimal | Fen | None, before: Decimal | Fen | None) -> Decimal | None:
    """Return the change in per cent to a tenth; None where there is nothing to compare with."""
    if now is None or not before:
        return None
    new, old = Decimal(now), Decimal(before)
    return to_places((new - old) / abs(old) * 100, 1)


def total(values: Sequence[Decimal | Fen | None]) -> Decimal | Fen | None:
    """Return the sum of what is known: of a column, or over the records that became one; None where nothing is."""
    known = [v for v in values if v is not None]
    if not known:
        return None
    return Fen(sum(int(v) for v in known)) if isinstance(known[0], Fen) else sum(known, Decimal(0))


def compare(filing: Filing) -> Comparison:
    """Put the figures of a report beside those of earlier periods."""
    earlier = earlier_filings(filing)
    every = filing.kind.every
    heads = [filing.period.words(every), *(found[0].period.words(every) for found in earlier.values())]
    most = filing.context.parameter(filing.kind.jump) if filing.kind.jump else None
    lines = []
    for name in filing.kind.compared:
        values = [figure_of(filing.answers, name), *(total([figure_of(f.answers, name) for f in fs]) for fs in earlier.values())]
        if all(v is None for v in values):
            continue
        code, _dot, column = name.partition(".")
        field = filing.form.field(code)
        change = changed(values[0], values[1]) if len(values) > 1 else None
        jump = change is not None and most is not None and abs(change) > Decimal(str(most))
        lines.append(Line(name, labelled(filing, name), [in_words(field, column, v) for v in values], change, jump))
    return Comparison(heads, lines, most)
