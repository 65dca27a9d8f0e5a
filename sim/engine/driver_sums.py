"""Totals of every target by parameter draw, from which the drivers of its variance are found.

The first 10,000 parameter draws suffice (so memory is bounded): they know a share of variance to
about one percent of the variance. A measure enters by its last value, in whole bins of its histogram about its centre.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.compiler.jit import Jitted
from sim.compiler.program import Layout
from sim.engine.clusters import clusters_of
from sim.engine.ranges import Ranges
from sim.engine.room import zeros
from sim.model.declarations import Question

if TYPE_CHECKING:
    from sim.engine.driver import Chunk

_add_in_bins = Jitted("sim.engine.chunk_loops", "add_in_bins")

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MOST_DRAWS = 10_000
FARTHEST = 2.0**25  # bins from the centre; beyond, a measure's variance is not split


@dataclass(frozen=True)
class Targets:
    """What may be driven: outcomes, yes-or-no questions, and measures at the horizon."""

    names: tuple[str, ...]
    columns: Ints  # of the indicators, among the columns that are counted
    groups: Ints  # which trajectories count for each target
    n_indicators: int


def targets_of(layout: Layout, questions: tuple[Question, ...], bins: bool = False) -> Targets:
    """The targets in the order of the tables, with ``bins`` also each answer of a numeric question."""
    names, columns, groups = list(layout.outcomes), list(range(len(layout.outcomes))), [0] * len(layout.outcomes)
    at = len(layout.outcomes)
    for number, question in enumerate(questions, start=1):
        is_number = question.kind == "value"
        n = len(question.bins) + 1 if is_number else 1
        if bins or not is_number:
            names += [f"{question.name} {question.answer_label(i)}" if is_number else question.name for i in range(n)]
            columns += range(at, at + n)
            groups += [number] * n
        at += n
    return Targets(
        names=(*names, *layout.measures),
        columns=np.array(columns, np.int64),
        groups=np.array(groups + [0] * len(layout.measures), np.int64),
        n_indicators=len(columns),
    )


class DriverSums:
    """By parameter draw: how many trajectories count, and for each target their total and total of squares."""

    def __init__(
        self, targets: Targets, n_groups: int, n_draws: int, replicates: int, center: Floats, scale: Floats
    ) -> None:
        self.start = targets, n_groups, n_draws, replicates, center, scale
        self.targets, self.n_draws, self.replicates = targets, n_draws, replicates
        self.center, self.scale = center, scale
        n_measures = len(targets.names) - targets.n_indicators
        self.counted = zeros((n_groups, n_draws), np.int64)
        self.totals = zeros((len(targets.names), n_draws), np.int64)
        self.squares = zeros((n_measures, n_draws), np.int64)
        self.beyond = np.zeros(n_measures, np.int64)

    @classmethod
    def of(
        cls, layout: Layout, questions: tuple[Question, ...], n: int, replicates: int, ranges: Ranges
    ) -> "DriverSums":
        n_draws = min(-(-n // replicates), MOST_DRAWS)
        center, scale = ranges.center[-1], ranges.scale[-1]
        return cls(targets_of(layout, questions), 1 + len(questions), n_draws, replicates, center, scale)

    def aimed_at(self, targets: Targets) -> "DriverSums":
        """The same, still empty, for other indicators."""
        return DriverSums(targets, *self.start[1:])

    def fresh(self) -> "DriverSums":
        return DriverSums(*self.start)

    def add(self, chunk: "Chunk", succeeded: npt.NDArray[np.bool_], draw: int, m: Ints, k: Ints) -> None:
        """Add a chunk whose counts by draw, from number ``draw`` on, are m[n_groups, draws] and k[n_columns, draws]."""
        n = min(m.shape[1], self.n_draws - draw)
        if n <= 0:
            return
        here = slice(draw, draw + n)
        self.counted[:, here] += m[:, :n]
        self.totals[: self.targets.n_indicators, here] += k[self.targets.columns, :n]
        _, starts = clusters_of(chunk.first, chunk.count, self.replicates)
        values, totals = np.ascontiguousarray(chunk.final), self.totals[self.targets.n_indicators :]
        _add_in_bins(
            values, succeeded, starts, self.center, self.scale, FARTHEST, draw, totals, self.squares, self.beyond
        )

    def merge(self, other: "DriverSums") -> None:
        self.counted += other.counted
        self.totals += other.totals
        self.squares += other.squares
        self.beyond += other.beyond
