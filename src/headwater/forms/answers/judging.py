"""What is still wrong with stored answers, in both languages: beside their questions, and among the rules of the application."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headwater.core.i18n import NOTHING, Bilingual, both
from headwater.core.money import wan, yuan
from headwater.forms.answers.budgets import direct_fen, indirect_cap, total_fen
from headwater.forms.answers.rich import to_plain
from headwater.forms.answers.showing import figure
from headwater.forms.answers.state import Answers
from headwater.forms.results import FieldFacts, Outcome, Result
from headwater.forms.shapes import CrossCheck, Field, Form


def is_filled(answers: Answers, f: Field) -> bool:
    value = answers.get(f.code)
    if f.type == "file":
        return bool(answers.context.attached().get(f.kind))
    if f.is_text:
        return bool(str(value or "").strip())
    if f.type == "budget":
        return bool(value and (value.get("promise") if f.regime == "lump" else value.get("rows")))
    return value not in (None, "", [])


def is_complete(answers: Answers, f: Field) -> bool:
    """Whether a question needs no more work: answered, within its limits, nothing wrong."""
    if not is_filled(answers, f):
        return False
    if f.is_text:
        return max(1, f.min_chars) <= text_length(answers, f) <= f.max_chars
    return not problems_of(answers, f)


def text_length(answers: Answers, f: Field) -> int:
    text = str(answers.get(f.code) or "").strip()
    return len(to_plain(text)) if f.type == "rich" else len(text)


def field_facts(answers: Answers) -> list[FieldFacts]:
    """Lengths for the rule on completeness; a question that is not a text counts as one character when it is answered."""
    out = []
    for _section, fields in answers.shown:
        for f in fields:
            if f.is_text:
                text = str(answers.get(f.code) or "").strip()
                length = text_length(answers, f)
                out.append(FieldFacts(f.label_zh, f.label_en, length, f.required, f.min_chars, f.max_chars, f.code, text))
            elif not f.value:
                value = answers.get(f.code)
                text = str(value) if isinstance(value, (int, float, str)) else ""
                out.append(FieldFacts(f.label_zh, f.label_en, int(is_filled(answers, f)), f.required, 0, 1, f.code, text))
    return out


def problems_of(answers: Answers, f: Field) -> list[Bilingual]:
    """What is wrong with a stored answer that is neither missing nor, for a text, a matter of length."""
    if f.type not in {"number", "money"} and not f.has_rows:
        return []
    value = answers.get(f.code)
    if not is_filled(answers, f):
        return []
    if f.type in {"number", "money"}:
        return _bounds(f, value)
    if f.has_rows:
        return _rows(answers, f) + (_budget(answers, f, value) if f.type == "budget" else [])
    return []


def _bounds(f: Field, value: Any) -> list[Bilingual]:
    if not isinstance(value, (int, float)):
        return []
    low = f.minimum is not None and value < f.minimum
    high = f.maximum is not None and value > f.maximum
    if not low and not high:
        return []
    limit = f.minimum if low else f.maximum
    told = wan(int(limit or 0)) + " 万元" if f.type == "money" else f"{figure(limit)} {f.unit_zh}".strip()
    told_en = f"CNY {yuan(int(limit or 0))}" if f.type == "money" else f"{figure(limit)} {f.unit_en}".strip()
    if low:
        return [Bilingual(f"{f.label_zh}不低于 {told}", f"{f.label_en}: at least {told_en}")]
    return [Bilingual(f"{f.label_zh}不超过 {told}", f"{f.label_en}: at most {told_en}")]


def _rows(answers: Answers, f: Field) -> list[Bilingual]:
    rows = answers.rows(f)
    found: list[Bilingual] = []
    if len(rows) < f.min_rows:
        found.append(Bilingual(f"{f.label_zh}至少 {f.min_rows} 行", f"{f.label_en}: at least {f.min_rows} rows"))
    for n, row in enumerate(rows, start=1):
        for c in f.columns:
            value = row.get(c.code)
            if value in (None, "") and c.required and not c.value:
                found.append(Bilingual(f"{f.label_zh}第 {n} 行：{c.label_zh}未填", f"{f.label_en}, row {n}: {c.label_en} is empty"))
            elif c.type in {"number", "money"}:
                bad = _bounds(c, value)
                found += [Bilingual(f"{f.label_zh}第 {n} 行：{b.zh}", f"{f.label_en}, row {n}: {b.en}") for b in bad]
    if f.type == "milestones":
        dates = [str(row["due"]) for row in rows if row.get("due")]
        if dates != sorted(dates):
            found.append(Bilingual(f"{f.label_zh}应按完成日期排列", f"{f.label_en}: put the steps in the order of their dates"))
    return found


def _budget(answers: Answers, f: Field, budget: dict[str, Any]) -> list[Bilingual]:
    """The total equals what is asked for; the indirect cost keeps within the cap in force on the call's date."""
    total, asked = total_fen(budget), answers.context.asked_fen()
    found: list[Bilingual] = []
    if asked is not None and total != asked:
        found.append(
            Bilingual(
                f"{f.label_zh}合计 {wan(total)} 万元，与申请金额 {wan(asked)} 万元不一致",
                f"{f.label_en}: the total of CNY {yuan(total)} differs from the amount asked for, {yuan(asked)}",
            )
        )
    if f.regime == "budget3":
        cap = cap_of(answers, budget)
        indirect = int(budget.get("indirect") or 0)
        if cap is not None and indirect > cap:
            zh = f"间接费用 {wan(indirect)} 万元超过上限 {wan(cap)} 万元，超出 {wan(indirect - cap)} 万元"
            found.append(Bilingual(zh, f"Indirect cost of CNY {yuan(indirect)} is above the cap of {yuan(cap)}"))
    return found


TIERS = "indirect_cost_tiers"


def cap_of(answers: Answers, budget: dict[str, Any]) -> int | None:
    """The cap of the indirect cost of a budget, or None where no rule is in force."""
    tiers = answers.context.parameter(TIERS)
    if not isinstance(tiers, dict) or not isinstance(tiers.get("tiers"), list):
        return None
    rate = tiers.get("pure_theory_rate") if budget.get("theory") else None
    return indirect_cap(direct_fen(budget) - direct_fen(budget, "purchase"), tiers["tiers"], rate)


def needs_judging(form: Form) -> bool:
    return bool(form.checks) or any(not f.is_text for f in form.fields)


def judge(answers: Answers) -> list[Result]:
    """The answers as results of rules: one for what the questions themselves ask, one for each rule across answers."""
    if not needs_judging(answers.form):
        return []
    found = [p for _section, fields in answers.shown for f in fields for p in problems_of(answers, f)]
    return [_told(found), *_uncapped(answers), *(r for c in answers.form.checks if (r := judge_check(answers, c)))]


def _told(found: Sequence[Bilingual]) -> Result:
    if not found:
        return Result(
            "answers", "F05", Outcome.PASSED, "所填数据符合各栏要求", "The data keep to what each question asks", blocks=True
        )
    zh, en = "；".join(p.zh for p in found[:8]), "; ".join(p.en for p in found[:8])
    if len(found) > 8:
        zh, en = f"{zh}；另有 {len(found) - 8} 处", f"{en}; and {len(found) - 8} more"
    return Result("answers", "F05", Outcome.FAILED, zh, en, "修改所列各处", "Change what is listed", {}, True)


def _uncapped(answers: Answers) -> list[Result]:
    """A budget whose indirect cost nothing caps, for the region gives no tiers for the day: that is told, not passed over."""
    budgets = [f for _section, fields in answers.shown for f in fields if f.regime == "budget3" and is_filled(answers, f)]
    if not budgets or cap_of(answers, answers.get(budgets[0].code)) is not None:
        return []
    day = answers.context.day()
    zh = f"{day} 没有可用的参数（{TIERS}），间接费用上限未检查"
    en = f"No parameter for {day} ({TIERS}); the cap of the indirect cost is not checked"
    mend = Bilingual("由主管人员核对，并请管理员补充该参数", "An officer looks; ask the administrators to add the parameter")
    return [Result("indirect_cost", "F19", Outcome.SKIPPED, zh, en, mend.zh, mend.en, {"missing": [TIERS], "day": str(day)})]


def judge_check(answers: Answers, c: CrossCheck) -> Result | None:
    """The result of a rule across answers; None while it does not apply."""
    if c.when and answers.holds(c.when) is not True:
        return None
    outcome = {True: Outcome.PASSED, False: Outcome.FAILED, None: Outcome.UNKNOWN}[answers.holds(c.expr)]
    mend = both(c, "mend") if outcome == Outcome.FAILED else NOTHING
    return Result(f"check.{c.code}", c.reason, outcome, c.message_zh, c.message_en, mend.zh, mend.en, {"expr": c.expr}, c.blocks)
