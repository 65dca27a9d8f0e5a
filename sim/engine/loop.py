"""The jitted loops of the engine: around the compiled blocks of a kernel, and over the counts of a chunk."""

from typing import Any

import numpy as np

from sim.compiler.calls import call_block, call_observe, lowest_bit
from sim.compiler.emit import BLOCK, QUAD
from sim.compiler.jit import njit


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
def _begin(slots: Any, machine_slots: Any, machine_things: Any, counts: Any, firsts: Any) -> None:
    """An initial phase value or option counts as entered at the start."""
    for machine in range(len(machine_slots)):
        for lane in range(BLOCK):
            thing = machine_things[machine] + int(slots[machine_slots[machine], lane])
            counts[thing, lane] = 1
            firsts[thing, lane] = 0


@njit
def _note(marks: Any, slots: Any, things: Any, counts: Any, firsts: Any, date: int) -> None:
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
            counts[thing, lane] += 1
            if firsts[thing, lane] < 0:
                firsts[thing, lane] = date


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
    ranges: Any, sums: Any, histogram: Any, shares: Any, share_rows: Any, share_values: Any,
) -> None:  # fmt: skip
    """All blocks of a chunk, each through all its records.

    As many blocks as ``evens`` has room for go through the records together, so that a histogram in the cache serves
    them all.
    """
    n_records = len(schedule)
    things = mark_things, machine_of_mark, machine_slots, machine_things
    for group in range(0, len(masks), len(evens)):
        size = min(len(evens), len(masks) - group)
        for i in range(size):
            base = first + (group + i) * BLOCK
            _spread(parameters[i], sampled, first, base, replicates)
            call_block(start, odds[i], evens[i], parameters[i], uniforms, schedule[0], draws[i], records[i], marks,
                       np.uint32(key0), np.uint32(key1), base, 0)  # fmt: skip
            _copy(evens[i], odds[i])  # what is never stored again must stand in both
            _begin(evens[i], machine_slots, machine_things, counts[group + i], firsts[group + i])
        for record in range(n_records):
            slots, following = (odds, evens) if record % 2 else (evens, odds)
            for i in range(size):
                base = first + (group + i) * BLOCK
                if record % QUAD == 0:
                    call_block(fill, slots[i], following[i], parameters[i], uniforms, schedule[record], draws[i],
                               records[i], marks, np.uint32(key0), np.uint32(key1), base, record)  # fmt: skip
                call_block(step, slots[i], following[i], parameters[i], uniforms, schedule[record], draws[i],
                           records[i], marks, np.uint32(key0), np.uint32(key1), base, record)  # fmt: skip
                _note(marks, following[i], things, counts[group + i], firsts[group + i], record + 1)
            for i in range(size):
                mask = masks[group + i]
                call_observe(observe, records[i], ranges[record], sums[record], histogram[record], mask)
                call_observe(share, records[i], share_rows, share_values, shares[record], mask)
                _keep(records[i], kept, (group + i) * BLOCK, record)
        last = odds if n_records % 2 else evens
        for i in range(size):
            _finish(last[i], records[i], result_slots, failed_slot, values, failed, final, (group + i) * BLOCK)


@njit
def add_counts(total: Any, part: Any) -> None:
    """Add each row of a part to a row of the total, which may be shorter."""
    for record in range(total.shape[0]):
        for row in range(total.shape[1]):
            for column in range(total.shape[2]):
                total[record, row, column] += part[record, row, column]
