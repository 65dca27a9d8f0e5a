"""Elementary functions: exp, log, sin and their kin, from IEEE operations and polynomials alone.

Polynomials are minimax fits of our own (Remez exchange in 60-digit arithmetic, relative error below 4e-18, so
that rounding is all that is left); reductions follow W. J. Cody and W. Waite, "Software Manual for the Elementary
Functions", 1980, with fma. Errors are in units in the last place (ulp), measured against exact values. Results
below 2.2e-308 are flushed to zero.
"""

import math

from sim.numerics.division import floor_divide as floor_divide
from sim.numerics.division import modulo as modulo
from sim.numerics.ops import Bits, Ops, Real
from sim.numerics.patterns import (
    EXPONENT_BITS,
    FRACTION_BITS,
    MAGIC,
    MAGIC_BITS,
    ONE_BITS,
    SIGN_BIT,
    SQRT_HALF_BITS,
    TINY,
    polynomial,
    with_sign,
)

LOG2_E = 1.4426950408889634
LN2_HIGH = 0.6931471803691238  # ln 2 to 32 bits, and the rest: a multiple of the first is exact
LN2_LOW = 1.9082149292705877e-10
EXP_TOP = 709.782712893384  # above: infinity
EXP_BOTTOM = -708.3964185322641  # below: zero
PI_PARTS = (3.141592653589793, 1.2246467991473532e-16, -2.9947698097183397e-33)
INVERSE_PI = 0.3183098861837907

# (exp(r) - 1 - r) / r**2 for |r| <= ln(2)/2
EXP_TERMS = (
    0.500000000000001,
    0.1666666666666642,
    0.04166666666653552,
    0.008333333333493158,
    0.0013888888942397643,
    0.0001984126950653185,
    2.4801494245841345e-05,
    2.7557588254140653e-06,
    2.7629874518979653e-07,
    2.499902987569241e-08,
)
# (2 atanh(s)/s - 2) / s**2 in s**2, for |s| <= (sqrt(2) - 1)/(sqrt(2) + 1)
LOG_TERMS = (
    0.6666666666666722,
    0.3999999999947968,
    0.28571428729975556,
    0.22222199705863388,
    0.1818351079181158,
    0.15315315515092828,
    0.14784128168092056,
)
# (sin(r)/r - 1) / r**2 in r**2, for |r| <= pi/2
SIN_TERMS = (
    -0.16666666666666666,
    0.008333333333333201,
    -0.0001984126984121148,
    2.7557319211461795e-06,
    -2.505210689847412e-08,
    1.605894084516972e-10,
    -7.643018085726238e-13,
    2.7214292755889362e-15,
)


# -- exponential


def exp(ops: Ops, x: Real) -> Real:
    """e**x to 1 ulp; infinite above 709.78, zero below -708.39."""
    return exp_sum(ops, x, None)


def exp_sum(ops: Ops, x: Real, tail: Real | None) -> Real:
    """e**(x + tail), where tail is a correction below one ulp of x (None: no correction)."""
    shifted, r = _reduce_exp(ops, x)
    if tail is not None:
        r = ops.add(r, tail)
    fraction = ops.fma(ops.mul(r, r), polynomial(ops, EXP_TERMS, r), r)
    value = _scale(ops, ops.add(ops.real(1.0), fraction), shifted)
    value = ops.select(ops.lt(x, ops.real(EXP_BOTTOM)), ops.real(0.0), value)
    return ops.select(ops.gt(x, ops.real(EXP_TOP)), ops.real(math.inf), value)


def _reduce_exp(ops: Ops, x: Real) -> tuple[Real, Real]:
    """x = k*ln(2) + r with |r| <= ln(2)/2, as (k + MAGIC, r)."""
    shifted = ops.fma(x, ops.real(LOG2_E), ops.real(MAGIC))
    k = ops.sub(shifted, ops.real(MAGIC))
    r = ops.fma(k, ops.real(-LN2_HIGH), x)
    return shifted, ops.fma(k, ops.real(-LN2_LOW), r)


def _scale(ops: Ops, value: Real, shifted: Real) -> Real:
    """value * 2**k, by adding k to the exponent field."""
    return ops.from_bits(ops.iadd(ops.bits(value), ops.ishl(ops.bits(shifted), 52)))


def expm1(ops: Ops, x: Real) -> Real:
    """e**x - 1 to 2 ulp, also near zero."""
    low = ops.real(-50.0)
    bounded = at_least(ops, low, x)
    shifted, r = _reduce_exp(ops, bounded)
    fraction = ops.fma(ops.mul(r, r), polynomial(ops, EXP_TERMS, r), r)
    half_scale = _scale(ops, ops.real(0.5), shifted)  # one less in the exponent: 2**1024 has no representation
    half = ops.fma(half_scale, fraction, ops.sub(half_scale, ops.real(0.5)))
    return ops.select(ops.gt(x, ops.real(EXP_TOP)), ops.real(math.inf), ops.add(half, half))


def tanh(ops: Ops, x: Real) -> Real:
    """Hyperbolic tangent to 3 ulp: in size -t/(t + 2) with t = expm1(-2|x|)."""
    t = expm1(ops, ops.mul(ops.real(-2.0), ops.abs(x)))
    size = ops.div(t, ops.add(t, ops.real(2.0)))
    return with_sign(ops, ops.abs(size), x)


def logistic(ops: Ops, x: Real) -> Real:
    """1/(1 + e**-x) to 3 ulp in both tails; never overflows."""
    return ops.div(ops.real(1.0), ops.add(ops.real(1.0), exp(ops, ops.neg(x))))


# -- logarithm


def log(ops: Ops, x: Real) -> Real:
    """Natural logarithm to 1 ulp: -inf at 0, NaN below; subnormal numbers count in full."""
    k, f = _split_any(ops, x)
    value = ops.select(ops.lt(x, ops.real(math.inf)), _log_of_parts(ops, k, f), x)
    return _log_domain(ops, x, value)


def log_normal(ops: Ops, x: Real) -> Real:
    """log(x) for callers who know that x is positive, normal and finite (anything else gives nonsense)."""
    return _log_of_parts(ops, *_split(ops, x))


def log1p(ops: Ops, x: Real) -> Real:
    """log(1 + x) to 1 ulp, also near zero.

    With u = 1 + x rounded and c = x - (u - 1) what the rounding lost, (1 + x)/2**k = u/2**k + c/2**k, and that
    less one is formed without cancellation.
    """
    u = ops.add(ops.real(1.0), x)
    lost = ops.sub(x, ops.sub(u, ops.real(1.0)))
    offset = ops.iadd(ops.bits(u), ops.integer(ONE_BITS - SQRT_HALF_BITS))
    mask = ops.integer(EXPONENT_BITS)
    twice_inverse = ops.from_bits(ops.ixor(ops.iand(offset, mask), mask))  # 2 / 2**k
    k, f = _split(ops, u)
    f = ops.fma(twice_inverse, ops.mul(ops.real(0.5), lost), f)
    value = ops.select(ops.lt(x, ops.real(math.inf)), _log_of_parts(ops, k, f), x)
    return _log_domain(ops, u, value)


def log_of_rest(ops: Ops, p: Real, q: Real) -> Real:
    """log(q) for q = 1 - p, where both are known, the smaller of them accurately: log1p(-p) or log(q)."""
    k, f = _split_any(ops, q)
    f = ops.select(ops.eq(k, ops.real(0.0)), ops.neg(p), f)
    value = ops.select(ops.lt(q, ops.real(math.inf)), _log_of_parts(ops, k, f), q)
    return _log_domain(ops, q, value)


def logit(ops: Ops, p: Real) -> Real:
    """log(p/(1 - p)) to 4 ulp: -inf at 0, inf at 1, NaN outside."""
    rest = ops.sub(ops.real(1.0), p)
    return _log_odds(ops, p, rest, ops.fma(ops.real(2.0), p, ops.real(-1.0)))


def log_odds(ops: Ops, p: Real, q: Real) -> Real:
    """The same for q = 1 - p, where both are known, the smaller of them accurately."""
    return _log_odds(ops, p, q, ops.sub(p, q))


def _log_odds(ops: Ops, p: Real, q: Real, balance: Real) -> Real:
    """log(p/q); where that ratio lies within a factor sqrt(2) of 1, its distance from 1 is balance/q."""
    odds = ops.div(p, q)
    k, f = _split_any(ops, odds)
    f = ops.select(ops.eq(k, ops.real(0.0)), ops.div(balance, q), f)
    value = ops.select(ops.lt(odds, ops.real(math.inf)), _log_of_parts(ops, k, f), odds)
    return _log_domain(ops, odds, value)


def _split(ops: Ops, x: Real) -> tuple[Real, Real]:
    """x = 2**k * (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), for a positive normal x."""
    offset = ops.iadd(ops.bits(x), ops.integer(ONE_BITS - SQRT_HALF_BITS))
    k = ops.from_bits(ops.iadd(ops.iashr(offset, 52), ops.integer(MAGIC_BITS - 1023)))
    fraction = ops.iadd(ops.iand(offset, ops.integer(FRACTION_BITS)), ops.integer(SQRT_HALF_BITS))
    return ops.sub(k, ops.real(MAGIC)), ops.sub(ops.from_bits(fraction), ops.real(1.0))


def _split_any(ops: Ops, x: Real) -> tuple[Real, Real]:
    """The same for any positive x, subnormal ones scaled up first."""
    tiny = ops.lt(x, ops.real(TINY))
    k, f = _split(ops, ops.select(tiny, ops.mul(x, ops.real(2.0**54)), x))
    return ops.sub(k, ops.select(tiny, ops.real(54.0), ops.real(0.0))), f


def _log_of_parts(ops: Ops, k: Real, f: Real) -> Real:
    """k*ln(2) + log(1 + f), with log(1 + f) = 2 atanh(f/(2 + f))."""
    s = ops.div(f, ops.add(ops.real(2.0), f))
    z = ops.mul(s, s)
    half_square = ops.mul(ops.mul(ops.real(0.5), f), f)
    rest = ops.fma(z, polynomial(ops, LOG_TERMS, z), half_square)
    low = ops.fma(k, ops.real(LN2_LOW), ops.mul(s, rest))
    return ops.fma(k, ops.real(LN2_HIGH), ops.sub(f, ops.sub(half_square, low)))


def _log_domain(ops: Ops, x: Real, value: Real) -> Real:
    """value where x > 0, -inf at zero, NaN below and for NaN."""
    zero = ops.real(0.0)
    edge = ops.select(ops.eq(x, zero), ops.real(-math.inf), ops.real(math.nan))
    return ops.select(ops.gt(x, zero), value, edge)


# -- powers


def power(ops: Ops, a: Real, b: Real) -> Real:
    """a**b as in Python, to 2 ulp for |b| < 50 and to 2e-15 at worst.

    x**0 = 1, 1**x = 1, 0**negative = inf; a negative base wants a whole exponent, else NaN. The logarithm is
    carried in two parts (about 60 bits after the point), so that large exponents lose little.
    """
    size = ops.abs(a)
    high, low = _log_in_two(ops, size)
    y = ops.mul(b, high)
    tail = ops.fma(b, low, ops.fma(b, high, ops.neg(y)))
    value = exp_sum(ops, y, tail)
    value = ops.select(ops.eq(size, ops.real(1.0)), ops.real(1.0), value)
    value = ops.select(ops.lt(a, ops.real(0.0)), _signed_power(ops, value, b), value)
    certain = ops.or_(ops.eq(b, ops.real(0.0)), ops.eq(a, ops.real(1.0)))
    return ops.select(certain, ops.real(1.0), value)


def _signed_power(ops: Ops, value: Real, b: Real) -> Real:
    """The power of a negative base from that of its size: NaN unless b is whole, negative where b is odd."""
    half = ops.mul(ops.real(0.5), b)
    signed = ops.select(ops.eq(ops.floor(half), half), value, ops.neg(value))
    return ops.select(ops.eq(ops.floor(b), b), signed, ops.real(math.nan))


def _log_in_two(ops: Ops, x: Real) -> tuple[Real, Real]:
    """log(x) for x >= 0 as an unevaluated sum of two reals."""
    k, f = _split_any(ops, x)
    whole = ops.add(ops.real(2.0), f)
    lost = ops.sub(f, ops.sub(whole, ops.real(2.0)))
    inverse = ops.div(ops.real(1.0), whole)
    s = ops.mul(f, inverse)
    residue = ops.fma(ops.neg(s), lost, ops.fma(ops.neg(s), whole, f))
    z = ops.mul(s, s)
    small = ops.fma(ops.mul(s, z), polynomial(ops, LOG_TERMS, z), ops.mul(k, ops.real(LN2_LOW)))
    small = ops.fma(ops.mul(ops.real(2.0), residue), inverse, small)
    first = ops.mul(k, ops.real(LN2_HIGH))
    second = ops.add(s, s)
    total = ops.add(first, second)
    small = ops.add(small, ops.sub(second, ops.sub(total, first)))
    high = ops.add(total, small)
    low = ops.sub(small, ops.sub(high, total))
    high = ops.select(ops.lt(x, ops.real(math.inf)), high, x)
    return ops.select(ops.eq(x, ops.real(0.0)), ops.real(-math.inf), high), low


def integer_power(ops: Ops, x: Real, n: int) -> Real:
    """x**n for a whole n known beforehand, by repeated squaring (about n/2 ulp)."""
    if n < 0:
        return ops.div(ops.real(1.0), integer_power(ops, x, -n))
    result = None
    while n:
        if n & 1:
            result = x if result is None else ops.mul(result, x)
        n >>= 1
        x = ops.mul(x, x) if n else x
    return ops.real(1.0) if result is None else result


# -- circular functions


def sin(ops: Ops, x: Real) -> Real:
    """Sine to 2 ulp for |x| < 2**50; zero beyond, where neighbouring numbers are radians apart."""
    x = _circular_domain(ops, x)
    shifted = ops.fma(x, ops.real(INVERSE_PI), ops.real(MAGIC))
    turns = ops.sub(shifted, ops.real(MAGIC))
    return _sine_of_rest(ops, x, turns, ops.ishl(ops.bits(shifted), 63))


def cos(ops: Ops, x: Real) -> Real:
    """Cosine, as a sine a quarter turn on; as accurate as :func:`sin`, one beyond 2**50."""
    x = _circular_domain(ops, x)
    shifted = ops.add(ops.fma(x, ops.real(INVERSE_PI), ops.real(-0.5)), ops.real(MAGIC))
    turns = ops.add(ops.sub(shifted, ops.real(MAGIC)), ops.real(0.5))
    odd = ops.ishl(ops.bits(shifted), 63)
    return _sine_of_rest(ops, x, turns, ops.ixor(odd, ops.integer(SIGN_BIT)))


def _circular_domain(ops: Ops, x: Real) -> Real:
    small = ops.lt(ops.abs(x), ops.real(2.0**50))
    return ops.select(small, x, ops.mul(ops.real(0.0), x))  # 0*inf is NaN


def _sine_of_rest(ops: Ops, x: Real, turns: Real, sign: Bits) -> Real:
    """sin(x - turns*pi) with its sign flipped where the sign bit is set. The first subtraction is exact."""
    for part in PI_PARTS:
        x = ops.fma(turns, ops.real(-part), x)
    z = ops.mul(x, x)
    value = ops.fma(ops.mul(x, z), polynomial(ops, SIN_TERMS, z), x)
    return ops.from_bits(ops.ixor(ops.bits(value), sign))


# -- comparing and clipping


def minimum(ops: Ops, a: Real, b: Real) -> Real:
    """The smaller of two; NaN if either is NaN. Cheapest where b is a constant."""
    return ops.select(ops.eq(b, b), ops.select(ops.lt(b, a), b, a), b)


def maximum(ops: Ops, a: Real, b: Real) -> Real:
    """The larger of two; NaN if either is NaN. Cheapest where b is a constant."""
    return ops.select(ops.eq(b, b), ops.select(ops.gt(b, a), b, a), b)


def at_most(ops: Ops, limit: Real, x: Real) -> Real:
    """min(limit, x) for a limit that is known not to be NaN; a NaN of x passes through."""
    return ops.select(ops.lt(limit, x), limit, x)


def at_least(ops: Ops, limit: Real, x: Real) -> Real:
    """max(limit, x) for a limit that is known not to be NaN; a NaN of x passes through."""
    return ops.select(ops.gt(limit, x), limit, x)


def clip(ops: Ops, x: Real, low: Real, high: Real) -> Real:
    """min(max(x, low), high); NaN if any of the three is NaN."""
    inside = at_most(ops, high, at_least(ops, low, x))
    known = ops.and_(ops.eq(low, low), ops.eq(high, high))
    return ops.select(known, inside, ops.real(math.nan))


def sign(ops: Ops, x: Real) -> Real:
    """-1, 0 or 1."""
    zero = ops.real(0.0)
    upper = ops.select(ops.gt(x, zero), ops.real(1.0), x)
    return ops.select(ops.lt(x, zero), ops.real(-1.0), upper)


# -- tables and hazards


def table(ops: Ops, x: Real, *knots: Real) -> Real:
    """Piecewise linear through (x0, y0), (x1, y1), ..., exact at the knots, flat outside.

    The abscissae ascend; where two are equal the later one counts from there on.
    """
    xs, ys = knots[0::2], knots[1::2]
    x = at_most(ops, xs[-1], at_least(ops, xs[0], x))
    start, base = xs[0], ys[0]
    width, rise = ops.real(1.0), ops.real(0.0)
    for i in range(len(xs)):
        passed = ops.ge(x, xs[i])
        start, base = ops.select(passed, xs[i], start), ops.select(passed, ys[i], base)
        if i + 1 < len(xs):
            width = ops.select(passed, ops.sub(xs[i + 1], xs[i]), width)
            rise = ops.select(passed, ops.sub(ys[i + 1], ys[i]), rise)
    return ops.fma(ops.div(ops.sub(x, start), width), rise, base)


def hazard(ops: Ops, p: Real, window: Real) -> Real:
    """The constant rate that gives probability p within the window: -log(1 - p)/window."""
    rate = ops.div(ops.neg(log1p(ops, ops.neg(p))), window)
    valid = ops.and_(ops.ge(p, ops.real(0.0)), ops.gt(window, ops.real(0.0)))
    return ops.select(valid, rate, ops.real(math.nan))
