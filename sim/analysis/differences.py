"""From sums over pairs to differences a - b: intervals that use the pairing, and bands over what is not known.

Pairs come in clusters: those of one parameter draw share their parameters. Cluster j has m_j pairs with the total D_j
of what is compared, a trajectory in scenario a less the same in b; the difference is d = sum D_j / sum m_j.

- Interval: the linearised variance of a ratio of cluster sums, J/(J-1) sum (D_j - d m_j)^2 / (sum m_j)^2 over J
  clusters (Cochran 1977, Sampling Techniques, eq. 6.13), and the normal distribution. For shares the variance is that
  of two pairs more, one that differs each way (Agresti and Min 2005, Statistics in Medicine 24, 729-740; Bonett and
  Price 2012, Journal of Educational and Behavioral Statistics 37, 479-488), so that no difference seen is not taken
  for none at all.
- Band over what is not known, and the share of parameter draws with the sign found: see :mod:`sim.analysis.bands`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.analysis.bands import Bands, Ways, covariance, mean_bands, share_bands
from sim.analysis.pair_sums import MeanSums, MedianSums, ShareSums, Sizes
from sim.engine.intervals import Z95
from sim.engine.pilot import Pilot
from sim.engine.quantiles import histogram_quantiles
from sim.engine.ranges import QUANTILES

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

PSEUDO_PAIRS = 2.0
MEDIAN = QUANTILES.index(0.5)


@dataclass(frozen=True)
class Differences:
    """Arrays of one shape; NaN where nothing can be said."""

    a: Floats
    b: Floats
    difference: Floats
    low: Floats
    high: Floats
    band_low: Floats
    band_high: Floats
    sign_share: Floats  # of parameter draws whose difference has the sign of ``difference``

    @classmethod
    def of(
        cls, a: Floats, b: Floats, difference: Floats, variance: Floats, bands: Bands, bound: float = np.inf
    ) -> "Differences":
        """With the normal interval of a difference that has this variance."""
        half = Z95 * np.sqrt(variance)
        low, high, band_low, band_high = (
            np.clip(x, -bound, bound) for x in (difference - half, difference + half, bands.low, bands.high)
        )
        return cls(a, b, difference, low, high, band_low, band_high, bands.sign_share)


class _Means:
    """What means and shares of a value have in common; ``away`` is the difference about the centres."""

    def __init__(self, sums: MeanSums, sizes: Sizes) -> None:
        total_a, total_b, squares, dd, dq, qq, md, mq, cubes, own = sums.finish()
        self.squares, self.dd, self.dq, self.qq, self.md, self.mq = squares, dd, dq, qq, md, mq
        self.cubes, self.own = cubes, own
        self.n, self.factor, (center_a, center_b) = max(sizes.n, 1), _per_cluster(sizes.clusters), sums.centers
        self.away = (total_a - total_b) / self.n if sizes.n else np.full(dd.shape, np.nan)
        residual = dd - 2 * self.away * md + self.away * self.away * sizes.squares
        self.variance = np.maximum(residual, 0.0) * self.factor / self.n**2
        self.second = (dd - squares) / _or_nan(sizes.squares - sizes.n)
        self.spread = self.second - self.away * self.away + self.variance
        self.a, self.b = center_a + total_a / self.n, center_b + total_b / self.n
        self.difference = (center_a - center_b) + self.away


def mean_differences(sums: MeanSums, sizes: Sizes) -> Differences:
    """Differences of means."""
    with np.errstate(invalid="ignore", divide="ignore"):
        found = _Means(sums, sizes)
        away, clusters = found.away, sizes.clusters
        triples = _or_nan(sizes.cubes - 3 * sizes.squares + 2 * sizes.n)  # of different trajectories of a draw
        third = (found.cubes - 3 * found.dq + 2 * found.own) / triples
        third = third - 3 * away * found.second + 2 * away * away * away
        error = 15 * (found.variance * clusters) ** 3 / max(clusters, 1)  # of (D/m)^3, were it normal
        bands = mean_bands(found.difference, found.spread, third, error)
        return Differences.of(found.a, found.b, found.difference, found.variance, bands)


def state_differences(sums: MeanSums, sizes: Sizes, *, identical: bool = False) -> Differences:
    """Differences of the shares that are means of 0 and 1.

    Args:
        identical: whether the scenarios are the same, so that nothing can differ.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        found = _Means(sums, sizes)
        n, q, away, shape = found.n, found.squares, found.away * found.n, found.dd.shape
        dd, dq, qq = found.dd, found.dq, found.qq
        products = np.array([dd + 2 * dq + qq, qq - dd, dd - 2 * dq + qq]) / 4
        weighted = (found.mq + found.md) / 2, (found.mq - found.md) / 2
        whole = np.full(shape, float(n)), np.full(shape, float(sizes.squares)), found.factor
        ways = Ways.of(((q + away) / 2, (q - away) / 2), products, weighted, *whole)
        bands = share_bands(found.difference, found.spread, ways, np.ones(shape, np.bool_))
        variance = found.variance if identical else found.variance + PSEUDO_PAIRS / n**2
        return Differences.of(found.a, found.b, found.difference, variance, bands, 1.0)


def _or_nan(count: int) -> float:
    return float(count) if count else float("nan")


def share_differences(sums: ShareSums, *, identical: bool = False) -> Differences:
    """Differences k_a/m_a - k_b/m_b, where not the same pairs need count in both scenarios.

    Args:
        identical: as above.
    """
    k_a, m_a, k_b, m_b, _ = sums.totals.astype(np.float64)
    products = sums.products.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        p_a, p_b = k_a / m_a, k_b / m_b
        own_a = covariance(products[:2, :2], p_a, p_a) / (m_a * m_a)
        own_b = covariance(products[2:4, 2:4], p_b, p_b) / (m_b * m_b)
        mixed = covariance(products[:2, 2:4], p_a, p_b) / (m_a * m_b)
        variance = np.maximum(own_a + own_b - 2 * mixed, 0.0) * _per_cluster(sums.clusters)
        bands = share_bands(p_a - p_b, _share_spread(sums, p_a, p_b) + variance, *_ways(sums))
        if not identical:
            variance = variance + PSEUDO_PAIRS / (m_a * m_b)
        return Differences.of(p_a, p_b, p_a - p_b, variance, bands, 1.0)


def _ways(sums: ShareSums) -> tuple[Ways, Bools]:
    """How pairs differ either way, and for which columns the same pairs count in both scenarios."""
    p, t = sums.products.astype(np.float64), sums.totals.astype(np.float64)
    products = np.array(
        [p[0, 0] - 2 * p[0, 4] + p[4, 4], p[0, 2] - p[0, 4] - p[2, 4] + p[4, 4], p[2, 2] - 2 * p[2, 4] + p[4, 4]]
    )
    weighted = p[0, 1] - p[1, 4], p[1, 2] - p[1, 4]
    ways = Ways.of((t[0] - t[4], t[2] - t[4]), products, weighted, t[1], p[1, 1], _per_cluster(sums.clusters))
    return ways, np.asarray((sums.totals[1] == sums.totals[3]) & (sums.totals[1] == sums.common))


def _share_spread(sums: ShareSums, p_a: Floats, p_b: Floats) -> Floats:
    """E[(p_aj - p_bj)^2] - (p_a - p_b)^2 over parameter draws, from pairs of different trajectories of a draw."""
    products, totals = sums.products.astype(np.float64), sums.totals.astype(np.float64)
    second_a = (products[0, 0] - totals[0]) / (products[1, 1] - totals[1])
    second_b = (products[2, 2] - totals[2]) / (products[3, 3] - totals[3])
    mixed = (products[0, 2] - totals[4]) / (products[1, 3] - sums.common)
    difference = p_a - p_b
    spread: Floats = second_a + second_b - 2 * mixed - difference * difference
    return spread


def median_differences(sums: MedianSums, sizes: Sizes, pilots: tuple[Pilot, Pilot]) -> Differences:
    """Differences of medians; their variance by Bahadur's representation (1966, Annals of Mathematical Statistics 37).

    A median moves as the number of values at or below it, over the density there. The density is that of the
    histogram over the width of Hall and Sheather (1988, JRSS B 50, 381-391); where it has an atom there is no interval.
    """
    n = sizes.n
    width = min(0.971 * max(n, 1) ** (-1 / 3), 0.45)
    (median_a, scale_a), (median_b, scale_b) = (_median(sums, i, n, width, pilots[i]) for i in (0, 1))
    k_a, k_b, aa, bb, ab, am, bm = sums.sums.astype(np.float64)
    p_a, p_b, mm = k_a / max(n, 1), k_b / max(n, 1), np.full(k_a.shape, float(sizes.squares))
    with np.errstate(invalid="ignore"):
        own_a = scale_a * scale_a * covariance(np.array([[aa, am], [am, mm]]), p_a, p_a)
        own_b = scale_b * scale_b * covariance(np.array([[bb, bm], [bm, mm]]), p_b, p_b)
        mixed = scale_a * scale_b * covariance(np.array([[ab, am], [bm, mm]]), p_a, p_b)
        variance = np.maximum(own_a + own_b - 2 * mixed, 0.0) * _per_cluster(sizes.clusters) / max(n, 1) ** 2
        unknown = np.full(variance.shape, np.nan)
        bands = Bands(unknown, unknown, unknown)
        return Differences.of(median_a, median_b, median_a - median_b, variance, bands)


def _median(sums: MedianSums, i: int, n: int, width: float, pilot: Pilot) -> tuple[Floats, Floats]:
    """The median of a scenario, and one over the density there: 0 of what is constant, NaN of an atom."""
    found = (sums.histograms[i], sums.ranges[i], sums.lows[i], sums.highs[i], n)
    below, median, above = histogram_quantiles(*found, levels=(0.5 - width, 0.5, 0.5 + width))
    if pilot.quantiles is not None:
        median = pilot.quantiles[MEDIAN]
    constant = sums.lows[i] == sums.highs[i]
    scale = np.where(above > below, (above - below) / (2 * width), np.nan)
    return np.where(constant, sums.lows[i], median), np.where(constant, 0.0, scale)


def _per_cluster(clusters: Any) -> Any:
    """J/(J-1); NaN for a single cluster, which says nothing of the spread between clusters."""
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = clusters / np.asarray(clusters - 1, np.float64)
    return np.where(np.asarray(clusters) > 1, factor, np.nan)
