"""The loops of :mod:`sim.engine.pilot` and :mod:`sim.engine.ranges`, over records, measures and trajectories."""

import math
from typing import Any

import numpy as np

from sim.compiler.jit import njit


@njit
def add_squares(values: Any, whole: Any, replicates: int, means: Any, between: Any, within: Any) -> None:
    """Squares of the means of parameter draws about the mean of all, and of values about their draw's mean.

    Args:
        values: float64[n_records, n_measures, n], ``replicates`` of each parameter draw side by side.
        whole: bool[draws], the parameter draws that are used.
        means: room for as many numbers.
        between, within: float64[n_records, n_measures], the results.
    """
    for record in range(values.shape[0]):
        for measure in range(values.shape[1]):
            between[record, measure], within[record, measure] = _squares(
                values[record, measure], whole, replicates, means
            )


@njit
def _squares(values: Any, whole: Any, replicates: int, means: Any) -> tuple[float, float]:
    at, overall, within = 0, 0.0, 0.0
    for draw in range(len(whole)):
        if whole[draw]:
            total, squares = 0.0, 0.0
            for i in range(draw * replicates, (draw + 1) * replicates):
                total += values[i]
            means[at] = total / replicates
            for i in range(draw * replicates, (draw + 1) * replicates):
                squares += (values[i] - means[at]) ** 2
            overall += means[at]
            within += squares
            at += 1
    overall /= at
    between = 0.0
    for mean in means:
        between += (mean - overall) ** 2
    return between, within


@njit
def describe(ordered: Any, levels: Any, found: Any) -> None:
    """found[levels, n_records, n_measures]: the finite value at the lower nearest rank of each level; 0 for none.

    ordered[n_records, n_measures, n] ascend, with NaN at the end.
    """
    for record in range(ordered.shape[0]):
        for measure in range(ordered.shape[1]):
            values = ordered[record, measure]
            first, last = 0, len(values)
            while first < last and values[first] == -math.inf:
                first += 1
            while last > first and not math.isfinite(values[last - 1]):
                last -= 1
            count = last - first
            for i in range(len(levels)):
                rank = first + math.floor(levels[i] * max(count - 1, 0))
                found[i, record, measure] = values[rank] if count > 0 else 0.0


@njit
def find_atoms(ordered: Any, low: Any, scale: Any, n_bins: int, at: Any, value: Any, n_found: Any) -> None:
    """Bins in which there is one value only, and that at least twice.

    Args:
        ordered: float64[n_records, n_measures, n] ascending.
        low, scale: float64[n_records, n_measures], of the bins.
        at, value: room for the flat indices into [n_records, n_measures, n_bins], ascending, and for the values.
        n_found: int64[1], how many there are.
    """
    for record in range(ordered.shape[0]):
        for measure in range(ordered.shape[1]):
            if not _repeats(ordered[record, measure]):
                continue
            row, present, count, first, last = record * ordered.shape[1] + measure, -1, 0, 0.0, 0.0
            for one in ordered[record, measure]:
                place = np.floor((one - low[record, measure]) * scale[record, measure])
                if not (math.isfinite(one) and 0 <= place < n_bins):
                    continue
                if place != present:
                    if count > 1 and first == last:
                        _note_atom(row * n_bins + present, first, at, value, n_found)
                    present, count, first = int(place), 0, one
                count, last = count + 1, one
            if count > 1 and first == last:
                _note_atom(row * n_bins + present, first, at, value, n_found)


@njit
def _repeats(ordered: Any) -> bool:
    """Is there a value twice? It looks at all, which is faster than to stop at the first."""
    count = 0
    for i in range(1, len(ordered)):
        count += ordered[i] == ordered[i - 1]
    return count > 0


@njit
def _note_atom(place: int, atom: float, at: Any, value: Any, n_found: Any) -> None:
    at[n_found[0]], value[n_found[0]] = place, atom
    n_found[0] += 1
