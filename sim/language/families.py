"""The families of distributions, one record each: arguments, their units and bounds, mean, support, inverse CDF."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sim.language.quantile_forms import exp, log
from sim.numerics import quantiles

INFINITY = math.inf


@dataclass(frozen=True, slots=True)
class Bound:
    """What constant arguments must fulfil: a sentence, the arguments it is about, and the test."""

    sentence: str
    about: tuple[str, ...]
    holds: Callable[..., bool]


@dataclass(frozen=True, slots=True)
class Family:
    """A family of distributions. ``arguments`` empty: any number of them, called w0, w1, ..."""

    arguments: tuple[str, ...]
    in_unit: frozenset[str]  # the arguments that stand in the unit of what is drawn; the others are plain numbers
    quantile: Callable[..., Any]  # (ops, u, *arguments)
    cdf: Callable[..., Any]  # (ops, x, *arguments)
    mean: Callable[..., float]  # of the arguments; NaN where there is none
    support: Callable[..., tuple[float, float]]  # of the arguments
    bounds: tuple[Bound, ...] = ()
    whole: bool = False  # only whole numbers are drawn
    long: bool = False  # the inverse CDF is a search


def _family(name: str, arguments: str, in_unit: str, **fields: Any) -> Family:
    return Family(
        tuple(arguments.split()),
        frozenset(in_unit.split()),
        getattr(quantiles, f"{name}_quantile"),
        getattr(quantiles, f"{name}_cdf"),
        **fields,
    )


def _above(*names: str, floor: float = 0.0) -> tuple[Bound, ...]:
    return tuple(Bound(f"{name} must be above {floor:g}", (name,), lambda x: x > floor) for name in names)


def _share(name: str) -> Bound:
    return Bound(f"{name} must lie between 0 and 1", (name,), lambda p: 0 <= p <= 1)


_ORDERED = (
    Bound("low must be below high", ("low", "high"), lambda low, high: low < high),
    Bound("mode must not be below low", ("low", "mode"), lambda low, mode: low <= mode),
    Bound("mode must not be above high", ("mode", "high"), lambda mode, high: mode <= high),
)


def _everywhere(*arguments: float) -> tuple[float, float]:
    return -INFINITY, INFINITY


def _above_zero(*arguments: float) -> tuple[float, float]:
    return 0.0, INFINITY


def _between(*arguments: float) -> tuple[float, float]:
    return arguments[0], arguments[-1]


def _zero_to_one(*arguments: float) -> tuple[float, float]:
    return 0.0, 1.0


def _no_mean(*arguments: float) -> float:
    return math.nan


def _weighted_place(*weights: float) -> float:
    return sum(place * weight for place, weight in enumerate(weights)) / sum(weights)


WRITTEN: dict[str, Family] = {
    "normal": _family(
        "normal", "mean sd", "mean sd", mean=lambda mean, sd: mean, support=_everywhere, bounds=_above("sd")
    ),
    "lognormal": _family(
        "lognormal",
        "median gsd",
        "median",
        mean=lambda median, gsd: median * exp(log(gsd) ** 2 / 2),
        support=_above_zero,
        bounds=(*_above("median"), *_above("gsd", floor=1.0)),
    ),
    "uniform": _family(
        "uniform",
        "low high",
        "low high",
        mean=lambda low, high: low / 2 + high / 2,
        support=_between,
        bounds=_ORDERED[:1],
    ),
    "triangular": _family(
        "triangular",
        "low mode high",
        "low mode high",
        mean=lambda low, mode, high: low / 3 + mode / 3 + high / 3,
        support=_between,
        bounds=_ORDERED,
    ),
    "pert": _family(
        "pert",
        "low mode high",
        "low mode high",
        mean=lambda low, mode, high: low / 6 + mode / 1.5 + high / 6,
        support=_between,
        bounds=_ORDERED,
        long=True,
    ),
    "beta": _family(
        "beta", "a b", "", mean=lambda a, b: a / (a + b), support=_zero_to_one, bounds=_above("a", "b"), long=True
    ),
    "gamma": _family(
        "gamma",
        "shape scale",
        "scale",
        mean=lambda shape, scale: shape * scale,
        support=_above_zero,
        bounds=_above("shape", "scale"),
        long=True,
    ),
    "exponential": _family(
        "exponential", "mean", "mean", mean=lambda mean: mean, support=_above_zero, bounds=_above("mean")
    ),
    "weibull": _family(
        "weibull",
        "shape scale",
        "scale",
        mean=lambda shape, scale: scale * exp(math.lgamma(1 + 1 / shape)),
        support=_above_zero,
        bounds=_above("shape", "scale"),
    ),
    "student_t": _family(
        "student_t",
        "df location scale",
        "location scale",
        mean=lambda df, location, scale: location if df > 1 else math.nan,
        support=_everywhere,
        bounds=_above("df", "scale"),
        long=True,
    ),
    "bernoulli": _family(
        "bernoulli", "p", "", mean=lambda p: p, support=_zero_to_one, bounds=(_share("p"),), whole=True
    ),
    "binomial": _family(
        "binomial",
        "n p",
        "n",
        mean=lambda n, p: n * p,
        support=lambda n, p: (0.0, n),
        bounds=(Bound("n must be a whole number, 0 or more", ("n",), lambda n: n >= 0 and n == int(n)), _share("p")),
        whole=True,
    ),
    "poisson": _family(
        "poisson",
        "mean",
        "mean",
        mean=lambda mean: mean,
        support=_above_zero,
        bounds=(Bound("mean must not be negative", ("mean",), lambda mean: mean >= 0),),
        whole=True,
    ),
    "categorical": _family(
        "categorical",
        "",
        "",
        mean=_weighted_place,
        support=lambda *weights: (0.0, len(weights) - 1.0),
        whole=True,
    ),
}
"""The families that a model names. Weights have no names before they are counted: :func:`weight_bounds`."""

METALOGS: dict[str, Family] = {
    "metalog": _family("metalog", "", "", mean=_no_mean, support=_everywhere),
    "metalog_low": _family("metalog_low", "", "", mean=_no_mean, support=lambda *a: (a[-1], INFINITY)),
    "metalog_high": _family("metalog_high", "", "", mean=_no_mean, support=lambda *a: (-INFINITY, a[-1])),
    "metalog_bounded": _family("metalog_bounded", "", "", mean=_no_mean, support=lambda *a: (a[-2], a[-1])),
}
"""What ``quantiles(...)`` becomes."""

FAMILIES = WRITTEN | METALOGS


def weight_bounds(names: Sequence[str]) -> tuple[Bound, ...]:
    """What the weights of a categorical distribution must fulfil."""
    single = (Bound(f"the weight {name} must not be negative", (name,), lambda w: w >= 0) for name in names)
    return (*single, Bound("one weight must be above 0", tuple(names), lambda *weights: sum(weights) > 0))
