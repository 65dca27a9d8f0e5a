"""The metalog: a quantile function that is linear in its coefficients.

T. W. Keelin, "The metalog distributions", Decision Analysis 13, 2016. With c = p - 1/2 and L = log(p/(1 - p)) the
terms are 1, L, c*L, c, c**2, c**2*L, c**3, c**3*L, ...; a bound on one side makes it the logarithm, bounds on both
sides the logit, of what is drawn.
"""

import math

from sim.numerics.elementary import exp, log, log_odds, logistic
from sim.numerics.ops import Ops, Real, Truth
from sim.numerics.simple_families import where_valid

BISECTIONS = 70  # halvings of a range of 1500 in log(p/(1 - p)), to 1e-18


def metalog_at(ops: Ops, p: Real, q: Real, *coefficients: Real) -> Real:
    """The metalog itself, unbounded."""
    return _sum_of_terms(ops, p, q, log_odds(ops, p, q), coefficients)


def metalog_low_at(ops: Ops, p: Real, q: Real, *arguments: Real) -> Real:
    """low + exp(metalog); the last argument is low."""
    *coefficients, low = arguments
    return ops.add(low, exp(ops, metalog_at(ops, p, q, *coefficients)))


def metalog_high_at(ops: Ops, p: Real, q: Real, *arguments: Real) -> Real:
    """high - exp(-metalog); the last argument is high."""
    *coefficients, high = arguments
    return ops.sub(high, exp(ops, ops.neg(metalog_at(ops, p, q, *coefficients))))


def metalog_bounded_at(ops: Ops, p: Real, q: Real, *arguments: Real) -> Real:
    """low + (high - low)*logistic(metalog); the last two arguments are low and high."""
    *coefficients, low, high = arguments
    share = logistic(ops, metalog_at(ops, p, q, *coefficients))
    return where_valid(ops, ops.lt(low, high), ops.fma(share, ops.sub(high, low), low))


def metalog_lower(ops: Ops, x: Real, *coefficients: Real) -> Real:
    """P(X <= x)."""
    return logistic(ops, _odds_below(ops, x, coefficients))


def metalog_upper(ops: Ops, x: Real, *coefficients: Real) -> Real:
    """P(X > x)."""
    return logistic(ops, ops.neg(_odds_below(ops, x, coefficients)))


def metalog_low_lower(ops: Ops, x: Real, *arguments: Real) -> Real:
    """P(X <= x) with the last argument as lower bound."""
    return metalog_lower(ops, _from_low(ops, x, arguments[-1]), *arguments[:-1])


def metalog_low_upper(ops: Ops, x: Real, *arguments: Real) -> Real:
    """P(X > x) with the last argument as lower bound."""
    return metalog_upper(ops, _from_low(ops, x, arguments[-1]), *arguments[:-1])


def metalog_high_lower(ops: Ops, x: Real, *arguments: Real) -> Real:
    """P(X <= x) with the last argument as upper bound."""
    return metalog_lower(ops, ops.neg(_from_low(ops, arguments[-1], x)), *arguments[:-1])


def metalog_high_upper(ops: Ops, x: Real, *arguments: Real) -> Real:
    """P(X > x) with the last argument as upper bound."""
    return metalog_upper(ops, ops.neg(_from_low(ops, arguments[-1], x)), *arguments[:-1])


def metalog_bounded_lower(ops: Ops, x: Real, *arguments: Real) -> Real:
    """P(X <= x) with the last two arguments as bounds."""
    return metalog_lower(ops, _between(ops, x, *arguments[-2:]), *arguments[:-2])


def metalog_bounded_upper(ops: Ops, x: Real, *arguments: Real) -> Real:
    """P(X > x) with the last two arguments as bounds."""
    return metalog_upper(ops, _between(ops, x, *arguments[-2:]), *arguments[:-2])


def _sum_of_terms(ops: Ops, p: Real, q: Real, odds: Real, coefficients: tuple[Real, ...]) -> Real:
    """Polynomials in c, one of them times the log odds: sum_k plain[k]*c**k + odds*sum_k skewed[k]*c**k."""
    c = ops.mul(ops.real(0.5), ops.sub(p, q))
    plain = [coefficients[0], *coefficients[3:5], *coefficients[6::2]]
    skewed = [*coefficients[1:3], *coefficients[5::2]]
    total = _polynomial(ops, plain, c)
    return ops.fma(odds, _polynomial(ops, skewed, c), total) if skewed else total


def _polynomial(ops: Ops, coefficients: list[Real], x: Real) -> Real:
    total = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        total = ops.fma(total, x, coefficient)
    return total


def _odds_below(ops: Ops, x: Real, coefficients: tuple[Real, ...]) -> Real:
    """log(p/(1 - p)) at which the metalog is x, by bisection; infinite for an infinite x, NaN for NaN."""
    half = ops.real(0.5)

    def halve(low: Real, high: Real) -> tuple[tuple[Real, ...], Truth]:
        middle = ops.mul(half, ops.add(low, high))
        p, q = logistic(ops, middle), logistic(ops, ops.neg(middle))
        below = ops.le(_sum_of_terms(ops, p, q, middle, coefficients), x)
        low, high = ops.select(below, middle, low), ops.select(below, high, middle)
        return (low, high), ops.truth(True)

    known = ops.and_(ops.eq(x, x), _all_known(ops, coefficients))
    low, high = ops.loop(BISECTIONS, (ops.real(-750.0), ops.real(750.0)), known, halve)
    found = ops.mul(half, ops.add(low, high))
    found = ops.select(ops.lt(ops.abs(x), ops.real(math.inf)), found, x)
    return where_valid(ops, known, found)


def _all_known(ops: Ops, values: tuple[Real, ...]) -> Truth:
    result = ops.truth(True)
    for value in values:
        result = ops.and_(result, ops.eq(value, value))
    return result


def _from_low(ops: Ops, x: Real, low: Real) -> Real:
    """log(x - low), -inf at the bound and below it; NaN for NaN."""
    distance = ops.sub(x, low)
    zero = ops.real(0.0)
    return log(ops, ops.select(ops.lt(distance, zero), zero, distance))


def _between(ops: Ops, x: Real, low: Real, high: Real) -> Real:
    """log((x - low)/(high - x)), infinite at the bounds and beyond them; NaN for NaN or bounds out of order."""
    value = ops.sub(_from_low(ops, x, low), _from_low(ops, high, x))
    return where_valid(ops, ops.lt(low, high), value)
