"""Monte Carlo error of a share, and what is left of the spread between parameter draws when chance is taken out.

Trajectories come in clusters: those of one parameter draw share their parameters. Cluster j has m_j trajectories
that count, k_j of them with the property; p = sum k_j / sum m_j.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Quantile = Callable[[Any, Any, Any], npt.NDArray[np.float64]]

Z95 = 1.959963984540054
BAND = 0.05, 0.95


@dataclass(frozen=True, slots=True)
class ClusteredCount:
    """Exact sums over clusters; ``clusters`` is 0 where trajectories are independent."""

    n: int  # sum of m_j
    k: int  # sum of k_j
    mm: int = 0  # sum of m_j^2
    mk: int = 0
    kk: int = 0
    clusters: int = 0  # number of clusters with m_j > 0

    @property
    def p(self) -> float:
        return self.k / self.n if self.n else math.nan

    def variance(self) -> float:
        """Linearised variance of p as a ratio of cluster sums (Cochran 1977, Sampling Techniques, eq. 6.13)."""
        k, n = self.k, self.n
        residual = self.kk * n * n - 2 * k * n * self.mk + k * k * self.mm  # n^2 times as large, and exact
        return residual * self.clusters / ((self.clusters - 1) * n**4)

    def effective_size(self) -> float:
        """The number of independent trajectories that would know p as well, at most n.

        One cluster alone says nothing of the spread between clusters and counts as one trajectory. Where no
        trajectory has the property, or all do, the spread cannot be seen and n stands.
        """
        if self.clusters == 0 or self.n == 0 or self.k in (0, self.n):
            return float(self.n)
        if self.clusters == 1:
            return 1.0
        variance = self.variance()
        return float(self.n) if variance <= 0 else max(1.0, min(float(self.n), self.p * (1 - self.p) / variance))

    def interval(self) -> tuple[float, float]:
        """95% Wilson interval at the effective sample size."""
        return wilson(self.p, self.effective_size())

    def spread(self) -> float:
        """Variance over parameter draws of the probability given the parameters, unbiased to first order.

        E[k_j (k_j - 1)] = m_j (m_j - 1) E[p_j^2] for a binomial k_j, so the ratio of the sums estimates E[p_j^2]
        without binomial noise; p^2 overestimates E[p_j]^2 by the variance of p.
        """
        pairs = self.mm - self.n
        if pairs <= 0 or self.clusters < 2:
            return math.nan
        second = (self.kk - self.k) / pairs
        return second - self.p * self.p + self.variance()


def wilson(p: float, n: float, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval (Wilson 1927, JASA 22, 209-212) for a share p seen in n trials."""
    if not n or math.isnan(p):
        return math.nan, math.nan
    shrink = 1 / (1 + z * z / n)
    centre = (p + z * z / (2 * n)) * shrink
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) * shrink
    low = 0.0 if p == 0 else max(0.0, centre - half)
    high = 1.0 if p == 1 else min(1.0, centre + half)
    return low, high


def epistemic_bands(counts: Sequence[ClusteredCount], beta_quantile: Quantile) -> list[tuple[float, float]]:
    """5% and 95% quantiles over parameter draws of the probability given the parameters, binomial noise removed.

    The beta distribution with the mean and the spread found (moment fit of the beta-binomial; Kleinman 1973, JASA 68,
    46-54). Empty (NaN) without two trajectories in one cluster; p itself where no spread is left.

    Args:
        counts: one for each share.
        beta_quantile: of arrays (u, a, b).
    """
    bands = [_simple_band(count) for count in counts]
    open_ = [i for i, band in enumerate(bands) if band is None]
    if not open_:
        return [band for band in bands if band is not None]
    sizes = [counts[i].p * (1 - counts[i].p) / counts[i].spread() - 1 for i in open_]  # a + b
    a = np.array([counts[i].p * size for i, size in zip(open_, sizes, strict=True)])
    b = np.array([(1 - counts[i].p) * size for i, size in zip(open_, sizes, strict=True)])
    for at, low, high in zip(open_, *(beta_quantile(u, a, b).tolist() for u in BAND), strict=True):
        bands[at] = low, high
    return [band for band in bands if band is not None]


def _simple_band(count: ClusteredCount) -> tuple[float, float] | None:
    """The band where it needs no beta distribution."""
    p, spread = count.p, count.spread() if count.n else math.nan
    if math.isnan(spread):
        return math.nan, math.nan
    if spread <= 0 or p in (0.0, 1.0):
        return p, p
    if p * (1 - p) <= spread * (1 + 1e-6):  # each parameter draw decides it all
        return float(1 - p < BAND[0]), float(1 - p < BAND[1])
    return None
