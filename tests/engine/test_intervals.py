import math

import numpy as np
import pytest
from scipy import stats

from sim.engine.intervals import ClusteredCount, epistemic_bands, wilson


def beta_quantile(u, a, b):
    return stats.beta.ppf(u, a, b)


def counted(m, k):
    """Sums over clusters of m trajectories, k of them with the property."""
    m, k = np.asarray(m, object), np.asarray(k, object)
    return ClusteredCount(m.sum(), k.sum(), (m * m).sum(), (m * k).sum(), (k * k).sum(), int((m > 0).sum()))


def test_wilson_agrees_with_scipy():
    for k, n in ((0, 10), (3, 10), (10, 10), (81, 263)):
        expected = stats.binomtest(k, n).proportion_ci(method="wilson")
        assert wilson(k / n, n) == pytest.approx((expected.low, expected.high), rel=1e-12)


def test_the_ends_of_wilson_are_exact():
    assert wilson(0.0, 10)[0] == 0.0
    assert wilson(1.0, 10)[1] == 1.0
    assert all(math.isnan(x) for x in wilson(math.nan, 0))


def test_clusters_of_one_kind_count_as_one_trajectory_each():
    together = counted([10] * 40, [10, 0] * 20)
    assert together.effective_size() == pytest.approx(39)  # 40 clusters, less one for the mean


def test_independent_trajectories_lose_nothing_much():
    rng = np.random.default_rng(1)
    count = counted(np.full(5000, 10), rng.binomial(10, 0.3, 5000))
    assert count.effective_size() == pytest.approx(50000, rel=0.05)


def test_independent_counts_keep_n():
    assert ClusteredCount(500, 20).effective_size() == 500


def test_extremes_and_single_clusters():
    assert counted([10] * 5, [0] * 5).effective_size() == 50
    assert counted([10] * 5, [10] * 5).effective_size() == 50
    assert counted([10], [4]).effective_size() == 1


def test_the_interval_covers_the_truth_despite_clustering():
    rng = np.random.default_rng(2)
    covered = 0
    for _ in range(400):
        p = rng.beta(2, 6, 200)
        low, high = counted(np.full(200, 10), rng.binomial(10, p)).interval()
        covered += low <= 0.25 <= high
    assert 0.92 <= covered / 400 <= 0.98


@pytest.mark.parametrize(("a", "b"), [(2.0, 6.0), (5.0, 5.0), (0.5, 0.5), (30.0, 3.0)])
def test_the_band_is_that_of_the_probabilities_without_binomial_noise(a, b):
    rng = np.random.default_rng(3)
    count = counted(np.full(40000, 10), rng.binomial(10, rng.beta(a, b, 40000)))
    ((low, high),) = epistemic_bands([count], beta_quantile)
    assert (low, high) == pytest.approx(tuple(stats.beta.ppf([0.05, 0.95], a, b)), abs=0.01)


def test_the_spread_is_unbiased_with_few_clusters_of_unequal_size():
    rng = np.random.default_rng(4)
    spreads = []
    for _ in range(4000):
        m = rng.integers(1, 8, 40)
        spreads.append(counted(m, rng.binomial(m, rng.beta(2, 2, 40))).spread())
    assert np.mean(spreads) == pytest.approx(0.05, abs=0.002)  # the variance of beta(2, 2)


def test_bands_without_a_beta_distribution():
    alone, nothing, even, decided = (
        ClusteredCount(10, 3),
        counted([10] * 4, [0] * 4),
        counted([10] * 40, [3] * 40),
        counted([10] * 40, [10, 0] * 20),
    )
    bands = epistemic_bands([alone, nothing, even, decided], beta_quantile)
    assert all(math.isnan(x) for x in bands[0])
    assert bands[1:] == [(0.0, 0.0), (0.3, 0.3), (0.0, 1.0)]


def test_empty_counts_have_neither():
    empty = ClusteredCount(0, 0)
    assert all(math.isnan(x) for x in (*empty.interval(), *epistemic_bands([empty], beta_quantile)[0]))
