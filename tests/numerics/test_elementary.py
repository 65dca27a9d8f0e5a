"""Elementary functions against 50-digit arithmetic, Python's own, and their edge cases."""

import math
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from sim.numerics import division, elementary
from tests.numerics.references import INF, NAN, OPS, SPECIAL, relative, same, worst_ulps

UNARY = ("exp", "expm1", "log", "log1p", "logistic", "logit", "sin", "cos", "tanh", "sign")


def spread(low: float, high: float, n: int = 400) -> list[float]:
    """Numbers of both signs, evenly in their logarithm."""
    sizes = [float(x) for x in np.geomspace(low, high, n)]
    return [*sizes, *(-x for x in sizes)]


def even(low: float, high: float, n: int = 400) -> list[float]:
    return [float(x) for x in np.linspace(low, high, n)]


def one_more(x: Decimal) -> Decimal:
    return (1 + x).ln()


@pytest.mark.parametrize(
    ("name", "reference", "xs", "bound"),
    [
        ("exp", Decimal.exp, [*even(-708, 709.7), *even(-1, 1), *spread(1e-20, 1)], 1.1),
        ("log", Decimal.ln, [abs(x) for x in spread(5e-324, 1e308)] + even(0.5, 2), 1.0),
        ("log1p", one_more, [*even(-0.99, 3), *even(-1e-3, 1e-3), *map(abs, spread(1e-15, 1e308))], 1.2),
        ("expm1", lambda x: x.exp() - 1, [*even(-3, 3), *spread(1e-15, 30)], 2.0),
        ("tanh", lambda x: 1 - 2 / ((2 * x).exp() + 1), [*even(-3, 3), *spread(1e-6, 20)], 3.0),
        ("logistic", lambda x: 1 / (1 + (-x).exp()), [*even(-700, 40), *even(-5, 5)], 2.0),
        ("logit", lambda p: (p / (1 - p)).ln(), [*even(0.001, 0.999, 1000), *map(abs, spread(1e-300, 0.5))], 4.0),
    ],
)
def test_accuracy(name: str, reference: Callable[[Decimal], Decimal], xs: list[float], bound: float) -> None:
    assert worst_ulps(getattr(elementary, name), reference, xs) < bound


@pytest.mark.parametrize("name", ["sin", "cos"])
def test_circular_functions(name: str) -> None:
    """Against the platform's, which are within one unit of the truth."""
    function, reference = getattr(elementary, name), getattr(math, name)
    multiples = [k * math.pi / 2 for k in range(0, 600_000, 911)]
    for x in [*even(-10, 10), *even(-1e6, 1e6, 2000), *spread(1e-20, 1e15), *multiples]:
        assert abs(function(OPS, x) - reference(x)) <= 3 * math.ulp(reference(x))


@pytest.mark.parametrize("x", [1.2e15, 1e17, 1e300, -1e300])
def test_circular_functions_of_huge_numbers_are_sensible(x: float) -> None:
    assert -1 <= elementary.sin(OPS, x) <= 1
    assert -1 <= elementary.cos(OPS, x) <= 1


@pytest.mark.parametrize("name", UNARY)
def test_nan_passes_through(name: str) -> None:
    assert math.isnan(getattr(elementary, name)(OPS, NAN))


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("exp", 0.0, 1.0),
        ("exp", INF, INF),
        ("exp", -INF, 0.0),
        ("exp", 709.79, INF),
        ("exp", -709.0, 0.0),
        ("expm1", 0.0, 0.0),
        ("expm1", INF, INF),
        ("expm1", -INF, -1.0),
        ("expm1", 800.0, INF),
        ("log", 1.0, 0.0),
        ("log", 0.0, -INF),
        ("log", -0.0, -INF),
        ("log", -1.0, NAN),
        ("log", INF, INF),
        ("log", -INF, NAN),
        ("log1p", 0.0, 0.0),
        ("log1p", -1.0, -INF),
        ("log1p", -1.1, NAN),
        ("log1p", INF, INF),
        ("logit", 0.5, 0.0),
        ("logit", 0.0, -INF),
        ("logit", 1.0, INF),
        ("logit", -0.1, NAN),
        ("logit", 1.1, NAN),
        ("logit", INF, NAN),
        ("logistic", 0.0, 0.5),
        ("logistic", INF, 1.0),
        ("logistic", -INF, 0.0),
        ("logistic", -1e308, 0.0),
        ("tanh", 0.0, 0.0),
        ("tanh", -0.0, -0.0),
        ("tanh", INF, 1.0),
        ("tanh", -INF, -1.0),
        ("sin", 0.0, 0.0),
        ("sin", INF, NAN),
        ("cos", 0.0, 1.0),
        ("cos", -INF, NAN),
        ("sign", 0.0, 0.0),
        ("sign", -3.0, -1.0),
        ("sign", INF, 1.0),
    ],
)
def test_edges(name: str, x: float, expected: float) -> None:
    assert same(getattr(elementary, name)(OPS, x), expected)


# -- powers


def python_power(a: float, b: float) -> float:
    """``a**b``, with NaN for what is complex and infinities for what raises."""
    if a < 0 and b != 0 and (b != b or (math.isfinite(b) and b % 1 != 0)):
        return NAN
    try:
        return float(a**b)
    except ZeroDivisionError:
        return INF
    except OverflowError:
        return -INF if a < 0 and b % 2 == 1 else INF


@settings(max_examples=300)
@given(st.floats(-1e6, 1e6), st.one_of(st.floats(-50, 50), st.integers(-50, 50).map(float)))
def test_power_is_python_s(a: float, b: float) -> None:
    expected = python_power(a, b)
    assume(expected == 0 or not abs(expected) < 1e-300)
    got = elementary.power(OPS, a, b)
    assert same(got, expected) or relative(got, expected) < 1e-15


def test_power_of_special_numbers() -> None:
    for a in SPECIAL:
        for b in SPECIAL:
            expected = python_power(a, b)
            got = elementary.power(OPS, a, b)
            flushed = abs(expected) < 2.3e-308 and got == 0
            assert flushed or got == expected or relative(got, expected) < 1e-14 or same(got, expected), (a, b)


@pytest.mark.parametrize(("a", "b"), [(1.5, 1700.0), (0.9999999, 3e9), (1e300, 0.99), (1 + 1e-12, 1e14)])
def test_large_exponents(a: float, b: float) -> None:
    assert relative(elementary.power(OPS, a, b), a**b) < 5e-15


@pytest.mark.parametrize("n", [-7, -1, 0, 1, 2, 3, 10, 31])
def test_integer_power(n: int) -> None:
    for x in (0.3, -1.7, 2.0, 1e5):
        assert relative(elementary.integer_power(OPS, x, n), x**n) < 1e-14
    assert elementary.integer_power(OPS, 0.0, 0) == 1.0
    assert math.isnan(elementary.integer_power(OPS, NAN, 3))


# -- division


@settings(max_examples=300)
@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False))
@example(-1e-20, 3.0)
@example(1e308, 5e-324)
@example(-1e308, 3e-300)
@example(5.0, INF)
@example(-5.0, INF)
@example(-0.0, 3.0)
@example(6.0, -3.0)
def test_whole_division_is_python_s(a: float, b: float) -> None:
    assume(b != 0)
    assert same(elementary.floor_divide(OPS, a, b), a // b)
    assert same(elementary.modulo(OPS, a, b), a % b)


SIZES = st.floats(min_value=1e-130, max_value=1e130).flatmap(lambda size: st.sampled_from([size, -size]))


@settings(max_examples=500)
@given(st.one_of(SIZES, st.sampled_from([0.0, -0.0, INF, -INF, NAN, 1e308, -1.7e308])), SIZES)
@example(1e308, 0.2)
@example(-0.0, -0.2)
@example(0.1, 0.9999999999999999)
@example(3.0, 1.9999999999999998)
def test_division_by_a_constant_is_division(x: float, divisor: float) -> None:
    assert same(division.divided_by(OPS, x, divisor), OPS.div(x, divisor))


@settings(max_examples=500)
@given(SIZES, SIZES, st.sampled_from([-1, 0, 1]))
def test_division_by_a_constant_near_a_whole_quotient(quotient: float, divisor: float, aside: int) -> None:
    x = quotient * divisor * (1 + aside * 2.0**-52)
    assert same(division.divided_by(OPS, x, divisor), x / divisor)


def test_division_without_a_result() -> None:
    assert elementary.floor_divide(OPS, 1.0, 0.0) == INF
    for a, b in ((1.0, 0.0), (INF, 2.0), (NAN, 1.0), (1.0, NAN)):
        assert math.isnan(elementary.modulo(OPS, a, b))
    for a, b in ((INF, 2.0), (NAN, 1.0), (1.0, NAN)):
        assert math.isnan(elementary.floor_divide(OPS, a, b))


# -- comparing


@pytest.mark.parametrize(("name", "reference"), [("minimum", min), ("maximum", max)])
def test_two_numbers(name: str, reference: Callable[[float, float], float]) -> None:
    function = getattr(elementary, name)
    for a in SPECIAL:
        for b in SPECIAL:
            expected = NAN if a != a or b != b else reference(a, b)
            got = function(OPS, a, b)
            assert got == expected or same(got, expected)


def test_limits() -> None:
    assert [elementary.at_most(OPS, 1.0, x) for x in (0.0, 1.0, 2.0, INF)] == [0.0, 1.0, 1.0, 1.0]
    assert [elementary.at_least(OPS, 1.0, x) for x in (0.0, 1.0, 2.0, -INF)] == [1.0, 1.0, 2.0, 1.0]
    assert math.isnan(elementary.at_most(OPS, 1.0, NAN))
    assert math.isnan(elementary.at_least(OPS, 1.0, NAN))


def test_clip() -> None:
    assert [elementary.clip(OPS, x, 0.0, 1.0) for x in (-1.0, 0.5, 2.0, INF, -INF)] == [0.0, 0.5, 1.0, 1.0, 0.0]
    for arguments in ((NAN, 0.0, 1.0), (0.5, NAN, 1.0), (0.5, 0.0, NAN)):
        assert math.isnan(elementary.clip(OPS, *arguments))


# -- tables and hazards


def test_table() -> None:
    knots = (0.0, 0.1, 1.0, 0.7, 3.0, -2.0, 3.5, 0.3)
    xs, ys = knots[0::2], knots[1::2]
    for x, y in zip(xs, ys, strict=True):
        assert elementary.table(OPS, x, *knots) == y
    for x in even(-1, 5, 200):
        assert elementary.table(OPS, x, *knots) == pytest.approx(float(np.interp(x, xs, ys)), abs=1e-15)
    assert elementary.table(OPS, INF, *knots) == 0.3
    assert elementary.table(OPS, -INF, *knots) == 0.1
    assert math.isnan(elementary.table(OPS, NAN, *knots))


def test_table_with_a_step_and_of_one_knot() -> None:
    step = (0.0, 1.0, 2.0, 1.0, 2.0, 5.0, 4.0, 5.0)
    assert [elementary.table(OPS, x, *step) for x in (1.9, 2.0, 3.0)] == [1.0, 5.0, 5.0]
    assert elementary.table(OPS, 7.0, 1.0, 2.5) == 2.5


@given(st.floats(0, 5))
def test_table_of_probabilities_stays_one(x: float) -> None:
    assert 0 <= elementary.table(OPS, x, 0.0, 0.0, 4.9, 1.0) <= 1


def test_hazard() -> None:
    assert elementary.hazard(OPS, 0.35, 14.0) == pytest.approx(-math.log1p(-0.35) / 14, rel=1e-15)
    assert elementary.hazard(OPS, 0.0, 14.0) == 0.0
    assert elementary.hazard(OPS, 1.0, 14.0) == INF
    for p, window in ((-0.1, 1.0), (1.1, 1.0), (0.5, 0.0), (0.5, -1.0), (NAN, 1.0), (0.5, NAN)):
        assert math.isnan(elementary.hazard(OPS, p, window))


def test_logarithms_from_both_sides() -> None:
    for p in (1e-30, 1e-3, 0.3, 0.5, 0.7):
        assert relative(elementary.log_of_rest(OPS, p, 1 - p), math.log1p(-p)) < 5e-16
        assert relative(elementary.log_of_rest(OPS, 1 - p, p), math.log(p)) < 5e-16
        assert elementary.log_odds(OPS, p, 1 - p) == pytest.approx(math.log(p) - math.log1p(-p), rel=1e-15, abs=1e-16)
