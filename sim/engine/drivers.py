"""What drives a target: the share of its variance that each uncertain parameter explains alone.

S1 = Var(E[Y | parameter]) / Var(Y), Y being the target on one trajectory, chance included. The parameter draws are put
into bins of equal numbers by the parameter's own uniform; the variance of the bin means, less the part of it that the
spread within bins would give by itself (one-way analysis of variance, Searle, Casella and McCulloch 1992, ch. 3), is an
unbiased estimate and may be negative. 95% intervals by the jackknife over groups of parameter draws.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.compiler.jit import Jitted
from sim.engine.driver_sums import MOST_DRAWS, DriverSums
from sim.engine.executors import each

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

MOST_BINS = 32
DRAWS_PER_BIN = 8
GROUPS = 20
T95 = 2.093  # 97.5% quantile of Student's t with GROUPS - 1 degrees of freedom
FEWEST_DRAWS = 2 * GROUPS
NUMBER_BITS = MOST_DRAWS.bit_length()  # of the number of a draw
TOGETHER = 8  # targets whose totals fit the cache
UNIT = 2.0**16  # residuals are whole numbers of this part of a standard deviation, so that their sums are exact

_explain = Jitted("sim.engine.driver_loops", "explain")


@dataclass(frozen=True)
class Drivers:
    """Arrays [n_targets, n_parameters]; NaN where the target never varies or there are too few parameter draws."""

    targets: tuple[str, ...]
    share: Floats
    low: Floats
    high: Floats
    slope: Floats  # covariance with the parameter's rank in standard errors: its sign, and how sure that is


def find_drivers(sums: DriverSums, uniforms: Floats, n_threads: int = 1) -> Drivers:
    """The drivers among parameters with these uniforms, float64[n_parameters, draws]; threads share the parameters."""
    targets = sums.targets
    blank = np.full((len(targets.names), len(uniforms)), np.nan)
    if sums.n_draws < FEWEST_DRAWS or not blank.size:
        return Drivers(targets.names, blank, blank, blank, blank)
    sample = _Sample.of(sums, n_threads)
    n_bins = min(MOST_BINS, sums.n_draws // DRAWS_PER_BIN)
    parts = np.array_split(uniforms, min(n_threads, len(uniforms)))
    found = each(lambda part: _explained(_bins_of(part, n_bins), sample), parts, n_threads)
    shares, slopes = (np.concatenate(part, axis=2) for part in zip(*found, strict=True))
    share, slope = shares[GROUPS], slopes[GROUPS]
    error, slope_error = _jackknife(shares[:GROUPS]), _jackknife(slopes[:GROUPS])
    usable = sample.varies[:, None]
    share, error = np.where(usable, share, np.nan), np.where(usable, error, np.nan)
    steep = np.divide(slope, slope_error, out=np.zeros_like(slope), where=slope_error > 0)
    return Drivers(targets.names, share, share - T95 * error, share + T95 * error, np.where(usable, steep, np.nan))


@dataclass(frozen=True)
class _Sample:
    """Targets in whole numbers. Group g of the jackknife has the parameter draws g, g + GROUPS ..."""

    columns: Floats  # [draws, n_targets + n_groups] residuals, then trajectories that count; see `explain`
    groups: Ints  # [n_targets] which of the latter is a target's
    spread: Floats  # [n_targets, GROUPS] sum over draws of residual^2 / trajectories
    squares: Floats  # [n_targets, GROUPS] sum over trajectories of (Y - mean)^2, in the same units
    draws: Ints  # [n_targets, GROUPS] parameter draws with a trajectory that counts
    varies: Bools

    @classmethod
    def of(cls, sums: DriverSums, n_threads: int = 1) -> "_Sample":
        groups, n_targets = sums.targets.groups, len(sums.targets.names)
        columns = np.empty((sums.n_draws, n_targets + len(sums.counted)))
        columns[:, n_targets:] = sums.counted.T
        some = [slice(start, min(start + TOGETHER, n_targets)) for start in range(0, n_targets, TOGETHER)]
        parts = each(lambda targets: _residuals(sums, targets, columns[:, targets]), some, n_threads)
        spread, squares, draws, varies = (np.concatenate(part) for part in zip(*parts, strict=True))
        return cls(columns, groups, spread, squares, draws, varies)

    def totals(self) -> tuple[Floats, Floats, Floats]:
        """Spread, squares and parameter draws without each group, and of all: float64[GROUPS + 1, n_targets]."""
        chosen = [[g for g in range(GROUPS) if g != left_out] for left_out in range(GROUPS + 1)]
        spread, squares, draws = (
            np.stack([_add(part.T[groups].astype(np.float64)) for groups in chosen])
            for part in (self.spread, self.squares, self.draws)
        )
        return spread, squares, draws


def _residuals(sums: DriverSums, targets: slice, residuals: Floats) -> tuple[Floats, Floats, Ints, Bools]:
    """Writes the residuals of some targets, float64[draws, targets], and gives what else a sample says of these."""
    n_indicators, totals = sums.targets.n_indicators, sums.totals[targets]
    m = sums.counted[sums.targets.groups[targets]]
    measured = slice(max(targets.start - n_indicators, 0), max(targets.stop - n_indicators, 0))
    n_own = len(totals) - (measured.stop - measured.start)
    squares = np.concatenate([totals[:n_own], sums.squares[measured]])  # of an indicator: its total
    n, total = m.sum(axis=1), totals.sum(axis=1)
    mean = total / np.maximum(n, 1)
    variance = squares.sum(axis=1) / np.maximum(n, 1) - mean * mean
    beyond = np.concatenate([np.zeros(n_own, np.int64), sums.beyond[measured]])
    varies = (variance > 0) & (beyond == 0)
    unit = UNIT / np.sqrt(np.where(varies, variance, 1.0))
    away = np.where(varies[:, None], totals - mean[:, None] * m, 0.0)  # of the others too large to be squared
    residual = np.rint(away * unit[:, None])
    residuals[:] = residual.T
    spread = _by_group(np.rint(residual**2 / np.maximum(m, 1)).astype(np.int64)).astype(np.float64)
    own = [_by_group(part).astype(np.float64) for part in (squares, totals, m)]
    about = own[0] - 2 * mean[:, None] * own[1] + np.square(mean)[:, None] * own[2]
    return spread, about * np.square(unit)[:, None], _by_group((m > 0).astype(np.int64)), varies


def _by_group(values: Ints) -> Ints:
    n_rows, n = values.shape
    whole = n - n % GROUPS
    totals: Ints = values[:, :whole].reshape(n_rows, -1, GROUPS).sum(axis=1)
    totals[:, : n - whole] += values[:, whole:]
    return totals


def _bins_of(uniforms: Floats, n_bins: int) -> Ints:
    """The bin of each parameter draw, from the rank of its uniform: int64[n_parameters, draws].

    Sorted are whole numbers, the first bits of a uniform before the number of its draw: numpy has nothing faster.
    """
    n = uniforms.shape[1]
    keys = (uniforms * 2.0 ** (64 - NUMBER_BITS)).astype(np.uint64) << np.uint64(NUMBER_BITS)
    keys |= np.arange(n, dtype=np.uint64)
    keys.sort(axis=1)
    order = (keys & np.uint64(2**NUMBER_BITS - 1)).astype(np.int64)
    bins = np.empty_like(order)
    np.put_along_axis(bins, order, np.arange(n)[None] * n_bins // n, axis=1)
    return bins


def _explained(bins: Ints, sample: _Sample) -> tuple[Floats, Floats]:
    """Shares of variance and slopes without each group, and of all: float64[GROUPS + 1, n_targets, n_parameters]."""
    columns, n_targets = sample.columns, len(sample.groups)
    n_bins, n_groups = int(bins.max()) + 1, columns.shape[1] - n_targets
    share, slope = np.empty((2, GROUPS + 1, n_targets, len(bins)))
    by_bin = n_bins, columns.shape[1]
    room = [np.empty(shape) for shape in ((GROUPS + 1, *by_bin), by_bin, by_bin, n_groups, (5, n_targets))]
    _explain(bins, columns, sample.groups, *sample.totals(), *room, share, slope)
    return share, slope


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
