"""The random generator: published answers, and the exact cells of its uniforms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.numerics.random import threefry, uniform32, uniform52
from tests.numerics.references import OPS

ONES = (0xFFFFFFFF,) * 4


def parse(text: str) -> tuple[int, ...]:
    return tuple(int(word, 16) for word in text.split())


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0,) * 4, (0,) * 4, "9c6ca96a e17eae66 fc10ecd4 5256a7d8"),
        (ONES, ONES, "2a881696 57012287 f6c7446e a16a6732"),
        (
            parse("243f6a88 85a308d3 13198a2e 03707344"),
            parse("a4093822 299f31d0 082efa98 ec4e6c89"),
            "59cd1dbb b8879579 86b5d00c ac8b6d84",
        ),
    ],
)
def test_known_answers(counter: tuple[int, ...], key: tuple[int, ...], expected: str) -> None:
    """Those of Random123's own test vectors for threefry4x32-20."""
    assert threefry(OPS, counter, key) == parse(expected)  # type: ignore[arg-type]


def test_every_bit_of_counter_and_key_matters() -> None:
    """Flipping one bit flips about half of the 128 bits that come out."""
    base = threefry(OPS, (1, 2, 3, 4), (5, 6, 0, 0))
    for place in range(4):
        for bit in (0, 7, 31):
            counter, key = [1, 2, 3, 4], [5, 6, 0, 0]
            counter[place] ^= 1 << bit
            key[place] ^= 1 << bit
            for other in (threefry(OPS, tuple(counter), (5, 6, 0, 0)), threefry(OPS, (1, 2, 3, 4), tuple(key))):
                flipped = sum((a ^ b).bit_count() for a, b in zip(base, other, strict=True))
                assert 35 < flipped < 93


@given(st.integers(0, 2**32 - 1))
def test_short_uniform_is_the_middle_of_its_cell(word: int) -> None:
    assert uniform32(OPS, word) * 2.0**33 == 2 * word + 1


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_long_uniform_is_the_middle_of_its_cell(high: int, low: int) -> None:
    u = uniform52(OPS, high, low)
    assert u * 2.0**53 == 2 * (high * 2**20 + (low >> 12)) + 1
    assert 0 < u < 1


def test_uniforms_fill_the_interval_evenly() -> None:
    """Kolmogorov and Smirnov's distance of 4,000 of them."""
    n = 1000
    sample = sorted(uniform32(OPS, word) for i in range(n) for word in threefry(OPS, (i, 0, 0, 0), (7, 0, 0, 0)))
    assert max(abs(u - (i + 0.5) / (4 * n)) for i, u in enumerate(sample)) < 1.9 / (4 * n) ** 0.5
