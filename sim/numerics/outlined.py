"""Functions as calls, for functions that are long already: where code is printed, it is printed once."""

from sim.numerics import elementary, special
from sim.numerics.ops import Ops, Real


def exp(ops: Ops, x: Real) -> Real:
    """e**x."""
    return ops.call(elementary.exp, x)


def expm1(ops: Ops, x: Real) -> Real:
    """e**x - 1."""
    return ops.call(elementary.expm1, x)


def log(ops: Ops, x: Real) -> Real:
    """The natural logarithm."""
    return ops.call(elementary.log, x)


def log1p(ops: Ops, x: Real) -> Real:
    """log(1 + x)."""
    return ops.call(elementary.log1p, x)


def normal_quantile_of_sides(ops: Ops, p: Real, q: Real) -> Real:
    """The standard normal's quantile for q = 1 - p, both known."""
    return ops.call(special.normal_quantile_of_sides, p, q)


def stirling_error(ops: Ops, z: Real, log_z: Real) -> Real:
    """log_gamma(z) less its leading terms."""
    return ops.call(special.stirling_error, z, log_z)
