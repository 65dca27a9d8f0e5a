import numpy as np
import pytest

from sim.compiler.observer import BINS
from sim.engine.quantiles import exact_quantiles, histogram_quantiles
from sim.engine.ranges import Ranges
from tests.engine.models import histogram_of

LEVELS = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
RNG = np.random.default_rng(5)
N = 200_000


def from_histogram(values, pilot, levels=LEVELS):
    v = np.asarray(values, float)[None, None]
    ranges = Ranges.from_pilot(np.asarray(pilot, float)[None, None])
    histogram = histogram_of(v, ranges).astype(np.int64)
    if v.shape[-1] >= 2**16:
        place = np.floor((v[0, 0] - ranges.low[0, 0]) * ranges.scale[0, 0])
        bins = np.where(place < 0, 0, np.where(place < 1024, place + 1, 1025)).astype(int)
        histogram = np.bincount(bins, minlength=1026)[None, None]
    lows, highs = v.min(axis=-1), v.max(axis=-1)
    return histogram_quantiles(histogram, ranges, lows, highs, v.shape[-1], levels)[:, 0, 0]


@pytest.mark.parametrize(
    "values",
    [RNG.normal(5, 2, N), RNG.uniform(0, 1, N), RNG.exponential(3, N), RNG.lognormal(0, 0.7, N), RNG.beta(0.5, 0.5, N)],
    ids=["normal", "uniform", "exponential", "lognormal", "beta"],
)
def test_within_two_thousandths_of_the_width(values):
    exact = np.quantile(values, LEVELS)
    width = exact[-1] - exact[0]
    for start in range(0, 5120, 512):
        found = from_histogram(values, values[start : start + 512])
        assert np.abs(found - exact).max() <= 0.002 * width


def test_constants_are_exact():
    for value in (0.0, 1e-300, -3.7, 1e17):
        assert from_histogram(np.full(1000, value), np.full(512, value)).tolist() == [value] * len(LEVELS)


def test_discrete_values_are_exact():
    values = RNG.poisson(4, N) * 0.1
    assert from_histogram(values, values[:512], LEVELS).tolist() == np.quantile(values, LEVELS).tolist()
    rare = np.where(RNG.random(N) < 0.3, 7.0, 0.0)
    assert from_histogram(rare, rare[:512]).tolist() == np.quantile(rare, LEVELS).tolist()


def test_a_constant_that_changes_rarely_stays_exact():
    values = np.where(RNG.random(N) < 0.001, RNG.normal(100, 1, N), 2.5)
    assert from_histogram(values, np.full(512, 2.5)).tolist() == [2.5] * len(LEVELS)


def test_infinite_values_are_last_and_empty():
    values = np.where(RNG.random(N) < 0.3, np.inf, RNG.normal(0, 1, N))
    found = from_histogram(values, values[:512])
    exact = np.quantile(values, LEVELS, method="lower")
    assert np.isnan(found[-2:]).all()
    assert np.abs(found[:-3] - exact[:-3]).max() < 0.02


def test_outside_the_range_nothing_is_made_up():
    found = from_histogram(np.linspace(0, 100, 1000), np.linspace(0, 1, 512))
    assert np.isnan(found[1:]).all()


def test_exact_quantiles_are_those_of_numpy():
    values = RNG.normal(0, 1, (3, 2, 101))
    expected = np.quantile(values, LEVELS, axis=-1)
    assert exact_quantiles(values, LEVELS) == pytest.approx(expected, rel=1e-12)


def test_exact_quantiles_of_infinite_values_are_empty():
    values = np.array([1.0, 2.0, np.inf, np.inf, np.inf])
    assert np.isnan(exact_quantiles(values, (0.5, 0.9))).all()
    assert exact_quantiles(values, (0.0, 0.25)).tolist() == [1.0, 2.0]


def test_no_values_no_quantiles():
    assert np.isnan(exact_quantiles(np.zeros((2, 2, 0)))).all()


@pytest.mark.parametrize("values", [np.full(50, 5e-324), np.repeat([1e308, -1e308], 25), np.full(50, np.inf)])
def test_repeated_values_in_no_bin_are_no_atoms(values):
    """Where the width of the bins is beyond floating point, as in a quantity that decays to nothing."""
    with np.errstate(all="ignore"):
        ranges = Ranges.from_pilot(values[None, None])
    assert ranges.atom_at.shape == ranges.atom_value.shape
    assert (ranges.atom_at < BINS).all()


@pytest.mark.parametrize("dtype", [np.uint32, np.uint64])
def test_a_row_with_too_few_values_and_any_number_of_threads(dtype):
    rng = np.random.default_rng(8)
    values = np.sort(rng.normal(0, 1, (3, 2, 500)))
    ranges = Ranges.from_pilot(values)
    histogram = histogram_of(values, ranges).astype(dtype)
    histogram[2, 1] = 0
    histogram[2, 1, 5] = 40  # of 500: what is above the 8th percent is not there
    lows, highs = values[..., 0], values[..., -1]
    found = [histogram_quantiles(histogram, ranges, lows, highs, 500, LEVELS, k) for k in (1, 2, 5)]
    assert all(np.array_equal(found[0], other, equal_nan=True) for other in found[1:])
    assert np.isnan(found[0][:, 2, 1]).tolist() == [level > 0.08 for level in LEVELS]
    width = (highs - lows).max()
    exact = np.quantile(values, LEVELS, axis=-1)
    assert np.abs(found[0] - exact)[:, :2].max() <= 0.01 * width
