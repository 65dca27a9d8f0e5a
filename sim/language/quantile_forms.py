"""Two quantiles make a distribution of a two-parameter family: ``lognormal(p5=1, p95=4)``.

Everything here is computed with the project's own functions on Python floats, so that a model means the same numbers
on every machine.
"""

import math
from collections.abc import Callable

from sim.numerics import elementary, quantiles, special
from sim.numerics.scalar import ScalarOps

OPS = ScalarOps()

Pair = tuple[float, float]
Quantiles = tuple[Pair, Pair]  # (probability, value), increasing in both


def exp(x: float) -> float:
    return float(elementary.exp(OPS, x))


def log(x: float) -> float:
    return float(elementary.log(OPS, x))


def _logit(p: float) -> float:
    return float(elementary.logit(OPS, p))


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


def _beta(given: Quantiles) -> Pair:
    """The beta whose logit looks most like a normal, led to the quantiles step by step with Newton's method."""
    (p, x), (q, y) = given
    mean, sd = _normal(((p, _logit(x)), (q, _logit(y))))
    share = 1 / (1 + exp(-max(-20.0, min(mean, 20.0))))
    slope, curve = 1 / share + 1 / (1 - share), 1 / share**2 + 1 / (1 - share) ** 2
    size = (slope + math.sqrt(slope**2 + 4 * sd**2 * curve)) / (2 * sd**2)
    point = log(size * share), log(size * (1 - share))
    first, second = (_logit(float(quantiles.beta_quantile(OPS, r, size * share, size * (1 - share)))) for r in (p, q))
    if not (math.isfinite(first) and math.isfinite(second)):
        point, first, second = (0.0, 0.0), _logit(p), _logit(q)  # from a uniform instead
    done, step = 0.0, 1.0
    while done < 1 and step > 1e-3:
        there = min(1.0, done + step)
        logits = first + there * (_logit(x) - first), second + there * (_logit(y) - second)
        found = newton(_beta_excess((p, q), logits), point)
        if found is None:
            step /= 2
        else:
            done, step, point = there, step * 2, found
    return exp(point[0]), exp(point[1])


def _beta_excess(probabilities: Pair, logits: Pair) -> Callable[[Pair], Pair]:
    """How far quantiles are off, on the scale of a standard normal, as a function of the logarithms of a and b."""
    low, high = (_beta_score(p, logit) for p, logit in zip(probabilities, logits, strict=True))

    def excess(point: Pair) -> Pair:
        a, b = exp(point[0]), exp(point[1])
        return low(a, b), high(a, b)

    return excess


def _beta_score(p: float, logit: float) -> Callable[[float, float], float]:
    """How far one quantile is off, from the smaller side of the distribution."""
    x, rest = 1 / (1 + exp(-logit)), 1 / (1 + exp(logit))
    wanted = _standard_normal(p)
    if p < 0.5:
        return lambda a, b: _standard_normal(float(quantiles.beta_cdf(OPS, x, a, b))) - wanted
    return lambda a, b: -_standard_normal(float(quantiles.beta_cdf(OPS, rest, b, a))) - wanted


def newton(function: Callable[[Pair], Pair], point: Pair) -> Pair | None:
    """Where two functions of two numbers are zero, as near as can be got; None where that is not found."""
    value = function(point)
    for _ in range(15):
        step = _newton_step(function, point, value)
        there = point[0] + step[0], point[1] + step[1]
        at_there = function(there)
        if not _length(at_there) < math.inf:
            return None
        if _length(at_there) >= _length(value) and _length(value) < 1e-9:
            return point
        point, value = there, at_there
    return None


def _newton_step(function: Callable[[Pair], Pair], point: Pair, value: Pair) -> Pair:
    """The step to the zero of the tangents, but none longer than 2."""
    width = 1e-6
    along_x, along_y = function((point[0] + width, point[1])), function((point[0], point[1] + width))
    a, b = (along_x[0] - value[0]) / width, (along_y[0] - value[0]) / width
    c, d = (along_x[1] - value[1]) / width, (along_y[1] - value[1]) / width
    size = a * d - b * c
    step = (b * value[1] - d * value[0]) / size, (c * value[0] - a * value[1]) / size
    shorter = min(1.0, 2 / _length(step)) if any(step) else 0.0
    return step[0] * shorter, step[1] * shorter


def _length(pair: Pair) -> float:
    return abs(pair[0]) + abs(pair[1])


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
