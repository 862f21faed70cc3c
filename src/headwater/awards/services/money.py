"""The money of an agreement: how it is budgeted, and the application's budget brought down to the amount that was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from headwater.core.clock import official_day
from headwater.core.money import capital, shares, wan
from headwater.forms.answers.state import Answers
from headwater.forms.shapes import Field, Form
from headwater.schemes import Scheme

Row = dict[str, Any]


def money_fields(form: Form) -> list[Field]:
    """Select the questions on money that the agreement states by itself: the budget, and milestones with payments."""
    paid = [f for f in form.fields if f.type == "milestones" and f.column("amount")]
    return [*(f for f in form.fields if f.type == "budget"), *paid]


def agreed_money(scheme: Scheme, answers: Answers, *, asked_fen: int, amount_fen: int) -> dict[str, Any]:
    """Compute an agreement's regime, budget lines and milestones in fen, with Chinese labels; they add up to `amount_fen`."""
    money: dict[str, Any] = {"regime": scheme.regime, "asked_fen": asked_fen, "lines": [], "steps": []}
    for f in money_fields(scheme):
        rows = answers.rows(f)
        if f.type == "milestones":
            portions = in_proportion([int(r.get("amount") or 0) for r in rows], amount_fen)
            money["steps"] = [[*_texts(f, row), share] for row, share in zip(rows, portions, strict=True)]
        elif rows:
            budget = answers.get(f.code) or {}
            indirect = int(budget.get("indirect") or 0)
            portions = in_proportion([*(int(r.get("amount") or 0) for r in rows), indirect], amount_fen)
            money["lines"] = [[*_texts(f, row), share] for row, share in zip(rows, portions, strict=False)]
            money["indirect_fen"] = portions[-1]
    return money


def printed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of an agreement with its amounts as the document prints them."""
    amount, money = content["amount_fen"], content.get("money") or {}
    rows = {part: [[*row[:-1], wan(row[-1])] for row in money.get(part, [])] for part in ("lines", "steps")}
    terms = {"regime": money.get("regime", "lump"), "indirect": wan(money.get("indirect_fen", 0))}
    days = {
        key: official_day(date.fromisoformat(content[key])) for key in ("starts_on", "ends_on", "drawn_on") if content.get(key)
    }
    return {**content, **days, "amount": wan(amount), "amount_zh": capital(amount), "money": {**terms, **rows}}


def _texts(f: Field, row: Row) -> list[str]:
    return [c.of.text(c, row.get(c.code)) for c in f.columns if c.code not in {"amount", "basis"}]


def in_proportion(parts: Sequence[int], total: int) -> list[int]:
    """`parts` brought to `total` in their proportion, in whole fen; all of nothing stays nothing.

    Brought down, an indirect cost within its cap stays within it, but for a fen: the tiers of the cap fall with the base.
    """
    return [int(share) for share in shares(total, parts)] if sum(parts) else list(parts)
