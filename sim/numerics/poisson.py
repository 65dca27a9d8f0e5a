"""The Poisson family: ``poisson_at``, ``poisson_lower``, ``poisson_upper``, as in ``simple_families``."""

import math

from sim.numerics.count_search import ADD_UP_TO, TAIL_FOR_ADDING, add_up, home_in
from sim.numerics.elementary import at_least, exp
from sim.numerics.incomplete_gamma import gamma_tails, regularised_gamma_lower, regularised_gamma_upper
from sim.numerics.ops import Ops, Real, Truth
from sim.numerics.outlined import normal_quantile_of_sides
from sim.numerics.simple_families import where_valid

MOST = 2.0**50  # larger means give NaN


def poisson_at(ops: Ops, p: Real, q: Real, mean: Real) -> Real:
    """By adding up probabilities while the mean is small, from exact tails otherwise."""
    small = ops.and_(ops.le(mean, ops.real(ADD_UP_TO)), ops.ge(q, ops.real(TAIL_FOR_ADDING)))
    value = add_up(ops, p, exp(ops, ops.neg(mean)), lambda k: mean, small)
    small = ops.or_(small, ops.eq(mean, ops.real(0.0)))

    def otherwise() -> tuple[Real]:
        large = where_valid(ops, ops.not_(small), mean)
        return (ops.call(poisson_from_tails, p, q, large),)

    (value,) = ops.when(ops.not_(small), otherwise, (value,))
    return where_valid(ops, ops.and_(_valid(ops, mean), ops.eq(p, p)), value)


def poisson_from_tails(ops: Ops, p: Real, q: Real, mean: Real) -> Real:
    """The same for a large mean or far out in the upper tail; NaN for a NaN mean, at no cost."""
    one = ops.real(1.0)
    z = normal_quantile_of_sides(ops, p, q)
    skewed = ops.mul(ops.real(1.0 / 6.0), ops.sub(ops.mul(z, z), one))
    guess = ops.add(ops.fma(ops.sqrt(mean), z, mean), skewed)

    def tails(k: Real) -> tuple[Real, Real, Real]:
        upper, lower, density = gamma_tails(ops, ops.add(k, one), mean)
        return lower, upper, ops.div(density, mean)

    guess = ops.ceil(ops.sub(guess, ops.real(0.5)))
    return home_in(ops, p, q, guess, ops.real(math.inf), tails, lambda k: ops.div(mean, k))


def poisson_lower(ops: Ops, x: Real, mean: Real) -> Real:
    """P(X <= x) = Q(floor(x) + 1, mean)."""
    return _tail(ops, x, mean, upper=False)


def poisson_upper(ops: Ops, x: Real, mean: Real) -> Real:
    """P(X > x) = P(floor(x) + 1, mean)."""
    return _tail(ops, x, mean, upper=True)


def _tail(ops: Ops, x: Real, mean: Real, upper: bool) -> Real:
    shape = ops.add(ops.floor(at_least(ops, ops.real(-1.0), x)), ops.real(1.0))
    tail = ops.call(regularised_gamma_lower if upper else regularised_gamma_upper, shape, mean)
    tail = ops.select(ops.lt(x, ops.real(0.0)), ops.real(1.0 if upper else 0.0), tail)
    tail = ops.select(ops.eq(x, ops.real(math.inf)), ops.real(0.0 if upper else 1.0), tail)
    return where_valid(ops, _valid(ops, mean), tail)


def _valid(ops: Ops, mean: Real) -> Truth:
    return ops.and_(ops.ge(mean, ops.real(0.0)), ops.le(mean, ops.real(MOST)))
