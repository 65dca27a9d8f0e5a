"""The loops of :mod:`sim.analysis.pair_sums`, over records, measures and pairs."""

from typing import Any

from sim.compiler.jit import njit
from sim.compiler.observer import BINS


@njit
def add_means(
    a: Any, b: Any, start: int, sound: Any, closes: Any, begun: int, center_a: Any, center_b: Any, open_: Any, sums: Any
) -> None:
    for record in range(a.shape[0]):
        for row in range(a.shape[1]):
            middle_a, middle_b = center_a[record, row], center_b[record, row]
            m, total, square = begun, open_[0, record, row], open_[1, record, row]
            sum_a, sum_b, squares, cubes, own = 0.0, 0.0, 0.0, 0.0, 0.0
            dd, dq, qq, md, mq = 0.0, 0.0, 0.0, 0.0, 0.0
            for i in range(len(sound)):
                if sound[i]:
                    away_a = a[record, row, start + i] - middle_a
                    away_b = b[record, row, start + i] - middle_b
                    away = away_a - away_b
                    sum_a += away_a
                    sum_b += away_b
                    own += away * away * away
                    total += away
                    square += away * away
                    m += 1
                if closes[i]:
                    dd += total * total
                    dq += total * square
                    qq += square * square
                    md += m * total
                    mq += m * square
                    cubes += total * total * total
                    squares += square
                    m, total, square = 0, 0.0, 0.0
            open_[0, record, row], open_[1, record, row] = total, square
            found = (sum_a, sum_b, squares, dd, dq, qq, md, mq, cubes, own)
            for i in range(10):
                sums[i, record, row] += found[i]


@njit
def add_histogram(
    values: Any, start: int, sound: Any, low: Any, scale: Any, histogram: Any, lows: Any, highs: Any
) -> None:
    """The bins are those of the engine's driver."""
    for record in range(values.shape[0]):
        for row in range(values.shape[1]):
            least, width, bins = low[record, row], scale[record, row], histogram[record, row]
            lowest, highest = lows[record, row], highs[record, row]
            for i in range(len(sound)):
                if sound[i]:
                    value = values[record, row, start + i]
                    lowest, highest = min(lowest, value), max(highest, value)
                    place = (value - least) * width
                    number = 0 if place < 0.0 else (BINS + 1 if not place < BINS else 1 + int(place))
                    bins[number] += 1
            lows[record, row], highs[record, row] = lowest, highest


@njit
def add_sides(
    a: Any, b: Any, start: int, sound: Any, closes: Any, begun: int, center_a: Any, center_b: Any, open_: Any, sums: Any
) -> None:
    """Count the pairs at or below the centres."""
    for record in range(a.shape[0]):
        for row in range(a.shape[1]):
            middle_a, middle_b = center_a[record, row], center_b[record, row]
            m, k_a, k_b = begun, open_[0, record, row], open_[1, record, row]
            part = sums[:, record, row]
            for i in range(len(sound)):
                if sound[i]:
                    k_a += a[record, row, start + i] <= middle_a
                    k_b += b[record, row, start + i] <= middle_b
                    m += 1
                if closes[i]:
                    part[0] += k_a
                    part[1] += k_b
                    part[2] += k_a * k_a
                    part[3] += k_b * k_b
                    part[4] += k_a * k_b
                    part[5] += m * k_a
                    part[6] += m * k_b
                    m, k_a, k_b = 0, 0, 0
            open_[0, record, row], open_[1, record, row] = k_a, k_b
