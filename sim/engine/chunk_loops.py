"""The jitted loops of the engine over what a chunk came to."""

from typing import Any

import numpy as np

from sim.compiler.calls import count_bits, prefetch
from sim.compiler.emit import BLOCK
from sim.compiler.jit import njit

LINE = 16  # counts of a line of the cache
NUMBER = np.uint64(0xFFFF)  # the first number of a word
WORDS = BLOCK // 4
LIMB = 2**32 - 1  # all bits of a limb
SMALLEST = -1074  # the exponent of the smallest number


@njit
def tally(histogram: Any, bins: Any) -> None:
    """Count bins[records, blocks, rows, BLOCK / 4], four 16-bit numbers a word, in histogram[records * rows, bins].

    The counts of a row are in the cache while it is worked on, and those of the next are on their way.
    """
    alike = np.uint64(0x0001_0001_0001_0001)
    n_blocks, n_rows = bins.shape[1:3]
    ahead = histogram.shape[1] // LINE // n_blocks + 1
    for record in range(bins.shape[0]):
        for row in range(n_rows):
            counts = histogram[record * n_rows + row]
            for block in range(n_blocks):
                for line in range(ahead):
                    prefetch(counts, histogram.shape[1] + (block * ahead + line) * LINE)
                words = bins[record, block, row]
                number = words[0] & NUMBER
                others = np.uint64(0)
                for i in range(WORDS):
                    others |= words[i] ^ number * alike
                if others == 0:
                    counts[number] += BLOCK
                else:
                    _count(counts, words, alike)


@njit
def _count(counts: Any, words: Any, alike: Any) -> None:
    for i in range(WORDS):
        number = words[i] & NUMBER
        if words[i] == number * alike:
            counts[number] += 4
        else:
            counts[number] += 1
            counts[words[i] >> np.uint64(16) & NUMBER] += 1
            counts[words[i] >> np.uint64(32) & NUMBER] += 1
            counts[words[i] >> np.uint64(48)] += 1


@njit
def fold(lanes: Any, folded: Any) -> None:
    """Sums, sums of squares, least and greatest of all lanes, always in one order; the lanes then begin again.

    lanes[records, rows, 4, lanes] to folded[4, records, rows].
    """
    for record in range(lanes.shape[0]):
        for row in range(lanes.shape[1]):
            total, square, least, most = lanes[record, row]
            for lane in range(1, len(total)):
                total[0] += total[lane]
                square[0] += square[lane]
                least[0] = min(least[0], least[lane])
                most[0] = max(most[0], most[lane])
            for part in range(4):
                folded[part, record, row] = lanes[record, row, part, 0]
            total[:], square[:], least[:], most[:] = 0.0, 0.0, np.inf, -np.inf


@njit
def add_by_draw(hits: Any, counted: Any, groups: Any, starts: Any, n: int, totals: Any) -> None:
    """totals[columns, draws]: the bits of hits[columns, words] that are in counted[groups[column], words] too.

    A parameter draw begins at each of ``starts``; the last ends before ``n``.
    """
    for column in range(hits.shape[0]):
        counts = counted[groups[column]]
        for draw in range(len(starts)):
            at = starts[draw]
            last = starts[draw + 1] if draw + 1 < len(starts) else n
            total = 0
            while at < last:
                word, first = at >> 6, at & 63
                size = min(last - at, 64 - first)
                within = ~np.uint64(0) >> np.uint64(64 - size) << np.uint64(first)
                total += count_bits(hits[column, word] & counts[word] & within)
                at += size
            totals[column, draw] = total


@njit
def add_clusters(m: Any, k: Any, groups: Any, first: int, last: int, group_sums: Any, sums: Any) -> None:
    """Add clusters m[groups, draws], k[columns, draws] to sums of m, m^2 and clusters, and of k, m k and k^2.

    Those are added that are from ``first`` on and before ``last``.
    """
    for group in range(m.shape[0]):
        for draw in range(first, last):
            size = m[group, draw]
            group_sums[0, group] += size
            group_sums[1, group] += size * size
            group_sums[2, group] += size > 0
    for column in range(k.shape[0]):
        sizes = m[groups[column]]
        for draw in range(first, last):
            hits = k[column, draw]
            sums[0, column] += hits
            sums[1, column] += hits * sizes[draw]
            sums[2, column] += hits * hits


@njit
def add_in_bins(
    values: Any, sound: Any, starts: Any, center: Any, scale: Any, farthest: float, first: int, totals: Any,
    squares: Any, beyond: Any,
) -> None:  # fmt: skip
    """Add values[rows, n] of those that are sound, in whole bins from the centre, to totals and squares[rows, draws].

    A parameter draw begins at each of ``starts``, the first of them being number ``first``; those are left out for
    which there is no room. What is farther away than ``farthest`` bins is counted in ``beyond``.
    """
    n_draws = min(len(starts), totals.shape[1] - first)
    for row in range(values.shape[0]):
        middle, width, n_beyond = center[row], scale[row], 0
        for i in range(n_draws):
            total = square = 0
            for lane in range(starts[i], starts[i + 1] if i + 1 < len(starts) else values.shape[1]):
                if not sound[lane]:
                    continue
                place = np.rint((values[row, lane] - middle) * width)
                if abs(place) <= farthest:
                    bins = int(place)
                    total += bins
                    square += bins * bins
                else:
                    n_beyond += 1
            totals[row, first + i] += total
            squares[row, first + i] += square
        beyond[row] += n_beyond


@njit
def add_exactly(limbs: Any, n_unbounded: Any, bits: Any, bias: int) -> None:
    """Add binary64 numbers, given as their bits, to accumulators limbs[numbers, limbs] that count units of 2^-bias."""
    for i in range(len(bits)):
        exponent = bits[i] >> 52 & 0x7FF
        whole = bits[i] & 0xF_FFFF_FFFF_FFFF
        if exponent == 0x7FF:
            n_unbounded[i] += 1
            continue
        if exponent > 0:
            whole |= 1 << 52
            exponent -= 1
        if bits[i] < 0:
            whole = -whole
        place = exponent + SMALLEST + bias
        at, shift = place >> 5, place & 31
        low, high = (whole & LIMB) << shift, (whole >> 32) << shift
        limbs[i, at] += low & LIMB
        limbs[i, at + 1] += (low >> 32) + (high & LIMB)
        limbs[i, at + 2] += high >> 32


@njit
def carry(limbs: Any) -> None:
    """The same numbers with every limb but the last from 0 to 2^32 - 1."""
    for i in range(limbs.shape[0]):
        over = 0
        for at in range(limbs.shape[1] - 1):
            limb = limbs[i, at] + over
            limbs[i, at], over = limb & LIMB, limb >> 32
        limbs[i, limbs.shape[1] - 1] += over
