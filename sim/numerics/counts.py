"""Integer families: bernoulli and categorical. Each draws the smallest value whose distribution function reaches p."""

import math

from sim.numerics.elementary import at_most
from sim.numerics.ops import Ops, Real, Truth
from sim.numerics.simple_families import where_valid

# -- bernoulli(p)


def bernoulli_at(ops: Ops, p: Real, q: Real, chance: Real) -> Real:
    """1 where q < chance, which has exactly that probability."""
    value = ops.select(ops.lt(q, chance), ops.real(1.0), ops.real(0.0))
    return where_valid(ops, ops.and_(is_share(ops, chance), ops.eq(p, p)), value)


def bernoulli_lower(ops: Ops, x: Real, chance: Real) -> Real:
    """P(X <= x)."""
    return ops.sub(ops.real(1.0), bernoulli_upper(ops, x, chance))


def bernoulli_upper(ops: Ops, x: Real, chance: Real) -> Real:
    """P(X > x)."""
    zero, one = ops.real(0.0), ops.real(1.0)
    value = ops.select(ops.lt(x, zero), one, ops.select(ops.lt(x, one), chance, zero))
    return where_valid(ops, ops.and_(is_share(ops, chance), ops.eq(x, x)), value)


def is_share(ops: Ops, p: Real) -> Truth:
    """Between 0 and 1."""
    return ops.and_(ops.ge(p, ops.real(0.0)), ops.le(p, ops.real(1.0)))


# -- categorical(w0, w1, ...)


def categorical_at(ops: Ops, p: Real, q: Real, *weights: Real) -> Real:
    """How many partial sums of the weights, all but the last, lie below p times their total."""
    sums = _partial_sums(ops, weights)
    level = ops.mul(p, sums[-1])
    place = ops.real(0.0)
    for partial in sums[:-1]:
        place = ops.add(place, ops.select(ops.gt(level, partial), ops.real(1.0), ops.real(0.0)))
    return where_valid(ops, ops.and_(_weights_valid(ops, weights, sums[-1]), ops.eq(p, p)), place)


def categorical_lower(ops: Ops, x: Real, *weights: Real) -> Real:
    """P(X <= x)."""
    return _share_of_weights(ops, weights, [ops.le(ops.real(float(k)), x) for k in range(len(weights))], x)


def categorical_upper(ops: Ops, x: Real, *weights: Real) -> Real:
    """P(X > x)."""
    return _share_of_weights(ops, weights, [ops.gt(ops.real(float(k)), x) for k in range(len(weights))], x)


def _share_of_weights(ops: Ops, weights: tuple[Real, ...], counted: list[Truth], x: Real) -> Real:
    zero = ops.real(0.0)
    part = zero
    for weight, counts in zip(weights, counted, strict=True):
        part = ops.add(part, ops.select(counts, weight, zero))
    total = _partial_sums(ops, weights)[-1]
    valid = ops.and_(_weights_valid(ops, weights, total), ops.eq(x, x))
    return where_valid(ops, valid, at_most(ops, ops.real(1.0), ops.div(part, total)))


def _partial_sums(ops: Ops, weights: tuple[Real, ...]) -> list[Real]:
    sums = [weights[0]]
    for weight in weights[1:]:
        sums.append(ops.add(sums[-1], weight))
    return sums


def _weights_valid(ops: Ops, weights: tuple[Real, ...], total: Real) -> Truth:
    zero = ops.real(0.0)
    valid = ops.and_(ops.gt(total, zero), ops.lt(total, ops.real(math.inf)))
    for weight in weights:
        valid = ops.and_(valid, ops.ge(weight, zero))
    return valid
