"""Continuous families whose quantiles and distribution functions are elementary, or those of the normal.

Each family is three functions: ``*_at(ops, p, q, *arguments)``, the value below which lies probability p = 1 - q
(both sides given, the smaller accurately, so that either tail keeps its precision), and ``*_lower``, ``*_upper``,
the probabilities of at most x and of more than x. Arguments out of range give NaN.
"""

import math

from sim.numerics.elementary import at_least, at_most, exp, expm1, log, log_of_rest
from sim.numerics.ops import Ops, Real, Truth
from sim.numerics.special import normal_cdf, normal_quantile_of_sides


def where_valid(ops: Ops, valid: Truth, value: Real) -> Real:
    """The value where the arguments are good, NaN elsewhere."""
    return ops.select(valid, value, ops.real(math.nan))


def finite(ops: Ops, x: Real) -> Truth:
    """Neither infinite nor NaN."""
    return ops.lt(ops.abs(x), ops.real(math.inf))


def _positive(ops: Ops, *values: Real) -> Truth:
    result = ops.truth(True)
    for value in values:
        result = ops.and_(result, ops.and_(ops.gt(value, ops.real(0.0)), ops.lt(value, ops.real(math.inf))))
    return result


def _share(ops: Ops, x: Real) -> Real:
    """x clipped into [0, 1]."""
    return at_most(ops, ops.real(1.0), at_least(ops, ops.real(0.0), x))


def _above_zero(ops: Ops, x: Real, lower: Real) -> Real:
    """A probability that is zero unless x > 0; NaN for NaN."""
    return ops.select(ops.le(x, ops.real(0.0)), ops.real(0.0), lower)


# -- normal(mean, sd)


def normal_at(ops: Ops, p: Real, q: Real, mean: Real, sd: Real) -> Real:
    """mean + sd*z; sd = 0 is the mean itself."""
    value = ops.fma(sd, normal_quantile_of_sides(ops, p, q), mean)
    return where_valid(ops, ops.ge(sd, ops.real(0.0)), value)


def normal_lower(ops: Ops, x: Real, mean: Real, sd: Real) -> Real:
    """P(X <= x)."""
    return normal_cdf(ops, standardised(ops, x, mean, sd))


def normal_upper(ops: Ops, x: Real, mean: Real, sd: Real) -> Real:
    """P(X > x)."""
    return normal_cdf(ops, ops.neg(standardised(ops, x, mean, sd)))


def standardised(ops: Ops, x: Real, mean: Real, sd: Real) -> Real:
    """(x - mean)/sd; with sd = 0, infinite on the side where x lies, the mean itself counting as above."""
    distance = ops.sub(x, mean)
    side = ops.select(
        ops.lt(distance, ops.real(0.0)), ops.real(-math.inf), ops.add(ops.abs(distance), ops.real(math.inf))
    )
    value = ops.select(ops.eq(sd, ops.real(0.0)), side, ops.div(distance, sd))
    return where_valid(ops, ops.ge(sd, ops.real(0.0)), value)


# -- lognormal(median, gsd)


def lognormal_at(ops: Ops, p: Real, q: Real, median: Real, gsd: Real) -> Real:
    """median*gsd**z; gsd = 1 is the median itself."""
    z = normal_quantile_of_sides(ops, p, q)
    value = ops.mul(median, exp(ops, ops.mul(z, log(ops, gsd))))
    return where_valid(ops, _lognormal_valid(ops, median, gsd), value)


def lognormal_lower(ops: Ops, x: Real, median: Real, gsd: Real) -> Real:
    """P(X <= x)."""
    return normal_cdf(ops, _log_standardised(ops, x, median, gsd))


def lognormal_upper(ops: Ops, x: Real, median: Real, gsd: Real) -> Real:
    """P(X > x)."""
    return normal_cdf(ops, ops.neg(_log_standardised(ops, x, median, gsd)))


def _log_standardised(ops: Ops, x: Real, median: Real, gsd: Real) -> Real:
    zero = ops.real(0.0)
    ratio = ops.select(ops.lt(x, zero), zero, ops.div(x, median))
    value = standardised(ops, log(ops, ratio), zero, log(ops, gsd))
    return where_valid(ops, _lognormal_valid(ops, median, gsd), value)


def _lognormal_valid(ops: Ops, median: Real, gsd: Real) -> Truth:
    return ops.and_(_positive(ops, median, gsd), ops.ge(gsd, ops.real(1.0)))


# -- uniform(low, high)


def uniform_at(ops: Ops, p: Real, q: Real, low: Real, high: Real) -> Real:
    """low + p*(high - low)."""
    value = at_most(ops, high, ops.fma(p, ops.sub(high, low), low))
    return where_valid(ops, ops.le(low, high), value)


def uniform_lower(ops: Ops, x: Real, low: Real, high: Real) -> Real:
    """P(X <= x)."""
    share = _share(ops, ops.div(ops.sub(x, low), ops.sub(high, low)))
    return where_valid(ops, ops.le(low, high), _step_where_flat(ops, x, low, high, share))


def uniform_upper(ops: Ops, x: Real, low: Real, high: Real) -> Real:
    """P(X > x)."""
    share = _share(ops, ops.div(ops.sub(high, x), ops.sub(high, low)))
    step = ops.sub(ops.real(1.0), step_at(ops, x, low))
    return where_valid(ops, ops.le(low, high), ops.select(ops.eq(low, high), step, share))


def step_at(ops: Ops, x: Real, at: Real) -> Real:
    """0 below a place, 1 from there on; NaN for NaN."""
    return where_valid(ops, ops.eq(x, x), ops.select(ops.ge(x, at), ops.real(1.0), ops.real(0.0)))


def _step_where_flat(ops: Ops, x: Real, low: Real, high: Real, lower: Real) -> Real:
    """A distribution function, replaced by a step where the range is one point."""
    return ops.select(ops.eq(low, high), step_at(ops, x, low), lower)


# -- triangular(low, mode, high)


def triangular_at(ops: Ops, p: Real, q: Real, low: Real, mode: Real, high: Real) -> Real:
    """The root of a quadratic, from the end that is nearer."""
    width, left, right = ops.sub(high, low), ops.sub(mode, low), ops.sub(high, mode)
    rising = ops.lt(ops.mul(p, width), left)
    root = ops.sqrt(ops.mul(ops.mul(ops.select(rising, p, q), width), ops.select(rising, left, right)))
    value = ops.select(rising, ops.add(low, root), ops.sub(high, root))
    return where_valid(ops, in_order(ops, low, mode, high), value)


def triangular_lower(ops: Ops, x: Real, low: Real, mode: Real, high: Real) -> Real:
    """P(X <= x)."""
    below, above = _triangle_tails(ops, x, low, mode, high)
    lower = ops.select(ops.lt(x, mode), below, ops.sub(ops.real(1.0), above))
    lower = _step_where_flat(ops, x, low, high, lower)
    return where_valid(ops, in_order(ops, low, mode, high), lower)


def triangular_upper(ops: Ops, x: Real, low: Real, mode: Real, high: Real) -> Real:
    """P(X > x)."""
    one = ops.real(1.0)
    below, above = _triangle_tails(ops, x, low, mode, high)
    upper = ops.select(ops.lt(x, mode), ops.sub(one, below), above)
    upper = ops.select(ops.eq(low, high), ops.sub(one, step_at(ops, x, low)), upper)
    return where_valid(ops, in_order(ops, low, mode, high), upper)


def _triangle_tails(ops: Ops, x: Real, low: Real, mode: Real, high: Real) -> tuple[Real, Real]:
    """The area left of x where x is left of the mode, and right of x where it is right of it."""
    width, zero = ops.sub(high, low), ops.real(0.0)
    tails = []
    for distance, side in ((ops.sub(x, low), ops.sub(mode, low)), (ops.sub(high, x), ops.sub(high, mode))):
        share = ops.div(at_least(ops, zero, distance), width)
        area = ops.mul(share, ops.div(at_least(ops, zero, distance), side))
        tails.append(ops.select(ops.le(distance, zero), zero, area))
    return tails[0], tails[1]


def in_order(ops: Ops, low: Real, mode: Real, high: Real) -> Truth:
    return ops.and_(ops.le(low, mode), ops.le(mode, high))


# -- exponential(mean)


def exponential_at(ops: Ops, p: Real, q: Real, mean: Real) -> Real:
    """-mean*log(q)."""
    value = ops.mul(mean, ops.neg(log_of_rest(ops, p, q)))
    return where_valid(ops, ops.ge(mean, ops.real(0.0)), value)


def exponential_lower(ops: Ops, x: Real, mean: Real) -> Real:
    """P(X <= x)."""
    return ops.sub(ops.real(0.0), expm1(ops, ops.neg(over_scale(ops, x, mean))))


def exponential_upper(ops: Ops, x: Real, mean: Real) -> Real:
    """P(X > x)."""
    return exp(ops, ops.neg(over_scale(ops, x, mean)))


def over_scale(ops: Ops, x: Real, scale: Real) -> Real:
    """x/scale, not below 0; infinite where both are 0."""
    zero = ops.real(0.0)
    ratio = ops.select(ops.lt(x, zero), zero, ops.div(x, scale))
    at_zero = ops.and_(ops.eq(scale, zero), ops.eq(x, zero))
    return where_valid(ops, ops.ge(scale, zero), ops.select(at_zero, ops.real(math.inf), ratio))


# -- weibull(shape, scale)


def weibull_at(ops: Ops, p: Real, q: Real, shape: Real, scale: Real) -> Real:
    """scale*(-log(q))**(1/shape)."""
    exponent = ops.div(log(ops, ops.neg(log_of_rest(ops, p, q))), shape)
    return where_valid(ops, _weibull_valid(ops, shape, scale), ops.mul(scale, exp(ops, exponent)))


def weibull_lower(ops: Ops, x: Real, shape: Real, scale: Real) -> Real:
    """P(X <= x)."""
    return ops.sub(ops.real(0.0), expm1(ops, ops.neg(_weibull_hazard(ops, x, shape, scale))))


def weibull_upper(ops: Ops, x: Real, shape: Real, scale: Real) -> Real:
    """P(X > x)."""
    return exp(ops, ops.neg(_weibull_hazard(ops, x, shape, scale)))


def _weibull_hazard(ops: Ops, x: Real, shape: Real, scale: Real) -> Real:
    """(x/scale)**shape, the cumulative hazard."""
    value = exp(ops, ops.mul(shape, log(ops, over_scale(ops, x, scale))))
    return where_valid(ops, _weibull_valid(ops, shape, scale), value)


def _weibull_valid(ops: Ops, shape: Real, scale: Real) -> Truth:
    return ops.and_(_positive(ops, shape), ops.ge(scale, ops.real(0.0)))
