"""The money of an agreement: how it is budgeted, and the application's budget brought down to the amount that was decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headwater.forms.answers.state import Answers
from headwater.forms.shapes import Field, Form
from headwater.schemes import Scheme

Row = dict[str, Any]


def money_fields(form: Form) -> list[Field]:
    """The questions on money that the agreement states by itself: the budget, and milestones that are paid for."""
    paid = [f for f in form.fields if f.type == "milestones" and f.column("amount")]
    return [*(f for f in form.fields if f.type == "budget"), *paid]


def agreed_money(scheme: Scheme, answers: Answers, *, asked_fen: int, amount_fen: int) -> dict[str, Any]:
    """Regime, budget lines and milestones of an agreement in fen, in Chinese, adding up to `amount_fen`."""
    out: dict[str, Any] = {"regime": scheme.regime, "asked_fen": asked_fen, "lines": [], "steps": []}
    for f in money_fields(scheme):
        rows = answers.rows(f)
        if f.type == "milestones":
            shares = in_proportion([int(r.get("amount") or 0) for r in rows], amount_fen)
            out["steps"] = [[*_texts(f, row), share] for row, share in zip(rows, shares, strict=True)]
        elif rows:
            budget = answers.get(f.code) or {}
            indirect = int(budget.get("indirect") or 0)
            shares = in_proportion([*(int(r.get("amount") or 0) for r in rows), indirect], amount_fen)
            out["lines"] = [[*_texts(f, row), share] for row, share in zip(rows, shares, strict=False)]
            out["indirect_fen"] = shares[-1]
    return out


def _texts(f: Field, row: Row) -> list[str]:
    return [c.of.text(c, row.get(c.code), True) for c in f.columns if c.code not in {"amount", "basis"}]


def in_proportion(parts: Sequence[int], total: int) -> list[int]:
    """`parts` brought to `total` in their proportion, in whole fen; what rounding leaves goes to the first of the largest.

    Brought down, an indirect cost within its cap stays within it: the tiers of the cap fall with the base.
    """
    whole = sum(parts)
    if not whole or whole == total:
        return list(parts)
    found = [part * total // whole for part in parts]
    found[parts.index(max(parts))] += total - sum(found)
    return found
