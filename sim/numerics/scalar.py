"""The operations on Python's own numbers: one trajectory at a time, slow and obvious.

A real is a float, a truth value a bool, a 64-bit integer an int from 0 to 2**64 - 1, a word an int from 0 to
2**32 - 1. Nothing raises: what Python refuses (a division by zero, the root of a negative number) gives the
infinity or NaN that IEEE 754 prescribes.
"""

import ctypes
import math
import struct
from collections.abc import Callable
from fractions import Fraction
from typing import Any

_MASK64 = 2**64 - 1
_MASK32 = 2**32 - 1
_REAL = struct.Struct("<d")
_BITS = struct.Struct("<Q")


class ScalarOps:
    """The back end of the interpreter: :class:`~sim.numerics.ops.Ops` on Python floats, bools and ints."""

    def real(self, value: float) -> float:
        return float(value)

    def add(self, a: float, b: float) -> float:
        return a + b

    def sub(self, a: float, b: float) -> float:
        return a - b

    def mul(self, a: float, b: float) -> float:
        return a * b

    def div(self, a: float, b: float) -> float:
        if b != 0.0:
            return a / b
        if a == 0.0 or a != a:
            return math.nan
        return math.copysign(math.inf, a) * math.copysign(1.0, b)

    def neg(self, a: float) -> float:
        return -a

    def abs(self, a: float) -> float:
        return math.fabs(a)

    def fma(self, a: float, b: float, c: float) -> float:
        return fused(a, b, c)

    def sqrt(self, a: float) -> float:
        return math.nan if a < 0.0 else math.sqrt(a)

    def floor(self, a: float) -> float:
        return math.copysign(float(math.floor(a)), a) if math.isfinite(a) else a

    def ceil(self, a: float) -> float:
        return math.copysign(float(math.ceil(a)), a) if math.isfinite(a) else a

    def round_even(self, a: float) -> float:
        return math.copysign(float(round(a)), a) if math.isfinite(a) else a

    def lt(self, a: float, b: float) -> bool:
        return a < b

    def le(self, a: float, b: float) -> bool:
        return a <= b

    def gt(self, a: float, b: float) -> bool:
        return a > b

    def ge(self, a: float, b: float) -> bool:
        return a >= b

    def eq(self, a: float, b: float) -> bool:
        return a == b

    def ne(self, a: float, b: float) -> bool:
        return a != b

    def truth(self, value: bool) -> bool:
        return bool(value)

    def and_(self, a: bool, b: bool) -> bool:
        return a and b

    def or_(self, a: bool, b: bool) -> bool:
        return a or b

    def not_(self, a: bool) -> bool:
        return not a

    def select(self, condition: bool, yes: float, no: float) -> float:
        return yes if condition else no

    def integer(self, value: int) -> int:
        return value & _MASK64

    def bits(self, a: float) -> int:
        return int(_BITS.unpack(_REAL.pack(a))[0])

    def from_bits(self, a: int) -> float:
        return float(_REAL.unpack(_BITS.pack(a))[0])

    def iadd(self, a: int, b: int) -> int:
        return (a + b) & _MASK64

    def isub(self, a: int, b: int) -> int:
        return (a - b) & _MASK64

    def iand(self, a: int, b: int) -> int:
        return a & b

    def ior(self, a: int, b: int) -> int:
        return a | b

    def ixor(self, a: int, b: int) -> int:
        return a ^ b

    def ishl(self, a: int, count: int) -> int:
        return (a << count) & _MASK64

    def ilshr(self, a: int, count: int) -> int:
        return a >> count

    def iashr(self, a: int, count: int) -> int:
        return ((a - 2**64 if a >> 63 else a) >> count) & _MASK64

    def row(self, table: tuple[tuple[float, ...], ...], index: int) -> tuple[float, ...]:
        return table[index]

    def word(self, value: int) -> int:
        return value & _MASK32

    def wadd(self, a: int, b: int) -> int:
        return (a + b) & _MASK32

    def wxor(self, a: int, b: int) -> int:
        return a ^ b

    def wrotl(self, a: int, count: int) -> int:
        return ((a << count) | (a >> (32 - count))) & _MASK32

    def widen(self, a: int) -> int:
        return a

    def when(
        self, condition: bool, compute: Callable[[], tuple[Any, ...]], otherwise: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        return compute() if condition else otherwise

    def loop(
        self,
        limit: int,
        carry: tuple[Any, ...],
        active: bool,
        body: Callable[..., tuple[tuple[Any, ...], bool]],
    ) -> tuple[Any, ...]:
        for _ in range(limit):
            if not active:
                break
            carry, active = body(*carry)
        return carry

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return function(self, *arguments)


def fused_exactly(a: float, b: float, c: float) -> float:
    """a*b + c rounded once, by exact rational arithmetic."""
    if not (math.isfinite(a) and math.isfinite(b)):
        return a * b + c
    if not math.isfinite(c):
        return c
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    if exact == 0:
        return a * b + c if a == 0.0 or b == 0.0 else 0.0
    try:
        rounded = exact.numerator / exact.denominator
    except OverflowError:
        rounded = math.inf
    return math.copysign(rounded, 1.0 if exact > 0 else -1.0)


def _platform_fused() -> Callable[[float, float, float], float]:
    """The fastest correctly rounded fma to be had: Python's own, the platform's, or ours."""
    if hasattr(math, "fma"):
        return _quiet(math.fma)
    for name in ("libm.so.6", "libm.so", "libSystem.dylib", "ucrtbase"):
        try:
            candidate = ctypes.CDLL(name).fma
        except (OSError, AttributeError):
            continue
        candidate.restype = ctypes.c_double
        candidate.argtypes = (ctypes.c_double,) * 3
        if candidate(1 + 2**-30, 1 - 2**-30, -1.0) == -(2.0**-60) and candidate(1.0, 1 + 2**-52, 2**-54) == 1 + 2**-52:
            return _typed(candidate)
    return fused_exactly


def _typed(function: Any) -> Callable[[float, float, float], float]:
    plain: Callable[[float, float, float], float] = function
    return plain


def _quiet(function: Callable[[float, float, float], float]) -> Callable[[float, float, float], float]:
    """Python's own fma raises where IEEE 754 gives NaN or an infinity."""

    def quiet(a: float, b: float, c: float) -> float:
        try:
            return function(a, b, c)
        except (ValueError, OverflowError):
            return fused_exactly(a, b, c)

    return quiet


fused = _platform_fused()
