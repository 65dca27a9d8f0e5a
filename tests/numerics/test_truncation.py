"""Truncated distributions: the same shape between the bounds, in the far tails too."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from sim.numerics import quantiles
from tests.numerics.families import Case
from tests.numerics.references import INF, NAN, OPS

US = (1e-6, *(float(u) for u in np.linspace(0.01, 0.99, 15)), 1 - 1e-6)


def truncated(name: str, u: float, arguments: tuple[float, ...], low: float, high: float) -> float:
    quantile, cdf = getattr(quantiles, f"{name}_quantile"), getattr(quantiles, f"{name}_cdf")
    return float(quantiles.truncated(OPS, quantile, cdf, u, arguments, low, high))


NORMAL = Case("normal", (0.0, 1.0), stats.norm())
GAMMA = Case("gamma", (2.0, 0.5), stats.gamma(2.0, scale=0.5))
STUDENT = Case("student_t", (3.0, 0.0, 1.0), stats.t(3.0))


@pytest.mark.parametrize(
    ("case", "low", "high"),
    [
        (NORMAL, -1.0, 2.0),
        (NORMAL, 9.0, INF),
        (NORMAL, 20.0, 20.1),
        (NORMAL, -INF, -9.0),
        (NORMAL, -INF, INF),
        (Case("lognormal", (1.0, 2.0), stats.lognorm(math.log(2.0))), 100.0, INF),
        (Case("uniform", (0.0, 1.0), stats.uniform()), 0.25, 0.5),
        (Case("triangular", (0.0, 1.0, 3.0), stats.triang(1 / 3, 0, 3)), 2.5, INF),
        (Case("exponential", (1.0,), stats.expon()), 50.0, INF),
        (Case("weibull", (2.0, 1.0), stats.weibull_min(2.0)), 5.0, INF),
        (GAMMA, 30.0, INF),
        (GAMMA, -INF, 1e-5),
        (GAMMA, 0.2, 3.0),
        (Case("beta", (2.0, 3.0), stats.beta(2.0, 3.0)), 0.99, INF),
        (Case("pert", (0.0, 1.0, 4.0), stats.beta(2.0, 4.0, 0.0, 4.0)), 3.9, INF),
        (STUDENT, 100.0, INF),
        (STUDENT, -INF, -100.0),
        (STUDENT, -5.0, 5.0),
    ],
    ids=str,
)
def test_continuous(case: Case, low: float, high: float) -> None:
    above = case.reference.cdf(low) > 0.5
    start, end = (case.reference.sf if above else case.reference.cdf)([low, high])
    values = []
    for u in US:
        level = start * (1 - u) + end * u
        expected = float(np.clip((case.reference.isf if above else case.reference.ppf)(level), low, high))
        values.append(truncated(case.name, u, case.arguments, low, high))
        assert values[-1] == pytest.approx(expected, rel=2e-12, abs=1e-14)
    assert all(low <= x <= high for x in values)
    assert all(a < b for a, b in pairwise(values))


@pytest.mark.parametrize(
    ("name", "arguments", "low", "high"),
    [
        ("poisson", (1.0,), 2.0, 4.0),
        ("poisson", (1.0,), 20.0, INF),
        ("poisson", (1.0,), 1.5, 4.5),
        ("poisson", (1e-6,), 1.0, INF),
        ("poisson", (1.0,), 100.0, INF),
        ("poisson", (30.0,), 150.0, INF),
        ("poisson", (1000.0,), 1300.0, INF),
        ("poisson", (1000.0,), -INF, 700.0),
        ("binomial", (10.0, 0.3), 9.0, INF),
        ("binomial", (10.0, 0.9), -INF, 2.0),
        ("binomial", (1000.0, 0.3), 500.0, INF),
        ("binomial", (1000.0, 0.001), 100.0, INF),
        ("bernoulli", (0.3,), 1.0, INF),
        ("categorical", (1.0, 2.0, 0.0, 3.0), 1.0, 3.0),
    ],
    ids=str,
)
def test_whole(name: str, arguments: tuple[float, ...], low: float, high: float) -> None:
    """Against the probabilities themselves, added up from the lower bound."""
    first = math.ceil(max(low, 0.0)) if low > 0 else 500 if arguments[0] == 1000.0 else 0
    masses = np.array(
        [log_mass(name, arguments, k) for k in range(first, int(min(math.floor(min(high, 1e6)), first + 300)) + 1)]
    )
    shares = np.cumsum(np.exp(masses - masses.max()))
    shares /= shares[-1]
    for u in US:
        k = truncated(name, u, arguments, low, high)
        assert k == first + np.searchsorted(shares, u), u
        assert low <= k <= high


def log_mass(name: str, arguments: tuple[float, ...], k: int) -> float:
    if name == "poisson":
        return k * math.log(arguments[0]) - arguments[0] - math.lgamma(k + 1)
    if name == "categorical":
        return math.log(arguments[k]) if arguments[k] else -INF
    n, p = (1.0, *arguments) if name == "bernoulli" else arguments
    if k > n:
        return -INF
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return ways + k * math.log(p) + (n - k) * math.log1p(-p)


@pytest.mark.parametrize(
    ("name", "arguments", "low", "high"),
    [
        ("uniform", (0.0, 1.0), 2.0, 3.0),
        ("normal", (0.0, 1.0), 2.0, 1.0),
        ("normal", (0.0, 1.0), 60.0, INF),
        ("normal", (0.0, -1.0), 0.0, 1.0),
        ("normal", (0.0, 1.0), NAN, 1.0),
        ("normal", (0.0, 1.0), 0.0, NAN),
        ("poisson", (2.0,), 2.2, 2.8),
        ("poisson", (0.0,), 1.0, INF),
        ("gamma", (2.0, 1.0), -INF, 0.0),
    ],
    ids=str,
)
def test_nothing_between_the_bounds_is_nan(name: str, arguments: tuple[float, ...], low: float, high: float) -> None:
    assert math.isnan(truncated(name, 0.3, arguments, low, high))


def test_metalog_between_bounds() -> None:
    terms = (1.0, 2.0, 0.3, 0.5, 0.1)
    values = [truncated("metalog", u, terms, 5.0, 9.0) for u in US]
    assert all(5 <= a < b <= 9 for a, b in pairwise(values))


def test_bounds_outside_the_support_change_nothing() -> None:
    for u in US:
        assert truncated("gamma", u, (2.0, 0.5), -1.0, INF) == pytest.approx(quantiles.gamma_quantile(OPS, u, 2.0, 0.5))
        assert truncated("binomial", u, (10.0, 0.3), -3.0, 50.0) == quantiles.binomial_quantile(OPS, u, 10.0, 0.3)
