"""The loop of :mod:`sim.engine.quantiles`, over records, measures and bins."""

from typing import Any

import numpy as np

from sim.compiler.jit import njit


@njit
def locate(histogram: Any, ranks: Any, at: Any, below: Any, count: Any) -> None:
    """In which bin each order statistic is.

    Args:
        histogram: counts, [n_records, n_measures, n_bins].
        ranks: int64[n_ranks] from 0, ascending.
        at, below, count: int64[n_records, n_measures, n_ranks], the results: the bin, -1 where there are too few
            values; how many values are in earlier bins; and how many in it.
    """
    for record in range(histogram.shape[0]):
        for measure in range(histogram.shape[1]):
            total, i = np.int64(0), 0
            for place in range(histogram.shape[2]):
                here = np.int64(histogram[record, measure, place])
                while i < len(ranks) and ranks[i] < total + here:
                    at[record, measure, i], below[record, measure, i] = place, total
                    count[record, measure, i] = here
                    i += 1
                total += here
            for rest in range(i, len(ranks)):
                at[record, measure, rest], below[record, measure, rest], count[record, measure, rest] = -1, 0, 1
