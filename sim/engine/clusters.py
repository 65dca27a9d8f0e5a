"""Counts by parameter draw: exact sums over clusters whose trajectories may lie in several chunks."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sim.compiler.jit import Jitted
from sim.engine.intervals import ClusteredCount

_add_by_draw = Jitted("sim.engine.loop", "add_by_draw")

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass
class Piece:
    """What has been seen so far of one parameter draw."""

    seen: int
    counted: Ints  # [n_groups]
    hits: Ints  # [n_columns]


@dataclass
class Edges:
    """Where a cluster that a chunk's edge has cut waits for its other pieces.

    Two of them for each stretch of chunks that lie side by side, until the stretch beside it is merged.
    """

    pieces: dict[int, Piece] = field(default_factory=dict)

    def meet(self, draw: int, piece: Piece, size: int) -> Piece | None:
        """The whole cluster if this was its last piece."""
        waiting = self.pieces.pop(draw, None)
        if waiting is not None:
            piece = Piece(waiting.seen + piece.seen, waiting.counted + piece.counted, waiting.hits + piece.hits)
        if piece.seen == size:
            return piece
        self.pieces[draw] = piece
        return None

    def take(self) -> list[tuple[int, Piece]]:
        """All that waits, which is then gone from here."""
        taken, self.pieces = sorted(self.pieces.items()), {}
        return taken


class Clusters:
    """Exact sums over parameter draws of m, k, m^2, m k and k^2, for many columns side by side.

    Column c counts hits among the trajectories of group ``groups[c]``; where ``replicates`` is 1 only m and k matter.
    """

    def __init__(self, groups: Ints, n_groups: int, n: int, replicates: int) -> None:
        self.groups = groups
        self.n_groups = n_groups
        self.n = n
        self.replicates = replicates
        self.edges = Edges()
        self.sums = np.zeros((3, len(groups)), np.int64)  # k, m k, k^2
        self.group_sums = np.zeros((3, n_groups), np.int64)  # m, m^2, clusters with m > 0

    def fresh(self) -> "Clusters":
        """An empty one."""
        return Clusters(self.groups, self.n_groups, self.n, self.replicates)

    def add(self, first: int, counted: Bools, hits: Bools) -> tuple[int, Ints, Ints]:
        """Add trajectories from number ``first`` on: counted bool[n_groups, n], hits bool[n_columns, n].

        Hits of those that do not count for their column are none.

        Returns:
            First parameter draw, and sums by draw: counted int64[n_groups, draws], hits int64[n_columns, draws].
        """
        draw, starts = clusters_of(first, counted.shape[1], self.replicates)
        m, k = (np.empty((len(flags), len(starts)), np.int64) for flags in (counted, hits))
        _add_by_draw(counted, counted, np.arange(self.n_groups), starts, m)
        _add_by_draw(hits, counted, self.groups, starts, k)
        sizes = np.diff(starts, append=counted.shape[1])
        whole = sizes == np.minimum(self.replicates, self.n - np.arange(draw, draw + len(starts)) * self.replicates)
        for i in np.flatnonzero(~whole).tolist():
            self._meet(draw + i, Piece(int(sizes[i]), m[:, i].copy(), k[:, i].copy()))
        self._include(m[:, whole], k[:, whole])
        return draw, m, k

    def merge(self, other: "Clusters") -> None:
        self.sums += other.sums
        self.group_sums += other.group_sums
        for draw, piece in other.edges.take():
            self._meet(draw, piece)

    def finish(self, clustered: bool) -> list[ClusteredCount]:
        """The count of each column; ``clustered`` where trajectories of a parameter draw have something in common."""
        if self.edges.pieces:
            raise RuntimeError("trajectories are missing")
        m, mm, clusters = self.group_sums[:, self.groups].tolist()
        k, mk, kk = self.sums.tolist()
        together = clustered and self.replicates > 1
        return [
            ClusteredCount(m[c], k[c], mm[c], mk[c], kk[c], clusters[c]) if together else ClusteredCount(m[c], k[c])
            for c in range(len(m))
        ]

    def _meet(self, draw: int, piece: Piece) -> None:
        whole = self.edges.meet(draw, piece, self._size(draw))
        if whole is not None:
            self._include(whole.counted[:, None], whole.hits[:, None])

    def _size(self, draw: int) -> int:
        return min(self.replicates, self.n - draw * self.replicates)

    def _include(self, m: Ints, k: Ints) -> None:
        by_column = m[self.groups]
        self.sums += np.stack([k.sum(axis=1), (by_column * k).sum(axis=1), (k * k).sum(axis=1)])
        self.group_sums += np.stack([m.sum(axis=1), (m * m).sum(axis=1), (m > 0).sum(axis=1)])


def clusters_of(first: int, count: int, replicates: int) -> tuple[int, Ints]:
    """The parameter draw of trajectory ``first``, and where in the chunk each parameter draw begins."""
    draw = first // replicates
    last = (first + count - 1) // replicates
    starts = np.arange(draw, last + 1, dtype=np.int64) * replicates - first
    return draw, np.maximum(starts, 0)
