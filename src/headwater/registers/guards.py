"""What kinds of every register may ask of an entry before something is done with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.casework.reports.gates import blocked, reasons
from headwater.casework.reports.kinds import REPORTS
from headwater.core.errors import Reason
from headwater.forms.answers.judging import is_complete, judge
from headwater.forms.answers.state import Answers
from headwater.forms.fieldtype import label
from headwater.forms.results import Verdict
from headwater.registers.contexts import answers_of
from headwater.registers.declared import GUARDS, Guard, Weighing
from headwater.registers.files import files_of

NAMED = 5
BARRED = "requests"
"""What kinds of reports say they bar when they are late; verbs and requests that name the guard ask for it."""


def has_host(entries: Sequence[Any], _weighing: Weighing) -> Mapping[int, Reason]:
    """An institution answers for the entry."""
    return {e.pk: Reason(_("没有依托单位：请先登记依托单位"), code="host") for e in entries if not e.host_id}


def has_place(entries: Sequence[Any], _weighing: Weighing) -> Mapping[int, Reason]:
    """It is known where the entry is."""
    return {e.pk: Reason(_("没有所在地：请先登记所在地"), code="place") for e in entries if not e.place_id}


def form_complete(entries: Sequence[Any], _weighing: Weighing) -> Mapping[int, Reason]:
    """What the form of the kind requires is answered, and its checks hold (1 query)."""
    files = files_of(entries)
    gaps = {e.pk: gaps_in(answers_of(e, files=files.get(e.pk, {}))) for e in entries}
    return {pk: Reason(_("登记内容不完整：%s") % gap_words(texts), code="incomplete") for pk, texts in gaps.items() if texts}


def reports_filed(entries: Sequence[Any], weighing: Weighing) -> Mapping[int, Reason]:
    """No report is so late that it bars what is asked for (1 query for each kind of report and one for the parameters)."""
    if not entries:
        return {}
    label = entries[0]._meta.label_lower
    bars = blocked(label, BARRED, weighing.on, [e.pk for e in entries]) if label in REPORTS else {}
    return {pk: found[0] for pk, owed in bars.items() if (found := reasons(owed, weighing.on))}


def gaps_in(answers: Answers) -> list[str]:
    """Return what is missing or wrong in answers: questions that are required, checks that block."""
    missing = [
        label(f)
        for _s, fields in answers.asked_sections
        for f in fields
        if f.required and not f.value and not is_complete(answers, f)
    ]
    failed = [str(r.zh if not r.mend_zh else r.mend_zh) for r in judge(answers) if r.blocks and r.outcome == Verdict.FAILED]
    return missing + failed


def gap_words(texts: Iterable[str]) -> str:
    texts = list(texts)
    more = _(" 等 %d 处") % len(texts) if len(texts) > NAMED else ""
    return "、".join(texts[:NAMED]) + more


GUARDS.add("has_host", Guard(gettext_lazy("有依托单位"), has_host))
GUARDS.add("has_place", Guard(gettext_lazy("有所在地"), has_place))
GUARDS.add("reports_filed", Guard(gettext_lazy("没有逾期未报的报告"), reports_filed))
GUARDS.add("form_complete", Guard(gettext_lazy("登记内容完整"), form_complete))
