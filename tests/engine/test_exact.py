from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine.exact import ExactSum

NUMBERS = st.lists(st.floats(allow_nan=False, allow_infinity=False, width=64), min_size=1, max_size=20)


@given(NUMBERS)
@settings(deadline=None)
def test_the_sum_is_that_of_the_rational_numbers(numbers):
    total = ExactSum(1)
    for x in numbers:
        total.add(np.array([x]))
    exact = sum(map(Fraction, numbers), Fraction(0))
    if abs(exact) < Fraction(2) ** 1023:
        assert total.finish()[0] == pytest.approx(float(exact), rel=1e-15, abs=0)


@given(NUMBERS, st.randoms())
@settings(deadline=None)
def test_neither_order_nor_merging_changes_a_bit(numbers, random):
    whole = ExactSum(1)
    for x in numbers:
        whole.add(np.array([x]))
    shuffled = random.sample(numbers, len(numbers))
    parts = [ExactSum(1) for _ in range(3)]
    for x in shuffled:
        random.choice(parts).add(np.array([x]))
    random.shuffle(parts)
    parts[0].merge(parts[1])
    parts[0].merge(parts[2])
    with np.errstate(over="ignore"):
        assert parts[0].finish().tobytes() == whole.finish().tobytes()


def test_small_numbers_are_not_lost_beside_large_ones():
    total = ExactSum(2)
    for x in (1e300, 5e-324, -1e300, 5e-324):
        total.add(np.array([x, -x]))
    assert total.finish().tolist() == [1e-323, -1e-323]


def test_infinities_leave_no_number():
    total = ExactSum(2)
    total.add(np.array([np.inf, 1.0]))
    total.add(np.array([1.0, 2.0]))
    assert np.isnan(total.finish()[0])
    assert total.finish()[1] == 3.0
