"""What is still wrong with stored answers, in both languages: beside their questions, and among the rules of the application."""

from __future__ import annotations

from collections.abc import Sequence

from headwater.core.i18n import NOTHING, Bilingual, both
from headwater.forms.answers.budgets import TIERS, cap_of
from headwater.forms.answers.state import Answers
from headwater.forms.results import FieldFacts, Result, Verdict
from headwater.forms.shapes import CrossCheck, Field, Form


def is_filled(answers: Answers, f: Field) -> bool:
    return f.of.is_filled(f, answers)


def is_complete(answers: Answers, f: Field) -> bool:
    """Whether a question needs no more work: answered, within its limits, nothing wrong."""
    if not is_filled(answers, f):
        return False
    if f.is_text:
        return max(1, f.min_chars) <= f.of.length(answers.get(f.code)) <= f.max_chars
    return not problems_of(answers, f)


def field_facts(answers: Answers) -> list[FieldFacts]:
    """Lengths for the rule on completeness; a question that is not a text counts as one character when it is answered."""
    facts = []
    for _section, fields in answers.asked_sections:
        for f in fields:
            value = answers.get(f.code)
            if f.is_text:
                text, length = str(value or "").strip(), f.of.length(value)
                facts.append(FieldFacts(f.label_zh, f.label_en, length, f.required, f.min_chars, f.max_chars, f.code, text))
            elif not f.value:
                text = str(value) if isinstance(value, (int, float, str)) else ""
                facts.append(FieldFacts(f.label_zh, f.label_en, int(is_filled(answers, f)), f.required, 0, 1, f.code, text))
    return facts


def problems_of(answers: Answers, f: Field) -> list[Bilingual]:
    """What is wrong with a stored answer that is neither missing nor, for a text, a matter of length."""
    return f.of.problems(f, answers.get(f.code), answers) if is_filled(answers, f) else []


def needs_judging(form: Form) -> bool:
    return bool(form.checks) or any(not f.is_text for f in form.fields)


def judge(answers: Answers) -> list[Result]:
    """The answers as results of rules: one for what the questions themselves ask, one for each rule across answers."""
    if not needs_judging(answers.form):
        return []
    problems = [p for _section, fields in answers.asked_sections for f in fields for p in problems_of(answers, f)]
    return [_summary(problems), *_missing_caps(answers), *(r for c in answers.form.checks if (r := judge_check(answers, c)))]


def _summary(problems: Sequence[Bilingual]) -> Result:
    if not problems:
        return Result(
            "answers", "F05", Verdict.PASSED, "所填数据符合各栏要求", "The data keep to what each question asks", blocks=True
        )
    zh, en = "；".join(p.zh for p in problems[:8]), "; ".join(p.en for p in problems[:8])
    if len(problems) > 8:
        zh, en = f"{zh}；另有 {len(problems) - 8} 处", f"{en}; and {len(problems) - 8} more"
    return Result("answers", "F05", Verdict.FAILED, zh, en, "修改所列各处", "Change what is listed", {}, True)


def _missing_caps(answers: Answers) -> list[Result]:
    """Results for budgets whose indirect cost has no cap, because the region has no tiers for the day."""
    budgets = [
        f for _section, fields in answers.asked_sections for f in fields if f.regime == "budget3" and is_filled(answers, f)
    ]
    if not budgets or cap_of(answers.context, answers.get(budgets[0].code)) is not None:
        return []
    day = answers.context.day()
    zh = f"{day} 没有可用的参数（{TIERS}），间接费用上限未检查"
    en = f"No parameter for {day} ({TIERS}); the cap of the indirect cost is not checked"
    mend = Bilingual("由项目主管核对，并请管理员补充该参数", "An officer looks; ask the administrators to add the parameter")
    return [Result("indirect_cost", "F19", Verdict.SKIPPED, zh, en, mend.zh, mend.en, {"missing": [TIERS], "day": str(day)})]


def judge_check(answers: Answers, c: CrossCheck) -> Result | None:
    """The result of a rule across answers; None while it does not apply."""
    if c.when and answers.holds(c.when) is not True:
        return None
    outcome = {True: Verdict.PASSED, False: Verdict.FAILED, None: Verdict.UNKNOWN}[answers.holds(c.expr)]
    mend = both(c, "mend") if outcome == Verdict.FAILED else NOTHING
    return Result(f"check.{c.code}", c.reason, outcome, c.message_zh, c.message_en, mend.zh, mend.en, {"expr": c.expr}, c.blocks)
