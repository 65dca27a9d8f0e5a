"""Bit patterns of binary64 numbers, and a few functions that all the other files share."""

from sim.numerics.ops import Bits, Ops, Real

EXPONENT_BITS = 0x7FF0_0000_0000_0000
FRACTION_BITS = 0x000F_FFFF_FFFF_FFFF
SIGN_BIT = 0x8000_0000_0000_0000
ONE_BITS = 0x3FF0_0000_0000_0000
SQRT_HALF_BITS = 0x3FE6_A09E_667F_3BCD
MAGIC = 1.5 * 2.0**52  # adding it rounds to the nearest integer and leaves that integer in the low bits
MAGIC_BITS = 0x4338_0000_0000_0000
TINY = 2.2250738585072014e-308  # the smallest normal number


def sign_bit(ops: Ops, x: Real) -> Bits:
    """The sign of x alone."""
    return ops.iand(ops.bits(x), ops.integer(SIGN_BIT))


def with_sign(ops: Ops, size: Real, of: Real) -> Real:
    """A size that is not negative, with the sign of another number."""
    return ops.from_bits(ops.ior(ops.bits(size), sign_bit(ops, of)))


def power_of_two(ops: Ops, x: Real) -> Real:
    """The largest power of two that is no larger than a normal x > 0."""
    return ops.from_bits(ops.iand(ops.bits(x), ops.integer(EXPONENT_BITS)))


def polynomial(ops: Ops, coefficients: tuple[float, ...], x: Real) -> Real:
    """c0 + c1*x + c2*x**2 + ..., by Horner's rule with one fma per term."""
    total = ops.real(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = ops.fma(total, x, ops.real(coefficient))
    return total
