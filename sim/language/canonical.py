"""The canonical form of a distribution, and what its constant arguments must fulfil."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sim.language.expressions import Expression
from sim.language.families import FAMILIES, Bound, weight_bounds
from sim.language.quantile_forms import OPS
from sim.language.tree import Literal, Node
from sim.numerics import quantiles

LIMITS = ("min", "max")


class Canonical(NamedTuple):
    """A distribution as the compiler takes it: a family, its arguments in order, and a truncation."""

    family: str
    arguments: tuple[Node, ...]
    low: Node | None = None
    high: Node | None = None


def signature(name: str) -> str:
    return f"{name}({', '.join(FAMILIES[name].arguments or ('w0', 'w1', '...'))})"


def canonical(name: str, nodes: Mapping[str, Node], written: Mapping[str, Expression]) -> Canonical:
    """The canonical form of named arguments and limits, refused where constant ones make no distribution."""
    arguments = {argument: node for argument, node in nodes.items() if argument not in LIMITS}
    constants = {argument: node.value for argument, node in arguments.items() if isinstance(node, Literal)}
    broken = _broken(FAMILIES[name].bounds or weight_bounds(tuple(arguments)), constants)
    if broken is not None:
        raise written[broken.about[-1]].error("E243", f"in `{signature(name)}`, {broken.sentence}")
    result = Canonical(name, tuple(arguments.values()), nodes.get("min"), nodes.get("max"))
    check_truncation(result, written)
    return result


def _broken(bounds: Sequence[Bound], constants: Mapping[str, float]) -> Bound | None:
    """The first bound that the constant arguments break."""
    for bound in bounds:
        if all(name in constants for name in bound.about):
            values = (constants[name] for name in bound.about)
            if not bound.holds(*values):
                return bound
    return None


def check_truncation(distribution: Canonical, written: Mapping[str, Expression]) -> None:
    """Refuse constant limits that leave nothing to draw."""
    name, arguments, low, high = distribution
    if low is None and high is None:
        return
    low, high = low or Literal(-math.inf), high or Literal(math.inf)
    if not isinstance(low, Literal) or not isinstance(high, Literal):
        return
    last = written["max" if "max" in written else "min"]
    if low.value > high.value or (low.value == high.value and not FAMILIES[name].whole):
        raise last.error("E246", "`min` must be below `max`")
    constants = tuple(node.value for node in arguments if isinstance(node, Literal))
    if len(constants) == len(arguments) and _is_empty(name, constants, low.value, high.value):
        raise last.error("E246", f"nothing of this {name} distribution lies within `min` and `max`")


def _is_empty(name: str, arguments: tuple[float, ...], low: float, high: float) -> bool:
    family = FAMILIES[name]
    return math.isnan(quantiles.truncated(OPS, family.quantile, family.cdf, 0.5, arguments, low, high))
