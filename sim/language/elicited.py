"""Distributions given by quantiles: two of a family's own, or any number through a metalog."""

import itertools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sim.errors import LanguageError
from sim.language import metalog
from sim.language.canonical import LIMITS, Canonical, check_truncation, signature
from sim.language.constants import constant
from sim.language.expressions import Expression
from sim.language.quantile_forms import TWO_QUANTILES, solve
from sim.language.tree import Literal, Node

_QUANTILE = re.compile(r"p0*([1-9]\d?)")


@dataclass(frozen=True, slots=True)
class Elicited:
    """Quantiles in increasing order, with their names, and the limits beside them."""

    written: Mapping[str, Expression]
    points: tuple[tuple[str, float, float], ...]  # name, probability, value
    low: Node | None
    high: Node | None

    def check_inside(self, low: float, high: float, what: str) -> None:
        """Refuse a quantile beyond the values that can be drawn."""
        for name, _, value in self.points:
            if not low < value < high:
                raise self.written[name].error(
                    "E245", f"{name} = {value:g} is not {_range(low, high)}, as {what} must be"
                )


def is_quantile(keyword: str | None) -> bool:
    """Whether a keyword is meant as a quantile."""
    return keyword is not None and re.fullmatch(r"p\d+", keyword) is not None


def check_quantiles(name: str, written: Mapping[str, Expression]) -> None:
    """Refuse a family that has no form with quantiles, and what is none."""
    if name not in ("quantiles", *TWO_QUANTILES):
        hint = f"two quantiles make a distribution of {', '.join(TWO_QUANTILES)}; any number of them, `quantiles(...)`"
        raise LanguageError("E244", f"`{signature(name)}` has no form with quantiles", hint, 0, 0)
    for keyword, argument in written.items():
        if keyword not in LIMITS and not _QUANTILE.fullmatch(keyword):
            message = f"`{keyword}` cannot stand here: quantiles are p1 to p99, and only `min` and `max` go with them"
            raise argument.error("E244", message)


def from_quantiles(name: str, nodes: Mapping[str, Node], written: Mapping[str, Expression]) -> Canonical:
    """The canonical form of a distribution with named quantiles and limits.

    A ``LanguageError`` without a place (it begins and ends at 0) is about the whole.
    """
    given = _read(nodes, written)
    return _metalog(given) if name == "quantiles" else _two_quantiles(name, given)


def _read(nodes: Mapping[str, Node], written: Mapping[str, Expression]) -> Elicited:
    low, high = (nodes.get(limit) for limit in LIMITS)
    numbers = {name: _number(node, written[name]) for name, node in nodes.items() if name not in LIMITS}
    points = sorted((int(name[1:]) / 100, value, name) for name, value in numbers.items())
    for (p, x, lower), (q, y, upper) in itertools.pairwise(points):
        if p == q:
            raise written[upper].error("E245", f"`{lower}` and `{upper}` are the same quantile")
        if x >= y:
            raise written[upper].error("E245", f"quantiles must increase: {lower} is {x:g} and {upper} is {y:g}")
    return Elicited(written, tuple((name, p, x) for p, x, name in points), low, high)


def _number(node: Node, argument: Expression) -> float:
    value = constant(node)
    if value is None:
        hint = "the distribution is fitted to it before the run, so that it can read nothing"
        raise argument.error("E249", "a number is expected here, or constants such as `2*week`", hint)
    return value


def _range(low: float, high: float) -> str:
    if high == math.inf:
        return f"above {low:g}"
    return f"below {high:g}" if low == -math.inf else f"between {low:g} and {high:g}"


def _two_quantiles(name: str, given: Elicited) -> Canonical:
    if len(given.points) != 2:
        hint = "`quantiles(...)` takes any number of them" if len(given.points) > 2 else ""
        raise LanguageError("E244", f"`{name}` takes two quantiles, not {len(given.points)}", hint, 0, 0)
    _, least, most = TWO_QUANTILES[name]
    given.check_inside(least, most, f"the quantiles of {name}")
    (_, p, x), (_, q, y) = given.points
    arguments = solve(name, ((p, x), (q, y)))
    if arguments is None:
        message = f"no {name} distribution with these quantiles can be found in double precision"
        raise LanguageError("E245", message, "", 0, 0)
    canonical = Canonical(name, tuple(map(Literal, arguments)), given.low, given.high)
    check_truncation(canonical, given.written)
    return canonical


_METALOGS = {
    (False, False): "metalog",
    (True, False): "metalog_low",
    (False, True): "metalog_high",
    (True, True): "metalog_bounded",
}


def _metalog(given: Elicited) -> Canonical:
    low, high = (
        None if limit is None else _number(limit, given.written[name])
        for name, limit in zip(LIMITS, (given.low, given.high), strict=True)
    )
    if not 2 <= len(given.points) <= metalog.MOST_TERMS:
        message = f"`quantiles(...)` takes 2 to {metalog.MOST_TERMS} quantiles, not {len(given.points)}"
        raise LanguageError("E244", message, "", 0, 0)
    if low is not None and high is not None and low >= high:
        raise given.written["max"].error("E246", "`min` must be below `max`")
    given.check_inside(-math.inf if low is None else low, math.inf if high is None else high, "all quantiles")
    values = [metalog.shape(value, low, high) for _, _, value in given.points]
    terms = metalog.fit([p for _, p, _ in given.points], values)
    if terms is None or not metalog.is_valid(terms):
        hint = "take quantiles that lie closer to a smooth curve, fewer of them, or other limits"
        raise LanguageError("E247", "no metalog distribution with a density has these quantiles", hint, 0, 0)
    bounds = [bound for bound in (low, high) if bound is not None]
    return Canonical(_METALOGS[low is not None, high is not None], tuple(map(Literal, (*terms, *bounds))))
