"""Continuous families whose quantiles need an incomplete gamma or beta function: gamma, beta, pert and Student's t.

Each is three functions, ``*_at``, ``*_lower`` and ``*_upper``, as in ``simple_families``.
"""

import math

from sim.numerics import incomplete_beta, incomplete_gamma
from sim.numerics.elementary import at_most
from sim.numerics.ops import Ops, Real, Truth
from sim.numerics.outlined import exp, log
from sim.numerics.patterns import with_sign
from sim.numerics.simple_families import in_order, over_scale, standardised, step_at, where_valid

# -- gamma(shape, scale)


def gamma_at(ops: Ops, p: Real, q: Real, shape: Real, scale: Real) -> Real:
    """scale times the quantile of the standard gamma; scale = 0 is 0."""
    v = ops.call(incomplete_gamma.gamma_log_quantile, p, q, shape)
    value = ops.mul(scale, ops.mul(shape, exp(ops, v)))
    valid = ops.and_(incomplete_gamma.gamma_shape_valid(ops, shape), ops.ge(scale, ops.real(0.0)))
    return where_valid(ops, valid, value)


def gamma_lower(ops: Ops, x: Real, shape: Real, scale: Real) -> Real:
    """P(X <= x)."""
    return ops.call(incomplete_gamma.regularised_gamma_lower, shape, over_scale(ops, x, scale))


def gamma_upper(ops: Ops, x: Real, shape: Real, scale: Real) -> Real:
    """P(X > x)."""
    return ops.call(incomplete_gamma.regularised_gamma_upper, shape, over_scale(ops, x, scale))


# -- beta(a, b)


def beta_at(ops: Ops, p: Real, q: Real, a: Real, b: Real) -> Real:
    """The share that belongs to the quantile of the log odds."""
    v = ops.call(incomplete_beta.beta_log_quantile, p, q, a, b)
    share, _ = incomplete_beta.beta_shares(ops, a, b, v)
    return where_valid(ops, incomplete_beta.beta_valid(ops, a, b), share)


def beta_lower(ops: Ops, x: Real, a: Real, b: Real) -> Real:
    """P(X <= x)."""
    return ops.call(incomplete_beta.regularised_beta_lower, a, b, x)


def beta_upper(ops: Ops, x: Real, a: Real, b: Real) -> Real:
    """P(X > x)."""
    return ops.call(incomplete_beta.regularised_beta_upper, a, b, x)


# -- pert(low, mode, high)


def pert_at(ops: Ops, p: Real, q: Real, low: Real, mode: Real, high: Real) -> Real:
    """A beta stretched from low to high, from the end that is nearer."""
    a, b = _pert_shapes(ops, low, mode, high)
    v = ops.call(incomplete_beta.beta_log_quantile, p, q, a, b)
    share, rest = incomplete_beta.beta_shares(ops, a, b, v)
    width = ops.sub(high, low)
    nearer_low = ops.lt(share, rest)
    value = ops.select(nearer_low, ops.fma(share, width, low), ops.fma(rest, ops.neg(width), high))
    value = ops.select(ops.eq(low, high), low, value)
    return where_valid(ops, ops.and_(in_order(ops, low, mode, high), ops.eq(p, p)), value)


def pert_lower(ops: Ops, x: Real, low: Real, mode: Real, high: Real) -> Real:
    """P(X <= x)."""
    a, b = _pert_shapes(ops, low, mode, high)
    lower = ops.call(incomplete_beta.regularised_beta_lower, a, b, _pert_share(ops, x, low, high))
    lower = ops.select(ops.eq(low, high), step_at(ops, x, low), lower)
    return where_valid(ops, in_order(ops, low, mode, high), lower)


def pert_upper(ops: Ops, x: Real, low: Real, mode: Real, high: Real) -> Real:
    """P(X > x), as the lower tail of the mirror image."""
    a, b = _pert_shapes(ops, low, mode, high)
    upper = ops.call(incomplete_beta.regularised_beta_lower, b, a, _pert_share(ops, x, high, low))
    upper = ops.select(ops.eq(low, high), ops.sub(ops.real(1.0), step_at(ops, x, low)), upper)
    return where_valid(ops, in_order(ops, low, mode, high), upper)


def _pert_shapes(ops: Ops, low: Real, mode: Real, high: Real) -> tuple[Real, Real]:
    one, four = ops.real(1.0), ops.real(4.0)
    slope = ops.div(four, ops.sub(high, low))
    return ops.fma(slope, ops.sub(mode, low), one), ops.fma(slope, ops.sub(high, mode), one)


def _pert_share(ops: Ops, x: Real, start: Real, end: Real) -> Real:
    """How far x lies on the way from start to end."""
    return ops.div(ops.sub(x, start), ops.sub(end, start))


# -- student_t(df, location, scale)


def student_t_at(ops: Ops, p: Real, q: Real, df: Real, location: Real, scale: Real) -> Real:
    """location + scale*t; scale = 0 is the location itself."""
    log_square = ops.call(incomplete_beta.student_log_square, p, q, df)
    size = exp(ops, ops.mul(ops.real(0.5), log_square))
    value = ops.fma(scale, with_sign(ops, size, ops.sub(p, q)), location)
    return where_valid(ops, _student_valid(ops, df, scale), value)


def student_t_lower(ops: Ops, x: Real, df: Real, location: Real, scale: Real) -> Real:
    """P(X <= x)."""
    return _student_tail(ops, ops.neg(standardised(ops, x, location, scale)), df, scale)


def student_t_upper(ops: Ops, x: Real, df: Real, location: Real, scale: Real) -> Real:
    """P(X > x)."""
    return _student_tail(ops, standardised(ops, x, location, scale), df, scale)


def _student_tail(ops: Ops, t: Real, df: Real, scale: Real) -> Real:
    """P(T > t)."""
    half = ops.real(0.5)
    log_square = ops.mul(ops.real(2.0), log(ops, ops.abs(t)))
    both = ops.call(incomplete_beta.beta_upper_at, half, ops.mul(half, df), log_square)
    tail = at_most(ops, half, ops.mul(half, both))
    value = ops.select(ops.lt(t, ops.real(0.0)), ops.sub(ops.real(1.0), tail), tail)
    return where_valid(ops, _student_valid(ops, df, scale), value)


def _student_valid(ops: Ops, df: Real, scale: Real) -> Truth:
    positive = ops.and_(ops.gt(df, ops.real(0.0)), ops.lt(df, ops.real(math.inf)))
    return ops.and_(positive, ops.ge(scale, ops.real(0.0)))
