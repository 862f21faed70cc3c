"""Text to tree. Grammar, loosest first: or, and, not, comparison, + -, * /, sign, and then numbers (80, 2.5, 15%, 80万元,
500元), "text", date("2026-07-01"), true, false, names (goal), columns of a table (staff.months), functions and [lists].
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from headwater.core.money import Fen, PartOfFen

MAX_CHARS = 1000
MAX_DEPTH = 30
MAX_NODES = 200


class ExpressionError(Exception):
    """What is wrong with an expression, and at which character (the first is 1)."""

    def __init__(self, message: str, position: int = 0) -> None:
        self.message, self.position = message, position
        super().__init__(f"at character {position + 1}: {message}")


@dataclass(frozen=True)
class Literal:
    value: Any
    position: int


@dataclass(frozen=True)
class Name:
    """An answer, or with a dot a column of a table."""

    name: str
    position: int


@dataclass(frozen=True)
class Operation:
    """`operator` is one of not - + * / == != < <= > >= in and or, or "list"."""

    operator: str
    operands: tuple[Node, ...]
    position: int


@dataclass(frozen=True)
class Call:
    function: str
    arguments: tuple[Node, ...]
    position: int


Node = Literal | Name | Operation | Call

TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>\d+(?:\.\d+)?)(?P<unit>万元|元|%|(?![\w.]))
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?)
    |(?P<text>"[^"\\]*")
    |(?P<sign>==|!=|<=|>=|[-+*/<>(),\[\]])
    )""",
    re.VERBOSE,
)
COMPARISONS = ("==", "!=", "<=", ">=", "<", ">")
RESERVED = {"and", "or", "not", "in", "true", "false"}


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    position: int
    unit: str = ""


def _tokens(source: str) -> Iterator[Token]:
    at, end = 0, len(source.rstrip())
    while at < end:
        match = TOKEN.match(source, at)
        if match is None:
            start = at + len(source[at:]) - len(source[at:].lstrip())
            raise ExpressionError(f"unexpected {source[start : start + 12]!r}", start)
        kind = match.lastgroup if match.lastgroup != "unit" else "number"
        yield Token(str(kind), match.group(str(kind)), match.start(str(kind)), match.group("unit") or "")
        at = match.end()
    yield Token("end", "", end)


class _Parser:
    def __init__(self, source: str) -> None:
        if len(source) > MAX_CHARS:
            raise ExpressionError(f"longer than {MAX_CHARS} characters", MAX_CHARS)
        if not source.strip():
            raise ExpressionError("is empty", 0)
        self.tokens = list(_tokens(source))
        self.at = self.depth = self.nodes = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def take(self, *texts: str) -> Token | None:
        """The next token when it is one of `texts` (never a quoted text)."""
        token = self.token
        if token.kind in {"sign", "word"} and token.text in texts:
            self.at += 1
            return token
        return None

    def need(self, text: str) -> None:
        if not self.take(text):
            raise ExpressionError(f"expected {text!r}, found {self.token.text or 'the end'!r}", self.token.position)

    def add(self, node: Node) -> Node:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise ExpressionError(f"more than {MAX_NODES} parts", node.position)
        return node

    def whole(self) -> Node:
        node = self.either()
        if self.token.kind != "end":
            raise ExpressionError(f"unexpected {self.token.text!r}", self.token.position)
        return node

    def either(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError(f"nested deeper than {MAX_DEPTH}", self.token.position)
        node = self.both()
        while sign := self.take("or"):
            node = self.add(Operation("or", (node, self.both()), sign.position))
        self.depth -= 1
        return node

    def both(self) -> Node:
        node = self.negation()
        while sign := self.take("and"):
            node = self.add(Operation("and", (node, self.negation()), sign.position))
        return node

    def negation(self) -> Node:
        signs = []
        while sign := self.take("not"):
            signs.append(sign)
        node = self.comparison()
        for sign in reversed(signs):
            node = self.add(Operation("not", (node,), sign.position))
        return node

    def comparison(self) -> Node:
        node = self.addition()
        if sign := self.take(*COMPARISONS, "in"):
            node = self.add(Operation(sign.text, (node, self.addition()), sign.position))
        if self.token.text in COMPARISONS and self.token.kind == "sign":
            raise ExpressionError("comparisons do not chain; join them with 'and'", self.token.position)
        return node

    def addition(self) -> Node:
        node = self.product()
        while sign := self.take("+", "-"):
            node = self.add(Operation(sign.text, (node, self.product()), sign.position))
        return node

    def product(self) -> Node:
        node = self.signed()
        while sign := self.take("*", "/"):
            node = self.add(Operation(sign.text, (node, self.signed()), sign.position))
        return node

    def signed(self) -> Node:
        signs = []
        while sign := self.take("-"):
            signs.append(sign)
        node = self.atom()
        for sign in reversed(signs):
            node = self.add(Operation("neg", (node,), sign.position))
        return node

    def atom(self) -> Node:
        token = self.token
        if token.kind == "number":
            self.at += 1
            return self.add(Literal(_number(token), token.position))
        if token.kind == "text":
            self.at += 1
            return self.add(Literal(token.text[1:-1], token.position))
        if self.take("("):
            node = self.either()
            self.need(")")
            return node
        if self.take("["):
            return self.add(Operation("list", self.arguments("]"), token.position))
        if self.take("true", "false"):
            return self.add(Literal(token.text == "true", token.position))
        if token.kind == "word" and token.text not in RESERVED:
            self.at += 1
            if self.take("("):
                return self.add(_call(token, self.arguments(")")))
            return self.add(Name(token.text, token.position))
        raise ExpressionError(f"expected a value, found {token.text or 'the end'!r}", token.position)

    def arguments(self, close: str) -> tuple[Node, ...]:
        arguments: list[Node] = []
        if self.take(close):
            return ()
        while True:
            arguments.append(self.either())
            if self.take(close):
                return tuple(arguments)
            self.need(",")


def _number(token: Token) -> Decimal | Fen:
    if len(token.text) > 20:
        raise ExpressionError("a number of more than 20 digits", token.position)
    value = Decimal(token.text)
    if token.unit == "%":
        return value / 100
    try:
        return Fen.of_wan(value) if token.unit == "万元" else Fen.of_yuan(value) if token.unit else value
    except PartOfFen:
        raise ExpressionError("an amount with more decimals than fen", token.position) from None


def _call(token: Token, arguments: tuple[Node, ...]) -> Node:
    """A call; date("2026-07-01") is a literal already."""
    if token.text != "date":
        return Call(token.text, arguments, token.position)
    text = arguments[0].value if len(arguments) == 1 and isinstance(arguments[0], Literal) else None
    try:
        return Literal(date.fromisoformat(text if isinstance(text, str) else ""), token.position)
    except ValueError:
        raise ExpressionError('expected a date as in date("2026-07-01")', token.position) from None


@lru_cache(maxsize=4096)
def parse(source: str) -> Node:
    """The tree of an expression.

    Raises:
        ExpressionError: it cannot be read, or is too long, too deep or of too many parts.
    """
    return _Parser(source).whole()


def _walk(node: Node) -> Iterator[Node]:
    yield node
    children = node.operands if isinstance(node, Operation) else node.arguments if isinstance(node, Call) else ()
    for child in children:
        yield from _walk(child)


def names(node: Node) -> set[str]:
    """The answers that an expression reads: of a column, its table."""
    return {n.name.partition(".")[0] for n in _walk(node) if isinstance(n, Name)}


def parameters(node: Node) -> list[tuple[str, int]]:
    """The keys of dated parameters that an expression reads, with their positions."""
    calls = [n for n in _walk(node) if isinstance(n, Call) and n.function == "parameter"]
    return [(str(n.arguments[0].value), n.position) for n in calls if n.arguments and isinstance(n.arguments[0], Literal)]
