"""Special functions of statistics: the normal distribution both ways, and the gamma function.

Polynomials are minimax fits of our own (Remez exchange in 50-digit arithmetic) unless a source is named. The
incomplete gamma and beta functions, which need more room, are in files of their own.
"""

import math

from sim.numerics.elementary import at_most, exp_sum, log, log_normal
from sim.numerics.ops import Ops, Real
from sim.numerics.patterns import polynomial, with_sign

HALF_LOG_TWO_PI = 0.9189385332046728
CENTRE_EDGE = 0.006737946999085467  # exp(-5)
STIRLING_FROM = 8.0

# (x + 5)*(upper tail of the standard normal at x)*exp(x**2/2) in t = (x - 5)/(x + 5), for x >= 0
TAIL_TERMS = (
    0.769193049750063,
    -0.6653825028900574,
    0.49530561596997735,
    -0.31353315667123355,
    0.16502036617032528,
    -0.06911863870837877,
    0.020795066801149505,
    -0.002993376742609468,
    -0.0007978694106912605,
    0.0005448988551333358,
    -5.9375669483972485e-05,
    -4.9761851532805064e-05,
    1.6681092785238563e-05,
    3.978079371985893e-06,
    -2.7693338827765515e-06,
    -3.31288030607986e-07,
    4.3402986437947114e-07,
    3.599333819768625e-08,
    -6.78338463565123e-08,
    -5.0940687011791885e-09,
    9.452447201158264e-09,
    5.18784186371804e-10,
    -8.179912549000307e-10,
)
# quantile/(p - q) of the standard normal, q = 1 - p, in log(4pq) + 5/2, for 4pq >= exp(-5)
CENTRE_TERMS = (
    2.12331346701467,
    -0.34880202439905417,
    -0.005907619380162381,
    0.001771596512914653,
    0.0003086524838126449,
    7.065523541157984e-06,
    -4.8318297386041235e-06,
    -6.770197196893064e-07,
    1.8974188084261122e-08,
    1.5360033349957903e-08,
    1.2831469059553943e-09,
    -1.6916119824546354e-10,
    -4.399698094056592e-11,
    -1.2852969463800473e-12,
    7.605198686529167e-13,
    1.0683911695682538e-13,
    -4.607479144174982e-15,
    -2.5756590539153588e-15,
    -1.3470651939695825e-16,
    3.019273462847872e-17,
    3.3106904813461332e-18,
)
# Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied Statistics 37, 1988, PPND16:
# numerator and denominator of the quantile in r - 1.6 for r = sqrt(-log(p)) <= 5, and in r - 5 beyond
NEAR_TAIL = (
    (
        1.42343711074968357734e0,
        4.63033784615654529590e0,
        5.76949722146069140550e0,
        3.64784832476320460504e0,
        1.27045825245236838258e0,
        2.41780725177450611770e-1,
        2.27238449892691845833e-2,
        7.74545014278341407640e-4,
    ),
    (
        1.0,
        2.05319162663775882187e0,
        1.67638483018380384940e0,
        6.89767334985100004550e-1,
        1.48103976427480074590e-1,
        1.51986665636164571966e-2,
        5.47593808499534494600e-4,
        1.05075007164441684324e-9,
    ),
)
FAR_TAIL = (
    (
        6.65790464350110377720e0,
        5.46378491116411436990e0,
        1.78482653991729133580e0,
        2.96560571828504891230e-1,
        2.65321895265761230930e-2,
        1.24266094738807843860e-3,
        2.71155556874348757815e-5,
        2.01033439929228813265e-7,
    ),
    (
        1.0,
        5.99832206555887937690e-1,
        1.36929880922735805310e-1,
        1.48753612908506148525e-2,
        7.86869131145613259100e-4,
        1.84631831751005468180e-5,
        1.42151175831644588870e-7,
        2.04426310338993978564e-15,
    ),
)
# (log_gamma(z) - (z - 1/2)*log(z) + z - log(2 pi)/2)*z in 1/z**2, for z >= 8
STIRLING_TERMS = (
    0.0833333333333333,
    -0.00277777777760992,
    0.0007936506668142096,
    -0.0005952029269766156,
    0.0008373075611301255,
    -0.001653213984198201,
)


# -- the normal distribution


def normal_cdf(ops: Ops, x: Real) -> Real:
    """P(Z <= x) of a standard normal, to 2e-15 of itself in both tails; zero below -37.6."""
    size = at_most(ops, ops.real(40.0), ops.abs(x))
    square = ops.mul(size, size)
    lost = ops.fma(size, size, ops.neg(square))
    density = exp_sum(ops, ops.mul(ops.real(-0.5), square), ops.mul(ops.real(-0.5), lost))
    tail = ops.mul(density, tail_ratio(ops, size))
    return ops.select(ops.gt(x, ops.real(0.0)), ops.sub(ops.real(1.0), tail), tail)


def tail_ratio(ops: Ops, x: Real) -> Real:
    """P(Z > x)*exp(x**2/2) for a finite x >= 0, to 1e-15."""
    inverse = ops.div(ops.real(1.0), ops.add(x, ops.real(5.0)))
    t = ops.mul(ops.sub(x, ops.real(5.0)), inverse)
    return ops.mul(polynomial(ops, TAIL_TERMS, t), inverse)


def normal_quantile(ops: Ops, p: Real) -> Real:
    """The standard normal's inverse distribution function, to 1e-15; -inf at 0, inf at 1, NaN outside."""
    twice = ops.sub(p, ops.real(0.5))
    return _normal_quantile(ops, p, ops.sub(ops.real(1.0), p), ops.add(twice, twice))


def normal_quantile_of_sides(ops: Ops, p: Real, q: Real) -> Real:
    """The same where p and q = 1 - p are both known, the smaller of them accurately."""
    return _normal_quantile(ops, p, q, ops.sub(p, q))


def _normal_quantile(ops: Ops, p: Real, q: Real, balance: Real) -> Real:
    """The same, with balance = p - q.

    One polynomial in log(4pq) serves all but 0.3% of the range, so that lanes rarely part.
    """
    spread = ops.mul(ops.mul(ops.real(4.0), p), q)
    w = ops.add(log_normal(ops, spread), ops.real(2.5))
    value = ops.mul(balance, polynomial(ops, CENTRE_TERMS, w))
    outside = ops.not_(ops.ge(spread, ops.real(CENTRE_EDGE)))

    def far() -> tuple[Real]:
        return (with_sign(ops, ops.call(normal_tail_quantile, at_most(ops, q, p)), balance),)

    (value,) = ops.when(outside, far, (value,))
    return value


def normal_tail_quantile(ops: Ops, p: Real) -> Real:
    """x such that P(Z > x) = p, for p <= 0.01; infinite at 0, NaN below."""
    r = ops.sqrt(ops.neg(log(ops, p)))
    near = ops.le(r, ops.real(5.0))
    a, b = ops.sub(r, ops.real(1.6)), ops.sub(r, ops.real(5.0))
    top = ops.select(near, polynomial(ops, NEAR_TAIL[0], a), polynomial(ops, FAR_TAIL[0], b))
    bottom = ops.select(near, polynomial(ops, NEAR_TAIL[1], a), polynomial(ops, FAR_TAIL[1], b))
    return ops.select(ops.eq(p, ops.real(0.0)), ops.real(math.inf), ops.div(top, bottom))


# -- the gamma function


def log_gamma(ops: Ops, x: Real) -> Real:
    """log(gamma(x)) for x > 0, to 1e-15 of itself or 1e-14, whichever is more; inf at 0, NaN below."""
    small = ops.lt(x, ops.real(STIRLING_FROM))
    z = ops.select(small, ops.add(x, ops.real(8.0)), x)
    product = ops.select(small, ops.mul(x, _rising(ops, x)), ops.real(1.0))
    main = ops.fma(ops.sub(z, ops.real(0.5)), log(ops, z), ops.sub(ops.real(HALF_LOG_TWO_PI), z))
    value = ops.sub(ops.add(main, _stirling_series(ops, z)), log(ops, product))
    value = ops.select(ops.lt(x, ops.real(math.inf)), value, x)
    return ops.select(ops.ge(x, ops.real(0.0)), value, ops.real(math.nan))


def stirling_error(ops: Ops, z: Real, log_z: Real) -> Real:
    """log_gamma(z) - (z - 1/2)*log(z) + z - log(2 pi)/2 for z > 0, to 1e-14 (C. Loader, 2000, for the use of it)."""
    small = ops.lt(z, ops.real(STIRLING_FROM))
    up = ops.select(small, ops.add(z, ops.real(8.0)), z)
    series = _stirling_series(ops, up)

    def shifted() -> tuple[Real]:
        gained = ops.mul(ops.add(z, ops.real(7.5)), log_normal(ops, up))
        lost = ops.fma(ops.add(z, ops.real(0.5)), log_z, log_normal(ops, _rising(ops, z)))
        return (ops.add(series, ops.sub(ops.sub(gained, lost), ops.real(8.0))),)

    (value,) = ops.when(small, shifted, (series,))
    return value


def _stirling_series(ops: Ops, z: Real) -> Real:
    inverse = ops.div(ops.real(1.0), z)
    return ops.mul(inverse, polynomial(ops, STIRLING_TERMS, ops.mul(inverse, inverse)))


def _rising(ops: Ops, z: Real) -> Real:
    """(z + 1)(z + 2)...(z + 7)."""
    product = ops.add(z, ops.real(1.0))
    for i in range(2, 8):
        product = ops.mul(product, ops.add(z, ops.real(float(i))))
    return product
