"""What is added up over pairs of trajectories: the same numbers, and so the same luck, in two scenarios a and b.

The trajectories of one parameter draw form a cluster. All that is carried is whole numbers or exact sums, so merging in
any order gives the same bits; a part always covers the same whole clusters, in the same order.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sim.compiler.jit import Jitted
from sim.compiler.observer import BINS
from sim.engine.driver import Chunk
from sim.engine.exact import ExactSum
from sim.engine.ranges import Ranges
from sim.engine.summaries import Shape

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_LOOPS = "sim.analysis.pair_loops"
_add_means, _add_histogram, _add_sides = (Jitted(_LOOPS, name) for name in ("add_means", "add_histogram", "add_sides"))


@dataclass(frozen=True)
class Pairs:
    """Trajectories ``first`` to ``first + stop - start``, which stand at ``start`` to ``stop`` of both chunks."""

    a: Chunk
    b: Chunk
    first: int
    start: int
    stop: int
    cluster: int  # trajectories of a cluster
    n: int  # of the whole run

    @cached_property
    def sound(self) -> Bools:
        """Pairs of which neither failed."""
        return np.asarray((self.a.failed[self.span] < 0) & (self.b.failed[self.span] < 0))

    @cached_property
    def closes(self) -> Bools:
        """The last pair of each cluster."""
        after = np.arange(self.first, self.first + self.stop - self.start) + 1
        return np.asarray((after % self.cluster == 0) | (after == self.n))

    @cached_property
    def starts(self) -> Ints:
        """Where in the span each cluster begins or goes on."""
        return np.concatenate([[0], np.flatnonzero(self.closes[:-1]) + 1])

    @property
    def span(self) -> slice:
        return slice(self.start, self.stop)


class ShareSums:
    """Shares k/m of each scenario: sums over clusters of k_a, m_a, k_b, m_b and k_ab, and of their products.

    k_ab counts pairs that have the property in both scenarios, ``common`` those that count in both.
    """

    def __init__(self, groups: Ints) -> None:
        self.groups = groups  # the row of m that each column of k goes with
        n = len(groups)
        self.totals = np.zeros((5, n), np.int64)
        self.products = np.zeros((5, 5, n), np.int64)
        self.common = np.zeros(n, np.int64)
        self.clusters = np.zeros(n, np.int64)  # with m_a or m_b above 0
        self.open = np.zeros((5, n), np.int64)  # the cluster that has begun

    def fresh(self) -> "ShareSums":
        return ShareSums(self.groups)

    def add(self, pairs: Pairs, hits: tuple[Bools, Bools], counted: tuple[Bools, Bools]) -> None:
        """hits bool[n_columns, n] and counted bool[n_groups, n] of each scenario."""
        self.common += (counted[0] & counted[1]).sum(axis=1)[self.groups]
        rows = (hits[0], counted[0], hits[1], counted[1], hits[0] & hits[1])
        k_a, m_a, k_b, m_b, k_ab = (np.add.reduceat(row, pairs.starts, axis=1, dtype=np.int64) for row in rows)
        by_cluster = np.stack([k_a, m_a[self.groups], k_b, m_b[self.groups], k_ab])
        by_cluster[..., 0] += self.open
        self.open = by_cluster[..., -1].copy()
        if pairs.closes[-1]:
            self.open[:] = 0
        else:
            by_cluster = by_cluster[..., :-1]
        self.totals += by_cluster.sum(axis=-1)
        self.products += np.einsum("icj,kcj->ikc", by_cluster, by_cluster)
        self.clusters += ((by_cluster[1] > 0) | (by_cluster[3] > 0)).sum(axis=-1)

    def merge(self, other: "ShareSums") -> None:
        for name in ("totals", "products", "common", "clusters"):
            mine: Ints = getattr(self, name)
            mine += getattr(other, name)


class Sizes:
    """How many pairs count: sums over clusters of m, m^2 and m^3, and how many clusters have any."""

    def __init__(self) -> None:
        self.n, self.squares, self.cubes, self.clusters = 0, 0, 0, 0
        self.open = 0
        self.failures = 0

    def add(self, pairs: Pairs) -> None:
        self.failures += int((~pairs.sound).sum())
        sizes = np.add.reduceat(pairs.sound, pairs.starts, dtype=np.int64).tolist()
        sizes[0] += self.open
        self.open = 0 if pairs.closes[-1] else sizes.pop()
        self.n += sum(sizes)
        self.squares += sum(m * m for m in sizes)
        self.cubes += sum(m * m * m for m in sizes)
        self.clusters += sum(m > 0 for m in sizes)

    def merge(self, other: "Sizes") -> None:
        self.n += other.n
        self.squares += other.squares
        self.cubes += other.cubes
        self.clusters += other.clusters
        self.failures += other.failures


class MeanSums:
    """Means of values: exact sums about a centre for each scenario.

    With d = (a - center_a) - (b - center_b), D and Q the totals of d and d^2 in a cluster, and m its size: the sums of
    a, b, Q, D^2, D Q, Q^2, m D, m Q, D^3 and d^3.
    """

    def __init__(self, center_a: Floats, center_b: Floats) -> None:
        self.centers = center_a, center_b  # [n_records, n_rows]
        self.sums = [ExactSum(center_a.size) for _ in range(10)]
        self.open = np.zeros((2, *center_a.shape))

    def fresh(self) -> "MeanSums":
        return MeanSums(*self.centers)

    def add(self, pairs: Pairs, a: Floats, b: Floats, begun: int) -> None:
        """Values float64[n_records, n_rows, n]; ``begun``: how many pairs of the first cluster came before."""
        found = np.zeros((10, *self.centers[0].shape))
        _add_means(a, b, pairs.start, pairs.sound, pairs.closes, begun, *self.centers, self.open, found)
        for total, part in zip(self.sums, found, strict=True):
            total.add(part.ravel())

    def merge(self, other: "MeanSums") -> None:
        for mine, theirs in zip(self.sums, other.sums, strict=True):
            mine.merge(theirs)

    def finish(self) -> tuple[Floats, ...]:
        return tuple(total.finish().reshape(self.centers[0].shape) for total in self.sums)


class MedianSums:
    """Histograms of both scenarios, and how the pairs lie about the centres, which are near the medians.

    With A and B the numbers of a cluster at or below the centres: the sums of A, B, A^2, B^2, A B, m A and m B.
    """

    def __init__(self, ranges: tuple[Ranges, Ranges], n: int) -> None:
        self.ranges, self.n = ranges, n
        shape = ranges[0].center.shape
        self.histograms = np.zeros((2, *shape, BINS + 2), np.uint32 if n < 2**32 else np.uint64)
        self.lows, self.highs = np.full((2, *shape), np.inf), np.full((2, *shape), -np.inf)
        self.sums = np.zeros((7, *shape), np.int64)
        self.open = np.zeros((2, *shape), np.int64)
        self.bins = tuple((r.low, r.scale, r.center) for r in ranges)

    def fresh(self) -> "MedianSums":
        return MedianSums(self.ranges, self.n)

    def add(self, pairs: Pairs, a: Floats, b: Floats, begun: int) -> None:
        for values, bins, histogram, low, high in zip(
            (a, b), self.bins, self.histograms, self.lows, self.highs, strict=True
        ):
            _add_histogram(values, pairs.start, pairs.sound, bins[0], bins[1], histogram, low, high)
        centers = self.bins[0][2], self.bins[1][2]
        _add_sides(a, b, pairs.start, pairs.sound, pairs.closes, begun, *centers, self.open, self.sums)

    def merge(self, other: "MedianSums") -> None:
        self.histograms += other.histograms
        np.minimum(self.lows, other.lows, out=self.lows)
        np.maximum(self.highs, other.highs, out=self.highs)
        self.sums += other.sums


class Transitions:
    """int64[n_outcomes, n_outcomes]: pairs by their outcome in a and in b."""

    def __init__(self, n_outcomes: int) -> None:
        self.counts = np.zeros((n_outcomes, n_outcomes), np.int64)

    def add(self, pairs: Pairs) -> None:
        a, b = (chunk.outcome[pairs.span][pairs.sound].astype(np.int64) for chunk in (pairs.a, pairs.b))
        n = len(self.counts)
        self.counts += np.bincount(a * n + b, minlength=n * n).reshape(n, n)

    def merge(self, other: "Transitions") -> None:
        self.counts += other.counts


class PairSums:
    """Everything that is added up over pairs of trajectories; shapes are those of ``shape.layout``.

    Args:
        shape: what is counted.
        ranges: how the values of each scenario are binned.
    """

    def __init__(self, shape: Shape, ranges: tuple[Ranges, Ranges]) -> None:
        self.shape, self.ranges = shape, ranges
        layout = shape.layout
        zeros = np.zeros((layout.n_records, sum(len(values) for _, values in layout.machines)))
        self.sizes = Sizes()
        self.shares = ShareSums(shape.groups)
        self.values = MeanSums(ranges[0].center, ranges[1].center)
        self.machines = MeanSums(zeros, zeros)
        self.medians = MedianSums(ranges, shape.n)
        self.transitions = Transitions(len(layout.outcomes))

    def fresh(self) -> "PairSums":
        return PairSums(self.shape, self.ranges)

    def add(self, pairs: Pairs) -> None:
        """Add a part, or the next piece of it; a part ends with the end of a cluster."""
        begun = self.sizes.open
        n_measures = len(self.shape.layout.measures)
        a, b = pairs.a.kept, pairs.b.kept
        self.values.add(pairs, a[:, :n_measures], b[:, :n_measures], begun)
        self.medians.add(pairs, a[:, :n_measures], b[:, :n_measures], begun)
        self.machines.add(pairs, self._machine_values(a), self._machine_values(b), begun)
        marks = [self._hits(chunk, pairs) for chunk in (pairs.a, pairs.b)]
        self.shares.add(pairs, (marks[0][0], marks[1][0]), (marks[0][1], marks[1][1]))
        self.transitions.add(pairs)
        self.sizes.add(pairs)

    def merge(self, other: "PairSums") -> None:
        self.sizes.merge(other.sizes)
        self.shares.merge(other.shares)
        self.values.merge(other.values)
        self.machines.merge(other.machines)
        self.medians.merge(other.medians)
        self.transitions.merge(other.transitions)

    def _machine_values(self, kept: Floats) -> Floats:
        """1 where a phase or decision has a value: float64[n_records, machine values, n]."""
        layout = self.shape.layout
        first = len(layout.measures)
        parts = [
            kept[:, first + row, None] == np.arange(len(values))[:, None]
            for row, (_, values) in enumerate(layout.machines)
        ]
        empty = np.zeros((len(kept), 0, kept.shape[2]), np.bool_)
        return np.concatenate([empty, *parts], axis=1).astype(np.float64)

    def _hits(self, chunk: Chunk, pairs: Pairs) -> tuple[Bools, Bools]:
        """Who has each outcome, answer and thing, and who counts: bool[n_columns, n], bool[n_groups, n]."""
        outcomes = chunk.outcome[pairs.span] == np.arange(len(self.shape.layout.outcomes))[:, None]
        answers = np.zeros((len(self.shape.question_rows), pairs.stop - pairs.start), np.bool_)
        for row, (q, b) in enumerate(self.shape.question_rows):
            answer, question = chunk.answers[q, pairs.span], self.shape.questions[q]
            answers[row] = np.digitize(answer, question.bins) == b if question.kind == "value" else answer != 0
        counted = np.concatenate([pairs.sound[None], pairs.sound & chunk.given[:, pairs.span]])
        hits = np.concatenate([outcomes, answers, chunk.has_happened()[:, pairs.span]])
        return hits & counted[self.shape.groups], counted
