"""Expressions in words, for pages: `"human" in flags` is no sentence to an official."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from headwater.core.i18n import NOTHING, Bilingual
from headwater.core.money import Fen, wan, yuan
from headwater.forms.expressions.syntax import Call, Literal, Name, Node, Operation, parse

SIGNS = {
    "and": Bilingual("{}，且{}", "{} and {}"),
    "or": Bilingual("{}，或{}", "{} or {}"),
    "not": Bilingual("并非{}", "not: {}"),
    "neg": Bilingual("负{}", "-{}"),
    "+": Bilingual("{}与{}之和", "{} plus {}"),
    "-": Bilingual("{}减{}", "{} minus {}"),
    "*": Bilingual("{}乘以{}", "{} times {}"),
    "/": Bilingual("{}除以{}", "{} divided by {}"),
    "==": Bilingual("{}等于{}", "{} is {}"),
    "!=": Bilingual("{}不等于{}", "{} is not {}"),
    "<": Bilingual("{}小于{}", "{} is less than {}"),
    "<=": Bilingual("{}不大于{}", "{} is at most {}"),
    ">": Bilingual("{}大于{}", "{} is more than {}"),
    ">=": Bilingual("{}不小于{}", "{} is at least {}"),
    "in": Bilingual("{}为{}", "{} is {}"),
}
IS = Bilingual("{}为{}", "{} is {}")
FIGURE = Bilingual("规定的数值", "the figure laid down")
DECLARED = Bilingual("已声明{}", "{} is declared")
CALLS = {
    "sum": Bilingual("{}合计", "total of {}"),
    "count": Bilingual("{}的项数", "number of {}"),
    "min": Bilingual("{}中的最小值", "least of {}"),
    "max": Bilingual("{}中的最大值", "greatest of {}"),
    "any": Bilingual("有一项{}", "any with {}"),
    "all": Bilingual("每一项{}", "all with {}"),
    "filled": Bilingual("已填写{}", "{} is filled in"),
    "days": Bilingual("{}之间的天数", "days between {}"),
    "len": Bilingual("{}的字数", "length of {}"),
    "year": Bilingual("{}的年份", "year of {}"),
    "distinct": Bilingual("{}中不同的项数", "number of different {}"),
    "if": Bilingual("按条件取值（{}）", "one of ({}) by the condition"),
}


@dataclass(frozen=True)
class Labels:
    """What the names and codes of a form are called. `declared` is the name whose codes somebody declares; `parameter` gives what
    the region calls one of its parameters.
    """

    names: Mapping[str, Bilingual]
    codes: Mapping[str, Mapping[str, Bilingual]] = field(default_factory=dict)
    declared: str = ""
    parameter: Callable[[str], Bilingual] = lambda _key: NOTHING

    def code(self, name: str, code: str) -> Bilingual:
        return self.codes.get(name, {}).get(code, Bilingual(code))


def in_words(source: str, labels: Labels) -> Bilingual:
    """Return what an expression says, with the labels of the form instead of its names; empty for none."""
    if not source:
        return Bilingual("")
    node = parse(source)
    return Bilingual(*(_said(node, labels, say) for say in (_zh, _en)))


Say = Callable[[Bilingual], str]


def _zh(text: Bilingual) -> str:
    return text.zh


def _en(text: Bilingual) -> str:
    return text.en or text.zh


def _said(node: Node, labels: Labels, say: Say, of: str = "") -> str:
    """Say a part. `of` is the name beside it, whose codes its texts are."""
    if isinstance(node, Literal):
        return _value(node.value, labels, say, of)
    if isinstance(node, Name):
        return f"“{say(labels.names.get(node.name, Bilingual(node.name)))}”"
    if isinstance(node, Call) and node.function == "parameter" and isinstance(node.arguments[0], Literal):
        words = labels.parameter(str(node.arguments[0].value).partition(".")[0])
        return f"“{say(words)}”" if words else say(FIGURE)
    if isinstance(node, Call):
        arguments = say(Bilingual("、", ", ")).join(_said(a, labels, say) for a in node.arguments)
        return say(CALLS.get(node.function, Bilingual("{}"))).format(arguments)
    if node.operator == "list":
        return say(Bilingual("或", " or ")).join(_said(o, labels, say, of) for o in node.operands)
    return _operation(node, labels, say)


def _operation(node: Operation, labels: Labels, say: Say) -> str:
    sides = node.operands
    if node.operator == "in" and isinstance(sides[1], Name) and sides[1].name == labels.declared:
        return say(DECLARED).format(_said(sides[0], labels, say, labels.declared))
    of = next((side.name for side in sides if isinstance(side, Name)), "")
    frame = SIGNS[node.operator]
    if node.operator == "==" and any(isinstance(side, Literal) and isinstance(side.value, str) for side in sides):
        frame = IS
    return say(frame).format(*(_said(side, labels, say, of) for side in sides))


def _value(value: Any, labels: Labels, say: Say, of: str) -> str:
    if isinstance(value, bool):
        return say(Bilingual("是", "yes") if value else Bilingual("否", "no"))
    if isinstance(value, str):
        return f"“{say(labels.code(of, value))}”"
    if isinstance(value, Fen):
        return say(Bilingual(f"{wan(value)} 万元", f"CNY {yuan(value)}"))
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:f}"
