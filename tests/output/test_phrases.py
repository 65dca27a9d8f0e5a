import math

import pytest

from sim.output.phrases import phrase, word_for

NONE = (math.nan, math.nan)


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0.0, "less than 1 in 100"), (0.0099, "less than 1 in 100"), (0.01, "almost no chance"),
        (0.05, "very unlikely"), (0.1999, "very unlikely"), (0.2, "unlikely"), (0.45, "roughly even chance"),
        (0.55, "likely"), (0.8, "very likely"), (0.95, "almost certain"), (0.99, "almost certain"),
        (0.9901, "more than 99 in 100"), (1.0, "more than 99 in 100"),
    ],
)  # fmt: skip
def test_lower_bounds_are_inclusive(p, words):
    assert word_for(p) == phrase(p, NONE) == words


def test_a_band_across_an_edge_is_told_by_both_ends():
    assert phrase(0.3, (0.15, 0.5)) == "very unlikely to roughly even chance"
    assert phrase(0.3, (0.21, 0.44)) == "unlikely"
    assert phrase(0.005, (0.0, 0.02)) == "less than 1 in 100 to almost no chance"


def test_nothing_is_said_of_nothing():
    assert phrase(math.nan, NONE) == ""
