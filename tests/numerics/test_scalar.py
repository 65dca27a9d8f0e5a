"""The scalar back end: IEEE 754 to the letter, and no exception ever."""

import math
import operator
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sim.numerics.scalar import fused, fused_exactly
from tests.numerics.references import INF, NAN, OPS, SPECIAL, same

reals = st.floats(allow_nan=True, allow_infinity=True)
integers = st.integers(0, 2**64 - 1)
words = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [(1.0, 0.0, INF), (-1.0, 0.0, -INF), (1.0, -0.0, -INF), (0.0, 0.0, NAN), (NAN, 0.0, NAN), (INF, 0.0, INF)],
)
def test_division_by_zero(a: float, b: float, expected: float) -> None:
    assert same(OPS.div(a, b), expected)


@given(reals, reals)
def test_arithmetic_never_raises(a: float, b: float) -> None:
    for name in ("add", "sub", "mul", "div"):
        assert isinstance(getattr(OPS, name)(a, b), float)


@pytest.mark.parametrize(
    ("name", "a", "expected"),
    [
        ("sqrt", -1.0, NAN),
        ("sqrt", -0.0, -0.0),
        ("sqrt", INF, INF),
        ("sqrt", 2.0, math.sqrt(2)),
        ("floor", -0.5, -1.0),
        ("floor", -0.0, -0.0),
        ("floor", INF, INF),
        ("floor", NAN, NAN),
        ("ceil", -0.5, -0.0),
        ("ceil", 0.5, 1.0),
        ("ceil", -INF, -INF),
        ("round_even", 0.5, 0.0),
        ("round_even", 1.5, 2.0),
        ("round_even", 2.5, 2.0),
        ("round_even", -0.5, -0.0),
        ("round_even", 1e300, 1e300),
        ("round_even", NAN, NAN),
        ("abs", -0.0, 0.0),
        ("neg", 0.0, -0.0),
    ],
)
def test_one_argument(name: str, a: float, expected: float) -> None:
    assert same(getattr(OPS, name)(a), expected)


@pytest.mark.parametrize("name", ["lt", "le", "gt", "ge", "eq", "ne"])
def test_comparisons(name: str) -> None:
    for a in SPECIAL:
        for b in SPECIAL:
            assert getattr(OPS, name)(a, b) is getattr(operator, name)(a, b)


@settings(max_examples=300)
@given(reals, reals, reals)
@example(1 + 2**-30, 1 - 2**-30, -1.0)
@example(5e-324, 0.5, 0.0)
@example(-5e-324, 0.5, 0.0)
@example(1e308, 10.0, -INF)
@example(1e308, 10.0, -1e308)
@example(INF, 0.0, 1.0)
@example(1.0, 1.0, -1.0)
@example(-0.0, 1.0, -0.0)
def test_both_fused_operations_agree(a: float, b: float, c: float) -> None:
    assert same(fused(a, b, c), fused_exactly(a, b, c))


@given(*[st.floats(-1e150, 1e150)] * 3)
def test_fused_is_rounded_once(a: float, b: float, c: float) -> None:
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    assert OPS.fma(a, b, c) == exact.numerator / exact.denominator


@given(reals)
def test_bits_there_and_back(a: float) -> None:
    assert same(OPS.from_bits(OPS.bits(a)), a)


def test_bits_of_one() -> None:
    assert OPS.bits(1.0) == 0x3FF0000000000000
    assert OPS.bits(-0.0) == 1 << 63
    assert OPS.integer(-1) == 2**64 - 1
    assert OPS.word(-1) == 2**32 - 1


@given(integers, integers, st.integers(0, 63))
def test_integers_wrap_around(a: int, b: int, count: int) -> None:
    assert OPS.iadd(a, b) == (a + b) % 2**64
    assert OPS.isub(a, b) == (a - b) % 2**64
    assert OPS.ishl(a, count) == (a << count) % 2**64
    assert OPS.ilshr(a, count) == a // 2**count
    signed = a - 2**64 if a >= 2**63 else a
    assert OPS.iashr(a, count) == (signed // 2**count) % 2**64
    assert (OPS.iand(a, b), OPS.ior(a, b), OPS.ixor(a, b)) == (a & b, a | b, a ^ b)


@given(words, words, st.integers(1, 31))
def test_words_wrap_around(a: int, b: int, count: int) -> None:
    assert OPS.wadd(a, b) == (a + b) % 2**32
    assert OPS.wxor(a, b) == a ^ b
    assert OPS.wrotl(a, count) == int(f"{a:032b}"[count:] + f"{a:032b}"[:count], 2)
    assert OPS.widen(a) == a


def test_control() -> None:
    assert OPS.when(False, lambda: pytest.fail("computed"), (1.0,)) == (1.0,)
    assert OPS.when(True, lambda: (2.0,), (1.0,)) == (2.0,)
    count = OPS.loop(10, (0.0,), True, lambda n: ((n + 1.0,), n < 3.0))
    assert count == (4.0,)
    assert OPS.loop(3, (0.0,), True, lambda n: ((n + 1.0,), True)) == (3.0,)
    assert OPS.loop(3, (0.0,), False, lambda n: ((n + 1.0,), True)) == (0.0,)
    assert OPS.call(lambda ops, x: ops.add(x, x), 1.5) == 3.0
