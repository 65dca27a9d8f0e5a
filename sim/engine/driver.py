"""Chunks of trajectories: the memory that the loop around the compiled blocks works on, and what it adds up.

A chunk always covers the same trajectories, so its floating sums, made in a fixed order, are the same on every run;
everything else that leaves a chunk is a whole number or belongs to one trajectory.
"""

from dataclasses import dataclass

import numpy as np

from sim.compiler.emit import BLOCK, QUAD, STRIDE
from sim.compiler.inputs import Inputs
from sim.compiler.jit import Jitted
from sim.compiler.kernel import Kernel, aligned
from sim.compiler.observer import RANGES, SUMS
from sim.compiler.vector import LANES
from sim.engine.ranges import Ranges

CHUNK = 16 * BLOCK  # trajectories in a chunk
PAD = 16  # counts between rows, which at distances of a power of two would crowd into a few sets of the cache

_run = Jitted("sim.engine.loop", "run")


@dataclass(slots=True)
class Chunk:
    """What ``count`` trajectories from number ``first`` on came to; see the fields for shapes.

    Rows of failed trajectories mean nothing, and nothing of theirs is in the sums.
    """

    first: int
    count: int
    outcome: np.ndarray  # int16[count]: index of the outcome, -1 for a failed trajectory
    end: np.ndarray  # int32[count]: record at which it stopped, or the last
    failed: np.ndarray  # int32[count]: -1, or the record of the step in which a number became NaN or infinite
    answers: np.ndarray  # float64[n_questions, count]: 1 or 0, or the number asked for
    given: np.ndarray  # bool[n_questions, count]: whether it counts
    counts: np.ndarray  # int32[n_things, count]: how often
    firsts: np.ndarray  # int32[n_things, count]: record of the first date, -1 for never
    final: np.ndarray  # float64[n_measures, count]: at the last record
    sums: np.ndarray  # float64[n_observed, n_measures]: of value - center, at the last records
    squares: np.ndarray  # float64[n_observed, n_measures]: of (value - center) squared
    lows: np.ndarray  # float64[n_observed, n_measures]
    highs: np.ndarray  # float64[n_observed, n_measures]
    bins: np.ndarray  # uint16[n_observed, n_blocks, n_measures, BLOCK]: 0 below, the bins, above, who does not count
    shares: np.ndarray  # uint32[n_records, machine values]: trajectories with each value
    kept: np.ndarray  # float64[n_kept_records, n_measures + n_machines, n_keep]


def simulate(
    kernel: Kernel,
    inputs: Inputs,
    parameters: np.ndarray,
    replicates: int,
    seed: int,
    first: int,
    count: int,
    ranges: Ranges | None = None,
    n_keep: int = 0,
    memory: "Memory | None" = None,
    n_kept_records: int | None = None,
) -> Chunk:
    """Run the trajectories ``first`` to ``first + count``.

    Args:
        parameters: float64[n_uncertain, n], for the parameter draws from ``first // replicates`` on.
        replicates: trajectories per parameter draw.
        first: a multiple of BLOCK.
        ranges: how values are summarised, at as many of the last records as it has; None: not at all.
        n_keep: how many trajectories, from the first, are kept whole.
        memory: what to work in; the bins of a chunk are good until it is worked in again.
        n_kept_records: how many records of these, up to the last (None: all).
    """
    memory = memory or Memory(kernel, inputs)
    memory.set(parameters, replicates, seed, first)
    n_blocks = -(-count // BLOCK)
    masks = np.full(n_blocks, 2**64 - 1, dtype=np.uint64)
    if count % BLOCK:
        masks[-1] = 2 ** (count % BLOCK) - 1
    n_observed = 0 if ranges is None else len(ranges.low)
    kept = n_keep, kernel.program.layout.n_records if n_kept_records is None else n_kept_records
    bins = memory.bins(n_observed, n_blocks)
    sums = _Sums(kernel, ranges, bins)
    single = memory.run(masks, sums, n_blocks, *kept)
    if (single.failed[:count] >= 0).any():
        sums = _Sums(kernel, ranges, bins)
        memory.run(masks & ~_bits(single.failed, n_blocks), sums, n_blocks, 0, 0)
    return single.chunk(kernel, sums, first, count)


def _bits(failed: np.ndarray, n_blocks: int) -> np.ndarray:
    """A bit for each failed trajectory, a word for each block."""
    packed = np.packbits((failed >= 0).reshape(n_blocks, BLOCK), axis=1, bitorder="little")
    return packed.view(np.uint64).reshape(n_blocks)


class _Sums:
    """What is added up over the trajectories of a chunk."""

    def __init__(self, kernel: Kernel, ranges: Ranges | None, bins: np.ndarray) -> None:
        layout = kernel.program.layout
        shape = (0, 0) if ranges is None else ranges.low.shape
        self.ranges = np.zeros((*shape, RANGES))
        if ranges is not None:
            self.ranges[:] = np.stack([ranges.low, ranges.scale, ranges.center], axis=-1)
        self.vectors = aligned(*shape, SUMS)
        self.parts = self.vectors.reshape(*shape, 4, LANES)
        self.parts[:, :, 2], self.parts[:, :, 3] = np.inf, -np.inf
        self.bins = bins[:, :, : shape[1]]
        self.shares = np.zeros((layout.n_records, sum(len(values) for _, values in layout.machines)), dtype=np.uint32)

    def over_lanes(self, fold: np.ufunc, part: int) -> np.ndarray:
        """One of the sums (or extremes) over all lanes, folded in one order everywhere."""
        result = self.parts[:, :, part, 0]
        for lane in range(1, LANES):
            result = fold(result, self.parts[:, :, part, lane])
        return result


@dataclass(slots=True)
class _Single:
    """What is known of each trajectory; rows are at least as long as whole blocks."""

    slots: np.ndarray
    failed: np.ndarray
    counts: np.ndarray
    firsts: np.ndarray
    final: np.ndarray
    kept: np.ndarray

    def chunk(self, kernel: Kernel, sums: _Sums, first: int, count: int) -> Chunk:
        results = kernel.program.results
        n = len(results.answers)
        answers = self.slots[2 : 2 + n, :count]
        given = np.ones((n, count), dtype=bool)
        row = 2 + n
        for number, slot in enumerate(results.given):
            if slot >= 0:
                given[number] = self.slots[row, :count] > 0
                row += 1
        failed = self.failed[:count]
        return Chunk(
            first=first,
            count=count,
            outcome=np.where(failed >= 0, -1, self.slots[0, :count]).astype(np.int16),
            end=self.slots[1, :count].astype(np.int32),
            failed=failed,
            answers=answers,
            given=given,
            counts=self.counts[:, :count],
            firsts=self.firsts[:, :count],
            final=self.final[:, :count],
            sums=sums.over_lanes(np.add, 0),
            squares=sums.over_lanes(np.add, 1),
            lows=sums.over_lanes(np.minimum, 2),
            highs=sums.over_lanes(np.maximum, 3),
            bins=sums.bins,
            shares=sums.shares,
            kept=self.kept,
        )


class Memory:
    """The arrays that one thread works on, chunk after chunk of one scenario."""

    def __init__(self, kernel: Kernel, inputs: Inputs) -> None:
        program = kernel.program
        layout, machines = program.layout, program.machines
        self.kernel, self.inputs = kernel, inputs
        self.n_things = len(layout.things)
        self._bins = np.empty((0, 0, len(layout.measures), BLOCK), dtype=np.uint16)
        self.slots = aligned(max(kernel.n_slots, 1), STRIDE)
        self.next = aligned(max(kernel.n_slots, 1), STRIDE)
        self.parameters = aligned(max(len(layout.uncertain), 1), STRIDE)
        self.draws = aligned(max(kernel.n_draw_rows, 1) * QUAD, STRIDE)
        self.records = aligned(max(len(layout.measures) + len(layout.machines), 1), STRIDE)
        self.marks = np.zeros(max(program.n_marks, 1), dtype=np.uint64)
        self.mark_things = np.array(program.mark_things or (-1,), dtype=np.int64)
        self.machine_of_mark = np.full(max(program.n_marks, 1), -1, dtype=np.int64)
        for number, mark in enumerate(machines.marks):
            self.machine_of_mark[mark] = number
        self.machine_slots = np.array(machines.slots, dtype=np.int64)
        self.machine_things = np.array(machines.things, dtype=np.int64)
        results = program.results
        given = [slot for slot in results.given if slot >= 0]
        self.result_slots = np.array([results.outcome, results.end, *results.answers, *given], dtype=np.int64)
        shares = [(row, number) for row, (_, values) in enumerate(layout.machines) for number in range(len(values))]
        self.share_rows = np.array([len(layout.measures) + row for row, _ in shares], dtype=np.int64)
        self.share_values = np.array([float(number) for _, number in shares])

    def set(self, parameters: np.ndarray, replicates: int, seed: int, first: int) -> None:
        """The chunk to work on next."""
        self.sampled, self.replicates = np.ascontiguousarray(parameters), replicates
        self.seed, self.first = seed, first

    def bins(self, n_observed: int, n_blocks: int) -> np.ndarray:
        """Room for the numbers of bins."""
        if self._bins.shape[:2] != (n_observed, n_blocks):
            self._bins = np.empty((n_observed, n_blocks, *self._bins.shape[2:]), np.uint16)
        return self._bins

    def run(self, masks: np.ndarray, sums: _Sums, n_blocks: int, n_keep: int, n_kept_records: int) -> _Single:
        kernel, layout = self.kernel, self.kernel.program.layout
        n_measures, size = len(layout.measures), n_blocks * BLOCK
        single = _Single(
            slots=np.zeros((len(self.result_slots), size)),
            failed=np.full(size, -1, dtype=np.int32),
            counts=np.zeros((self.n_things, size + PAD), dtype=np.int32),
            firsts=np.full((self.n_things, size + PAD), -1, dtype=np.int32),
            final=np.zeros((n_measures, size)),
            kept=np.zeros((n_kept_records, n_measures + len(layout.machines), n_keep)),
        )
        _run(
            kernel.start, kernel.step, kernel.fill, kernel.observe, kernel.share,
            self.slots, self.next, self.parameters, self.draws, self.records,
            self.inputs.uniforms, self.inputs.schedule, self.marks,
            self.sampled, self.replicates, self.seed & 0xFFFFFFFF, self.seed >> 32, self.first, masks,
            self.mark_things, self.machine_of_mark, self.machine_slots, self.machine_things,
            self.result_slots, kernel.program.results.failed,
            single.slots, single.failed, single.counts, single.firsts, single.final, single.kept,
            sums.ranges, sums.vectors, sums.bins, sums.shares, self.share_rows, self.share_values,
        )  # fmt: skip
        return single
