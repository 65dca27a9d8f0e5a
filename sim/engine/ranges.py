"""How the values of each measure at each record time are binned, learnt from a small pilot."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.compiler.observer import BINS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MARGIN = 0.2  # of the central width, added on each side
TOGETHER = 8  # records whose values fit the cache
QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95)


@dataclass(frozen=True)
class Ranges:
    """Arrays of shape [n_records, n_measures]; ``bin = floor((v - low) * scale)``, BINS of them, one below, one above.

    An atom is a value that the pilot saw repeatedly, and alone in its bin: what falls there is taken to be that value.
    """

    low: Floats
    scale: Floats
    center: Floats  # moments are about it
    atom_at: Ints  # flat index into [n_records, n_measures, BINS], ascending
    atom_value: Floats

    @classmethod
    def from_pilot(cls, values: Floats) -> "Ranges":
        """Bins for values like these (float64[n_records, n_measures, n]); the bins cover p01 to p99 with room to spare.

        The range runs from the pilot's p0.5 to its p99.5, widened on each side; it covers every value of the pilot
        where that makes it at most twice as wide. Infinite values are beyond it.
        """
        parts = [cls._of(values[start : start + TOGETHER]) for start in range(0, len(values), TOGETHER)]
        low, scale, center = (np.concatenate([getattr(p, name) for p in parts]) for name in ("low", "scale", "center"))
        step = TOGETHER * values.shape[1] * BINS
        at = np.concatenate([part.atom_at + number * step for number, part in enumerate(parts)])
        return cls(low, scale, center, at, np.concatenate([part.atom_value for part in parts]))

    @classmethod
    def _of(cls, values: Floats) -> "Ranges":
        ordered = np.sort(values + 0.0, axis=-1)  # + 0.0: no negative zeros
        finite = np.isfinite(ordered)
        count = finite.sum(axis=-1)
        first = (ordered == -np.inf).sum(axis=-1)
        least, p_low, middle, p_high, most = (_at(ordered, first, count, q) for q in (0.0, 0.005, 0.5, 0.995, 1.0))
        low, high = _widened(least, p_low, p_high, most)
        scale = BINS / (high - low)
        at, value = _atoms(ordered, finite, low, scale)
        return cls(low, scale, middle, at, value)

    @classmethod
    def empty(cls, n_records: int, n_measures: int) -> "Ranges":
        return cls.from_pilot(np.zeros((n_records, n_measures, 0)))


def _at(ordered: Floats, first: Ints, count: Ints, q: float) -> Floats:
    """The finite value at the lower nearest rank of q; 0 where there is none."""
    if ordered.shape[-1] == 0:
        return np.zeros(ordered.shape[:-1])
    rank = first + np.floor(q * np.maximum(count - 1, 0)).astype(np.int64)
    rank = np.minimum(rank, ordered.shape[-1] - 1)
    value: Floats = np.take_along_axis(ordered, rank[..., None], axis=-1)[..., 0]
    return np.where(count > 0, value, 0.0)


def _widened(least: Floats, p_low: Floats, p_high: Floats, most: Floats) -> tuple[Floats, Floats]:
    """The ends of the bins."""
    central = (p_high - p_low) * (1 + 2 * MARGIN)
    covering = (most - least) * 1.04
    everything = (covering <= 2 * central) | (central == 0)
    low = np.where(everything, least - 0.02 * (most - least), p_low - MARGIN * (p_high - p_low))
    width = np.where(everything, covering, central)
    smallest = np.maximum(np.abs(least), np.abs(most)) * 1e-9  # a width that the numbers can resolve
    narrow = width <= smallest
    width = np.where(narrow, np.where(smallest > 0, smallest * 1e6, 1.0), width)
    low = np.where(narrow, least - width * 0.500123, low)  # a lone value is not at an edge
    return low, low + width


def _atoms(ordered: Floats, finite: npt.NDArray[np.bool_], low: Floats, scale: Floats) -> tuple[Ints, Floats]:
    """Bins in which the pilot has one value only, and that at least twice."""
    if ordered.shape[-1] < 2:
        return np.zeros(0, np.int64), np.zeros(0)
    repeated = (ordered[..., 1:] == ordered[..., :-1]) & finite[..., 1:]
    rows: Any = np.nonzero(repeated.any(axis=-1))
    if rows[0].size == 0:
        return np.zeros(0, np.int64), np.zeros(0)
    values, is_finite = ordered[rows], finite[rows]
    bins = np.full(values.shape, -1, np.int64)
    with np.errstate(invalid="ignore", over="ignore"):
        position = np.floor((values - low[rows][:, None]) * scale[rows][:, None])
    inside = is_finite & (position >= 0) & (position < BINS)
    bins[inside] = position[inside].astype(np.int64)
    flat = (np.ravel_multi_index(rows, low.shape)[:, None] * BINS + bins)[inside]
    return _lone(flat, values[inside])


def _lone(at: Ints, values: Floats) -> tuple[Ints, Floats]:
    """Of values in ascending order of their bins: the bins with at least two values, all equal."""
    if len(at) == 0:
        return at, values
    start = np.flatnonzero(np.append(True, at[1:] != at[:-1]))
    last = np.append(start[1:], len(at)) - 1
    lone = (last > start) & (values[start] == values[last])
    return at[start][lone], values[start][lone]
