"""The budget of a project: by its regime a promise, lines in three categories with a capped indirect cost, or amounts by year."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from headwater.core.i18n import Bilingual
from headwater.core.money import Fen, wan, yuan
from headwater.core.reading import Reader
from headwater.core.translation import gettext as _
from headwater.forms.answers.budgets import cap_of, direct_fen, total_fen
from headwater.forms.codes import Choice
from headwater.forms.expressions import Type, Value
from headwater.forms.fieldtype import TYPES, Cleaned, Errors, Pairs, Shown, field_type, label
from headwater.forms.shapes import REGIMES, Field, line_column
from headwater.forms.types.table import Table

if TYPE_CHECKING:
    from headwater.forms.answers.references import Registry
    from headwater.forms.answers.state import Answers
    from headwater.forms.binding import Question

LUMP, IN_CATEGORIES, BY_YEAR = REGIMES
CATEGORIES: tuple[Choice, ...] = (
    ("purchase", Bilingual("设备费：购置", "Equipment: purchase")),
    ("equipment", Bilingual("设备费：试制、升级改造、租赁", "Equipment: making, upgrade, lease")),
    ("operation", Bilingual("业务费", "Operation")),
    ("labour", Bilingual("劳务费", "Labour")),
)
"""Direct cost in three categories (国办发〔2021〕32号); purchases are told apart because indirect cost is counted without them."""
PARTS = ("total", "direct", "indirect")
YES, NO = Bilingual("是", "yes"), Bilingual("否", "no")
PROMISED, NOT_PROMISED = Bilingual("已承诺遵守负面清单", "promise given"), Bilingual("尚未承诺", "no promise yet")


def columns_of(regime: str) -> tuple[Field, ...]:
    amount = line_column("amount", "金额", "Amount", type="money", minimum=Decimal(0))
    if regime == IN_CATEGORIES:
        return (
            line_column("category", "科目", "Category", type="choice", choices=CATEGORIES),
            line_column("item", "支出内容", "Item"),
            amount,
            line_column("basis", "测算依据", "Basis", required=False),
        )
    if regime == BY_YEAR:
        year = line_column("year", "年度", "Year", type="number", minimum=Decimal(2000), maximum=Decimal(2100))
        return (year, amount, line_column("goal", "绩效目标", "Goal"))
    return ()


@field_type
class Budget(Table):
    code = "budget"
    takes = Bilingual("包干承诺", "promise on the lump sum")

    def declare(self, r: Reader) -> dict[str, Any]:
        regime = r.text("regime", required=True)
        if regime and regime not in REGIMES:
            r.problems.append((r.path("regime"), f"expected one of {', '.join(REGIMES)}, found {regime!r}"))
        return {"regime": regime, "columns": columns_of(regime), "min_rows": 0 if regime == LUMP else 1, "max_rows": 60}

    def types(self, f: Field) -> dict[str, Type]:
        return super().types(f) | {f"{f.code}.{part}": Type("money") for part in PARTS}

    def read(self, f: Field, post: Any, errors: dict[str, str]) -> Any:
        value: dict[str, Any] = {"rows": self.posted_rows(f, post, errors), "theory": bool(post.get(f"{f.code}.theory"))}
        value["promise"] = bool(post.get(f"{f.code}.promise"))
        name = f"{f.code}.indirect"
        value["indirect"] = TYPES["money"].typed(post.get(name, ""), name, errors)
        return value

    def clean(self, f: Field, value: Any, registry: Registry) -> Cleaned:
        """A budget: its lines, the indirect cost, whether the work is pure theory, whether the promise of a lump sum is given."""
        if value is None or value == "":
            return Cleaned()
        if not isinstance(value, Mapping):
            return Cleaned(errors={f.code: _("应为表格的各行")})
        result = Cleaned({})
        if f.regime == LUMP:
            result.value["promise"] = bool(value.get("promise"))
        else:
            result.value["rows"], result.errors = self.clean_rows(f, value.get("rows"), registry)
        if f.regime == IN_CATEGORIES:
            indirect, problem = TYPES["money"].keep(f, value.get("indirect") or 0, registry, False)
            if problem:
                result.errors[f"{f.code}.indirect"] = problem
            result.value |= {"indirect": indirect or 0, "theory": bool(value.get("theory"))}
        if not any(result.value.values()):
            result.value = None
        return result

    def operands(self, f: Field, value: Any, answers: Answers) -> dict[str, Value]:
        budget = value if isinstance(value, dict) else {}
        total = answers.context.lump_fen() if f.regime == LUMP else total_fen(budget)
        return super().operands(f, value, answers) | {
            f"{f.code}.total": Fen(total or 0),
            f"{f.code}.direct": Fen(direct_fen(budget)),
            f"{f.code}.indirect": Fen(int(budget.get("indirect") or 0)),
        }

    def is_filled(self, f: Field, answers: Answers) -> bool:
        value = answers.get(f.code)
        return bool(value and (value.get("promise") if f.regime == LUMP else value.get("rows")))

    def problems(self, f: Field, value: Any, answers: Answers) -> list[Bilingual]:
        """The total equals what is asked for; the indirect cost keeps within the cap in force on the day."""
        if not f.has_rows:
            return []
        problems = super().problems(f, value, answers)
        total, amount = total_fen(value), answers.context.asked_fen()
        if amount is not None and total != amount:
            zh = f"{f.label_zh}合计 {wan(total)} 万元，与申请金额 {wan(amount)} 万元不一致"
            en = f"{f.label_en}: the total of CNY {yuan(total)} differs from the amount asked for, {yuan(amount)}"
            problems.append(Bilingual(zh, en))
        cap, indirect = cap_of(answers.context, value), int(value.get("indirect") or 0)
        if f.regime == IN_CATEGORIES and cap is not None and indirect > cap:
            zh = f"间接费用 {wan(indirect)} 万元超过上限 {wan(cap)} 万元，超出 {wan(indirect - cap)} 万元"
            problems.append(Bilingual(zh, f"Indirect cost of CNY {yuan(indirect)} is above the cap of {yuan(cap)}"))
        return problems

    def show(self, f: Field, answers: Answers) -> Shown:
        stored = answers.get(f.code)
        value = stored if isinstance(stored, dict) else {}
        total = answers.values.get(f"{f.code}.total")
        amount = wan(total or 0)
        if f.regime == LUMP:
            has_promise = bool(value.get("promise"))
            words = PROMISED if has_promise else NOT_PROMISED
            text = Bilingual(f"包干 {amount} 万元，{words.zh}", f"Lump sum of CNY {amount} x 10,000, {words.en}")
            return Shown(label(f), "text", str(text))
        notes = [str(Bilingual(f"合计 {amount} 万元", f"Total: {amount} (CNY 10,000)"))]
        if f.regime == IN_CATEGORIES:
            indirect = wan(int(value.get("indirect") or 0))
            notes.insert(0, str(Bilingual(f"间接费用 {indirect} 万元", f"Indirect cost: {indirect} (CNY 10,000)")))
            if value.get("theory"):
                notes.insert(1, str(Bilingual("纯理论基础研究", "Purely theoretical research")))
        return self.show_rows(f, answers, notes)

    def parts(self, f: Field, value: Any) -> list[tuple[str, str, str]]:
        budget = value if isinstance(value, dict) else {}
        return [
            ("indirect", _("间接费用（万元）"), wan(int(budget.get("indirect") or 0))),
            ("theory", _("数学等纯理论基础研究"), str(YES if budget.get("theory") else NO)),
            ("promise", _("包干承诺"), str(YES if budget.get("promise") else NO)),
        ]

    def pairs(self, f: Field, value: Any) -> Pairs:
        budget = value if isinstance(value, dict) else {}
        pairs = super().pairs(f, value)
        if f.regime == IN_CATEGORIES:
            pairs.append((f"{f.code}.indirect", TYPES["money"].as_typed(budget.get("indirect"))))
        return pairs + [(f"{f.code}.{part}", "1") for part in ("theory", "promise") if budget.get(part)]

    def limits(self, f: Field) -> str:
        return super().limits(f) if f.columns else str(self.takes)

    def bind(self, q: Question, answers: Answers, post: Any, errors: Errors) -> None:
        q.extra = self.beside(q.field, answers, post, errors)
        if q.field.columns:
            q.bind_rows(answers, post, errors)

    def beside(self, f: Field, answers: Answers, post: Any, errors: Errors) -> dict[str, Any]:
        """What a budget has beside its lines, and the figures that follow from them."""
        stored = answers.stored(f)
        value = stored if isinstance(stored, dict) else {}
        name = f"{f.code}.indirect"
        total = answers.values.get(f"{f.code}.total")
        cap = cap_of(answers.context, value) if f.regime == IN_CATEGORIES else None
        return {
            "indirect": post.get(name, "") if post is not None else TYPES["money"].as_typed(value.get("indirect")),
            "indirect_error": errors.get(name, ""),
            "theory": bool(post.get(f"{f.code}.theory") if post is not None else value.get("theory")),
            "promise": bool(post.get(f"{f.code}.promise") if post is not None else value.get("promise")),
            "total": wan(total or 0),
            "cap": "" if cap is None else wan(cap),
        }

    def live(self, f: Field, answers: Answers) -> dict[str, str]:
        extra = self.beside(f, answers, None, {})
        return {f"{f.code}.total": extra["total"], f"{f.code}.cap": extra["cap"]}
