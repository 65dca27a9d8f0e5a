"""The families a model can draw from: for each an inverse distribution function and a distribution function.

``normal_quantile(ops, u, mean, sd)`` is the value below which a normal lies with probability u, so that u from
(0, 1) gives one draw; ``normal_cdf(ops, x, mean, sd)`` is its inverse. They exist for every name in ``SIDES``.
Arguments out of range give NaN, never a plausible number; quantiles increase with u.

:func:`truncated` draws between bounds. It works from both ends of a distribution at once: P(X <= x) and P(X > x)
are separate functions, each accurate where it is small, and quantiles are taken from whichever side is smaller.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sim.numerics import binomial, counts, metalog, poisson, shaped_families, simple_families
from sim.numerics.elementary import at_least, at_most
from sim.numerics.ops import Ops, Real


@dataclass(frozen=True, slots=True)
class Sides:
    """A family: ``at(ops, p, q, *arguments)`` with q = 1 - p, ``lower`` and ``upper`` ``(ops, x, *arguments)``."""

    at: Callable[..., Real]
    lower: Callable[..., Real]
    upper: Callable[..., Real]
    whole: bool = False  # draws whole numbers only


def _sides(module: object, name: str, whole: bool = False) -> Sides:
    at, lower, upper = (getattr(module, f"{name}_{part}") for part in ("at", "lower", "upper"))
    return Sides(at, lower, upper, whole)


SIDES = {
    **{
        name: _sides(simple_families, name)
        for name in ("normal", "lognormal", "uniform", "triangular", "exponential", "weibull")
    },
    **{name: _sides(shaped_families, name) for name in ("pert", "beta", "gamma", "student_t")},
    **{name: _sides(counts, name, whole=True) for name in ("bernoulli", "categorical")},
    "binomial": _sides(binomial, "binomial", whole=True),
    "poisson": _sides(poisson, "poisson", whole=True),
    **{name: _sides(metalog, name) for name in ("metalog", "metalog_low", "metalog_high", "metalog_bounded")},
}


def _quantile(name: str) -> Callable[..., Real]:
    at = SIDES[name].at

    def quantile(ops: Ops, u: Real, *arguments: Real) -> Real:
        return at(ops, u, ops.sub(ops.real(1.0), u), *arguments)

    quantile.__name__ = quantile.__qualname__ = f"{name}_quantile"
    return quantile


def _cdf(name: str) -> Callable[..., Real]:
    lower = SIDES[name].lower

    def cdf(ops: Ops, x: Real, *arguments: Real) -> Real:
        return lower(ops, x, *arguments)

    cdf.__name__ = cdf.__qualname__ = f"{name}_cdf"
    return cdf


normal_quantile, normal_cdf = _quantile("normal"), _cdf("normal")
lognormal_quantile, lognormal_cdf = _quantile("lognormal"), _cdf("lognormal")
uniform_quantile, uniform_cdf = _quantile("uniform"), _cdf("uniform")
triangular_quantile, triangular_cdf = _quantile("triangular"), _cdf("triangular")
pert_quantile, pert_cdf = _quantile("pert"), _cdf("pert")
beta_quantile, beta_cdf = _quantile("beta"), _cdf("beta")
gamma_quantile, gamma_cdf = _quantile("gamma"), _cdf("gamma")
exponential_quantile, exponential_cdf = _quantile("exponential"), _cdf("exponential")
weibull_quantile, weibull_cdf = _quantile("weibull"), _cdf("weibull")
student_t_quantile, student_t_cdf = _quantile("student_t"), _cdf("student_t")
bernoulli_quantile, bernoulli_cdf = _quantile("bernoulli"), _cdf("bernoulli")
binomial_quantile, binomial_cdf = _quantile("binomial"), _cdf("binomial")
poisson_quantile, poisson_cdf = _quantile("poisson"), _cdf("poisson")
categorical_quantile, categorical_cdf = _quantile("categorical"), _cdf("categorical")
metalog_quantile, metalog_cdf = _quantile("metalog"), _cdf("metalog")
metalog_low_quantile, metalog_low_cdf = _quantile("metalog_low"), _cdf("metalog_low")
metalog_high_quantile, metalog_high_cdf = _quantile("metalog_high"), _cdf("metalog_high")
metalog_bounded_quantile, metalog_bounded_cdf = _quantile("metalog_bounded"), _cdf("metalog_bounded")


def truncated(
    ops: Ops,
    quantile: Callable[..., Real],
    cdf: Callable[..., Real],
    u: Real,
    arguments: tuple[Real, ...],
    low: Real,
    high: Real,
) -> Real:
    """The inverse distribution function of a family between bounds (infinite where there is none), both included.

    Nothing piles up at a bound: u runs through the probability that lies between them. NaN where that is nothing.

    Args:
        ops: the back end.
        quantile: a quantile function of this file.
        cdf: the distribution function of the same family.
        u: from (0, 1).
        arguments: those of the family.
        low: the lower bound.
        high: the upper bound.
    """
    family = SIDES[quantile.__name__.removesuffix("_quantile")]
    first, last = (ops.ceil(low), ops.floor(high)) if family.whole else (low, high)
    below = ops.sub(first, ops.real(1.0)) if family.whole else first
    p_low, q_low = cdf(ops, below, *arguments), family.upper(ops, below, *arguments)
    p_high, q_high = cdf(ops, last, *arguments), family.upper(ops, last, *arguments)
    rest = ops.sub(ops.real(1.0), u)
    p = ops.fma(u, p_high, ops.mul(rest, p_low))
    q = ops.fma(u, q_high, ops.mul(rest, q_low))
    value = at_most(ops, last, at_least(ops, first, family.at(ops, p, q, *arguments)))
    some = ops.or_(ops.gt(p_high, p_low), ops.lt(q_high, q_low))
    return simple_families.where_valid(ops, some, value)
