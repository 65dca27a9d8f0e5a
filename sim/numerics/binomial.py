"""The binomial family: ``binomial_at``, ``binomial_lower``, ``binomial_upper``, as in ``simple_families``."""

from sim.numerics.count_search import ADD_UP_TO, TAIL_FOR_ADDING, add_up, home_in
from sim.numerics.counts import is_share
from sim.numerics.elementary import at_least, at_most, exp, log1p, log_odds
from sim.numerics.incomplete_beta import beta_tails, regularised_beta_lower, regularised_beta_upper
from sim.numerics.ops import Ops, Real, Truth
from sim.numerics.outlined import log, normal_quantile_of_sides
from sim.numerics.simple_families import where_valid

MOST = 2.0**50  # larger n give NaN


def binomial_at(ops: Ops, p: Real, q: Real, n: Real, chance: Real) -> Real:
    """Of the rarer outcome: by adding up probabilities while its mean is small, from exact tails otherwise."""
    one = ops.real(1.0)
    turned = ops.gt(chance, ops.real(0.5))
    rare = ops.select(turned, ops.sub(one, chance), chance)
    below, above = ops.select(turned, q, p), ops.select(turned, p, q)
    small = ops.and_(ops.le(ops.mul(n, rare), ops.real(ADD_UP_TO)), ops.ge(above, ops.real(TAIL_FOR_ADDING)))
    odds = ops.div(rare, ops.sub(one, rare))
    left = ops.add(n, one)
    none = exp(ops, ops.mul(n, log1p(ops, ops.neg(rare))))
    value = add_up(ops, below, none, lambda k: ops.mul(ops.sub(left, k), odds), small)
    small = ops.or_(small, ops.eq(ops.mul(n, rare), ops.real(0.0)))

    def otherwise() -> tuple[Real]:
        large = where_valid(ops, ops.not_(small), n)
        return (ops.call(binomial_from_tails, below, above, large, rare),)

    (value,) = ops.when(ops.not_(small), otherwise, (value,))
    value = at_most(ops, n, value)
    value = ops.select(turned, ops.sub(n, value), value)
    return where_valid(ops, ops.and_(_valid(ops, n, chance), ops.eq(p, p)), value)


def binomial_from_tails(ops: Ops, p: Real, q: Real, n: Real, chance: Real) -> Real:
    """The same for a large mean or far out in the upper tail, chance <= 1/2; NaN for a NaN n, at no cost."""
    one, half = ops.real(1.0), ops.real(0.5)
    rest = ops.sub(one, chance)
    odds = ops.div(chance, rest)
    log_chance_odds = log_odds(ops, chance, rest)
    z = normal_quantile_of_sides(ops, p, q)
    mean = ops.mul(n, chance)
    skewed = ops.mul(ops.mul(ops.real(1.0 / 6.0), ops.sub(rest, chance)), ops.sub(ops.mul(z, z), one))
    guess = ops.add(ops.fma(ops.sqrt(ops.mul(mean, rest)), z, mean), skewed)

    def tails(k: Real) -> tuple[Real, Real, Real]:
        a, b = ops.add(k, one), ops.sub(n, k)
        v = ops.sub(log_chance_odds, log(ops, ops.div(a, b)))
        upper, lower, density = beta_tails(ops, a, b, v)
        return lower, upper, ops.div(density, ops.mul(chance, b))

    def ratio(k: Real) -> Real:
        return ops.div(ops.mul(ops.sub(ops.add(n, one), k), odds), k)

    guess = ops.ceil(ops.sub(guess, half))
    return home_in(ops, p, q, guess, ops.sub(n, one), tails, ratio)


def binomial_lower(ops: Ops, x: Real, n: Real, chance: Real) -> Real:
    """P(X <= x), the chance of a beta variable of shapes floor(x) + 1 and n - floor(x) to exceed p."""
    return _tail(ops, x, n, chance, upper=False)


def binomial_upper(ops: Ops, x: Real, n: Real, chance: Real) -> Real:
    """P(X > x)."""
    return _tail(ops, x, n, chance, upper=True)


def _tail(ops: Ops, x: Real, n: Real, chance: Real, upper: bool) -> Real:
    one = ops.real(1.0)
    k = ops.floor(at_most(ops, n, at_least(ops, ops.real(-1.0), x)))
    tail = ops.call(regularised_beta_lower if upper else regularised_beta_upper, ops.add(k, one), ops.sub(n, k), chance)
    tail = ops.select(ops.lt(x, ops.real(0.0)), ops.real(1.0 if upper else 0.0), tail)
    tail = ops.select(ops.ge(x, n), ops.real(0.0 if upper else 1.0), tail)
    return where_valid(ops, ops.and_(_valid(ops, n, chance), ops.eq(x, x)), tail)


def _valid(ops: Ops, n: Real, chance: Real) -> Truth:
    counted = ops.and_(ops.eq(ops.floor(n), n), ops.and_(ops.ge(n, ops.real(0.0)), ops.le(n, ops.real(MOST))))
    return ops.and_(counted, is_share(ops, chance))
