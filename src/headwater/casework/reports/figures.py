"""What the records of the house say of the figures of a report: first answers, marks of what is only reported, later replacements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from headwater.casework.reports.filings import Filing
from headwater.casework.reports.kinds import REPORTS, ReportKind, sources_of
from headwater.casework.reports.models import Report
from headwater.casework.reports.stores import STORE
from headwater.forms.answers.cleaning import clean
from headwater.forms.answers.merging import same
from headwater.forms.answers.references import Registry
from headwater.forms.answers.state import Answers
from headwater.forms.linking import EARLIER
from headwater.forms.models import AnswerSheet
from headwater.forms.shapes import Form


def known_figures(
    subject: str, kind: ReportKind, keys: Sequence[int], since: date, until: date
) -> dict[int, dict[str, tuple[str, Any]]]:
    """Return by record what the house knows: by question, (source.part, value). Each source that the kind names is asked once."""
    sources = sources_of(subject)
    wanted: dict[str, dict[str, str]] = {}
    for code, (source, part) in kind.sourced.items():
        if source in sources:
            wanted.setdefault(source, {})[code] = part
    found: dict[int, dict[str, tuple[str, Any]]] = {}
    for name, parts in wanted.items():
        for pk, values in sources[name].read(keys, since, until).items():
            for code, part in parts.items():
                if values.get(part) is not None:
                    found.setdefault(pk, {})[code] = (f"{name}.{part}", values[part])
    return found


def known_of(filing: Filing) -> dict[str, tuple[str, Any]]:
    """Return what the house knows of the figures of one report."""
    report = filing.report
    found = known_figures(report.subject_kind, filing.kind, [report.subject_id], report.since, report.until)
    return found.get(report.subject_id, {})


def first_answers(kind: ReportKind, known: Mapping[str, tuple[str, Any]], earlier: Mapping[str, Any]) -> dict[str, Any]:
    """Return the first answers of a report: from the records of the house, else from the last report. What cannot be stored any more is
    left out.
    """
    values: dict[str, Any] = {}
    registry = Registry()
    for f in kind.form.fields:
        source, _dot, part = f.prefill.partition(".")
        value = known[f.code][1] if f.code in known else earlier.get(part) if source == EARLIER else None
        if value is None or f.value or not f.of.is_stored:
            continue
        cleaned = clean(f, value, registry)
        if not cleaned.errors and cleaned.value is not None:
            values[f.code] = value
    return values


def last_answers(report: Report, earlier: Sequence[int] = ()) -> Mapping[str, Any]:
    """Return the answers of the last report of this kind before this one, of the record or of one that it came from."""
    rows = Report.objects.filter(subject_kind=report.subject_kind, subject_id__in=[report.subject_id, *earlier])
    last = rows.filter(kind=report.kind, since__lt=report.since, submitted_at__isnull=False).order_by("-since", "pk").first()
    if last is None:
        return {}
    sheet = AnswerSheet.objects.filter(subject_kind=STORE.kind, subject_id=last.pk).first()
    return sheet.answers if sheet else {}


def is_figure(form: Form, code: str) -> bool:
    """Whether a question is answered by figures: a number, an amount, or a table."""
    f = form.field(code)
    return f is not None and (f.of.is_numeric or f.has_rows) and not f.value


def weighed(answers: Answers, known: Mapping[str, tuple[str, Any]]) -> tuple[dict[str, Any], list[str]]:
    """Return what the house said of the figures, by question, and those that nothing but the writer's word stands for."""
    given = {code: {"source": source, "value": value} for code, (source, value) in known.items()}
    asked = [f.code for _section, fields in answers.asked_sections for f in fields if is_figure(answers.form, f.code)]
    typed = [code for code in asked if not same(answers.get(code), None)]
    return given, [code for code in typed if code not in known or not same(known[code][1], answers.get(code))]


def replaceable(reports: Iterable[Report]) -> dict[int, dict[str, tuple[str, Any]]]:
    """Return by report the self-reported figures of which the house knows a value by now that it did not know at the submission: each
    source is asked once for every kind and period.
    """
    groups: dict[tuple[str, str, date, date], list[Report]] = {}
    for r in reports:
        groups.setdefault((r.subject_kind, r.kind, r.since, r.until), []).append(r)
    found: dict[int, dict[str, tuple[str, Any]]] = {}
    for (subject, code, since, until), rows in groups.items():
        for kind in (k for k in REPORTS[subject].kinds() if k.code == code):
            known = known_figures(subject, kind, [r.subject_id for r in rows], since, until)
            for r in rows:
                new = {c: pair for c, pair in known.get(r.subject_id, {}).items() if c in r.self_reported and c not in r.given}
                if new:
                    found.setdefault(r.pk, {}).update(new)
    return found
