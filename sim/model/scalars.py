"""Shapes of a single value: texts, names, numbers, dates, durations."""

import keyword
import re
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import Any, Literal

from sim.model.document import Node, Scalar
from sim.model.shape import Schema, Shape, is_null, short, suggest
from sim.model.source import Report

NAME = re.compile(r"[a-z][a-z0-9_]*")
_REFERENCE = re.compile(r"[a-z]\w*(\.[a-z]\w*)*(\[[a-z]\w*\])?(\.[a-z]\w*)*", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DIGITS = re.compile(r"[-+]?\d+(_\d+)*")
_REAL = re.compile(r"[-+]?(\d+(_\d+)*\.?(\d+(_\d+)*)?|\.\d+(_\d+)*)([eE][-+]?\d+)?")
_DURATION = re.compile(r"(\d[\d_]{0,11}(?:\.\d{1,9})?)\s*(day|week|month|year)s?")
_JUMP = re.compile(r"(\+=|-=|\*=|=)(?!=)\s*(?=\S)")


@dataclass
class _OfScalar(Shape):
    """A shape of a single value."""

    what: str = "a text"

    def read(self, node: Node, report: Report) -> Any:
        if not isinstance(node, Scalar) or is_null(node):
            return self.refuse(node, report)
        return self.accept(node, report)

    def accept(self, node: Scalar, report: Report) -> Any:
        return node


class Prose(_OfScalar):
    """Text for people, in any script, with line breaks if need be."""

    def schema(self, definitions: Schema) -> Schema:
        return {"type": ["string", "number", "boolean"]}


@dataclass
class Formula(_OfScalar):
    """An expression, a distribution or a number, read by the language later."""

    what: str = "an expression"

    def schema(self, definitions: Schema) -> Schema:
        return {"type": ["string", "number", "boolean"], "description": self.what}


@dataclass
class Matching(_OfScalar):
    """A text of a certain form."""

    pattern: re.Pattern[str] = NAME
    hint: str = ""

    def accept(self, node: Scalar, report: Report) -> Any:
        return node if self.pattern.fullmatch(node.text) else self.refuse(node, report, self.hint)

    def schema(self, definitions: Schema) -> Schema:
        return {"type": ["string", "boolean"], "pattern": f"^({self.pattern.pattern})$", "description": self.what}


@dataclass
class Name(_OfScalar):
    """A name that is given or used."""

    what: str = "a name"

    def accept(self, node: Scalar, report: Report) -> Any:
        return node if check_name(node, report) else None

    def schema(self, definitions: Schema) -> Schema:
        return {"type": "string", "pattern": f"^{NAME.pattern}$"}


@dataclass
class JumpText(_OfScalar):
    """An operator and an expression."""

    what: str = "a jump such as `+= 1`, `-= x`, `= 0` or `*= 0.5`"

    def accept(self, node: Scalar, report: Report) -> Any:
        return node if _JUMP.match(node.text) else self.refuse(node, report)

    def schema(self, definitions: Schema) -> Schema:
        return {"type": "string", "pattern": r"^(\+=|-=|\*=|=)", "description": self.what}


@dataclass
class Number(_OfScalar):
    """A finite number; ``whole`` ones may be bounded."""

    what: str = "a number"
    whole: bool = False
    low: float = float("-inf")
    high: float = float("inf")

    def accept(self, node: Scalar, report: Report) -> Any:
        value = number(node)
        if value is not None and not is_finite(value):
            report.add("E316", "a number must be finite", node)
            return None
        if value is None or (self.whole and value != int(value)):
            return self.refuse(node, report)
        return node if self.low <= value <= self.high else self.refuse(node, report)

    def schema(self, definitions: Schema) -> Schema:
        limits = {"minimum": self.low, "maximum": self.high}
        kept = {name: limit for name, limit in limits.items() if isfinite(limit)}
        pattern = _DIGITS.pattern if self.whole else _REAL.pattern
        exact: Schema = {"type": "integer" if self.whole else "number", **kept}
        return {"anyOf": [exact, {"type": "string", "pattern": f"^({pattern})$"}], "description": self.what}


def is_finite(value: float) -> bool:
    """Is this a number that a double can hold?"""
    try:
        return isfinite(value)
    except OverflowError:
        return False


@dataclass
class Flag(_OfScalar):
    what: str = "true or false"

    def accept(self, node: Scalar, report: Report) -> Any:
        return node if isinstance(node.value, bool) else self.refuse(node, report)

    def schema(self, definitions: Schema) -> Schema:
        return {"type": "boolean"}


@dataclass
class Choice(_OfScalar):
    """One of a few words."""

    words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.what = " or ".join(f"`{word}`" for word in self.words)

    def accept(self, node: Scalar, report: Report) -> Any:
        return node if node.text in self.words else self.refuse(node, report, suggest(node.text, self.words))

    def schema(self, definitions: Schema) -> Schema:
        return {"enum": list(self.words)}


@dataclass
class Day(_OfScalar):
    """A date."""

    what: str = "a date such as 2025-04-07"

    def accept(self, node: Scalar, report: Report) -> Any:
        if not is_day(node):
            return self.refuse(node, report)
        try:
            date.fromisoformat(node.text)
        except ValueError:
            report.add("E311", f"there is no day {node.text} in the calendar", node)
            return None
        if not "1000" <= node.text[:4] <= "9900":
            report.add("E311", "a year from 1000 to 9900 is expected here", node)
            return None
        return node

    def schema(self, definitions: Schema) -> Schema:
        return {"type": "string", "pattern": f"^{_DAY.pattern}$", "description": self.what}


@dataclass
class NamedOrDay(Matching):
    """A text of a certain form, or a date."""

    def accept(self, node: Scalar, report: Report) -> Any:
        return Day().accept(node, report) if is_day(node) else super().accept(node, report)

    def schema(self, definitions: Schema) -> Schema:
        return super().schema(definitions) | {"pattern": f"^({self.pattern.pattern}|{_DAY.pattern})$"}


def is_day(node: Scalar) -> bool:
    """Has this the form of a date?"""
    return _DAY.fullmatch(node.text) is not None


def number(node: Scalar) -> int | float | None:
    """The number that a scalar is, underscores allowed; None where it is none."""
    if isinstance(node.value, bool):
        return None
    if isinstance(node.value, int | float):
        return node.value
    text = node.text.strip()
    if len(text) > 400:
        return None
    if _DIGITS.fullmatch(text):
        return int(text)
    return float(text) if _REAL.fullmatch(text) else None


def check_name(node: Scalar, report: Report) -> bool:
    """Is this a possible name? If not, say why."""
    if keyword.iskeyword(node.text) or node.text in ("true", "false", "null"):
        report.add("E301", f"`{node.text}` means something else already and can be no name", node)
    elif not NAME.fullmatch(node.text):
        hint = "lower case letters, digits and underscores, beginning with a letter"
        report.add("E301", f"`{short(node.text)}` is no name", node, hint)
    else:
        return True
    return False


Reference = Matching("a name such as `oil.brent`", _REFERENCE)
Duration = Matching("a duration such as `4 weeks`", _DURATION)


def duration_parts(node: Scalar) -> tuple[str, str]:
    """The number and the unit of a duration."""
    found = _DURATION.fullmatch(node.text)
    assert found
    return found[1].replace("_", ""), found[2]


def jump_parts(node: Scalar) -> tuple[Literal["+=", "-=", "*=", "="], int]:
    """The operator of a jump, and where its expression begins."""
    found = _JUMP.match(node.text)
    assert found
    operators: dict[str, Literal["+=", "-=", "*=", "="]] = {"+=": "+=", "-=": "-=", "*=": "*=", "=": "="}
    return operators[found[1]], found.end()
