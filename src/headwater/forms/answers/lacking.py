"""What keeps answers from being submitted: each reason beside its question, those across questions for the whole."""

from __future__ import annotations

from collections.abc import Iterator

from headwater.core.errors import Reason
from headwater.core.i18n import both
from headwater.core.translation import gettext as _
from headwater.forms.answers.judging import is_filled, judge_check, problems_of
from headwater.forms.answers.state import Answers
from headwater.forms.fieldtype import label
from headwater.forms.results import Verdict
from headwater.forms.shapes import Field


def lacking(answers: Answers) -> list[Reason]:
    """Return every reason: what is missing, too short or too long, wrong, and rules that block and do not hold."""
    reasons = [r for _section, fields in answers.asked_sections for f in fields if not f.value for r in _of_field(answers, f)]
    for check in answers.form.checks:
        result = judge_check(answers, check) if check.blocks else None
        if result and result.outcome != Verdict.PASSED:
            reasons.append(
                Reason("：".join(filter(None, (str(both(check, "message")), str(both(check, "mend"))))), code=check.code)
            )
    return reasons


def _of_field(answers: Answers, f: Field) -> Iterator[Reason]:
    words = {"label": label(f), "least": f.min_chars, "most": f.max_chars}
    if not is_filled(answers, f):
        if f.required:
            yield Reason(_("“%(label)s”没有填写") % words, field=f.code, code="missing")
        return
    length = f.of.length(answers.get(f.code)) if f.is_text else 0
    if f.is_text and length < f.min_chars:
        yield Reason(_("“%(label)s”至少 %(least)d 字") % words, field=f.code, code="short")
    if f.is_text and length > f.max_chars:
        yield Reason(_("“%(label)s”至多 %(most)d 字") % words, field=f.code, code="long")
    for problem in problems_of(answers, f):
        yield Reason(_("“%(label)s”：%(problem)s") % {"label": label(f), "problem": problem}, field=f.code, code="problem")
