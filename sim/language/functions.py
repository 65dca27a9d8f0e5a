"""The functions and operators of expressions: how many arguments each takes, and what it makes of their units."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sim.errors import LanguageError
from sim.language.quantities import Quantity, apply, plain, said, unify
from sim.language.tree import Literal, Node
from sim.language.units import DIMENSIONLESS, TIME, Unit, divide, multiply, power

Result = tuple[Node, Unit | None]
Rule = Callable[[str, Sequence[Quantity]], Result]

LARGEST_EXPONENT = 64
_FINEST_EXPONENT = 8  # largest denominator


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language: its arguments as they are written, and its unit rule."""

    signature: str
    least: int
    most: int | None  # None: any number
    rule: Rule

    def takes(self, n_arguments: int) -> bool:
        return self.least <= n_arguments and (self.most is None or n_arguments <= self.most)


# -- unit rules --------------------------------------------------------------------------------------------------------


def _plain(name: str, arguments: Sequence[Quantity]) -> Result:
    """Plain numbers give a plain number."""
    return apply(name, *(plain(argument, f"`{name}`") for argument in arguments)), DIMENSIONLESS


def _together(message: str) -> Rule:
    """Arguments of one unit give a result in it."""

    def rule(name: str, arguments: Sequence[Quantity]) -> Result:
        nodes, unit = unify(arguments, message)
        return apply(name, *nodes), unit

    return rule


def _ratio(message: str) -> Rule:
    """Arguments of one unit give a plain number."""

    def rule(name: str, arguments: Sequence[Quantity]) -> Result:
        nodes, _ = unify(arguments, message)
        return apply(name, *nodes), DIMENSIONLESS

    return rule


_same = _together("the arguments differ in unit: {0} and {1}")
_compare = _ratio("{0} cannot be compared with {1}")


def _multiply(name: str, arguments: Sequence[Quantity]) -> Result:
    a, b = arguments
    return apply(name, a.node, b.node), multiply(a.unit or DIMENSIONLESS, b.unit or DIMENSIONLESS)


def _divide(name: str, arguments: Sequence[Quantity]) -> Result:
    a, b = arguments
    return apply(name, a.node, b.node), divide(a.unit or DIMENSIONLESS, b.unit or DIMENSIONLESS)


def _sqrt(name: str, arguments: Sequence[Quantity]) -> Result:
    (a,) = arguments
    return apply(name, a.node), None if a.unit is None else power(a.unit, Fraction(1, 2))


def _power(name: str, arguments: Sequence[Quantity]) -> Result:
    base, exponent = arguments
    exact = _simple(exponent.node)
    if base.unit is not None and base.unit != DIMENSIONLESS and exact is not None:
        return apply(name, base.node, plain(exponent, "an exponent")), power(base.unit, exact)
    if base.unit is not None and base.unit.dimensions:
        message = f"the exponent of {said(base.unit)} must be a simple number, such as 2, -1 or 1/2"
        raise exponent.error("E219", message, hint="divide the base by a quantity of the same unit first")
    return apply(name, plain(base, "a power"), plain(exponent, "an exponent")), DIMENSIONLESS


def _simple(node: Node) -> Fraction | None:
    """A literal exponent as a small fraction."""
    if not isinstance(node, Literal) or abs(node.value) > LARGEST_EXPONENT:
        return None
    exact = Fraction(node.value).limit_denominator(_FINEST_EXPONENT)
    return exact if float(exact) == node.value else None


def _if(name: str, arguments: Sequence[Quantity]) -> Result:
    condition, *branches = arguments
    nodes, unit = unify(branches, "the two branches differ in unit: {0} and {1}")
    return apply(name, plain(condition, "a condition"), *nodes), unit


def _table(name: str, arguments: Sequence[Quantity]) -> Result:
    if len(arguments) % 2 == 0:
        raise arguments[-1].error("E232", "the last point of this table has no y", hint=f"`{_TABLE}`")
    x, _ = unify([arguments[0], *arguments[1::2]], "the x of this table differ in unit: {0} and {1}")
    y, unit = unify(arguments[2::2], "the y of this table differ in unit: {0} and {1}")
    for left, right, quantity in zip(x[1:], x[2:], arguments[3::2], strict=False):
        if isinstance(left, Literal) and isinstance(right, Literal) and left.value >= right.value:
            raise quantity.error("E234", "the x of a table must increase from point to point", hint=f"`{_TABLE}`")
    points = [node for pair in zip(x[1:], y, strict=True) for node in pair]
    return apply(name, x[0], *points), unit


def _hazard(name: str, arguments: Sequence[Quantity]) -> Result:
    probability, window = arguments
    p = plain(probability, "the probability of a hazard")
    if isinstance(p, Literal) and not 0 <= p.value < 1:
        hint = "what is certain to happen is an event without a rate, or one with `chance: 1`"
        raise probability.error("E235", "the probability of a hazard must be at least 0 and below 1", hint)
    if window.unit is None or window.unit.dimensions != TIME:
        message = f"the window of a hazard is a time, not {said(window.unit)}"
        raise window.error("E235", message, hint="for example `hazard(0.35, 30*day)`")
    if isinstance(window.node, Literal) and window.node.value <= 0:
        raise window.error("E235", "the window of a hazard must be longer than nothing")
    return apply(name, p, window.node), power(window.unit, Fraction(-1))


# -- the rows ----------------------------------------------------------------------------------------------------------

_TABLE = "table(x, x0, y0, x1, y1, ...)"

OPERATORS: dict[str, Rule] = {
    "add": _together("{1} cannot be added to {0}"),
    "sub": _together("{1} cannot be subtracted from {0}"),
    "mul": _multiply,
    "div": _divide,
    "floordiv": _ratio("{0} cannot be divided into whole parts of {1}"),
    "mod": _together("{0} has no remainder after parts of {1}"),
    "pow": _power,
    "neg": _same,
    **dict.fromkeys(("lt", "le", "gt", "ge", "eq", "ne"), _compare),
    **dict.fromkeys(("and", "or", "not"), _plain),
    "if": _if,
}

FUNCTIONS: dict[str, Function] = {
    "abs": Function("abs(x)", 1, 1, _same),
    "sign": Function("sign(x)", 1, 1, _ratio("")),
    "sqrt": Function("sqrt(x)", 1, 1, _sqrt),
    **{
        name: Function(f"{name}(x)", 1, 1, _plain)
        for name in (
            *("exp", "log", "log1p", "expm1", "floor", "ceil", "round", "sin", "cos", "tanh"),
            *("logistic", "logit", "normal_cdf", "normal_quantile"),
        )
    },
    "min": Function("min(a, b, ...)", 2, None, _same),
    "max": Function("max(a, b, ...)", 2, None, _same),
    "clip": Function("clip(x, lo, hi)", 3, 3, _same),
    "table": Function(_TABLE, 3, None, _table),
    "hazard": Function("hazard(p, window)", 2, 2, _hazard),
}

AGGREGATES = ("sum", "mean", "any", "all", "min", "max")
"""Functions of one argument over an index; min and max of several arguments are ordinary functions."""


def call(name: str, arguments: Sequence[Quantity], start: int, end: int) -> Quantity:
    """An operator or function applied to quantities, with the unit of the result."""
    rule = OPERATORS.get(name) or FUNCTIONS[name].rule
    try:
        node, unit = rule(name, arguments)
    except LanguageError as error:
        if error.code == "E214":  # from the arithmetic of units, which knows no place
            error.start, error.end = start, end
        raise
    return Quantity(node, unit, start, end, 1 + sum(argument.size for argument in arguments))
