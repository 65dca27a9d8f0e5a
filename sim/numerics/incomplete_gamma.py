"""The regularised incomplete gamma functions and the quantiles of the gamma distribution.

A gamma variable X of shape a and scale 1 is described by v = log(X/a), whose density f(v) = x**a e**-x / gamma(a)
is log-concave for every a, so that Newton's method on the logarithm of either tail finds quantiles from any start.
Tails are computed as multiples of that density, by whichever of three ways is short where x lies:

* below a + 2.5 sqrt(a) + 2.5 the power series (DLMF 8.11.4), for the lower tail;
* above it the continued fraction (DLMF 8.9.2), for the upper tail;
* for a >= 50 and x within 29% of a, Temme's uniform expansion (DLMF 8.12), for the nearer tail.
"""

import math

from sim.numerics.elementary import LOG_TERMS, at_least, at_most
from sim.numerics.ops import Ops, Real, Truth
from sim.numerics.outlined import exp, expm1, log, normal_quantile_of_sides, stirling_error
from sim.numerics.patterns import polynomial
from sim.numerics.simple_families import where_valid
from sim.numerics.special import tail_ratio
from sim.numerics.tail_root import tail_root

HALF_LOG_TWO_PI = 0.9189385332046728
CLOSE = 0.29  # |x - a|/a within which log(x/a) comes from a series
TEMME_FROM = 50.0
SERIES_BLOCK = 10  # terms between two tests
FRACTION_BLOCK = 4
NEGLIGIBLE = 1e-17
CONVERGED = 4e-16
INVERSE_ROOT_TWO_PI = 0.3989422804014327

# c_k(eta) of DLMF 8.12.9, k = 0, 1, ..., each a minimax fit in eta for |x - a| <= 0.29 a
TEMME_TERMS = (
    (
        -0.3333333333333333,
        0.08333333333333345,
        -0.014814814814814054,
        0.0011574074073765013,
        0.0003527336859556199,
        -0.00017875514172159302,
        3.919263814877009e-05,
        -2.185519570522339e-06,
        -1.8542333051943913e-06,
        8.306477751323235e-07,
        -1.7449689244988936e-07,
        1.432605994709939e-09,
    ),
    (
        -0.001851851851851005,
        -0.0034722222222741614,
        0.002645502645017483,
        -0.0009902263279088256,
        0.00020576136405731985,
        -4.0234891816633487e-07,
        -1.8100238409509324e-05,
        7.657914837775346e-06,
        -1.5865390735019322e-06,
        -5.372025256127403e-08,
    ),
    (
        0.004133597883637134,
        -0.0026813271595926445,
        0.0007716049204202533,
        2.009246575317841e-06,
        -0.00010736528898500492,
        5.29297208467725e-05,
        -1.2788317172670108e-05,
        -7.302930734092269e-08,
        1.5731475198514334e-06,
    ),
    (
        0.0006494341430638891,
        0.00022947174879082917,
        -0.0004691858546589523,
        0.0002677528817298087,
        -7.576077997362184e-05,
        -1.025807996330568e-06,
        1.2525736981571076e-05,
    ),
    (
        -0.0008618880850609149,
        0.0007840366113272489,
        -0.0002991151068842223,
        -1.3042000344176165e-06,
        6.777704572588758e-05,
        -4.15316216945869e-05,
    ),
    (
        -0.0003368594220990454,
        -6.94108727105606e-05,
        0.00028290163185370934,
        -0.0002066007262616256,
    ),
    (
        0.0005314723270239972,
        -0.0005918893702112612,
        0.00026059688946849277,
    ),
)
# v in eta = z/sqrt(a), times powers of 1/a: our own fit for a >= 1, |z| <= 3.6, after Temme 1992
GUESS_TERMS = (
    (
        0.0,
        1.0,
        -0.166430132,
        0.0279881948,
        -0.0040327298,
        0.000192776235,
        0.000126183282,
        -1.99895428e-05,
        -2.97508963e-06,
        3.33147993e-07,
    ),
    (
        -0.334852807,
        0.135917707,
        -0.0356287346,
        0.00606285103,
        0.00093657412,
        -0.000647098057,
        6.49003427e-05,
        1.38687983e-05,
        2.37403343e-07,
    ),
    (-0.0235220684, 0.0295161109, -0.0118235809, -0.000460525313, -0.000471816305, 0.0001454209, -5.79164291e-05),
    (-0.020519288, -0.0279360164, 0.0201489199, -0.00113126666, 0.000630772762),
    (0.0128606933, 0.0135934832, -0.0101289015),
)


# -- the tails


def regularised_gamma_lower(ops: Ops, shape: Real, x: Real) -> Real:
    """P(shape, x), the probability that a gamma variable of that shape is at most x; to 1e-13 of itself."""
    return _tail(ops, shape, x, upper=False)


def regularised_gamma_upper(ops: Ops, shape: Real, x: Real) -> Real:
    """Q(shape, x) = 1 - P(shape, x), as accurately."""
    return _tail(ops, shape, x, upper=True)


def _tail(ops: Ops, shape: Real, x: Real, upper: bool) -> Real:
    zero, one = ops.real(0.0), ops.real(1.0)
    inside = ops.and_(ops.gt(x, zero), ops.lt(x, ops.real(math.inf)))
    a = where_valid(ops, ops.and_(inside, gamma_shape_valid(ops, shape)), shape)
    lower_tail, upper_tail, _ = gamma_tails(ops, a, x)
    value = upper_tail if upper else lower_tail
    below = ops.select(ops.le(x, zero), one if upper else zero, zero if upper else one)
    value = ops.select(ops.or_(inside, ops.ne(x, x)), value, below)
    return where_valid(ops, gamma_shape_valid(ops, shape), value)


def gamma_tails(ops: Ops, a: Real, x: Real) -> tuple[Real, Real, Real]:
    """P(a, x), Q(a, x) and the density f of log(x), for finite positive x; the nearer tail as accurate as above."""
    one = ops.real(1.0)
    t = ops.div(ops.sub(x, a), a)
    density = exp(ops, gamma_log_density(ops, a, t, log(ops, ops.div(x, a)), gamma_log_peak(ops, a)))
    ratio = ops.call(gamma_tail_ratio, a, t)
    near = at_most(ops, one, ops.mul(density, ops.abs(ratio)))
    rest = ops.sub(one, near)
    is_lower = ops.gt(ratio, ops.real(0.0))
    return ops.select(is_lower, near, rest), ops.select(is_lower, rest, near), density


def gamma_shape_valid(ops: Ops, shape: Real) -> Truth:
    """Positive and finite."""
    return ops.and_(ops.gt(shape, ops.real(0.0)), ops.lt(shape, ops.real(math.inf)))


def gamma_log_peak(ops: Ops, a: Real) -> Real:
    """log f(0), the part of log f(v) that depends on the shape alone."""
    log_a = log(ops, a)
    half_log = ops.mul(ops.real(0.5), log_a)
    return ops.sub(ops.sub(half_log, ops.real(HALF_LOG_TWO_PI)), stirling_error(ops, a, log_a))


def gamma_log_density(ops: Ops, a: Real, t: Real, v: Real, peak: Real) -> Real:
    """log f(v), where x = a(1 + t) = a*exp(v)."""
    return ops.fma(ops.neg(a), _shortfall(ops, t, v), peak)


def _shortfall(ops: Ops, t: Real, v: Real) -> Real:
    """t - v for v = log(1 + t), without cancellation near zero."""
    close = ops.lt(ops.abs(t), ops.real(CLOSE))
    return ops.select(close, _close_shortfall(ops, t), ops.sub(t, v))


def _close_shortfall(ops: Ops, t: Real) -> Real:
    """t - log(1 + t) for |t| < 0.29: with s = t/(2 + t), log(1 + t) = 2 atanh(s) and 2s = t - s*t."""
    s = ops.div(t, ops.add(t, ops.real(2.0)))
    z = ops.mul(s, s)
    return ops.mul(s, ops.fma(ops.neg(z), polynomial(ops, LOG_TERMS, z), t))


def gamma_tail_ratio(ops: Ops, a: Real, t: Real) -> Real:
    """A tail at x = a(1 + t) over the density f: positive if it is the lower tail, negative if the upper one."""
    x = ops.fma(a, t, a)
    close = ops.and_(ops.ge(a, ops.real(TEMME_FROM)), ops.lt(ops.abs(t), ops.real(CLOSE)))
    edge = ops.fma(ops.real(2.5), ops.sqrt(a), ops.add(a, ops.real(2.5)))
    low = ops.and_(ops.lt(x, edge), ops.not_(close))
    high = ops.and_(ops.ge(x, edge), ops.not_(close))
    ratio = _series(ops, a, x, low)
    (ratio,) = ops.when(high, lambda: (ops.neg(_fraction(ops, a, x, high)),), (ratio,))
    (ratio,) = ops.when(close, lambda: (_temme(ops, a, t),), (ratio,))
    return ratio


def _series(ops: Ops, a: Real, x: Real, active: Truth) -> Real:
    """(1 + x/(a + 1) + x**2/((a + 1)(a + 2)) + ...)/a, a block of terms over one denominator at a time."""
    one = ops.real(1.0)

    def block(total: Real, term: Real, k: Real) -> tuple[tuple[Real, ...], Truth]:
        denominator = one
        for _ in range(SERIES_BLOCK):
            k = ops.add(k, one)
            term = ops.mul(term, x)
            total = ops.fma(total, k, term)
            denominator = ops.mul(denominator, k)
        inverse = ops.div(one, denominator)
        total, term = ops.mul(total, inverse), ops.mul(term, inverse)
        rest = ops.mul(ops.mul(total, ops.real(NEGLIGIBLE)), ops.sub(k, x))
        return (total, term, k), ops.gt(ops.mul(term, k), rest)

    total, _, _ = ops.loop(200, (one, one, a), active, block)
    return ops.div(total, a)


def _fraction(ops: Ops, a: Real, x: Real, active: Truth) -> Real:
    """1/(x + 1 - a + 1(a - 1)/(x + 3 - a + 2(a - 2)/(x + 5 - a + ...))), by the forward recurrence."""
    zero, one, two = ops.real(0.0), ops.real(1.0), ops.real(2.0)
    first = ops.sub(ops.add(x, one), a)

    def block(top: Real, top_before: Real, bottom_before: Real, n: Real, b: Real) -> tuple[tuple[Real, ...], Truth]:
        bottom = one
        for _ in range(FRACTION_BLOCK):
            n, b = ops.add(n, one), ops.add(b, two)
            numerator = ops.mul(n, ops.sub(a, n))
            top, top_before = ops.fma(b, top, ops.mul(numerator, top_before)), top
            bottom, bottom_before = ops.fma(b, bottom, ops.mul(numerator, bottom_before)), bottom
        inverse = ops.div(one, bottom)
        top, top_before = ops.mul(top, inverse), ops.mul(top_before, inverse)
        bottom_before = ops.mul(bottom_before, inverse)
        change = ops.abs(ops.sub(ops.mul(top, bottom_before), top_before))
        going = ops.gt(change, ops.abs(ops.mul(ops.mul(top, bottom_before), ops.real(CONVERGED))))
        return (top, top_before, bottom_before, n, b), going

    inverse = ops.div(one, first)
    value, *_ = ops.loop(100, (inverse, zero, inverse, zero, first), active, block)
    return value


def _temme(ops: Ops, a: Real, t: Real) -> Real:
    """The nearer tail over the density: e**stirling/sqrt(a)*(R(|z|) +- S/sqrt(a)), z = eta*sqrt(a), R of the normal."""
    inverse = ops.div(ops.real(1.0), a)
    root = ops.sqrt(inverse)
    square = _close_shortfall(ops, t)
    size = ops.sqrt(ops.add(square, square))
    upper = ops.ge(t, ops.real(0.0))
    eta = ops.select(upper, size, ops.neg(size))
    total = polynomial(ops, TEMME_TERMS[-1], eta)
    for terms in reversed(TEMME_TERMS[:-1]):
        total = ops.fma(total, inverse, polynomial(ops, terms, eta))
    total = ops.mul(ops.mul(total, root), ops.real(INVERSE_ROOT_TWO_PI))
    normal = tail_ratio(ops, ops.div(size, root))
    scale = ops.div(exp(ops, stirling_error(ops, a, log(ops, a))), ops.mul(ops.real(INVERSE_ROOT_TWO_PI), ops.sqrt(a)))
    upper_ratio = ops.mul(ops.neg(scale), ops.add(normal, total))
    return ops.select(upper, upper_ratio, ops.mul(scale, ops.sub(normal, total)))


# -- quantiles


def gamma_log_quantile(ops: Ops, p: Real, q: Real, a: Real) -> Real:
    """v = log(X/a) below which lies probability p = 1 - q, both sides given; to 1e-15 relative to x."""
    peak = gamma_log_peak(ops, a)

    def tail(v: Real) -> tuple[Real, Real, Real, Real]:
        t = expm1(ops, v)
        ratio = ops.call(gamma_tail_ratio, a, t)
        slope, bend = ops.mul(ops.neg(a), t), ops.neg(ops.fma(a, t, a))
        return gamma_log_density(ops, a, t, v, peak), ratio, slope, bend

    return tail_root(ops, p, q, _first_guess(ops, p, q, a, peak), tail)


def _first_guess(ops: Ops, p: Real, q: Real, a: Real, peak: Real) -> Real:
    """v from the normal quantile, within a thousandth of the density's scale for shapes from 1 on and |z| < 3.6."""
    z = normal_quantile_of_sides(ops, p, q)
    s = ops.div(ops.real(1.0), a)
    eta = ops.mul(z, ops.sqrt(s))
    value = polynomial(ops, GUESS_TERMS[-1], eta)
    for terms in reversed(GUESS_TERMS[:-1]):
        value = ops.fma(value, s, polynomial(ops, terms, eta))
    fitted = ops.and_(ops.ge(a, ops.real(1.0)), ops.lt(ops.abs(z), ops.real(3.6)))
    (value,) = ops.when(ops.not_(fitted), lambda: (_rough_guess(ops, p, z, a, peak),), (value,))
    return value


def _rough_guess(ops: Ops, p: Real, z: Real, a: Real, peak: Real) -> Real:
    """Wilson and Hilferty's cube where it is sound, the leading power of the lower tail below it."""
    ninth = ops.div(ops.real(1.0 / 9.0), a)
    cube_root = ops.fma(z, ops.sqrt(ninth), ops.sub(ops.real(1.0), ninth))
    log_power = ops.sub(ops.sub(log(ops, p), peak), ops.sub(a, log(ops, a)))
    floor = ops.div(log_power, a)
    below = ops.fma(exp(ops, floor), ops.div(a, ops.add(a, ops.real(1.0))), floor)
    cube = ops.mul(ops.real(3.0), log(ops, at_least(ops, ops.real(1e-300), cube_root)))
    return ops.select(ops.lt(cube_root, ops.real(0.5)), below, at_least(ops, floor, cube))
