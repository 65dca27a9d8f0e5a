"""A node with its unit, and how quantities are brought to a common unit."""

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from sim.errors import LanguageError
from sim.language.tree import Apply, Literal, Node
from sim.language.units import DIMENSIONLESS, PER_TIME, TIME, Unit, describe, divide, ratio


@dataclass(frozen=True, slots=True)
class Quantity:
    """A resolved part of an expression, where it stands in the text and how many nodes it has."""

    node: Node
    unit: Unit | None  # None: the number 0, which fits any unit
    start: int = 0
    end: int = 0
    size: int = 1

    def error(self, code: str, message: str, hint: str = "") -> LanguageError:
        return LanguageError(code, message, hint=hint, start=self.start, end=self.end)


def said(unit: Unit | None) -> str:
    """A unit as messages name it."""
    return "a plain number" if unit is None or unit == DIMENSIONLESS else describe(unit)


# -- nodes -------------------------------------------------------------------------------------------------------------

_FOLDED: dict[str, Callable[[float, float], float]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
}
_ONE = Literal(1.0)


def apply(function: str, *arguments: Node) -> Node:
    """A function of nodes; arithmetic of two literals, and a product with 1, is done at once."""
    match function, arguments:
        case "neg", (Literal(a),):
            return Literal(-a)
        case "add" | "sub" | "mul" | "div", (Literal(a), Literal(b)) if b != 0 or function != "div":
            value = _FOLDED[function](a, b)
            return Literal(value) if math.isfinite(value) else Apply(function, arguments)
        case "mul", (a, Literal(1.0)) | (Literal(1.0), a):
            return a
        case "div", (a, Literal(1.0)):
            return a
    return Apply(function, arguments)


def scale(node: Node, factor: Fraction) -> Node:
    """The node times a factor, rounded once where that can be done."""
    if isinstance(node, Literal):
        return Literal(float(Fraction(node.value) * factor))
    if factor.numerator == 1:
        return apply("div", node, Literal(float(factor.denominator)))
    return apply("mul", node, Literal(float(factor)))


# -- conversion --------------------------------------------------------------------------------------------------------


def convert(quantity: Quantity, unit: Unit) -> Quantity | None:
    """The quantity in another unit, or None where the dimensions differ."""
    if quantity.unit is unit:
        return quantity
    if quantity.unit is None or quantity.unit == unit:
        return replace(quantity, unit=unit)
    factor = ratio(quantity.unit, unit)
    if factor is None:
        return None
    try:
        return replace(quantity, unit=unit, node=scale(quantity.node, factor))
    except OverflowError:
        raise quantity.error("E203", f"this number is too large in {said(unit)}") from None


def plain(quantity: Quantity, what: str) -> Node:
    """The quantity as a plain number; ``what`` says who needs one."""
    converted = convert(quantity, DIMENSIONLESS)
    if converted is None:
        hint = "divide it by a quantity of the same unit first"
        raise quantity.error("E218", f"{what} needs a plain number, not {said(quantity.unit)}", hint)
    return converted.node


def unify(quantities: Sequence[Quantity], message: str) -> tuple[list[Node], Unit | None]:
    """The quantities in the unit of the first that has one; ``message`` names two that differ, ``{0}`` and ``{1}``."""
    first = next((quantity for quantity in quantities if quantity.unit is not None), None)
    if first is None or first.unit is None:
        return [quantity.node for quantity in quantities], None
    nodes = []
    for quantity in quantities:
        converted = convert(quantity, first.unit)
        if converted is None:
            raise LanguageError(
                "E216",
                message.format(said(first.unit), said(quantity.unit)),
                hint=_mismatch_hint(first.unit, quantity.unit),
                start=min(first.start, quantity.start),
                end=max(first.end, quantity.end),
            )
        nodes.append(converted.node)
    return nodes, first.unit


def _mismatch_hint(a: Unit, b: Unit | None) -> str:
    if b is not None and DIMENSIONLESS not in (a, b) and divide(a, b).dimensions in (TIME, PER_TIME):
        return "a rate times `dt`, the length of a step, is a change: is a `dt` missing?"
    units = [unit for unit in (a, b) if unit != DIMENSIONLESS]
    if len(units) != 1 or units[0] is None:
        return ""
    if units[0].dimensions == TIME:
        return "a duration is a number times a unit of time, such as `8*week`"
    if units[0].dimensions == PER_TIME:
        return "a rate is a number divided by a unit of time, such as `0.05/year`"
    return f"a number in an expression has no unit: name it as a parameter with unit {describe(units[0])}"
