"""A calculator for expressions such as ``2 * (3 + x)``: tokens, a tree, a value."""

from __future__ import annotations

import asyncio
import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

SPACE = re.compile(r"\s+")
TOKEN = re.compile(
    r"(?P<number>[0-9]{1,30}(?:\.[0-9]{1,30})?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>[-+*/()])"
)
MAX_DEPTH = 50


class ExpressionError(ValueError):
    """The expression cannot be read or has no value."""


class Kind(enum.Enum):
    """What a token is."""

    NUMBER = "number"
    NAME = "name"
    SIGN = "sign"


@dataclass(frozen=True)
class Token:
    """A piece of an expression and where it starts."""

    kind: Kind
    text: str
    position: int


def tokenize(text: str) -> list[Token]:
    """Split an expression into tokens."""
    tokens = []
    position = 0
    while position < len(text):
        space = SPACE.match(text, position)
        if space is not None:
            position = space.end()
            continue
        match = TOKEN.match(text, position)
        if match is None:
            raise ExpressionError(f"unexpected {text[position]!r} at {position}")
        tokens.append(Token(Kind(match.lastgroup), match.group(), position))
        position = match.end()
    return tokens


@dataclass
class Calculator:
    """Works out expressions, with names for values."""

    names: dict[str, float] = field(default_factory=dict)
    history: list[float] = field(default_factory=list)
    _tokens: list[Token] = field(default_factory=list, init=False, repr=False)

    def assign(self, name: str, value: float) -> None:
        """Give a value a name."""
        if not name.isidentifier():
            raise ExpressionError(f"{name!r} is not a name")
        self.names[name] = value

    def evaluate(self, text: str) -> float:
        """Return the value of an expression and remember it."""
        self._tokens = tokenize(text)[::-1]
        if not self._tokens:
            raise ExpressionError("the expression is empty")
        value = self._sum(0)
        if self._tokens:
            raise ExpressionError(
                f"unexpected {self._tokens[-1].text!r} at {self._tokens[-1].position}"
            )
        self.history.append(value)
        return value

    def _accept(self, signs: str) -> str:
        if self._tokens and self._tokens[-1].kind is Kind.SIGN and self._tokens[-1].text in signs:
            return self._tokens.pop().text
        return ""

    def _sum(self, depth: int) -> float:
        value = self._product(depth)
        while sign := self._accept("+-"):
            other = self._product(depth)
            value = value + other if sign == "+" else value - other
        return value

    def _product(self, depth: int) -> float:
        value = self._factor(depth)
        while sign := self._accept("*/"):
            other = self._factor(depth)
            if sign == "*":
                value *= other
            elif other == 0:
                raise ExpressionError("division by zero")
            else:
                value /= other
        return value

    def _factor(self, depth: int) -> float:
        if depth > MAX_DEPTH:
            raise ExpressionError("the expression is nested too deeply")
        if self._accept("-"):
            return -self._factor(depth + 1)
        if self._accept("("):
            value = self._sum(depth + 1)
            if not self._accept(")"):
                raise ExpressionError("a bracket is not closed")
            return value
        return self._atom()

    def _atom(self) -> float:
        if not self._tokens:
            raise ExpressionError("the expression ends too early")
        token = self._tokens.pop()
        if token.kind is Kind.NUMBER:
            return float(token.text)
        if token.kind is Kind.NAME and token.text in self.names:
            return self.names[token.text]
        raise ExpressionError(f"unexpected {token.text!r} at {token.position}")


async def evaluate_all(
    texts: list[str], names: Mapping[str, float] | None = None
) -> list[float | None]:
    """Return the values of many expressions, None for those that have none."""
    values: list[float | None] = []
    calculator = Calculator(dict(names or {}))
    for text in texts:
        try:
            values.append(calculator.evaluate(text))
        except ExpressionError:
            values.append(None)
        # long lists must not starve the other tasks
        await asyncio.sleep(0)
    return values
