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
from sim.compiler.observer import RANGES
from sim.compiler.program import Layout
from sim.compiler.vector import LANES
from sim.engine.clusters import packed
from sim.engine.ranges import Ranges

CHUNK = 16 * BLOCK  # trajectories in a chunk

_fold = Jitted("sim.engine.chunk_loops", "fold")
_run = Jitted("sim.engine.loop", "run")


@dataclass(slots=True)
class Chunk:
    """What ``count`` trajectories from number ``first`` on came to; see the fields for shapes.

    Rows of failed trajectories mean nothing, and nothing of theirs is in what happened nor in the sums.
    """

    first: int
    count: int
    outcome: np.ndarray  # int16[count]: index of the outcome, -1 for a failed trajectory
    end: np.ndarray  # int32[count]: record at which it stopped, or the last
    failed: np.ndarray  # int32[count]: -1, or the record of the step in which a number became NaN or infinite
    answers: np.ndarray  # float64[n_questions, count]: 1 or 0, or the number asked for
    given: np.ndarray  # bool[n_questions, count]: whether it counts
    happened: np.ndarray  # uint64[n_things, n_blocks]: a bit for each trajectory, whether it ever did
    dates: np.ndarray  # uint32[n_things, n_records]: trajectories by the record of the first date
    totals: np.ndarray  # int64[n_things]: how often, over all trajectories
    final: np.ndarray  # float64[n_measures, count]: at the last record
    sums: np.ndarray  # float64[n_observed, n_measures]: of value - center, at the last records
    squares: np.ndarray  # float64[n_observed, n_measures]: of (value - center) squared
    lows: np.ndarray  # float64[n_observed, n_measures]
    highs: np.ndarray  # float64[n_observed, n_measures]
    bins: np.ndarray  # uint16[n_observed, n_blocks, n_measures, BLOCK]: 0 below, the bins, above, who does not count
    shares: np.ndarray  # uint32[n_records, machine values]: trajectories with each value
    kept: np.ndarray  # float64[n_kept_records, n_measures + n_machines, n_keep]

    def has_happened(self) -> np.ndarray:
        """bool[n_things, count]"""
        bits = np.unpackbits(self.happened.view(np.uint8), axis=1, count=self.count, bitorder="little")
        return bits.view(np.bool_)


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
    layout, observed = kernel.program.layout, memory.observed(ranges, n_blocks)
    kept = n_keep, layout.n_records if n_kept_records is None else n_kept_records
    counts = _Counts.of(layout, n_blocks)
    single = memory.run(masks, counts, observed, *kept)
    if (single.failed[:count] >= 0).any():
        observed.folded()
        counts = _Counts.of(layout, n_blocks)
        memory.run(masks & ~packed((single.failed >= 0)[None])[0], counts, observed, 0, 0)
    return single.chunk(kernel, counts, observed, first, count)


@dataclass(slots=True)
class _Counts:
    """What is counted over the trajectories of a chunk."""

    happened: np.ndarray
    dates: np.ndarray
    totals: np.ndarray
    shares: np.ndarray

    @classmethod
    def of(cls, layout: Layout, n_blocks: int) -> "_Counts":
        n_things, n_records = len(layout.things), layout.n_records
        return cls(
            happened=np.zeros((n_things, n_blocks), np.uint64),
            dates=np.zeros((n_things, n_records), np.uint32),
            totals=np.zeros(n_things, np.int64),
            shares=np.zeros((n_records, sum(len(values) for _, values in layout.machines)), np.uint32),
        )


class _Observed:
    """What the measures come to at each of the last records, chunk after chunk of as many blocks."""

    def __init__(self, ranges: Ranges | None, n_blocks: int) -> None:
        empty = np.zeros((0, 0))
        parts = (empty,) * RANGES if ranges is None else (ranges.low, ranges.scale, ranges.center)
        self.ranges = np.stack(parts, axis=-1)
        n_records, n_measures = parts[0].shape
        self.lanes = aligned(n_records, n_measures, 4, LANES)
        self.bins = np.empty((n_records, n_blocks, n_measures, BLOCK), np.uint16)
        self.folded()

    def folded(self) -> np.ndarray:
        """Sums, sums of squares, least and greatest over all lanes; they then begin again."""
        result = np.empty((4, *self.lanes.shape[:2]))
        _fold(self.lanes, result)
        return result


@dataclass(slots=True)
class _Single:
    """What is known of each trajectory; rows are as long as whole blocks."""

    slots: np.ndarray
    failed: np.ndarray
    final: np.ndarray
    kept: np.ndarray

    def chunk(self, kernel: Kernel, counts: _Counts, observed: _Observed, first: int, count: int) -> Chunk:
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
        sums, squares, lows, highs = observed.folded()
        return Chunk(
            first=first,
            count=count,
            outcome=np.where(failed >= 0, -1, self.slots[0, :count]).astype(np.int16),
            end=self.slots[1, :count].astype(np.int32),
            failed=failed,
            answers=answers,
            given=given,
            happened=counts.happened,
            dates=counts.dates,
            totals=counts.totals,
            final=self.final[:, :count],
            sums=sums,
            squares=squares,
            lows=lows,
            highs=highs,
            bins=observed.bins,
            shares=counts.shares,
            kept=self.kept,
        )


class Memory:
    """The arrays that one thread works on, chunk after chunk of one scenario."""

    def __init__(self, kernel: Kernel, inputs: Inputs) -> None:
        program = kernel.program
        layout, machines = program.layout, program.machines
        self.kernel, self.inputs = kernel, inputs
        self._observed: tuple[Ranges | None, int, _Observed] | None = None
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

    def observed(self, ranges: Ranges | None, n_blocks: int) -> _Observed:
        """Where measures are summarised, the same as before for the same ranges."""
        if self._observed is None or self._observed[0] is not ranges or self._observed[1] != n_blocks:
            self._observed = ranges, n_blocks, _Observed(ranges, n_blocks)
        return self._observed[2]

    def run(
        self, masks: np.ndarray, counts: _Counts, observed: _Observed, n_keep: int, n_kept_records: int
    ) -> _Single:
        kernel, layout = self.kernel, self.kernel.program.layout
        n_measures, size = len(layout.measures), len(masks) * BLOCK
        single = _Single(
            slots=np.empty((len(self.result_slots), size)),
            failed=np.full(size, -1, dtype=np.int32),
            final=np.empty((n_measures, size)),
            kept=np.empty((n_kept_records, n_measures + len(layout.machines), n_keep)),
        )
        _run(
            kernel.start, kernel.step, kernel.fill, kernel.observe, kernel.share,
            self.slots, self.next, self.parameters, self.draws, self.records,
            self.inputs.uniforms, self.inputs.schedule, self.marks,
            self.sampled, self.replicates, self.seed & 0xFFFFFFFF, self.seed >> 32, self.first, masks,
            self.mark_things, self.machine_of_mark, self.machine_slots, self.machine_things,
            self.result_slots, kernel.program.results.failed,
            single.slots, single.failed, single.final, single.kept, counts.happened, counts.dates, counts.totals,
            observed.ranges, observed.lanes, observed.bins, counts.shares, self.share_rows, self.share_values,
        )  # fmt: skip
        return single
