"""The money of an agreement: how it is budgeted, and the application's budget brought down to the amount that was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from headwater.core.clock import official_day
from headwater.core.i18n import named
from headwater.core.money import amount_said, capital, shares, wan
from headwater.forms.answers.state import Answers
from headwater.forms.shapes import Field, Form
from headwater.schemes import Scheme

Row = dict[str, Any]


def money_fields(form: Form) -> list[Field]:
    """Select the questions on money that the agreement states by itself: the budget, milestones with payments, and who pays what."""
    paid = [f for f in form.fields if f.type == "milestones" and f.column("amount")]
    return [*(f for f in form.fields if f.type == "budget" or f.paid_by), *paid]


def agreed_money(
    scheme: Scheme, answers: Answers, *, asked_fen: int, amount_fen: int, payers: Mapping[str, str]
) -> dict[str, Any]:
    """Compute an agreement's regime, budget lines and milestones in fen, with labels in the reader's language; they add up to
    `amount_fen`. Its sources add up to it too, and to what is paid beyond it. `payers` are the names of the parties who pay.
    """
    money: dict[str, Any] = {"regime": scheme.regime, "asked_fen": asked_fen, "lines": [], "steps": []}
    money["sources"] = _sources(scheme, answers, amount_fen, payers)
    for f in money_fields(scheme):
        rows = answers.rows(f)
        if f.type == "milestones":
            portions = in_proportion([int(r.get("amount") or 0) for r in rows], amount_fen)
            money["steps"] = [[*_texts(f, row), share] for row, share in zip(rows, portions, strict=True)]
        elif f.type == "budget" and rows:
            budget = answers.get(f.code) or {}
            indirect = int(budget.get("indirect") or 0)
            portions = in_proportion([*(int(r.get("amount") or 0) for r in rows), indirect], amount_fen)
            money["lines"] = [[*_texts(f, row), share] for row, share in zip(rows, portions, strict=False)]
            money["indirect_fen"] = portions[-1]
    return money


def _sources(scheme: Scheme, answers: Answers, amount_fen: int, payers: Mapping[str, str]) -> list[list[Any]]:
    """Return (who pays, what for, fen): the parts of the amount in the proportion of the application, then what comes on top of it as
    it was promised. Where the form does not ask who pays, the department pays all.
    """
    asked = [(f, int(answers.get(f.code) or 0)) for f in scheme.fields if f.paid_by]
    within = [(f, fen) for f, fen in asked if fen and not f.beyond]
    portions = in_proportion([fen for _f, fen in within], amount_fen)
    rows = [[_payer(f, answers, payers), named(f, "label"), part] for (f, _fen), part in zip(within, portions, strict=True)]
    on_top = [[_payer(f, answers, payers), named(f, "label"), fen] for f, fen in asked if fen and f.beyond]
    return [*(rows or [[payers["department"], scheme.words["amount"], amount_fen]]), *on_top]


def _payer(f: Field, answers: Answers, payers: Mapping[str, str]) -> str:
    institution = answers.form.field(f.paid_by)
    return institution.of.text(institution, answers.get(f.paid_by)) if institution else payers[f.paid_by]


def printed(content: Mapping[str, Any], language: str = "zh") -> dict[str, Any]:
    """Return the content of an agreement with its amounts and days as the document prints them; capitals are for the Chinese one."""
    amount, money = content["amount_fen"], content.get("money") or {}
    parts = ("lines", "steps", "sources")
    rows = {part: [[*row[:-1], wan(row[-1])] for row in money.get(part, [])] for part in parts}
    indirect = money.get("indirect_fen", 0)
    terms = {
        "regime": money.get("regime", "lump"),
        "indirect": wan(indirect),
        "indirect_said": amount_said(indirect),
        "total": wan(sum(row[-1] for row in money.get("sources", []))),
    }
    days = {
        key: official_day(date.fromisoformat(content[key]), language)
        for key in ("starts_on", "ends_on", "drawn_on")
        if content.get(key)
    }
    said = {"amount": wan(amount), "amount_said": amount_said(amount), "amount_zh": capital(amount) if language == "zh" else ""}
    return {**content, **days, **said, "language": language, "money": {**terms, **rows}}


def _texts(f: Field, row: Row) -> list[str]:
    return [c.of.text(c, row.get(c.code)) for c in f.columns if c.code not in {"amount", "basis"}]


def in_proportion(parts: Sequence[int], total: int) -> list[int]:
    """`parts` brought to `total` in their proportion, in whole fen; all of nothing stays nothing.

    Brought down, an indirect cost within its cap stays within it, but for a fen: the tiers of the cap fall with the base.
    """
    return [int(share) for share in shares(total, parts)] if sum(parts) else list(parts)
