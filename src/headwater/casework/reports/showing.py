"""A report as its readers see it: its answers, what stands behind each figure, earlier periods beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from headwater.casework.reports.checking import failed_checks
from headwater.casework.reports.comparing import compare
from headwater.casework.reports.filings import Filing
from headwater.casework.reports.kinds import sources_of
from headwater.core.i18n import Bilingual, named
from headwater.core.models import StoredFile
from headwater.forms.answers.merging import same
from headwater.forms.fieldtype import Shown
from headwater.forms.shapes import Field


@dataclass(frozen=True)
class Mark:
    """What stands behind a figure: `kind` is records, self or replaced."""

    kind: str
    label: str
    note: str = ""


@dataclass(frozen=True)
class Answered:
    """One answer with its question and its marks."""

    field: Field
    shown: Shown
    marks: Sequence[Mark]


def source_words(filing: Filing, source: str) -> str:
    """Return what a source is called; its name where no app has it any more."""
    name = source.partition(".")[0]
    found = sources_of(filing.report.subject_kind).get(name)
    return str(found.label) if found else name


def _text(f: Field, value: Any) -> str:
    """A value of a question in words; a table by its number of rows."""
    if not f.has_rows:
        return f.of.text(f, value) or "—"
    rows = len(f.of.rows_of(value) or [])
    return str(Bilingual(f"{rows} 行", f"{rows} rows"))


def marks_of(filing: Filing, f: Field) -> list[Mark]:
    """Return what stands behind the answer of a report that was submitted."""
    report, marks = filing.report, []
    said = report.given.get(f.code)
    if was := report.replaced.get(f.code):
        words = {"was": _text(f, was["was"]), "source": source_words(filing, was["source"]), "day": str(was["at"])[:10]}
        marks.append(Mark("replaced", _("系统记录"), _("原填 %(was)s（自报），%(day)s 由%(source)s的记录替换") % words))
    elif f.code in report.self_reported:
        note = ""
        if said:
            words = {"value": _text(f, said["value"]), "source": source_words(filing, said["source"])}
            note = _("%(source)s的记录为 %(value)s") % words
        marks.append(Mark("self", _("自报"), note))
    elif said and same(said["value"], filing.answers.get(f.code)):
        marks.append(Mark("records", _("系统记录"), source_words(filing, said["source"])))
    return marks


def sections_of(filing: Filing) -> list[tuple[Any, list[Answered]]]:
    """Return (section, its answers) with what stands behind each."""
    told = filing.past or not filing.report.is_open
    return [
        (s, [Answered(f, f.of.show(f, filing.answers), marks_of(filing, f) if told else ()) for f in fields])
        for s, fields in filing.answers.asked_sections
    ]


def reading(filing: Filing, *, judging: bool = False) -> dict[str, Any]:
    """Return what every page that shows a report needs; `judging` adds what an officer should look at."""
    sections, comparison = sections_of(filing), compare(filing)
    parts = [(f"part-{s.code}", named(s, "title")) for s, _answers in sections]
    if len(comparison.heads) > 1:
        parts.append(("part-compared", _("与往期比较")))
    files = StoredFile.objects.filter(owner_type="reports.report", owner_id=filing.report.pk).order_by("pk")
    kinds = {a.kind: named(a, "label") for a in filing.form.attachments}
    listed = [(kinds.get(f.kind, f.kind), f) for f in files]
    return {
        "filing": filing,
        "report": filing.report,
        "sections": sections,
        "comparison": comparison,
        "parts": [*parts, *([("part-files", _("附件"))] if listed else [])],
        "files": listed,
        "judging": judging,
        "doubts": failed_checks(filing.answers) if judging else [],
        "self_reported": [named(f, "label") for f in filing.form.fields if f.code in filing.report.self_reported],
    }


def hints_of(filing: Filing, known: Mapping[str, tuple[str, Any]]) -> dict[str, str]:
    """Return beside the questions of the editor what the house knows of a figure, and where the answer differs from it."""
    hints = {}
    for code, (source, value) in known.items():
        f = filing.form.field(code)
        if f is None:
            continue
        words = {"value": _text(f, value), "source": source_words(filing, source)}
        if same(filing.answers.get(code), value):
            hints[code] = _("与%(source)s的记录一致") % words
        else:
            hints[code] = _("%(source)s的记录为 %(value)s；填写其他数的，标为自报") % words
    for f in filing.kind.figures:
        if f.code in filing.kind.sourced and f.code not in known:
            hints.setdefault(f.code, _("系统暂无这项记录，按实际填写，标为自报"))
    return hints
