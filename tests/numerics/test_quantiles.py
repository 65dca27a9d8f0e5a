"""Every family against scipy.stats: quantiles, distribution functions, moments, bad arguments."""

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from sim.numerics import quantiles
from sim.numerics.special import normal_quantile
from tests.numerics.families import CONTINUOUS, WHOLE, Case
from tests.numerics.references import INF, NAN, OPS, relative

EDGES = (2.0**-33, 1e-9, 1e-6, 1e-3)
US = (*EDGES, *(float(u) for u in np.linspace(0.01, 0.99, 25)), *(1 - u for u in reversed(EDGES)))
METALOG = (1.0, 2.0, 0.3, 0.5, 0.1, -0.2)
METALOGS = {
    "metalog": METALOG,
    "metalog_low": (*METALOG, 2.0),
    "metalog_high": (*METALOG, 2.0),
    "metalog_bounded": (*METALOG, 2.0, 7.0),
}
EVERY = [
    *((case.name, case.arguments) for case in (*CONTINUOUS, *WHOLE)),
    *METALOGS.items(),
    ("categorical", (1.0, 2.0, 3.0)),
]


def quantile(name: str, u: float, *arguments: float) -> float:
    value = getattr(quantiles, f"{name}_quantile")(OPS, u, *arguments)
    assert isinstance(value, float)
    return value


def cdf(name: str, x: float, *arguments: float) -> float:
    value = getattr(quantiles, f"{name}_cdf")(OPS, x, *arguments)
    assert isinstance(value, float)
    return value


def upper(name: str, x: float, *arguments: float) -> float:
    return float(quantiles.SIDES[name].upper(OPS, x, *arguments))


@pytest.mark.parametrize("case", CONTINUOUS, ids=str)
def test_continuous_quantiles(case: Case) -> None:
    spread = float(case.reference.ppf(0.75) - case.reference.ppf(0.25))
    for u in US:
        expected = float(case.reference.ppf(u))
        error = abs(quantile(case.name, u, *case.arguments) - expected)
        assert error <= 2e-12 * abs(expected) or error <= 2e-15 * spread, u


@pytest.mark.parametrize("case", CONTINUOUS, ids=str)
def test_continuous_distribution_functions(case: Case) -> None:
    for u in US:
        x = float(case.reference.ppf(u))
        lower = cdf(case.name, x, *case.arguments)
        assert lower == pytest.approx(float(case.reference.cdf(x)), rel=1e-12, abs=1e-15)
        assert lower + upper(case.name, x, *case.arguments) == pytest.approx(1.0, abs=4e-16)


@pytest.mark.parametrize("case", WHOLE, ids=str)
def test_whole_quantiles(case: Case) -> None:
    us = (np.arange(60) + 0.5) / 60
    for u in (*EDGES, *map(float, us), *(1 - u for u in EDGES)):
        assert quantile(case.name, u, *case.arguments) == float(case.reference.ppf(u)), u


@pytest.mark.parametrize("case", WHOLE, ids=str)
def test_whole_distribution_functions(case: Case) -> None:
    ks = {float(case.reference.ppf(u)) for u in US}
    for k in sorted(ks | {k - 1 for k in ks}):
        assert relative(cdf(case.name, k, *case.arguments), float(case.reference.cdf(k))) < 1e-11
        assert cdf(case.name, k + 0.5, *case.arguments) == cdf(case.name, k, *case.arguments)
        assert abs(upper(case.name, k, *case.arguments) - float(case.reference.sf(k))) < 1e-11


@pytest.mark.parametrize("case", [case for case in (*CONTINUOUS, *WHOLE) if case.name != "student_t"], ids=str)
def test_moments(case: Case) -> None:
    """Mean and spread of a stratified sample are those of the same points of scipy's, and near the true ones."""
    us = (np.arange(60) + 0.5) / 60
    values = np.array([quantile(case.name, float(u), *case.arguments) for u in us])
    expected = case.reference.ppf(us)
    sd = float(case.reference.std())
    assert values.mean() == pytest.approx(float(expected.mean()), rel=1e-12)
    assert values.std() == pytest.approx(float(expected.std()), rel=1e-10, abs=1e-12)
    assert values.mean() == pytest.approx(float(case.reference.mean()), abs=0.05 * sd)


@pytest.mark.parametrize(("name", "arguments"), EVERY, ids=str)
def test_quantiles_increase(name: str, arguments: tuple[float, ...]) -> None:
    values = [quantile(name, u, *arguments) for u in US]
    assert all(a <= b for a, b in pairwise(values))


@pytest.mark.parametrize(("name", "arguments"), EVERY, ids=str)
def test_nan_gives_nan(name: str, arguments: tuple[float, ...]) -> None:
    assert math.isnan(quantile(name, NAN, *arguments))
    assert math.isnan(cdf(name, NAN, *arguments))
    for place in range(len(arguments)):
        bad = (*arguments[:place], NAN, *arguments[place + 1 :])
        assert math.isnan(quantile(name, 0.3, *bad))
        assert math.isnan(cdf(name, 1.0, *bad))


@pytest.mark.parametrize(("name", "arguments"), EVERY, ids=str)
def test_ends_of_distribution_functions(name: str, arguments: tuple[float, ...]) -> None:
    assert cdf(name, -INF, *arguments) == upper(name, INF, *arguments) == 0.0
    assert cdf(name, INF, *arguments) == pytest.approx(1.0, abs=1e-15)
    assert upper(name, -INF, *arguments) == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("normal", (0.0, -1.0)),
        ("lognormal", (0.0, 2.0)),
        ("lognormal", (-1.0, 2.0)),
        ("lognormal", (1.0, 0.5)),
        ("lognormal", (1.0, INF)),
        ("uniform", (2.0, 1.0)),
        ("triangular", (0.0, 3.0, 2.0)),
        ("triangular", (1.0, 0.0, 2.0)),
        ("pert", (0.0, 3.0, 2.0)),
        ("pert", (1.0, 0.0, 2.0)),
        ("beta", (0.0, 1.0)),
        ("beta", (1.0, -1.0)),
        ("beta", (1.0, INF)),
        ("gamma", (0.0, 1.0)),
        ("gamma", (-2.0, 1.0)),
        ("gamma", (2.0, -1.0)),
        ("gamma", (INF, 1.0)),
        ("exponential", (-1.0,)),
        ("weibull", (0.0, 1.0)),
        ("weibull", (1.0, -1.0)),
        ("student_t", (0.0, 0.0, 1.0)),
        ("student_t", (3.0, 0.0, -1.0)),
        ("student_t", (INF, 0.0, 1.0)),
        ("bernoulli", (-0.1,)),
        ("bernoulli", (1.1,)),
        ("binomial", (-1.0, 0.5)),
        ("binomial", (2.5, 0.5)),
        ("binomial", (3.0, 1.5)),
        ("binomial", (3.0, -0.5)),
        ("binomial", (INF, 0.5)),
        ("poisson", (-1.0,)),
        ("poisson", (INF,)),
        ("categorical", (1.0, -1.0, 2.0)),
        ("categorical", (0.0, 0.0)),
        ("categorical", (1.0, INF)),
        ("metalog_bounded", (*METALOG, 7.0, 2.0)),
    ],
)
def test_bad_arguments_give_nan(name: str, arguments: tuple[float, ...]) -> None:
    for u in (0.001, 0.3, 0.999):
        assert math.isnan(quantile(name, u, *arguments))
    assert math.isnan(cdf(name, 0.5, *arguments))


@pytest.mark.parametrize(
    ("name", "arguments", "value"),
    [
        ("normal", (1.5, 0.0), 1.5),
        ("lognormal", (1.5, 1.0), 1.5),
        ("uniform", (1.5, 1.5), 1.5),
        ("triangular", (1.5, 1.5, 1.5), 1.5),
        ("pert", (1.5, 1.5, 1.5), 1.5),
        ("gamma", (2.0, 0.0), 0.0),
        ("exponential", (0.0,), 0.0),
        ("weibull", (2.0, 0.0), 0.0),
        ("student_t", (3.0, 1.5, 0.0), 1.5),
        ("bernoulli", (0.0,), 0.0),
        ("bernoulli", (1.0,), 1.0),
        ("binomial", (0.0, 0.3), 0.0),
        ("binomial", (7.0, 0.0), 0.0),
        ("binomial", (7.0, 1.0), 7.0),
        ("poisson", (0.0,), 0.0),
        ("categorical", (5.0,), 0.0),
        ("categorical", (0.0, 2.0, 0.0), 1.0),
    ],
)
def test_one_possible_value(name: str, arguments: tuple[float, ...], value: float) -> None:
    for u in (2.0**-33, 0.3, 1 - 2.0**-33):
        assert quantile(name, u, *arguments) == value
    assert cdf(name, value - 0.5, *arguments) == 0.0
    assert cdf(name, value, *arguments) == 1.0
    assert upper(name, value - 0.5, *arguments) == 1.0
    assert upper(name, value, *arguments) == 0.0


def test_bernoulli_has_its_probability_to_the_last_cell() -> None:
    chance = 3e-9
    cells = [u for word in range(2**32 - 20, 2**32) if (u := (word + 0.5) * 2.0**-32)]
    assert sum(quantile("bernoulli", u, chance) for u in cells) == round(chance * 2**32)


def test_categorical_goes_by_weight() -> None:
    us = (np.arange(600) + 0.5) / 600
    values = [quantile("categorical", float(u), 1.0, 0.0, 2.0, 3.0) for u in us]
    assert [values.count(k) for k in (0.0, 1.0, 2.0, 3.0)] == [100, 0, 200, 300]
    assert cdf("categorical", 2.5, 1.0, 0.0, 2.0, 3.0) == 0.5


# -- metalogs


def metalog(u: float, a: tuple[float, ...]) -> float:
    """Keelin's equation as printed."""
    c, odds = u - 0.5, math.log(u / (1 - u))
    basis = [1, odds, c * odds, c, c**2, c**2 * odds, c**3, c**3 * odds, c**4, c**4 * odds]
    return math.fsum(x * y for x, y in zip(a, basis, strict=False))


@pytest.mark.parametrize("n", range(1, 11))
def test_metalog_terms(n: int) -> None:
    a = (1.0, 2.0, 0.3, 0.5, 0.1, -0.2, 0.7, 0.05, 0.11, 0.02)[:n]
    for u in US:
        assert quantile("metalog", u, *a) == pytest.approx(metalog(u, a), rel=1e-13, abs=1e-13)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("metalog_low", lambda m: 2.0 + math.exp(m)),
        ("metalog_high", lambda m: 2.0 - math.exp(-m)),
        ("metalog_bounded", lambda m: (2.0 + 7.0 * math.exp(m)) / (1 + math.exp(m))),
    ],
)
def test_bounded_metalogs(name: str, shape: Callable[[float], float]) -> None:
    for u in US:
        assert quantile(name, u, *METALOGS[name]) == pytest.approx(shape(metalog(u, METALOG)), rel=1e-12)


@pytest.mark.parametrize("name", METALOGS)
def test_metalog_round_trip(name: str) -> None:
    for u in US[3:-3]:
        assert cdf(name, quantile(name, u, *METALOGS[name]), *METALOGS[name]) == pytest.approx(u, rel=1e-9)


# -- arguments far out


@pytest.mark.parametrize("mean", [1e3, 1e6, 1e9, 1e12])
def test_large_poisson_means(mean: float) -> None:
    """The smallest value whose own distribution function reaches u."""
    for u in (1e-9, 0.01, 0.3, 0.5, 0.9, 1 - 1e-9):
        k = quantile("poisson", u, mean)
        assert cdf("poisson", k, mean) >= u * (1 - 1e-9)
        assert cdf("poisson", k - 1, mean) <= u * (1 + 1e-9)
        assert k == pytest.approx(mean + normal_quantile(OPS, u) * math.sqrt(mean), abs=8)


@pytest.mark.parametrize("shape", [1e-4, 1e-2, 0.4, 1e5, 1e8])
def test_gamma_round_trip_of_extreme_shapes(shape: float) -> None:
    for u in US:
        x = quantile("gamma", u, shape, 3.0)
        if x > 1e-290:
            assert relative(cdf("gamma", x, shape, 3.0), u) < 1e-10


@pytest.mark.parametrize(("a", "b"), [(1e-3, 1e-3), (0.02, 50.0), (1e5, 3.0), (1e5, 1e5)])
def test_beta_round_trip_of_extreme_shapes(a: float, b: float) -> None:
    for u in US:
        x = quantile("beta", u, a, b)
        if 1e-290 < x < 1 - 1e-4:
            assert relative(cdf("beta", x, a, b), u) < 1e-9
