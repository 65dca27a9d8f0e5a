"""Exact streaming statistics of one scenario. Each has fresh, add (a chunk), merge (another of its kind) and finish.

All that is carried is whole numbers or exact sums, so merging in any order gives the same bits, and the memory does not
grow with the number of trajectories. Trajectories that failed are left out of everything but the count of failures.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np
import numpy.typing as npt

from sim.compiler.jit import Jitted
from sim.compiler.observer import BINS, ROW
from sim.compiler.program import Layout
from sim.engine.clusters import Clusters, packed
from sim.engine.driver_sums import DriverSums
from sim.engine.exact import ExactSum
from sim.engine.pilot import Pilot
from sim.engine.quantiles import Floats, histogram_quantiles
from sim.engine.ranges import QUANTILES
from sim.engine.room import zeros
from sim.model.declarations import Question

if TYPE_CHECKING:
    from sim.engine.driver import Chunk

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_tally = Jitted("sim.engine.chunk_loops", "tally")


@dataclass(frozen=True)
class Shape:
    """What is counted in a run: the rows of its results and its size."""

    layout: Layout
    questions: tuple[Question, ...]
    n: int
    replicates: int
    last_only: bool = False  # measures are summarised at the horizon only

    @property
    def n_observed(self) -> int:
        """Record times, up to the last, at which measures are summarised."""
        return 1 if self.last_only else self.layout.n_records

    @cached_property
    def question_rows(self) -> tuple[tuple[int, int], ...]:
        """(question, bin) of each row of the questions table; yes or no is bin 0."""
        return tuple((q, b) for q, question in enumerate(self.questions) for b in range(n_answers(question)))

    @cached_property
    def groups(self) -> Ints:
        """Who counts for each column (outcomes, question rows, things): 0 all, 1 + q those of question q."""
        layout = self.layout
        rows = [1 + q for q, _ in self.question_rows]
        return np.array([0] * len(layout.outcomes) + rows + [0] * len(layout.things), np.int64)

    @cached_property
    def prefixes(self) -> tuple[int, ...]:
        """The numbers of trajectories at which convergence is shown: 100, 200, 400 ... and all."""
        doubling = []
        n = 100
        while n < self.n:
            doubling.append(n)
            n *= 2
        return (*doubling, self.n)


def n_answers(question: Question) -> int:
    return len(question.bins) + 1 if question.kind == "value" else 1


class Summary(Protocol):
    """What the parts below have in common."""

    def fresh(self) -> Self: ...
    def add(self, chunk: "Chunk", succeeded: Bools) -> None: ...
    def merge(self, other: Self) -> None: ...


class Counting:
    """How many trajectories have each outcome, answer and thing, by parameter draw; feeds the drivers as well."""

    def __init__(self, shape: Shape, drivers: DriverSums, clusters: Clusters | None = None) -> None:
        self.shape = shape
        self.drivers = drivers
        self.clusters = clusters or Clusters(shape.groups, 1 + len(shape.questions), shape.n, shape.replicates)

    def fresh(self) -> "Counting":
        return Counting(self.shape, self.drivers.fresh(), self.clusters.fresh())

    def add(self, chunk: "Chunk", succeeded: Bools) -> None:
        counted = packed(np.concatenate([succeeded[None], succeeded & chunk.given]))
        answers = packed(np.concatenate([self._outcomes(chunk), self._answers(chunk)]))
        hits = np.concatenate([answers, chunk.happened])
        draw, m, k = self.clusters.add(chunk.first, chunk.count, counted, hits)
        self.drivers.add(chunk, succeeded, draw, m, k)

    def merge(self, other: "Counting") -> None:
        self.clusters.merge(other.clusters)
        self.drivers.merge(other.drivers)

    def _outcomes(self, chunk: "Chunk") -> Bools:
        outcomes = np.arange(len(self.shape.layout.outcomes))[:, None]
        return np.asarray(chunk.outcome == outcomes)

    def _answers(self, chunk: "Chunk") -> Bools:
        """bool[question rows, n]"""
        rows = np.zeros((len(self.shape.question_rows), chunk.count), np.bool_)
        for row, (q, b) in enumerate(self.shape.question_rows):
            answer, bins = chunk.answers[q], self.shape.questions[q].bins
            rows[row] = np.digitize(answer, bins) == b if self.shape.questions[q].kind == "value" else answer != 0
        return rows


class Times:
    """When trajectories ended, by outcome; when each thing first happened, and how often it did."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        layout = shape.layout
        self.ends = np.zeros((len(layout.outcomes), layout.n_records), np.int64)
        self.firsts = np.zeros((len(layout.things), layout.n_records), np.int64)
        self.total = np.zeros(len(layout.things), np.int64)

    def fresh(self) -> "Times":
        return Times(self.shape)

    def add(self, chunk: "Chunk", succeeded: Bools) -> None:
        flat = chunk.outcome[succeeded].astype(np.int64) * self.ends.shape[1] + chunk.end[succeeded]
        self.ends += np.bincount(flat, minlength=self.ends.size).reshape(self.ends.shape)
        self.firsts += chunk.dates
        self.total += chunk.totals

    def merge(self, other: "Times") -> None:
        self.ends += other.ends
        self.firsts += other.firsts
        self.total += other.total


class Values:
    """Moments, extremes and histograms of the numeric measures at each record time that is observed."""

    def __init__(self, shape: Shape, pilot: Pilot) -> None:
        self.shape = shape
        self.pilot = pilot
        rows = (shape.n_observed, len(shape.layout.measures))
        self.n = 0
        self.sums, self.squares = ExactSum(rows[0] * rows[1]), ExactSum(rows[0] * rows[1])
        self.lows, self.highs = np.full(rows, np.inf), np.full(rows, -np.inf)
        self.histogram = zeros((*rows, ROW), np.uint32 if shape.n < 2**32 else np.uint64)

    def fresh(self) -> "Values":
        return Values(self.shape, self.pilot)

    def add(self, chunk: "Chunk", succeeded: Bools) -> None:
        self.n += int(succeeded.sum())
        self.sums.add(chunk.sums.ravel())
        self.squares.add(chunk.squares.ravel())
        np.minimum(self.lows, chunk.lows, out=self.lows)
        np.maximum(self.highs, chunk.highs, out=self.highs)
        _tally(self.histogram.reshape(-1, ROW), chunk.bins.view(np.uint64))

    def merge(self, other: "Values") -> None:
        self.n += other.n
        self.sums.merge(other.sums)
        self.squares.merge(other.squares)
        np.minimum(self.lows, other.lows, out=self.lows)
        np.maximum(self.highs, other.highs, out=self.highs)
        self.histogram += other.histogram

    def finish(self, n_threads: int = 1) -> Floats:
        """mean, sd, se and the quantiles: float64[3 + levels, n_records, n_measures]; NaN where not observed."""
        observed = self._observed(n_threads)
        before = self.shape.layout.n_records - observed.shape[1]
        return np.pad(observed, ((0, 0), (before, 0), (0, 0)), constant_values=np.nan) if before else observed

    def _observed(self, n_threads: int) -> Floats:
        ranges, n = self.pilot.ranges, self.n
        if n == 0:
            return np.full((3 + len(QUANTILES), *ranges.low.shape), np.nan)
        total, squares = (s.finish().reshape(ranges.low.shape) for s in (self.sums, self.squares))
        mean = np.where(self.lows == self.highs, self.lows, ranges.center + total / n)
        sd = _deviation(total, squares, n)
        sd = np.where((self.lows == self.highs) & (n > 1), 0.0, sd)
        unbounded = ~np.isfinite(self.lows) | ~np.isfinite(self.highs)
        mean, sd = np.where(unbounded, np.nan, mean), np.where(unbounded, np.nan, sd)
        effect = 1 + (min(self.shape.replicates, n) - 1) * self.pilot.alike
        quantiles = self.pilot.quantiles
        if quantiles is None:
            counts = self.histogram[..., : BINS + 2]
            quantiles = histogram_quantiles(counts, ranges, self.lows, self.highs, n, n_threads=n_threads)
        return np.concatenate([np.stack([mean, sd, sd * np.sqrt(effect / n)]), quantiles]) + 0.0


def _deviation(total: Floats, squares: Floats, n: int) -> Floats:
    """The sample standard deviation from sums about a center."""
    if n < 2:
        return np.full(total.shape, np.nan)
    variance = (squares - total * (total / n)) / (n - 1)
    return np.sqrt(np.maximum(variance, 0.0))


class Shares:
    """How many trajectories have each value of the phases and decisions at each record time."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.n = 0
        self.counts = np.zeros((shape.layout.n_records, sum(len(v) for _, v in shape.layout.machines)), np.int64)

    def fresh(self) -> "Shares":
        return Shares(self.shape)

    def add(self, chunk: "Chunk", succeeded: Bools) -> None:
        self.n += int(succeeded.sum())
        self.counts += chunk.shares

    def merge(self, other: "Shares") -> None:
        self.n += other.n
        self.counts += other.counts


class Convergence:
    """Counts of outcomes among the first 100, 200, 400 ... trajectories, kept as counts between these marks."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.counts = np.zeros((len(shape.prefixes), len(shape.layout.outcomes)), np.int64)

    def fresh(self) -> "Convergence":
        return Convergence(self.shape)

    def add(self, chunk: "Chunk", succeeded: Bools) -> None:
        last = chunk.first + chunk.count
        start = chunk.first
        for row, mark in enumerate(self.shape.prefixes):
            stop = min(mark, last)
            if stop > start:
                part = slice(start - chunk.first, stop - chunk.first)
                outcomes = chunk.outcome[part][succeeded[part]]
                self.counts[row] += np.bincount(outcomes, minlength=self.counts.shape[1])
                start = stop

    def merge(self, other: "Convergence") -> None:
        self.counts += other.counts

    def finish(self) -> Ints:
        """int64[prefixes, outcomes]: counts among the first trajectories."""
        return np.cumsum(self.counts, axis=0)


class Failures:
    """How many trajectories failed, and the first of them with the record at which a number ceased to be one."""

    def __init__(self) -> None:
        self.count = 0
        self.first: tuple[int, int] | None = None  # trajectory, record

    def fresh(self) -> "Failures":
        return Failures()

    def add(self, chunk: "Chunk", succeeded: Bools) -> None:
        failed = np.flatnonzero(~succeeded)
        self.count += len(failed)
        if len(failed):
            self._earlier((chunk.first + int(failed[0]), int(chunk.failed[failed[0]])))

    def merge(self, other: "Failures") -> None:
        self.count += other.count
        if other.first is not None:
            self._earlier(other.first)

    def _earlier(self, first: tuple[int, int]) -> None:
        self.first = first if self.first is None else min(self.first, first)


@dataclass(frozen=True)
class Kept:
    """Whole trajectories of one chunk, those that failed left out."""

    first: int  # of the chunk
    trajectories: Ints  # their numbers
    outcome: npt.NDArray[np.int16]
    end: npt.NDArray[np.int32]
    values: Floats  # [n_records, n_measures + n_machines, kept]


class Keeping:
    """The first trajectories by number, whole."""

    def __init__(self, keep: int) -> None:
        self.keep = keep
        self.parts: list[Kept] = []

    def fresh(self) -> "Keeping":
        return Keeping(self.keep)

    def add(self, chunk: "Chunk", succeeded: Bools) -> None:
        n = min(max(self.keep - chunk.first, 0), chunk.count)
        if n:
            sound = np.flatnonzero(succeeded[:n])
            numbers, values = chunk.first + sound, chunk.kept[:, :, sound]
            self.parts.append(Kept(chunk.first, numbers, chunk.outcome[sound], chunk.end[sound], values))

    def merge(self, other: "Keeping") -> None:
        self.parts = sorted(self.parts + other.parts, key=lambda part: part.first)


class ScenarioSummary:
    """Everything that is summarised of one scenario."""

    def __init__(
        self, counting: Counting, times: Times, values: Values, shares: Shares, convergence: Convergence,
        failures: Failures, keeping: Keeping,
    ) -> None:  # fmt: skip
        self.counting, self.times, self.values, self.shares = counting, times, values, shares
        self.convergence, self.failures, self.keeping = convergence, failures, keeping

    @classmethod
    def start(cls, shape: Shape, pilot: Pilot, keep: int = 0) -> "ScenarioSummary":
        drivers = DriverSums.of(shape.layout, shape.questions, shape.n, shape.replicates, pilot.ranges)
        return cls(
            Counting(shape, drivers), Times(shape), Values(shape, pilot), Shares(shape), Convergence(shape), Failures(),
            Keeping(keep),
        )  # fmt: skip

    def fresh(self) -> "ScenarioSummary":
        """An empty one for another worker."""
        return ScenarioSummary(*(part.fresh() for part in self._parts()))  # type: ignore[arg-type]  # in the same order

    def add(self, chunk: "Chunk") -> None:
        succeeded = chunk.failed < 0
        for part in self._parts():
            part.add(chunk, succeeded)

    def merge(self, other: "ScenarioSummary") -> None:
        for mine, theirs in zip(self._parts(), other._parts(), strict=True):
            mine.merge(theirs)

    def _parts(self) -> tuple[Summary, ...]:
        return (
            self.counting, self.times, self.values, self.shares, self.convergence, self.failures, self.keeping,
        )  # fmt: skip


