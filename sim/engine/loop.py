"""The jitted loop of the engine around the compiled blocks of a kernel."""

from typing import Any

import numpy as np

from sim.compiler.calls import call_block, call_observe, count_bits, lowest_bit
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
def _begin(slots: Any, things: Any, seen: Any, block: int, mask: Any) -> None:
    """An initial phase value or option counts as entered at the start."""
    _, _, machine_slots, machine_things = things
    for machine in range(len(machine_slots)):
        _enter(mask, slots[machine_slots[machine]], machine_things[machine], seen, block, 0)


@njit
def _note(marks: Any, slots: Any, things: Any, seen: Any, block: int, mask: Any, date: int) -> None:
    """Count what happened, from the bits of the marks."""
    mark_things, machine_of_mark, machine_slots, machine_things = things
    for row in range(len(marks)):
        bits = marks[row] & mask
        if bits and mark_things[row] >= 0:
            _happen(bits, mark_things[row], seen, block, date)
        elif bits:
            machine = machine_of_mark[row]
            _enter(bits, slots[machine_slots[machine]], machine_things[machine], seen, block, date)


@njit
def _enter(bits: Any, values: Any, first_thing: int, seen: Any, block: int, date: int) -> None:
    """Each of these trajectories enters the value that its machine has."""
    while bits:
        lane = lowest_bit(bits)
        bit = np.uint64(1) << np.uint64(lane)
        bits ^= bit
        _happen(bit, first_thing + int(values[lane]), seen, block, date)


@njit
def _happen(bits: Any, thing: int, seen: Any, block: int, date: int) -> None:
    happened, dates, totals = seen
    totals[thing] += count_bits(bits)
    fresh = bits & ~happened[thing, block]
    if fresh:
        happened[thing, block] |= fresh
        dates[thing, date] += count_bits(fresh)


@njit
def _keep(records: Any, kept: Any, at: int, record: int) -> None:
    for row in range(kept.shape[1]):
        for lane in range(min(BLOCK, kept.shape[2] - at)):
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
    result_slots: Any, failed_slot: int, values: Any, failed: Any, final: Any, kept: Any,
    happened: Any, dates: Any, totals: Any,
    ranges: Any, sums: Any, bins: Any, shares: Any, share_rows: Any, share_values: Any,
) -> None:  # fmt: skip
    """All blocks of a chunk, each through all its records; of these the last, as many as there is room for, are summed.

    The same goes for those that are kept.
    """
    things, seen = (mark_things, machine_of_mark, machine_slots, machine_things), (happened, dates, totals)
    for block in range(len(masks)):
        base, at, mask = first + block * BLOCK, block * BLOCK, masks[block]
        _spread(parameters, sampled, first, base, replicates)
        call_block(start, odds, evens, parameters, uniforms, schedule[0], draws, records, marks,
                   np.uint32(key0), np.uint32(key1), base, 0)  # fmt: skip
        _copy(evens, odds)  # what is never stored again must stand in both
        _begin(evens, things, seen, block, mask)
        for record in range(len(schedule)):
            slots, following = (odds, evens) if record % 2 else (evens, odds)
            if record % QUAD == 0:
                call_block(fill, slots, following, parameters, uniforms, schedule[record], draws, records, marks,
                           np.uint32(key0), np.uint32(key1), base, record)  # fmt: skip
            call_block(step, slots, following, parameters, uniforms, schedule[record], draws, records, marks,
                       np.uint32(key0), np.uint32(key1), base, record)  # fmt: skip
            _note(marks, following, things, seen, block, mask, record + 1)
            observed, told = record + len(sums) - len(schedule), record + len(kept) - len(schedule)
            if observed >= 0:
                call_observe(observe, records, ranges[observed], sums[observed], bins[observed, block], mask)
            call_observe(share, records, share_rows, share_values, shares[record], mask)
            if told >= 0:
                _keep(records, kept, at, told)
        last = odds if len(schedule) % 2 else evens
        _finish(last, records, result_slots, failed_slot, values, failed, final, at)
