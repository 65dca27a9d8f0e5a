"""Division by a constant without dividing; whole division and its remainder, bit for bit Python's ``//`` and ``%``."""

import math

from sim.numerics.ops import Ops, Real
from sim.numerics.patterns import power_of_two, with_sign

LARGEST_QUOTIENT = 2.0**52
CONSTANT_DIVISORS = 2.0**-500, 2.0**500  # sizes that have a reciprocal to multiply by


def divided_by(ops: Ops, x: Real, divisor: float) -> Real:
    """x/divisor to the last bit, for a divisor within ``CONSTANT_DIVISORS`` and |x| from 2^-450 on.

    The product with the reciprocal, corrected by what it leaves (Brisebarre, Muller and Raina, "Accelerating correctly
    rounded floating-point division when the divisor is known in advance", IEEE Transactions on Computers 53, 2004).
    Of a smaller x the last bit may be another; zeros, infinities and NaN are as they should be.
    """
    zero, inverse = ops.real(0.0), ops.real(1.0 / divisor)
    rough = ops.mul(x, inverse)
    rest = ops.fma(ops.neg(rough), ops.real(divisor), x)
    better = ops.fma(rest, inverse, rough)
    helps = ops.and_(ops.ne(rest, zero), ops.eq(better, better))  # no rest: rough may be -0, and stays so
    return ops.select(helps, better, rough)


def modulo(ops: Ops, a: Real, b: Real) -> Real:
    """a % b, with the sign of b; NaN where b is zero or a infinite."""
    rest, crossed = _signed_remainder(ops, a, b)
    shifted = ops.select(crossed, ops.add(rest, b), rest)
    return ops.select(ops.eq(rest, ops.real(0.0)), with_sign(ops, ops.real(0.0), b), shifted)


def floor_divide(ops: Ops, a: Real, b: Real) -> Real:
    """a // b; where b is zero, a/b."""
    rest, crossed = _signed_remainder(ops, a, b)
    one, zero = ops.real(1.0), ops.real(0.0)
    exact = ops.div(ops.sub(a, rest), b)
    exact = ops.select(crossed, ops.sub(exact, one), exact)
    whole = ops.floor(exact)
    whole = ops.select(ops.gt(ops.sub(exact, whole), ops.real(0.5)), ops.add(whole, one), whole)
    quotient = ops.div(a, b)
    whole = ops.select(ops.eq(exact, zero), with_sign(ops, zero, quotient), whole)
    return ops.select(ops.eq(b, zero), quotient, whole)


def _signed_remainder(ops: Ops, a: Real, b: Real) -> tuple[Real, Real]:
    """C's fmod(a, b), and whether Python would move it by one b to give it the sign of b."""
    zero = ops.real(0.0)
    rest = with_sign(ops, _remainder(ops, ops.abs(a), ops.abs(b)), a)
    against = ops.or_(
        ops.and_(ops.lt(rest, zero), ops.gt(b, zero)),
        ops.and_(ops.gt(rest, zero), ops.lt(b, zero)),
    )
    return rest, against


def _remainder(ops: Ops, a: Real, b: Real) -> Real:
    """a mod b for a, b >= 0, exactly.

    A remainder by a multiple of b leaves the remainder by b as it was; so huge quotients are brought down 51
    bits at a time, by b times a power of two.
    """
    limit = ops.real(LARGEST_QUOTIENT)
    normal = ops.mul(b, ops.real(2.0**54))
    digits = ops.div(normal, power_of_two(ops, normal))  # b times a power of two, in [1, 2)

    def huge(rest: Real) -> Real:
        return ops.and_(ops.ge(ops.div(rest, b), limit), ops.gt(b, ops.real(0.0)))

    def reduce(rest: Real) -> tuple[tuple[Real, ...], Real]:
        multiple = ops.mul(digits, ops.mul(power_of_two(ops, rest), ops.real(2.0**-51)))
        rest = _reduce_once(ops, rest, multiple)
        return (rest,), huge(rest)

    finite = ops.and_(ops.lt(a, ops.real(math.inf)), huge(a))
    (rest,) = ops.loop(45, (a,), finite, reduce)
    return _reduce_once(ops, rest, b)


def _reduce_once(ops: Ops, a: Real, b: Real) -> Real:
    """a mod b where the quotient is below 2**53: the rounded quotient may be one too large, never too small."""
    whole = ops.floor(ops.div(a, b))
    rest = ops.fma(ops.neg(whole), b, a)
    rest = ops.select(ops.lt(rest, ops.real(0.0)), ops.add(rest, b), rest)
    return ops.select(ops.lt(a, b), a, rest)
