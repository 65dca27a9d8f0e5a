"""Quantiles of many measures at once, from histograms or from the values themselves."""

import numpy as np
import numpy.typing as npt

from sim.compiler.observer import BINS
from sim.engine.executors import each
from sim.engine.ranges import QUANTILES, TOGETHER, Ranges

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.uint32] | npt.NDArray[np.uint64]


def exact_quantiles(values: Floats, levels: tuple[float, ...] = QUANTILES) -> Floats:
    """Quantiles of values[..., n], interpolated linearly between order statistics; NaN where infinite.

    Returns:
        float64[len(levels), ...]
    """
    ordered = np.sort(values + 0.0, axis=-1)
    n = ordered.shape[-1]
    if n == 0:
        return np.full((len(levels), *values.shape[:-1]), np.nan)
    return np.stack([_between(ordered[..., low], ordered[..., high], part) for low, high, part in _ranks(levels, n)])


def histogram_quantiles(
    histogram: Counts, ranges: Ranges, lows: Floats, highs: Floats, n: int, levels: tuple[float, ...] = QUANTILES,
    n_threads: int = 1,
) -> Floats:  # fmt: skip
    """The same from histogram[n_records, n_measures, BINS + 2]; NaN where an order statistic is in an outer bin.

    Returns:
        float64[len(levels), n_records, n_measures]
    """
    if n == 0:
        return np.full((len(levels), *ranges.low.shape), np.nan)
    ranks = _ranks(levels, n)

    def some(start: int) -> Floats:
        lookup = _Lookup(histogram, ranges, lows, highs, slice(start, start + TOGETHER))
        return np.stack([_between(lookup.value(low), lookup.value(high), part) for low, high, part in ranks])

    parts = each(some, range(0, len(histogram), TOGETHER), n_threads)
    return np.concatenate(parts, axis=1).reshape(len(levels), *ranges.low.shape)


def _ranks(levels: tuple[float, ...], n: int) -> list[tuple[int, int, float]]:
    """For each level the two order statistics (from 0) around it, and how far it is from the first to the second."""
    positions = [level * (n - 1) for level in levels]
    return [(int(at), min(int(at) + 1, n - 1), at - int(at)) for at in positions]


def _between(low: Floats, high: Floats, part: float) -> Floats:
    with np.errstate(invalid="ignore"):
        value = np.where((low == high) | (part == 0), low, low + (high - low) * part)
    return np.where(np.isfinite(value), value, np.nan)


class _Lookup:
    """Order statistics of some records, out of their histograms."""

    def __init__(self, histogram: Counts, ranges: Ranges, lows: Floats, highs: Floats, records: slice) -> None:
        counts = histogram[records]
        self.cumulative = np.cumsum(counts.reshape(-1, BINS + 2), axis=-1, dtype=np.int64)
        self.low, self.scale = ranges.low[records].ravel(), ranges.scale[records].ravel()
        self.lows, self.highs = lows[records].ravel(), highs[records].ravel()
        self.rows = np.arange(len(self.cumulative))
        self.start = self.rows * (int(self.cumulative[:, -1].max(initial=0)) + 1)
        self.flat = (self.cumulative + self.start[:, None]).ravel()
        first = records.start * counts.shape[1] * BINS
        here = slice(*np.searchsorted(ranges.atom_at, [first, first + len(self.rows) * BINS]))
        self.atom_at, self.atom_value = ranges.atom_at[here] - first, ranges.atom_value[here]

    def value(self, rank: int) -> Floats:
        """Order statistic number ``rank`` (from 0) of each row: the atom of its bin, or its part of the bin's width."""
        at = np.searchsorted(self.flat, self.start + rank, side="right") - self.rows * (BINS + 2)
        at = np.minimum(at, BINS + 1)  # a row with fewer values: see `inside`
        below = np.where(at > 0, self.cumulative[self.rows, np.maximum(at - 1, 0)], 0)
        count = np.maximum(self.cumulative[self.rows, at] - below, 1)
        value = self.low + (at - 1 + (rank - below + 0.5) / count) / self.scale
        value = self._or_atom(np.clip(value, self.lows, self.highs), at)
        inside = (at >= 1) & (at <= BINS) & (self.cumulative[:, -1] > rank)
        return np.where(inside, value, np.nan)

    def _or_atom(self, value: Floats, at: npt.NDArray[np.int64]) -> Floats:
        if len(self.atom_at) == 0:
            return value
        flat = self.rows * BINS + at - 1
        place = np.minimum(np.searchsorted(self.atom_at, flat), len(self.atom_at) - 1)
        return np.where(self.atom_at[place] == flat, self.atom_value[place], value)
