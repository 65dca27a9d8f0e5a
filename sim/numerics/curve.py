"""Inverse distribution functions as curves: tables of polynomials in the uniform, for distributions that never change.

The uniform's distance m from the nearer end is cut where its power of two changes, and each power of two into PARTS of
equal width, so that both tails are resolved to their end. A polynomial stands for the function between two cuts; its
variable runs from -1/2 to 1/2. (Numerical inversion by local interpolation: Hörmann and Leydold, "Continuous random
variate generation by fast numerical inversion", ACM TOMACS 13, 2003.)
"""

from dataclasses import dataclass, field

from sim.numerics.elementary import at_least, at_most
from sim.numerics.ops import Ops, Real
from sim.numerics.patterns import FRACTION_BITS, ONE_BITS

PARTS_LOG2 = 4
PARTS = 2**PARTS_LOG2  # of a power of two
POWERS = 32  # from 2^-33, half a cell of the 32-bit uniforms, to 1/2
TERMS = 8  # of a polynomial: a row is one line of the cache
_FIRST = (1023 - 33) << PARTS_LOG2  # what the leading bits of m begin with


@dataclass(frozen=True, slots=True)
class Curve:
    """The curve of a law; ``rows`` float[2 * POWERS * PARTS][TERMS]: the upper half from its end to 1/2, the lower."""

    law: str  # which decides the rest
    rows: tuple[tuple[float, ...], ...] = field(repr=False, compare=False)
    low: float = field(repr=False, compare=False)  # the values of the first and the last cell of the uniform
    high: float = field(repr=False, compare=False)


def on_curve(ops: Ops, u: Real, curve: Curve) -> Real:
    """The value of a 32-bit uniform (see :func:`sim.numerics.random.uniform32`)."""
    above = ops.sub(u, ops.real(0.5))
    is_lower = ops.ilshr(ops.bits(above), 63)
    m = ops.select(ops.lt(above, ops.real(0.0)), u, ops.sub(ops.real(1.0), u))
    place = ops.isub(ops.ilshr(ops.bits(m), 52 - PARTS_LOG2), ops.integer(_FIRST))
    row = ops.iadd(place, ops.ishl(is_lower, (POWERS * PARTS).bit_length() - 1))
    fraction = ops.iand(ops.ishl(ops.bits(m), PARTS_LOG2), ops.integer(FRACTION_BITS))
    x = ops.sub(ops.from_bits(ops.ior(fraction, ops.integer(ONE_BITS))), ops.real(1.5))
    total, *terms = reversed(ops.row(curve.rows, row))
    for term in terms:
        total = ops.fma(total, x, term)
    return at_most(ops, ops.real(curve.high), at_least(ops, ops.real(curve.low), total))
