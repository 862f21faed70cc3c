"""What is wrong with a report before it is submitted: each problem with its question, and the rules across questions and tables."""

from __future__ import annotations

from collections.abc import Iterator

from headwater.core.errors import Reason
from headwater.core.i18n import Bilingual, both, named
from headwater.core.translation import gettext as _
from headwater.forms.answers.judging import is_filled, judge, judge_check, problems_of
from headwater.forms.answers.state import Answers
from headwater.forms.results import Result, Verdict
from headwater.forms.shapes import Field


def lacking(answers: Answers, f: Field) -> list[str]:
    """Return what is still missing in the answer to a question that is asked."""
    if f.value:
        return []
    if not is_filled(answers, f):
        return [_("必填")] if f.required else []
    if not f.is_text:
        return []
    length = f.of.length(answers.get(f.code))
    if length < f.min_chars:
        return [_("至少 %(least)d 字，现为 %(length)d 字") % {"least": f.min_chars, "length": length}]
    if length > f.max_chars:
        return [_("最多 %(most)d 字，现为 %(length)d 字") % {"most": f.max_chars, "length": length}]
    return []


def problems_in(answers: Answers) -> dict[str, list[str]]:
    """Return by question everything that keeps a report from being submitted."""
    found: dict[str, list[str]] = {}
    for _section, fields in answers.asked_sections:
        for f in fields:
            texts = [*lacking(answers, f), *(str(p) for p in problems_of(answers, f))]
            if texts:
                found[f.code] = texts
    return found


def failed_checks(answers: Answers) -> list[Result]:
    """Return the rules across questions that fail, those first that must hold."""
    results = [r for c in answers.form.checks if (r := judge_check(answers, c))]
    return sorted((r for r in results if r.outcome == Verdict.FAILED), key=lambda r: not r.blocks)


def against(answers: Answers) -> Iterator[Reason]:
    """Yield every reason why a report cannot be submitted: beside its question, and for rules across them."""
    labels = {f.code: named(f, "label") for f in answers.form.fields}
    for code, texts in problems_in(answers).items():
        yield from (Reason(f"{labels[code]}：{text}", field=code) for text in texts)
    for r in failed_checks(answers):
        if r.blocks:
            yield Reason(f"{named(r)}。{named(r, 'mend')}" if r.mend_zh else named(r), code=r.rule)


def results_of(answers: Answers) -> list[Result]:
    """Return what the editor shows beside the form: how complete it is, then the rules, those first that fail."""
    return sorted([_complete(answers), *judge(answers)], key=lambda r: r.outcome != Verdict.FAILED)


def _complete(answers: Answers) -> Result:
    gaps = [both(f, "label") for _section, fields in answers.asked_sections for f in fields if lacking(answers, f)]
    if not gaps:
        return Result(
            "complete", "", Verdict.PASSED, "必填的栏目都已填写", "Everything that is required is filled in", blocks=True
        )
    some = Bilingual("、".join(g.zh for g in gaps[:6]), ", ".join(g.en for g in gaps[:6]))
    zh, en = f"还有 {len(gaps)} 栏未填或字数不符：{some.zh}", f"{len(gaps)} not filled in, or not of the length asked: {some.en}"
    if len(gaps) > 6:
        zh, en = f"{zh} 等", f"{en} and others"
    return Result("complete", "", Verdict.FAILED, zh, en, "填写所列各栏", "Fill in what is listed", {}, True)
