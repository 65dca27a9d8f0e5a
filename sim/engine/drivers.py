"""What drives a target: the share of its variance that each uncertain parameter explains alone.

S1 = Var(E[Y | parameter]) / Var(Y), Y being the target on one trajectory, chance included. The parameter draws are put
into bins of equal numbers by the parameter's own uniform; the variance of the bin means, less the part of it that the
spread within bins would give by itself (one-way analysis of variance, Searle, Casella and McCulloch 1992, ch. 3), is an
unbiased estimate and may be negative. 95% intervals by the jackknife over groups of parameter draws.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.engine.driver_sums import DriverSums

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

MOST_BINS = 32
DRAWS_PER_BIN = 8
GROUPS = 20
T95 = 2.093  # 97.5% quantile of Student's t with GROUPS - 1 degrees of freedom
FEWEST_DRAWS = 2 * GROUPS
UNIT = 2.0**16  # residuals are whole numbers of this part of a standard deviation, so that their sums are exact
BLOCK = 4_000_000  # numbers of a block of the matrix of bins


@dataclass(frozen=True)
class Drivers:
    """Arrays [n_targets, n_parameters]; NaN where the target never varies or there are too few parameter draws."""

    targets: tuple[str, ...]
    share: Floats
    low: Floats
    high: Floats
    slope: Floats  # covariance with the parameter's rank in standard errors: its sign, and how sure that is


def find_drivers(sums: DriverSums, uniforms: Floats) -> Drivers:
    """The drivers among parameters with these uniforms, float64[n_parameters, draws]."""
    targets = sums.targets
    blank = np.full((len(targets.names), len(uniforms)), np.nan)
    if sums.n_draws < FEWEST_DRAWS or not len(uniforms):
        return Drivers(targets.names, blank, blank, blank, blank)
    sample = _Sample.of(sums)
    bins = _bins_of(uniforms, min(MOST_BINS, sums.n_draws // DRAWS_PER_BIN))
    residual, counted = _binned(bins, sample)
    of_all = _add(residual), _add(counted)
    share, slope = _share(*of_all, sample, None)
    without = [_share(of_all[0] - residual[g], of_all[1] - counted[g], sample, g) for g in range(GROUPS)]
    error, slope_error = (_jackknife(np.stack(parts)) for parts in zip(*without, strict=True))
    usable = sample.varies[:, None]
    share, error = np.where(usable, share, np.nan), np.where(usable, error, np.nan)
    steep = np.divide(slope, slope_error, out=np.zeros_like(slope), where=slope_error > 0)
    return Drivers(targets.names, share, share - T95 * error, share + T95 * error, np.where(usable, steep, np.nan))


@dataclass(frozen=True)
class _Sample:
    """Targets as whole numbers. Group g of the jackknife has the parameter draws g, g + GROUPS ..."""

    residual: Ints  # [n_targets, draws] total of (Y - mean) in UNITs of the standard deviation
    counted: Ints  # [n_groups, draws]
    groups: Ints  # [n_targets] row of `counted`
    spread: Floats  # [n_targets, GROUPS] sum over draws of residual^2 / trajectories
    squares: Floats  # [n_targets, GROUPS] sum over trajectories of (Y - mean)^2, in the same units
    draws: Ints  # [n_targets, GROUPS] parameter draws with a trajectory that counts
    varies: Bools

    @classmethod
    def of(cls, sums: DriverSums) -> "_Sample":
        targets = sums.targets
        m = sums.counted[targets.groups]
        squares = np.concatenate([sums.totals[: targets.n_indicators], sums.squares])
        n, total = m.sum(axis=1), sums.totals.sum(axis=1)
        mean = total / np.maximum(n, 1)
        variance = squares.sum(axis=1) / np.maximum(n, 1) - mean * mean
        beyond = np.concatenate([np.zeros(targets.n_indicators, np.int64), sums.beyond])
        varies = (variance > 0) & (beyond == 0)
        unit = UNIT / np.sqrt(np.where(varies, variance, 1.0))
        residual = np.rint((sums.totals - mean[:, None] * m) * unit[:, None]).astype(np.int64)
        per_draw = np.rint(residual.astype(np.float64) ** 2 / np.maximum(m, 1)).astype(np.int64)
        spread = _by_group(per_draw).astype(np.float64)
        own = [_by_group(part).astype(np.float64) for part in (squares, sums.totals, m)]
        about = own[0] - 2 * mean[:, None] * own[1] + np.square(mean)[:, None] * own[2]
        about = about * np.square(unit)[:, None]
        return cls(residual, sums.counted, targets.groups, spread, about, _by_group((m > 0).astype(np.int64)), varies)

    def totals(self, left_out: int | None) -> tuple[Floats, Floats, Floats]:
        """Spread, squares and parameter draws over the groups but one: three float64[n_targets, 1]."""
        groups = [g for g in range(GROUPS) if g != left_out]
        spread, squares, draws = (
            _add(part.T[groups].astype(np.float64))[:, None] for part in (self.spread, self.squares, self.draws)
        )
        return spread, squares, draws


def _by_group(values: Ints) -> Ints:
    return np.stack([values[:, g::GROUPS].sum(axis=1) for g in range(GROUPS)], axis=1)


def _bins_of(uniforms: Floats, n_bins: int) -> Ints:
    """The bin of each parameter draw, from the rank of its uniform: int64[n_parameters, draws]."""
    order = np.argsort(uniforms, axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(uniforms.shape[1])[None], axis=1)
    bins: Ints = rank * n_bins // uniforms.shape[1]
    return bins


def _binned(bins: Ints, sample: _Sample) -> tuple[Floats, Floats]:
    """Totals of residuals, float64[GROUPS, n_bins, n_targets, n_parameters], and of trajectories [..., n_groups, ...].

    A matrix product with the indicator of each bin; all numbers are whole and below 2^53, so any order of adding
    gives the same.
    """
    n_bins, n_targets = int(bins.max()) + 1, len(sample.residual)
    columns = np.concatenate([sample.residual, sample.counted]).astype(np.float64)
    result = np.empty((GROUPS, n_bins, len(columns), len(bins)))
    step = max(1, BLOCK // (n_bins * (bins.shape[1] // GROUPS + 1)))
    for g in range(GROUPS):
        part = np.ascontiguousarray(columns[:, g::GROUPS])
        for start in range(0, len(bins), step):
            here = bins[start : start + step, g::GROUPS]
            member = (here == np.arange(n_bins)[:, None, None]).astype(np.float64).reshape(-1, here.shape[1])
            totals = (part @ member.T).reshape(len(columns), n_bins, len(here))
            result[g, :, :, start : start + step] = totals.transpose(1, 0, 2)
    return result[:, :, :n_targets], result[:, :, n_targets:]


def _share(e: Floats, m: Floats, sample: _Sample, left_out: int | None) -> tuple[Floats, Floats]:
    """The share of variance, and the covariance with the rank of the bin: two float64[n_targets, n_parameters].

    Args:
        e: residuals [n_bins, n_targets, n_parameters].
        m: trajectories [n_bins, n_groups, n_parameters].
        left_out: the group of parameter draws that is not in them.
    """
    n_bins, groups = len(e), sample.groups
    weight = np.divide(1.0, m, out=np.zeros_like(m), where=m > 0)
    per_bin, slope = np.zeros(e.shape[1:]), np.zeros(e.shape[1:])
    ranks = np.zeros(m.shape[1:])
    for b in range(n_bins):
        rank = b - (n_bins - 1) / 2
        per_bin += e[b] * e[b] * weight[b, groups]
        slope += rank * e[b]
        ranks += rank * m[b]
    total, n = _add(e), _add(m)[groups]
    mean = np.divide(total, n, out=np.zeros_like(n), where=n > 0)
    spread, squares, draws = sample.totals(left_out)
    within = (spread - per_bin) / np.maximum(draws - n_bins, 1)
    share = (per_bin - total * mean - (n_bins - 1) * within) / np.where(squares > 0, squares, np.nan)
    return share, slope - mean * ranks[groups]


def _add(values: Floats) -> Floats:
    """The sum over the first axis, from first to last."""
    total = np.zeros(values.shape[1:])
    for part in values:
        total += part
    return total


def _jackknife(parts: Floats) -> Floats:
    """The standard error of an estimate from its values with one group left out (Efron and Stein 1981)."""
    mean = _add(parts) / len(parts)
    error: Floats = np.sqrt(_add(np.square(parts - mean)) * (len(parts) - 1) / len(parts))
    return error
