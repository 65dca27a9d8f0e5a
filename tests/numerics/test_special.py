"""The normal distribution, the gamma function and the incomplete functions, against scipy.special.

Where scipy itself is less accurate than 1e-13 (its incomplete gamma beyond a = 1e5, far tails of its incomplete beta)
the two halves of the line are checked against each other and against closed forms instead.
"""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from scipy import special as reference

from sim.numerics import special
from sim.numerics.incomplete_beta import regularised_beta_lower, regularised_beta_upper
from sim.numerics.incomplete_gamma import regularised_gamma_lower, regularised_gamma_upper
from tests.numerics.references import INF, NAN, OPS, relative, ulps

SHAPES = (1e-3, 0.1, 0.5, 1.0, 2.0, 3.3, 10.0, 30.0, 49.9, 50.0, 51.0, 100.0, 1e3, 1e4)
PAIRS = (
    (0.01, 0.02),
    (0.5, 0.5),
    (0.5, 1.5),
    (0.5, 5e4),
    (1.0, 1.0),
    (2.0, 3.0),
    (5.0, 1.0),
    (30.0, 50.0),
    (300.0, 5.0),
)


def test_normal_cdf() -> None:
    for x in np.linspace(-3, 9, 1000):
        assert relative(special.normal_cdf(OPS, float(x)), float(reference.ndtr(x))) < 2e-15


def test_normal_tail() -> None:
    """Against Laplace's continued fraction 1/(x + 1/(x + 2/(x + ...))) in 40-digit arithmetic."""
    with localcontext() as context:
        context.prec = 40
        root = Decimal("6.283185307179586476925286766559005768394338").sqrt()
        for size in np.linspace(3, 37.5, 70):
            x = Decimal(float(size))
            ratio = x
            for k in range(300, 0, -1):
                ratio = x + k / ratio
            exact = (-x * x / 2).exp() / root / ratio
            assert ulps(special.normal_cdf(OPS, -float(size)), exact) < 6


def test_normal_quantile() -> None:
    us = [*np.linspace(0, 1, 1001)[1:-1], *np.geomspace(1e-300, 0.1, 300), 2.0**-33, 1 - 2.0**-33, 1 - 2.0**-53]
    for u in us:
        assert relative(special.normal_quantile(OPS, float(u)), float(reference.ndtri(u))) < 2e-15


def test_normal_quantile_is_odd() -> None:
    for word in range(1, 2**32, 2**32 // 500):
        u = (word + 0.5) * 2.0**-32
        assert special.normal_quantile(OPS, 1 - u) == -special.normal_quantile(OPS, u)


def test_normal_quantile_increases_at_the_seams() -> None:
    for seam in (0.0016877, 0.5, math.exp(-25), 1 - 0.0016877):
        us = seam * (1 + np.linspace(-1, 1, 501) * 1e-3)
        values = np.array([special.normal_quantile(OPS, float(u)) for u in us if 0 < u < 1])
        assert np.all(np.diff(values) > 0)


def test_normal_edges() -> None:
    assert [special.normal_cdf(OPS, x) for x in (-INF, -38.0, 0.0, -0.0, 40.0, INF)] == [0.0, 0.0, 0.5, 0.5, 1.0, 1.0]
    assert [special.normal_quantile(OPS, p) for p in (0.0, 0.5, 1.0)] == [-INF, 0.0, INF]
    assert math.isnan(special.normal_cdf(OPS, NAN))
    for p in (-0.1, 1.1, NAN, INF, -INF):
        assert math.isnan(special.normal_quantile(OPS, p))


def test_normal_quantile_of_both_sides() -> None:
    for q in (1e-300, 1e-30, 1e-17):
        assert relative(special.normal_quantile_of_sides(OPS, 1.0, q), -float(reference.ndtri(q))) < 2e-15


def test_log_gamma() -> None:
    for x in [*np.geomspace(1e-10, 1e10, 200), *np.linspace(0.01, 12, 200)]:
        expected = float(reference.gammaln(x))
        assert abs(special.log_gamma(OPS, float(x)) - expected) < 1e-14 * max(1.0, abs(expected))
    assert special.log_gamma(OPS, 0.0) == special.log_gamma(OPS, INF) == INF
    assert math.isnan(special.log_gamma(OPS, -1.5))
    assert math.isnan(special.log_gamma(OPS, NAN))


# -- incomplete gamma


@pytest.mark.parametrize("a", SHAPES)
def test_incomplete_gamma(a: float) -> None:
    for u in (1e-100, 1e-12, *np.linspace(0.001, 0.999, 20)):
        for x in (float(reference.gammaincinv(a, u)), float(reference.gammainccinv(a, u))):
            lower, upper = float(reference.gammainc(a, x)), float(reference.gammaincc(a, x))
            if x > 1e-300:
                assert relative(regularised_gamma_lower(OPS, a, x), lower) < 2e-12
                assert relative(regularised_gamma_upper(OPS, a, x), upper) < 2e-12


@pytest.mark.parametrize("n", [1, 2, 5, 40, 60, 200])
def test_incomplete_gamma_of_whole_shapes(n: int) -> None:
    """Q(n, x) is a partial sum of Poisson probabilities."""
    for x in np.linspace(0.3, 2.0, 15) * n:
        terms = [math.exp(k * math.log(x) - x - math.lgamma(k + 1)) for k in range(n)]
        assert relative(regularised_gamma_upper(OPS, float(n), float(x)), math.fsum(terms)) < 2e-12


@pytest.mark.parametrize("a", [1e5, 1e6, 1e9, 1e12])
def test_incomplete_gamma_of_large_shapes(a: float) -> None:
    """The sides add up, and follow Wilson and Hilferty's cube to its own accuracy."""
    for z in np.linspace(-6, 6, 13):
        x = a * (1 - 1 / (9 * a) + z / (3 * math.sqrt(a))) ** 3
        lower, upper = regularised_gamma_lower(OPS, a, x), regularised_gamma_upper(OPS, a, x)
        assert lower + upper == pytest.approx(1.0, abs=3e-16)
        assert relative(lower, float(reference.ndtr(z))) < 3e-4
        assert relative(upper, float(reference.ndtr(-z))) < 3e-4


def test_incomplete_gamma_edges() -> None:
    for x, lower in ((0.0, 0.0), (-1.0, 0.0), (INF, 1.0)):
        assert regularised_gamma_lower(OPS, 2.0, x) == lower
        assert regularised_gamma_upper(OPS, 2.0, x) == 1 - lower
    for a, x in ((NAN, 1.0), (2.0, NAN), (0.0, 1.0), (-1.0, 1.0), (INF, 1.0)):
        assert math.isnan(regularised_gamma_lower(OPS, a, x))
        assert math.isnan(regularised_gamma_upper(OPS, a, x))


# -- incomplete beta


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_incomplete_beta(a: float, b: float) -> None:
    for u in (1e-100, 1e-12, *np.linspace(0.001, 0.999, 20)):
        for x in (float(reference.betaincinv(a, b, u)), float(reference.betainccinv(a, b, u))):
            if 1e-300 < x < 1 - 1e-10:
                assert relative(regularised_beta_lower(OPS, a, b, x), float(reference.betainc(a, b, x))) < 2e-12
                assert relative(regularised_beta_upper(OPS, a, b, x), float(reference.betaincc(a, b, x))) < 2e-12


@pytest.mark.parametrize(("a", "b"), [(1.0, 1e6), (1e6, 1.0), (1.0, 0.3), (7.0, 1.0)])
def test_incomplete_beta_in_closed_form(a: float, b: float) -> None:
    """With a = 1 the upper tail is (1 - x)**b, with b = 1 the lower one x**a."""
    for u in np.linspace(0.01, 0.99, 30):
        if a == 1:
            x = -math.expm1(math.log(u) / b)
            assert relative(regularised_beta_upper(OPS, a, b, x), math.exp(b * math.log1p(-x))) < 1e-12
        else:
            x = math.exp(math.log(u) / a)
            assert relative(regularised_beta_lower(OPS, a, b, x), math.exp(a * math.log(x))) < 1e-12


def test_incomplete_beta_is_its_own_mirror_image() -> None:
    for x in np.linspace(0.01, 0.99, 25):
        share = round(float(x) * 1024) / 1024
        assert (
            relative(regularised_beta_lower(OPS, 2.5, 7.0, share), regularised_beta_upper(OPS, 7.0, 2.5, 1 - share))
            < 1e-14
        )


def test_incomplete_beta_edges() -> None:
    for x, lower in ((0.0, 0.0), (-1.0, 0.0), (1.0, 1.0), (2.0, 1.0), (INF, 1.0), (-INF, 0.0)):
        assert regularised_beta_lower(OPS, 2.0, 3.0, x) == lower
        assert regularised_beta_upper(OPS, 2.0, 3.0, x) == 1 - lower
    for a, b, x in (
        (NAN, 1.0, 0.5),
        (1.0, NAN, 0.5),
        (2.0, 3.0, NAN),
        (0.0, 1.0, 0.5),
        (1.0, -1.0, 0.5),
        (INF, 1.0, 0.5),
    ):
        assert math.isnan(regularised_beta_lower(OPS, a, b, x))
        assert math.isnan(regularised_beta_upper(OPS, a, b, x))
