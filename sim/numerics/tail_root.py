"""Quantiles of a variable whose density is log-concave, from either tail."""

import math
from collections.abc import Callable

from sim.numerics.elementary import at_most
from sim.numerics.ops import Ops, Real, Truth
from sim.numerics.outlined import exp, log

STEPS = 40
CLOSE_ENOUGH = 1.5e-3  # a step of this size, in units of the density's own scale, leaves an error of its fourth power


def tail_root(ops: Ops, p: Real, q: Real, guess: Real, tail: Callable[[Real], tuple[Real, Real, Real, Real]]) -> Real:
    """v below which lies probability p = 1 - q, where the smaller of p and q is accurate.

    With F the smaller tail, L = log(F) - log(its target) and h = L' = +-f/F, Newton's step n = -L/h is safe from
    anywhere, as log(F) is concave; two more terms of the inverse series (Householder's method of third order) are
    added once they are small. The derivatives of h need only those of log f.

    Args:
        ops: the back end.
        p: the probability below.
        q: the probability above.
        guess: where to begin.
        tail: of v, gives log f, a tail over f (positive for the lower tail, negative for the upper), and the first
            two derivatives of log f.
    """
    zero, one = ops.real(0.0), ops.real(1.0)
    lower = ops.le(p, q)
    target = at_most(ops, q, p)

    def step(v: Real, _: Real) -> tuple[tuple[Real, ...], Truth]:
        log_density, ratio, slope, bend = tail(v)
        is_lower = ops.gt(ratio, zero)
        same = ops.or_(ops.and_(lower, is_lower), ops.not_(ops.or_(lower, is_lower)))
        size = ops.abs(ratio)
        (size,) = ops.when(
            ops.not_(same), lambda: (ops.sub(exp(ops, ops.neg(log_density)), size),), (size,)
        )  # the other tail: 1/f less this one
        miss = ops.add(log_density, log(ops, ops.div(size, target)))
        h = ops.div(ops.select(lower, one, ops.real(-1.0)), size)
        newton = ops.div(ops.neg(miss), h)
        moved = _householder(ops, newton, h, slope, bend)
        scale = ops.add(one, ops.add(ops.abs(h), ops.abs(slope)))
        change = ops.mul(ops.abs(newton), scale)
        return (ops.add(v, moved), change), ops.gt(change, ops.real(CLOSE_ENOUGH))

    known = ops.and_(ops.gt(target, zero), ops.eq(guess, guess))
    v, _ = ops.loop(STEPS, (guess, zero), known, step)
    end = ops.select(lower, ops.real(-math.inf), ops.real(math.inf))
    beyond = ops.select(ops.eq(target, zero), end, ops.real(math.nan))
    return ops.select(known, v, beyond)


def _householder(ops: Ops, n: Real, h: Real, slope: Real, bend: Real) -> Real:
    """n - A n**2 + (2A**2 - B) n**3 with A = L''/(2L'), B = L'''/(6L'); n alone where that is no small correction."""
    e = ops.sub(slope, h)
    a = ops.mul(ops.real(0.5), e)
    b = ops.mul(ops.real(1.0 / 6.0), ops.add(bend, ops.mul(e, ops.sub(e, h))))
    second = ops.mul(a, n)
    third = ops.mul(ops.sub(ops.mul(ops.real(2.0), ops.mul(a, a)), b), ops.mul(n, n))
    factor = ops.add(ops.sub(ops.real(1.0), second), third)
    small = ops.lt(ops.add(ops.abs(second), ops.abs(third)), ops.real(0.5))
    return ops.select(small, ops.mul(n, factor), n)
