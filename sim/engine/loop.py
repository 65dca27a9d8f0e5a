"""The jitted loops of the engine: around the compiled blocks of a kernel, and over the counts of a chunk."""

from typing import Any

import numpy as np

from sim.compiler.calls import call_block, call_observe, lowest_bit, prefetch
from sim.compiler.emit import BLOCK, QUAD
from sim.compiler.jit import njit

LINE = 16  # counts of a line of the cache
LIMB = 2**32 - 1  # all bits of a limb
SMALLEST = -1074  # the exponent of the smallest number


@njit
def _spread(parameters: Any, sampled: Any, first: int, base: int, replicates: int) -> None:
    """Each trajectory gets the parameters of its parameter draw."""
    for lane in range(BLOCK):
        draw = min((base + lane) // replicates - first // replicates, sampled.shape[1] - 1)
        for row in range(sampled.shape[0]):
            parameters[row, lane] = sampled[row, draw]


@njit
def _copy(given: Any, other: Any) -> None:
    for row in range(given.shape[0]):
        for lane in range(given.shape[1]):
            other[row, lane] = given[row, lane]


@njit
def _begin(slots: Any, machine_slots: Any, machine_things: Any, counts: Any, firsts: Any, at: int) -> None:
    """An initial phase value or option counts as entered at the start."""
    for machine in range(len(machine_slots)):
        for lane in range(BLOCK):
            thing = machine_things[machine] + int(slots[machine_slots[machine], lane])
            counts[thing, at + lane] = 1
            firsts[thing, at + lane] = 0


@njit
def _note(marks: Any, slots: Any, things: Any, counts: Any, firsts: Any, at: int, date: int) -> None:
    """Count what happened, from the bits of the marks."""
    mark_things, machine_of_mark, machine_slots, machine_things = things
    for row in range(len(marks)):
        bits = marks[row]
        while bits:
            lane = lowest_bit(bits)
            bits &= bits - np.uint64(1)
            thing = mark_things[row]
            if thing < 0:
                machine = machine_of_mark[row]
                thing = machine_things[machine] + int(slots[machine_slots[machine], lane])
            counts[thing, at + lane] += 1
            if firsts[thing, at + lane] < 0:
                firsts[thing, at + lane] = date


@njit
def _keep(records: Any, kept: Any, at: int, record: int) -> None:
    for lane in range(min(BLOCK, kept.shape[2] - at)):
        for row in range(kept.shape[1]):
            kept[record, row, at + lane] = records[row, lane]


@njit
def _finish(
    slots: Any, records: Any, result_slots: Any, failed_slot: int, values: Any, failed: Any, final: Any, at: int
) -> None:
    """Take the results of a finished block."""
    for row in range(len(result_slots)):
        for lane in range(BLOCK):
            values[row, at + lane] = slots[result_slots[row], lane]
    for row in range(final.shape[0]):
        for lane in range(BLOCK):
            final[row, at + lane] = records[row, lane]
    for lane in range(BLOCK):
        if slots[failed_slot, lane] < 1e300:
            failed[at + lane] = int(slots[failed_slot, lane])


@njit
def run(
    start: int, step: int, fill: int, observe: int, share: int,
    evens: Any, odds: Any, parameters: Any, draws: Any, records: Any, uniforms: Any, schedule: Any, marks: Any,
    sampled: Any, replicates: int, key0: int, key1: int, first: int, masks: Any,
    mark_things: Any, machine_of_mark: Any, machine_slots: Any, machine_things: Any,
    result_slots: Any, failed_slot: int, values: Any, failed: Any, counts: Any, firsts: Any, final: Any, kept: Any,
    ranges: Any, sums: Any, bins: Any, shares: Any, share_rows: Any, share_values: Any,
) -> None:  # fmt: skip
    """All blocks of a chunk, each through all its records; of these the last, as many as there is room for, are summed.

    The same goes for those that are kept.
    """
    things = mark_things, machine_of_mark, machine_slots, machine_things
    for block in range(len(masks)):
        base, at, mask = first + block * BLOCK, block * BLOCK, masks[block]
        _spread(parameters, sampled, first, base, replicates)
        call_block(start, odds, evens, parameters, uniforms, schedule[0], draws, records, marks,
                   np.uint32(key0), np.uint32(key1), base, 0)  # fmt: skip
        _copy(evens, odds)  # what is never stored again must stand in both
        _begin(evens, machine_slots, machine_things, counts, firsts, at)
        for record in range(len(schedule)):
            slots, following = (odds, evens) if record % 2 else (evens, odds)
            if record % QUAD == 0:
                call_block(fill, slots, following, parameters, uniforms, schedule[record], draws, records, marks,
                           np.uint32(key0), np.uint32(key1), base, record)  # fmt: skip
            call_block(step, slots, following, parameters, uniforms, schedule[record], draws, records, marks,
                       np.uint32(key0), np.uint32(key1), base, record)  # fmt: skip
            _note(marks, following, things, counts, firsts, at, record + 1)
            seen, told = record + len(sums) - len(schedule), record + len(kept) - len(schedule)
            if seen >= 0:
                call_observe(observe, records, ranges[seen], sums[seen], bins[seen, block], mask)
            call_observe(share, records, share_rows, share_values, shares[record], mask)
            if told >= 0:
                _keep(records, kept, at, told)
        last = odds if len(schedule) % 2 else evens
        _finish(last, records, result_slots, failed_slot, values, failed, final, at)


@njit
def tally(histogram: Any, bins: Any) -> None:
    """Count bins[records, blocks, rows, BLOCK / 4], four 16-bit numbers a word, in histogram[records * rows, bins].

    The counts of a row are in the cache while it is worked on, and those of the next are on their way.
    """
    low, alike = np.uint64(0xFFFF), np.uint64(0x0001_0001_0001_0001)
    n_blocks, n_rows = bins.shape[1:3]
    ahead = histogram.shape[1] // LINE // n_blocks + 1
    for record in range(bins.shape[0]):
        for row in range(n_rows):
            counts = histogram[record * n_rows + row]
            for block in range(n_blocks):
                for line in range(ahead):
                    prefetch(counts, histogram.shape[1] + (block * ahead + line) * LINE)
                for four in bins[record, block, row]:
                    number = four & low
                    if four == number * alike:
                        counts[number] += 4
                    else:
                        counts[number] += 1
                        counts[four >> np.uint64(16) & low] += 1
                        counts[four >> np.uint64(32) & low] += 1
                        counts[four >> np.uint64(48)] += 1


@njit
def add_dates(counts: Any, firsts: Any, sound: Any, dates: Any, totals: Any) -> None:
    """Add to dates[things, records] when each thing first happened, to totals[things] how often it did."""
    for thing in range(counts.shape[0]):
        for i in range(len(sound)):
            if counts[thing, i] > 0 and sound[i]:
                totals[thing] += counts[thing, i]
                dates[thing, firsts[thing, i]] += 1


@njit
def add_by_draw(hits: Any, counted: Any, groups: Any, starts: Any, totals: Any) -> None:
    """totals[columns, draws]: hits[columns, n] among those that count for a column, counted[groups[column]].

    A parameter draw begins at each of ``starts``.
    """
    for column in range(hits.shape[0]):
        counts = counted[groups[column]]
        for draw in range(len(starts)):
            last = starts[draw + 1] if draw + 1 < len(starts) else hits.shape[1]
            total = 0
            for i in range(starts[draw], last):
                total += hits[column, i] & counts[i]
            totals[column, draw] = total


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
