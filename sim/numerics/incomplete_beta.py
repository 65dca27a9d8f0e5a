"""The regularised incomplete beta functions and the quantiles of the beta distribution.

A beta variable X is described by v = log(X/(1 - X)) - log(a/b), whose density f(v) = x**a (1 - x)**b / B(a, b) is
log-concave for all a and b, so that Newton's method on the logarithm of either tail finds quantiles from any start.
Tails are computed as multiples of that density, from the nearer end, by a continued fraction (A. R. Didonato and
A. H. Morris, "Algorithm 708", ACM TOMS 18, 1992, their BFRAC; the even part of DLMF 8.17.22). With a = 1/2 and
b = df/2 the same v is log(T**2) of Student's t.
"""

import math

from sim.numerics.elementary import at_least, at_most, integer_power, log_odds
from sim.numerics.ops import Ops, Real, Truth
from sim.numerics.outlined import exp, expm1, log, log1p, normal_quantile_of_sides, stirling_error
from sim.numerics.patterns import polynomial
from sim.numerics.simple_families import where_valid
from sim.numerics.tail_root import tail_root

HALF_LOG_TWO_PI = 0.9189385332046728
BLOCK = 3  # partial fractions between two tests
MOST_BLOCKS = 5000
CONVERGED = 4e-16

# g = 1 + g1/df + g2/df**2 + ... of Student's t in z**2: our own fit for df >= 2 and |z| <= 3.6
STUDENT_TERMS = (
    (0.50863846, -0.00173072887, 9.23992196e-05),
    (0.0779243345, -0.0470610659, 0.00243345055, -0.000149803983),
    (-0.000977997307, -0.0376564573, -0.000924816651, -0.00100760855, 7.38144732e-05),
    (-0.00887043539, -0.0181476349, -0.000816410715, 0.00247024179, 4.91622749e-05, -1.11981808e-05),
    (-0.0059841539, -0.00645388666, 0.00626931678, 0.00107544725, -0.000509375594, 2.57666976e-05),
)


# -- the tails


def regularised_beta_lower(ops: Ops, a: Real, b: Real, x: Real) -> Real:
    """I_x(a, b), the probability that a beta variable is at most x; to 1e-13 of itself."""
    rest = ops.sub(ops.real(1.0), x)
    return _of_share(ops, a, b, x, rest, upper=False)


def regularised_beta_upper(ops: Ops, a: Real, b: Real, x: Real) -> Real:
    """1 - I_x(a, b), as accurately."""
    rest = ops.sub(ops.real(1.0), x)
    return _of_share(ops, a, b, x, rest, upper=True)


def _of_share(ops: Ops, a: Real, b: Real, x: Real, rest: Real, upper: bool) -> Real:
    zero, one = ops.real(0.0), ops.real(1.0)
    inside = ops.and_(ops.gt(x, zero), ops.gt(rest, zero))
    v = ops.sub(log_odds(ops, where_valid(ops, inside, x), rest), log(ops, ops.div(a, b)))
    low, high = (one, zero) if upper else (zero, one)
    tail = ops.call(beta_upper_at, a, b, v) if upper else ops.call(beta_lower_at, a, b, v)
    value = ops.select(ops.le(x, zero), low, ops.select(ops.le(rest, zero), high, tail))
    return where_valid(ops, beta_valid(ops, a, b), value)


def beta_lower_at(ops: Ops, a: Real, b: Real, v: Real) -> Real:
    """P(V <= v)."""
    return beta_tails(ops, a, b, v)[0]


def beta_upper_at(ops: Ops, a: Real, b: Real, v: Real) -> Real:
    """P(V > v)."""
    return beta_tails(ops, a, b, v)[1]


def beta_tails(ops: Ops, a: Real, b: Real, v: Real) -> tuple[Real, Real, Real]:
    """P(V <= v), P(V > v) and the density f(v); the nearer tail is as accurate as above."""
    one = ops.real(1.0)
    density = exp(ops, beta_log_density(ops, a, b, v, beta_log_peak(ops, a, b)))
    ratio = ops.call(beta_tail_ratio, a, b, v)
    near = at_most(ops, one, ops.mul(density, ops.abs(ratio)))
    rest = ops.sub(one, near)
    is_lower = ops.gt(ratio, ops.real(0.0))
    return ops.select(is_lower, near, rest), ops.select(is_lower, rest, near), density


def beta_valid(ops: Ops, a: Real, b: Real) -> Truth:
    """Both positive and finite."""
    zero, infinity = ops.real(0.0), ops.real(math.inf)
    positive = ops.and_(ops.gt(a, zero), ops.gt(b, zero))
    return ops.and_(positive, ops.and_(ops.lt(a, infinity), ops.lt(b, infinity)))


def beta_log_peak(ops: Ops, a: Real, b: Real) -> Real:
    """log f(0), the part of log f(v) that depends on a and b alone."""
    total = ops.add(a, b)
    logs = [log(ops, z) for z in (a, b, total)]
    half_log = ops.mul(ops.real(0.5), ops.sub(ops.add(logs[0], logs[1]), logs[2]))
    of_a, of_b, of_total = (stirling_error(ops, z, log_z) for z, log_z in zip((a, b, total), logs, strict=True))
    errors = ops.sub(ops.sub(of_total, of_a), of_b)
    return ops.add(ops.sub(half_log, ops.real(HALF_LOG_TWO_PI)), errors)


def beta_log_density(ops: Ops, a: Real, b: Real, v: Real, peak: Real) -> Real:
    """log f(v) = log f(0) + a*v - (a + b)*log(1 + x0*(e**v - 1)), x0 = a/(a + b).

    The same with a and b, v and -v exchanged; written with the smaller of a and b, or far out where e**v is small.
    """
    far = ops.gt(ops.abs(v), ops.real(30.0))
    turned = ops.or_(ops.and_(far, ops.gt(v, ops.real(0.0))), ops.and_(ops.not_(far), ops.lt(b, a)))
    first = ops.select(turned, b, a)
    v = ops.select(turned, ops.neg(v), v)
    total = ops.add(a, b)
    growth = log1p(ops, ops.mul(ops.div(first, total), expm1(ops, v)))
    return ops.add(peak, ops.fma(first, v, ops.neg(ops.mul(total, growth))))


def beta_shares(ops: Ops, a: Real, b: Real, v: Real) -> tuple[Real, Real]:
    """x and 1 - x, each to a few ulp, for finite a and b."""
    shrunk = exp(ops, ops.neg(ops.abs(v)))
    positive = ops.gt(v, ops.real(0.0))
    first = ops.select(positive, a, ops.mul(a, shrunk))
    second = ops.select(positive, ops.mul(b, shrunk), b)
    total = ops.add(first, second)
    return ops.div(first, total), ops.div(second, total)


def beta_tail_ratio(ops: Ops, a: Real, b: Real, v: Real) -> Real:
    """A tail at v over the density f: positive if it is the lower tail, negative if the upper one."""
    one = ops.real(1.0)
    x, y = beta_shares(ops, a, b, v)
    total = ops.add(a, b)
    lower = ops.le(ops.mul(x, ops.add(total, ops.real(2.0))), ops.add(a, one))
    known = ops.and_(beta_valid(ops, a, b), ops.eq(v, v))
    near, other = ops.select(lower, a, b), ops.select(lower, b, a)
    value = _fraction(ops, near, other, ops.select(lower, x, y), ops.select(lower, y, x), known)
    value = ops.select(lower, value, ops.neg(value))
    return where_valid(ops, known, value)


def _fraction(ops: Ops, a: Real, b: Real, x: Real, y: Real, active: Truth) -> Real:
    """alpha_1/(beta_1 + alpha_2/(beta_2 + ...)) of Didonato and Morris, by the forward recurrence.

    alpha_{n+1} = (a + n - 1)(a + b + n - 1) n (b - n) x**2 / (a + 2n - 1)**2 and
    beta_{n+1} = n + n(b - n)x/(a + 2n - 1) + (a + n)(a*y - b*x + 1 + n(1 + y))/(a + 2n + 1). Both are multiplied
    by (a + 2n - 1)(a + 2n + 1), alpha by that of the step before too, which leaves one division per block.
    """
    one, two = ops.real(1.0), ops.real(2.0)
    slope = ops.add(ops.sub(ops.mul(a, y), ops.mul(b, x)), one)
    y_more, total = ops.add(one, y), ops.add(a, b)

    def step(state: tuple[Real, ...], first: bool) -> tuple[Real, ...]:
        top, top_before, bottom, bottom_before, n = state
        n_before, n = n, ops.add(n, one)
        level = ops.fma(two, n, a)
        below, above = ops.sub(level, one), ops.add(level, one)
        pull = ops.mul(n, ops.mul(ops.sub(b, n), x))
        alpha = ops.mul(ops.mul(ops.add(a, n_before), ops.add(total, n_before)), ops.mul(pull, x))
        alpha = ops.mul(alpha, above if first else ops.mul(above, ops.sub(below, two)))
        linear = ops.mul(ops.add(a, n), ops.fma(n, y_more, slope))
        beta = ops.fma(above, ops.fma(n, below, pull), ops.mul(below, linear))
        return (
            ops.fma(beta, top, ops.mul(alpha, top_before)),
            top,
            ops.fma(beta, bottom, ops.mul(alpha, bottom_before)),
            bottom,
            n,
        )

    def scaled(state: tuple[Real, ...]) -> tuple[tuple[Real, ...], Truth]:
        top, top_before, bottom, bottom_before, n = state
        inverse = ops.div(one, bottom)
        top, top_before, bottom_before = (ops.mul(part, inverse) for part in (top, top_before, bottom_before))
        change = ops.abs(ops.sub(ops.mul(top, bottom_before), top_before))
        bound = ops.abs(ops.mul(ops.mul(top, bottom_before), ops.real(CONVERGED)))
        return (top, top_before, bottom_before, n), ops.and_(active, ops.gt(change, bound))

    def block(top: Real, top_before: Real, bottom_before: Real, n: Real) -> tuple[tuple[Real, ...], Truth]:
        state = (top, top_before, one, bottom_before, n)
        for _ in range(BLOCK):
            state = step(state, first=False)
        return scaled(state)

    start = (ops.add(a, one), ops.real(0.0), ops.mul(a, slope), one, ops.real(0.0))
    carry, going = scaled(step(start, first=True))
    value, *_ = ops.loop(MOST_BLOCKS, carry, going, block)
    return value


# -- quantiles


def beta_log_quantile(ops: Ops, p: Real, q: Real, a: Real, b: Real) -> Real:
    """v below which lies probability p = 1 - q, both sides given."""
    peak = beta_log_peak(ops, a, b)
    return _quantile(ops, p, q, a, b, peak, _first_guess(ops, p, q, a, b, peak))


def student_log_square(ops: Ops, p: Real, q: Real, df: Real) -> Real:
    """log(t**2) where Student's t lies below t with probability p = 1 - q."""
    a, b = ops.real(0.5), ops.mul(ops.real(0.5), df)
    peak = beta_log_peak(ops, a, b)
    inside = ops.abs(ops.sub(p, q))
    outside = ops.mul(ops.real(2.0), at_most(ops, q, p))
    guess = _student_guess(ops, normal_quantile_of_sides(ops, p, q), df)
    light = ops.ge(df, ops.real(2.0))
    (guess,) = ops.when(ops.not_(light), lambda: (_first_guess(ops, inside, outside, a, b, peak),), (guess,))
    return _quantile(ops, inside, outside, a, b, peak, guess)


def _student_guess(ops: Ops, z: Real, df: Real) -> Real:
    """df*(exp(g*z**2/df) - 1) is t**2; g as a polynomial, within a thousandth of the density's scale for |z| < 3.6."""
    s = ops.div(ops.real(1.0), df)
    square = ops.mul(z, z)
    bounded = at_most(ops, ops.real(13.0), square)
    value = polynomial(ops, STUDENT_TERMS[-1], bounded)
    for terms in reversed(STUDENT_TERMS[:-1]):
        value = ops.fma(value, s, polynomial(ops, terms, bounded))
    g = ops.fma(value, s, ops.real(1.0))
    return log(ops, ops.mul(df, expm1(ops, ops.mul(ops.mul(square, g), s))))


def _quantile(ops: Ops, p: Real, q: Real, a: Real, b: Real, peak: Real, guess: Real) -> Real:
    total = ops.add(a, b)

    def tail(v: Real) -> tuple[Real, Real, Real, Real]:
        ratio = ops.call(beta_tail_ratio, a, b, v)
        x, y = beta_shares(ops, a, b, v)
        slope = ops.sub(ops.mul(a, y), ops.mul(b, x))
        bend = ops.neg(ops.mul(total, ops.mul(x, y)))
        return beta_log_density(ops, a, b, v, peak), ratio, slope, bend

    return tail_root(ops, p, q, guess, tail)


def _first_guess(ops: Ops, p: Real, q: Real, a: Real, b: Real, peak: Real) -> Real:
    """Cornish and Fisher's expansion for v, kept between the asymptotes of its two tails, which enclose the answer."""
    total = ops.add(a, b)
    floor = ops.div(ops.sub(_asymptote(ops, p, a, ops.div(b, total), total), peak), a)
    ceiling = ops.div(ops.sub(peak, _asymptote(ops, q, b, ops.div(a, total), total)), b)
    z = normal_quantile_of_sides(ops, p, q)
    return at_most(ops, ceiling, at_least(ops, floor, _cornish_fisher(ops, z, a, b)))


def _asymptote(ops: Ops, p: Real, a: Real, other_share: Real, total: Real) -> Real:
    """log(p) - log of what the lower tail is far out, but for the terms in v and the peak."""
    return ops.add(ops.add(log(ops, p), log(ops, a)), ops.mul(total, log(ops, other_share)))


def _cornish_fisher(ops: Ops, z: Real, a: Real, b: Real) -> Real:
    """The quantile of v from its first four cumulants, those of two log-gamma variables by their leading terms."""
    r, s = ops.div(ops.real(1.0), a), ops.div(ops.real(1.0), b)

    def cumulant(power: int, sign: float, *terms: float) -> Real:
        left, right = (ops.mul(integer_power(ops, x, power), polynomial(ops, terms, x)) for x in (r, s))
        return ops.fma(ops.real(sign), right, left)

    mean = cumulant(1, -1.0, -1 / 2, -1 / 12)
    variance = cumulant(1, 1.0, 1.0, 1 / 2, 1 / 6)
    sd = ops.sqrt(variance)
    skew = ops.div(cumulant(2, -1.0, -1.0, -1.0, -1 / 2), ops.mul(variance, sd))
    excess = ops.div(cumulant(3, 1.0, 2.0, 3.0, 2.0), ops.mul(variance, variance))
    square = ops.mul(z, z)
    bent = ops.mul(excess, polynomial(ops, (-1 / 8, 1 / 24), square))
    bent = ops.fma(ops.mul(skew, skew), polynomial(ops, (5 / 36, -1 / 18), square), bent)
    shape = ops.fma(skew, polynomial(ops, (-1 / 6, 1 / 6), square), ops.fma(z, bent, z))
    return ops.fma(sd, shape, mean)
