"""Searching an integer family for the smallest k whose distribution function reaches p.

Two ways: adding up probabilities from 0, for small means; and, for large ones or far tails, a guess corrected by
exact tails (Newton's steps on their logarithm) until it is a few steps off, and then a walk.
"""

from collections.abc import Callable

from sim.numerics.elementary import at_least, at_most
from sim.numerics.ops import Ops, Real, Truth
from sim.numerics.outlined import log

ADD_UP_TO = 20.0  # means for which adding up is the shorter way
TAIL_FOR_ADDING = 1e-9  # the upper tail down to which sums of doubles tell values apart
FIRST_TERMS = 6
BLOCK = 4
NEAR = 4.0  # steps that are walked

Tails = Callable[[Real], tuple[Real, Real, Real]]
Ratio = Callable[[Real], Real]


def add_up(ops: Ops, p: Real, first: Real, numerator: Ratio, needed: Truth) -> Real:
    """The search from 0, where P(0) = first and P(k)/P(k - 1) = numerator(k)/k; only where needed."""
    term = total = first
    count, k = ops.real(0.0), ops.real(0.0)
    for number in range(1, FIRST_TERMS + 1):
        count = _counted(ops, count, p, total)
        k = ops.real(float(number))
        term = ops.mul(term, ops.mul(numerator(k), ops.real(1.0 / number)))
        total = ops.add(total, term)
    active = ops.and_(needed, ops.gt(p, total))
    one = ops.real(1.0)

    def block(k: Real, term: Real, total: Real, count: Real) -> tuple[tuple[Real, ...], Truth]:
        ks = []
        for _ in range(BLOCK):
            k = ops.add(k, one)
            ks.append(k)
        for inverse, number in zip(_inverses(ops, ks), ks, strict=True):
            count = _counted(ops, count, p, total)
            term = ops.mul(term, ops.mul(numerator(number), inverse))
            total = ops.add(total, term)
        return (k, term, total, count), ops.gt(p, total)

    _, _, total, count = ops.loop(60, (k, term, total, count), active, block)
    return _counted(ops, count, p, total)


def _counted(ops: Ops, count: Real, p: Real, total: Real) -> Real:
    return ops.add(count, ops.select(ops.gt(p, total), ops.real(1.0), ops.real(0.0)))


def _inverses(ops: Ops, values: list[Real]) -> list[Real]:
    """1/x of four values by one division."""
    a, b, c, d = values
    ab, cd = ops.mul(a, b), ops.mul(c, d)
    inverse = ops.div(ops.real(1.0), ops.mul(ab, cd))
    inverse_ab, inverse_cd = ops.mul(inverse, cd), ops.mul(inverse, ab)
    return [ops.mul(inverse_ab, b), ops.mul(inverse_ab, a), ops.mul(inverse_cd, d), ops.mul(inverse_cd, c)]


def home_in(ops: Ops, p: Real, q: Real, guess: Real, top: Real, tails: Tails, ratio: Ratio) -> Real:
    """The search from a guess, for p and q = 1 - p both given; a NaN guess is not searched for.

    Args:
        ops: the back end.
        p: the probability below.
        q: the probability above.
        guess: a whole number.
        top: the largest number at which ``tails`` can be had.
        tails: of k, gives P(X <= k), P(X > k) and P(X = k).
        ratio: of k, gives P(X = k)/P(X = k - 1).
    """
    zero = ops.real(0.0)
    is_lower = ops.le(p, q)
    target = at_most(ops, q, p)

    def inside(k: Real) -> Real:
        return at_most(ops, top, at_least(ops, zero, k))

    def approach(k: Real, *_: Real) -> tuple[tuple[Real, ...], Truth]:
        lower, upper, mass = tails(k)
        tail = ops.select(is_lower, lower, upper)
        newton = ops.round_even(ops.div(ops.mul(log(ops, ops.div(target, tail)), tail), mass))
        following = inside(ops.add(k, ops.select(is_lower, newton, ops.neg(newton))))
        far = ops.gt(ops.abs(ops.sub(following, k)), ops.real(NEAR))
        near = ops.le(ops.abs(ops.sub(following, k)), ops.real(NEAR))
        return (ops.select(near, k, following), tail, mass), far

    known = ops.and_(ops.gt(target, zero), ops.eq(guess, guess))
    k, tail, mass = ops.loop(60, (inside(guess), zero, zero), known, approach)
    sign = ops.select(is_lower, ops.real(1.0), ops.real(-1.0))
    goal, reached = ops.mul(sign, target), ops.mul(sign, tail)
    k = _walk(ops, k, reached, mass, goal, ratio, known)
    return ops.select(known, k, ops.real(float("nan")))


def _walk(ops: Ops, k: Real, reached: Real, mass: Real, goal: Real, ratio: Ratio, known: Truth) -> Real:
    """The smallest k at which ``reached``, which grows by the mass at each k, is not below the goal."""
    zero, one = ops.real(0.0), ops.real(1.0)

    def ways(k: Real, reached: Real, mass: Real) -> tuple[Truth, Truth]:
        up = ops.lt(reached, goal)
        down = ops.and_(ops.ge(ops.sub(reached, mass), goal), ops.gt(k, zero))
        return up, ops.and_(down, ops.not_(up))

    def one_step(k: Real, reached: Real, mass: Real) -> tuple[tuple[Real, ...], Truth]:
        up, down = ways(k, reached, mass)
        above = ops.add(k, one)
        mass_above = ops.mul(mass, ratio(above))
        lowered = (ops.sub(k, one), ops.sub(reached, mass), ops.div(mass, ratio(k)))
        raised = (above, ops.add(reached, mass_above), mass_above)
        state = tuple(
            ops.select(up, r, ops.select(down, s, old))
            for r, s, old in zip(raised, lowered, (k, reached, mass), strict=True)
        )
        return state, ops.or_(*ways(*state))

    active = ops.and_(known, ops.or_(*ways(k, reached, mass)))
    k, _, _ = ops.loop(60, (k, reached, mass), active, one_step)
    return k
