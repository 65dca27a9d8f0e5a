"""Two quantiles make a distribution of a two-parameter family: ``lognormal(p5=1, p95=4)``.

Everything here is computed with the project's own functions on Python floats, so that a model means the same numbers
on every machine.
"""

import math
from collections.abc import Callable

from sim.numerics import elementary, quantiles, special
from sim.numerics.scalar import ScalarOps

OPS = ScalarOps()

Quantiles = tuple[tuple[float, float], tuple[float, float]]  # (probability, value), increasing in both


def exp(x: float) -> float:
    return float(elementary.exp(OPS, x))


def log(x: float) -> float:
    return float(elementary.log(OPS, x))


def _standard_normal(p: float) -> float:
    return float(special.normal_quantile(OPS, p))


def _normal(given: Quantiles) -> tuple[float, float]:
    (p, x), (q, y) = given
    z, w = _standard_normal(p), _standard_normal(q)
    sd = (y - x) / (w - z)
    return (x + y) / 2 - sd * (z + w) / 2, sd


def _lognormal(given: Quantiles) -> tuple[float, float]:
    (p, x), (q, y) = given
    mean, sd = _normal(((p, log(x)), (q, log(y))))
    return exp(mean), exp(sd)


def _uniform(given: Quantiles) -> tuple[float, float]:
    (p, x), (q, y) = given
    width = (y - x) / (q - p)
    return x - p * width, y + (1 - q) * width


def _weibull(given: Quantiles) -> tuple[float, float]:
    (p, x), (q, y) = given
    u, v = -float(elementary.log1p(OPS, -p)), -float(elementary.log1p(OPS, -q))
    shape = (log(v) - log(u)) / (log(y) - log(x))
    return shape, x / exp(log(u) / shape)


def _gamma(given: Quantiles) -> tuple[float, float]:
    (p, x), (q, y) = given

    def scale(shape: float) -> float:
        return x / float(quantiles.gamma_quantile(OPS, p, shape, 1.0))

    def excess(log_shape: float) -> float:
        low = float(quantiles.gamma_quantile(OPS, p, exp(log_shape), 1.0))
        return float(quantiles.gamma_cdf(OPS, low * (y / x), exp(log_shape), 1.0)) - q

    shape = exp(root(excess, -7.0, 20.0))
    return shape, scale(shape)


def _beta(given: Quantiles) -> tuple[float, float]:
    (p, x), (q, y) = given

    def first(log_b: float) -> float:
        """The logarithm of ``a`` with which the first quantile is met."""
        return root(lambda log_a: float(quantiles.beta_cdf(OPS, x, exp(log_a), exp(log_b))) - p, -20.0, 25.0)

    def excess(log_b: float) -> float:
        return float(quantiles.beta_cdf(OPS, y, exp(first(log_b)), exp(log_b))) - q

    log_b = root(excess, -7.0, 20.0)
    return exp(first(log_b)), exp(log_b)


def root(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a monotone function crosses zero between two points (Chandrupatla's method); the nearer end if nowhere."""
    a, b = high, low
    at_a, at_b = function(a), function(b)
    if at_a * at_b > 0 or at_a != at_a or at_b != at_b:
        return a if abs(at_a) < abs(at_b) else b
    c, at_c, share = a, at_a, 0.5
    for _ in range(200):
        x = a + share * (b - a)
        at_x = function(x)
        if (at_x > 0) == (at_a > 0):
            c, at_c = a, at_a
        else:
            c, b, at_c, at_b = b, a, at_b, at_a
        a, at_a = x, at_x
        best = a if abs(at_a) < abs(at_b) else b
        tolerance = 2e-16 * abs(best) + 1e-300
        if at_a == 0 or abs(b - a) <= 2 * tolerance:
            return best
        share = min(max(_next_share(a, b, c, at_a, at_b, at_c), tolerance / abs(b - a)), 1 - tolerance / abs(b - a))
    return best


def _next_share(a: float, b: float, c: float, at_a: float, at_b: float, at_c: float) -> float:
    """Inverse quadratic interpolation where it can be trusted, else the middle."""
    if at_c in (at_a, at_b) or at_a == at_b:
        return 0.5
    xi, phi = (a - b) / (c - b), (at_a - at_b) / (at_c - at_b)
    if not (phi * phi < xi and (1 - phi) ** 2 < 1 - xi):
        return 0.5
    return at_a / (at_b - at_a) * at_c / (at_b - at_c) + (c - a) / (b - a) * at_a / (at_c - at_a) * at_b / (at_c - at_b)


TWO_QUANTILES: dict[str, tuple[Callable[[Quantiles], tuple[float, float]], float, float]] = {
    "normal": (_normal, -math.inf, math.inf),
    "lognormal": (_lognormal, 0.0, math.inf),
    "uniform": (_uniform, -math.inf, math.inf),
    "beta": (_beta, 0.0, 1.0),
    "gamma": (_gamma, 0.0, math.inf),
    "weibull": (_weibull, 0.0, math.inf),
}
"""The families with this form: how it is solved, and between which values the quantiles must lie."""


def solve(name: str, given: Quantiles) -> tuple[float, float] | None:
    """The arguments with which a family has two quantiles; None where no arguments within reach give them."""
    solution, least, _ = TWO_QUANTILES[name]
    try:
        arguments = solution(given)
    except (ZeroDivisionError, OverflowError):  # the quantiles are too close or too far apart
        return None
    quantile = getattr(quantiles, f"{name}_quantile")
    width = given[1][1] - given[0][1]
    near = {p: 1e-8 * (min(width, x) if least == 0 else width) for p, x in given}
    met = all(abs(float(quantile(OPS, p, *arguments)) - x) <= near[p] for p, x in given)
    return arguments if met and all(map(math.isfinite, arguments)) else None
