"""Keelin's metalog distribution through given quantiles, with as many terms as there are of them.

The quantile function is m(y) = P(c) logit(y) + Q(c) with c = y - 1/2 and polynomials P and Q whose coefficients are
the terms: Q takes the first, P the second and third, Q the fourth and fifth, and from there P and Q take turns.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import cache

from sim.language.quantile_forms import OPS, log
from sim.numerics import elementary

MOST_TERMS = 10
_LARGEST = 10**300

_IN_P = (False, True, True, False, False, True, False, True, False, True)  # which polynomial a term belongs to
_POWER = (0, 0, 1, 1, 2, 2, 3, 3, 4, 4)  # of c


def fit(probabilities: Sequence[float], values: Sequence[float]) -> tuple[float, ...] | None:
    """The terms whose metalog has these quantiles, each rounded once; None where they are beyond all numbers."""
    if not all(map(math.isfinite, values)):
        return None
    rows = []
    for probability, value in zip(probabilities, values, strict=True):
        logit, c = Fraction(float(elementary.logit(OPS, probability))), Fraction(probability) - Fraction(1, 2)
        basis = [c ** _POWER[k] * (logit if _IN_P[k] else 1) for k in range(len(values))]
        rows.append([*basis, Fraction(value)])
    terms = _solved(rows)
    return tuple(map(float, terms)) if all(abs(term) < _LARGEST for term in terms) else None


def _solved(rows: list[list[Fraction]]) -> list[Fraction]:
    """The solution of linear equations, exactly (Gauss-Jordan)."""
    for k in range(len(rows)):
        pivot = next(i for i in range(k, len(rows)) if rows[i][k])
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [entry / rows[k][k] for entry in rows[k]]
        for i, row in enumerate(rows):
            if i != k and row[k]:
                rows[i] = [entry - row[k] * other for entry, other in zip(row, rows[k], strict=True)]
    return [row[-1] for row in rows]


def is_valid(terms: Sequence[float]) -> bool:
    """Whether the quantile function increases everywhere, so that there is a density.

    Tested is m'(y) y (1-y), which is finite at both ends, on a grid that is fine in the tails as well.
    """
    p = [term for k, term in enumerate(terms) if _IN_P[k]]
    q = [term for k, term in enumerate(terms) if not _IN_P[k]]
    return all(_slope(p, q, *point) > 0 for point in _grid()) and all(_value(p, end) >= 0 for end in (-0.5, 0.5))


def _slope(p: Sequence[float], q: Sequence[float], y: float, rest: float, logit: float) -> float:
    """m'(y) y (1-y); ``rest`` is 1-y."""
    c = (y - rest) / 2
    return _value(p, c) + y * rest * (_value(_derivative(p), c) * logit + _value(_derivative(q), c))


def _value(polynomial: Sequence[float], c: float) -> float:
    value = 0.0
    for coefficient in reversed(polynomial):
        value = value * c + coefficient
    return value


def _derivative(polynomial: Sequence[float]) -> list[float]:
    return [power * coefficient for power, coefficient in enumerate(polynomial)][1:]


@cache
def _grid() -> list[tuple[float, float, float]]:
    """y, 1-y and logit(y). It only decides yes or no, so that the logarithm of the platform is good enough."""
    middle = [k / 2048 for k in range(1, 1025)]
    tail = [m * 2.0**-k for k in range(14, 200) for m in (1.0, 1.5)]
    lower = [(y, 1 - y, math.log(y) - math.log1p(-y)) for y in middle + tail]
    return lower + [(rest, y, -logit) for y, rest, logit in lower]


def shape(value: float, low: float | None, high: float | None) -> float:
    """A value as the metalog sees it: its logarithm above a bound, its logit between two."""
    if low is not None and high is not None:
        return log(value - low) - log(high - value)
    if low is not None:
        return log(value - low)
    return value if high is None else -log(high - value)
