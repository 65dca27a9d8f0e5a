"""What is not known about a difference: its distribution over parameter draws, from moments without chance.

Trajectories of one parameter draw are independent given the parameters, so products over different trajectories of a
draw know the moments of the difference given the parameters, without the noise within draws. Effects that multiply a
rate are skewed and have one sign, so two moments and a normal distribution would invent draws with the other sign:

- Band: Pearson's type III distribution (a shifted gamma) with the mean, variance and skewness found; its quantiles by
  Wilson and Hilferty (1931, PNAS 17, 684-688).
- Skewness of a mean: from the third moment, shrunk by its own sampling error (positive-part James and Stein).
- Skewness of a share: the difference is q - r, the probabilities that a pair differs one way and the other. The third
  cumulant of each is taken to be that of a gamma distribution with its mean and variance, so no third moment of rare
  events is needed.
- Share of parameter draws with the sign of the mean: for a mean from the same type III distribution; for a share
  P(q > r) with q and r lognormal, which has their means, variances and covariance.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.compiler.kernel import elementwise

Floats = npt.NDArray[np.float64]

Z90 = 1.6448536269514722
MOST_SKEWED = 4.0
FEWEST_PAIRS = 30  # that differ, for the share of draws with a sign


@dataclass(frozen=True)
class Bands:
    """Arrays of one shape; NaN where nothing can be said."""

    low: Floats  # 5% quantile over parameter draws
    high: Floats  # 95% quantile
    sign_share: Floats  # of parameter draws whose difference has the sign of the mean


@dataclass(frozen=True)
class Spread:
    """Mean, variance and skewness over parameter draws."""

    mean: Floats
    variance: Floats  # NaN where unknown; what is below 0 is none
    skewness: Floats

    @classmethod
    def of(cls, mean: Floats, variance: Floats, third: Floats) -> "Spread":
        """From the third cumulant; without skewness where that is unknown."""
        with np.errstate(invalid="ignore", divide="ignore"):
            skewness = third / (variance * np.sqrt(variance))
        usable = np.isfinite(skewness) & (variance > 0) & (np.abs(skewness) > 1e-4)
        return cls(mean, variance, np.where(usable, np.clip(skewness, -MOST_SKEWED, MOST_SKEWED), 0.0))

    def quantile(self, z: float) -> Floats:
        """At the level of a standard normal z."""
        g = np.where(self.skewness == 0, 1.0, self.skewness)
        root = np.maximum(1 + g * z / 6 - g * g / 36, 0.0)
        away = np.where(self.skewness == 0, z, 2 / g * (root * root * root - 1))
        found: Floats = self.mean + away * np.sqrt(np.maximum(self.variance, 0.0))
        return found

    def sign_share(self) -> Floats:
        """Probability of the sign of the mean; NaN where there is no difference at all."""
        sd = np.sqrt(np.maximum(self.variance, 0.0))
        zero = np.divide(np.abs(self.mean), sd, out=np.full(sd.shape, np.inf), where=sd > 0)
        g = np.where(self.mean < 0, -1.0, 1.0) * self.skewness
        above = _normal_cdf(_as_normal(zero, g))
        known = ~np.isnan(self.variance) & ~((self.mean == 0) & ~(sd > 0))
        return np.where(known, np.where(sd > 0, above, 1.0), np.nan)


def _as_normal(away: Floats, g: Floats) -> Floats:
    """The standard normal z at which P(X > -away) of the type III distribution with skewness g is the normal cdf of z.

    Infinite where -away lies beyond the end of the distribution.
    """
    away = np.minimum(away, 40.0)
    safe = np.where(g == 0, 1.0, g)
    inside = 1 - safe * away / 2
    third: Floats = elementwise("power", 2)(np.maximum(inside, 1e-300), np.full(inside.shape, 1 / 3))
    z = -6 / safe * (third - 1 + safe * safe / 36)
    z = np.where(inside > 1e-9, z, np.where(safe > 0, np.inf, -np.inf))
    return np.where(g == 0, away, z)


def mean_bands(mean: Floats, variance: Floats, third: Floats, error: Floats) -> Bands:
    """For means, from variance and third cumulant over parameter draws and the sampling variance of the latter."""
    with np.errstate(invalid="ignore", divide="ignore"):
        kept = np.maximum(1 - error / (third * third), 0.0)
    spread = Spread.of(mean, variance, np.where(np.isfinite(kept), third * kept, 0.0))
    return Bands(spread.quantile(-Z90), spread.quantile(Z90), spread.sign_share())


@dataclass(frozen=True)
class Ways:
    """The probabilities q that a pair differs one way and r that it differs the other, over parameter draws."""

    q: Floats
    r: Floats
    variance_q: Floats
    variance_r: Floats
    covariance: Floats
    n_pairs: Floats  # that differ

    @classmethod
    def of(
        cls, pairs: tuple[Floats, Floats], products: Floats, weighted: tuple[Floats, Floats], m: Floats, mm: Floats,
        factor: Floats,
    ) -> "Ways":  # fmt: skip
        """From sums over clusters of Q and R (how many pairs differ each way), their products and those with m.

        Args:
            pairs: sums of Q and of R.
            products: of Q^2, Q R, R^2.
            weighted: of m Q and m R.
            m: sum of m.
            mm: of m^2.
            factor: clusters over clusters less one.
        """
        q, r = pairs[0] / m, pairs[1] / m
        qq, qr, rr = products
        same = np.where(mm > m, mm - m, np.nan)  # pairs of different trajectories of a draw
        noise_q, noise_qr, noise_r = (
            factor * covariance(np.array([[xy, xm], [ym, mm]]), x, y) / (m * m)
            for xy, xm, ym, x, y in (
                (qq, weighted[0], weighted[0], q, q),
                (qr, weighted[0], weighted[1], q, r),
                (rr, weighted[1], weighted[1], r, r),
            )
        )
        return cls(
            q=q,
            r=r,
            variance_q=(qq - pairs[0]) / same - q * q + noise_q,
            variance_r=(rr - pairs[1]) / same - r * r + noise_r,
            covariance=qr / same - q * r + noise_qr,
            n_pairs=pairs[0] + pairs[1],
        )

    def third(self) -> Floats:
        """The third cumulant of q - r, each taken for a gamma."""
        with np.errstate(invalid="ignore", divide="ignore"):
            parts = [
                np.where((mean > 0) & (variance > 0), 2 * variance * variance / mean, 0.0)
                for mean, variance in ((self.q, self.variance_q), (self.r, self.variance_r))
            ]
        return parts[0] - parts[1]

    def sign_share(self) -> Floats:
        """P(q > r) or P(q < r), whichever way the mean goes; NaN where too few pairs differ."""
        with np.errstate(invalid="ignore", divide="ignore"):
            both = np.sqrt(np.maximum(self.variance_q, 0.0) * np.maximum(self.variance_r, 0.0))
            cq, cr = (np.maximum(v, 0.0) / (m * m) for m, v in ((self.q, self.variance_q), (self.r, self.variance_r)))
            mixed = np.clip(self.covariance, -both, both) / (self.q * self.r)
            log_q, log_r, log_mixed = (_log(1 + np.maximum(c, -0.9)) for c in (cq, cr, mixed))
            away = _log(self.q / self.r) - (log_q - log_r) / 2
            sd = np.sqrt(np.maximum(log_q + log_r - 2 * log_mixed, 0.0))
            z = np.where(self.q > self.r, away, -away) / sd
        z = np.where((self.q == 0) | (self.r == 0), np.inf, z)
        return np.where((self.n_pairs >= FEWEST_PAIRS) & (self.q != self.r), _normal_cdf(z), np.nan)


def covariance(products: Floats, p: Floats, q: Floats) -> Floats:
    """Sum over clusters of (k - p m)(l - q n), from the sums of k l, k n, m l and m n: products[2, 2]."""
    total: Floats = products[0, 0] - q * products[0, 1] - p * products[1, 0] + p * q * products[1, 1]
    return total


def share_bands(difference: Floats, variance: Floats, ways: Ways, same_pairs: npt.NDArray[np.bool_]) -> Bands:
    """For shares; where not the same pairs count in both scenarios, by the normal distribution alone.

    Where no spread can be told from chance, nothing is said of the draws with a sign.
    """
    spread = Spread.of(difference, variance, np.where(same_pairs, ways.third(), 0.0))
    sign = np.where(same_pairs, ways.sign_share(), spread.sign_share())
    return Bands(spread.quantile(-Z90), spread.quantile(Z90), np.where(variance > 0, sign, np.nan))


def _normal_cdf(z: Floats) -> Floats:
    found: Floats = elementwise("normal_cdf", 1)(np.clip(z, -40.0, 40.0))
    return found


def _log(x: Floats) -> Floats:
    found: Floats = elementwise("log", 1)(np.where(x > 0, x, np.nan))
    return found
