"""Quantiles of many measures at once, from histograms or from the values themselves."""

import numpy as np
import numpy.typing as npt

from sim.compiler.jit import Jitted
from sim.compiler.observer import BINS
from sim.engine.executors import each
from sim.engine.ranges import QUANTILES, Ranges

_locate = Jitted("sim.engine.quantile_loops", "locate")

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
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
    around = _ranks(levels, n)
    ranks = sorted({rank for low, high, _ in around for rank in (low, high)})
    values = _order_statistics(histogram, ranges, lows, highs, np.array(ranks, np.int64), n_threads)
    value_of = dict(zip(ranks, np.moveaxis(values, -1, 0), strict=True))
    return np.stack([_between(value_of[low], value_of[high], part) for low, high, part in around])


def _ranks(levels: tuple[float, ...], n: int) -> list[tuple[int, int, float]]:
    """For each level the two order statistics (from 0) around it, and how far it is from the first to the second."""
    positions = [level * (n - 1) for level in levels]
    return [(int(at), min(int(at) + 1, n - 1), at - int(at)) for at in positions]


def _between(low: Floats, high: Floats, part: float) -> Floats:
    with np.errstate(invalid="ignore"):
        value = np.where((low == high) | (part == 0), low, low + (high - low) * part)
    return np.where(np.isfinite(value), value, np.nan)


def _order_statistics(
    histogram: Counts, ranges: Ranges, lows: Floats, highs: Floats, ranks: Ints, n_threads: int
) -> Floats:
    """Order statistics number ``ranks`` (from 0): the atom of its bin each, or its part of the bin's width.

    Returns:
        float64[n_records, n_measures, n_ranks]
    """
    at, below, count = np.empty((3, *histogram.shape[:2], len(ranks)), np.int64)
    parts = np.array_split(np.arange(len(histogram)), n_threads)
    some = [slice(part[0], part[-1] + 1) for part in parts if len(part)]
    each(lambda part: _locate(histogram[part], ranks, at[part], below[part], count[part]), some, n_threads)
    value = ranges.low[..., None] + (at - 1 + (ranks - below + 0.5) / count) / ranges.scale[..., None]
    value = _or_atom(np.clip(value, lows[..., None], highs[..., None]), at, ranges)
    return np.where((at >= 1) & (at <= BINS), value, np.nan)


def _or_atom(value: Floats, at: Ints, ranges: Ranges) -> Floats:
    if len(ranges.atom_at) == 0:
        return value
    flat = np.arange(ranges.low.size).reshape(*ranges.low.shape, 1) * BINS + at - 1
    place = np.minimum(np.searchsorted(ranges.atom_at, flat), len(ranges.atom_at) - 1)
    return np.where(ranges.atom_at[place] == flat, ranges.atom_value[place], value)
