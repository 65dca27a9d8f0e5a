"""Counts by parameter draw: exact sums over clusters whose trajectories may lie in several chunks."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sim.compiler.jit import Jitted
from sim.engine.intervals import ClusteredCount

_add_by_draw = Jitted("sim.engine.chunk_loops", "add_by_draw")
_add_clusters = Jitted("sim.engine.chunk_loops", "add_clusters")

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]


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

    def add(self, first: int, n: int, counted: Words, hits: Words) -> tuple[int, Ints, Ints]:
        """Add ``n`` trajectories from number ``first`` on, a bit for each: counted[n_groups, -], hits[n_columns, -].

        Hits of those that do not count for their column are left out.

        Returns:
            First parameter draw, and sums by draw: counted int64[n_groups, draws], hits int64[n_columns, draws].
        """
        draw, starts = clusters_of(first, n, self.replicates)
        m, k = (np.empty((len(words), len(starts)), np.int64) for words in (counted, hits))
        _add_by_draw(counted, counted, np.arange(self.n_groups), starts, n, m)
        _add_by_draw(hits, counted, self.groups, starts, n, k)
        cut = [i for i in {0, len(starts) - 1} if self._is_cut(draw + i, first, first + n)]
        for i in cut:
            seen = int(starts[i + 1] if i + 1 < len(starts) else n) - int(starts[i])
            self._meet(draw + i, Piece(seen, m[:, i].copy(), k[:, i].copy()))
        self._include(m, k, int(0 in cut), len(starts) - (len(starts) - 1 in cut))
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
            self._include(whole.counted[:, None], whole.hits[:, None], 0, 1)

    def _size(self, draw: int) -> int:
        return min(self.replicates, self.n - draw * self.replicates)

    def _is_cut(self, draw: int, first: int, last: int) -> bool:
        """Has a parameter draw trajectories before ``first``, or from ``last`` on?"""
        start = draw * self.replicates
        return start < first or start + self._size(draw) > last

    def _include(self, m: Ints, k: Ints, first: int, last: int) -> None:
        """Add whole clusters, those of the columns ``first`` to ``last``."""
        _add_clusters(m, k, self.groups, first, last, self.group_sums, self.sums)


def packed(flags: Bools) -> Words:
    """A bit for each flag of bool[rows, n], from the lowest bit of the first word on."""
    padded = np.zeros((len(flags), -(-flags.shape[1] // 64) * 8), np.uint8)
    bits = np.packbits(flags, axis=1, bitorder="little")
    padded[:, : bits.shape[1]] = bits
    return padded.view(np.uint64)


def clusters_of(first: int, count: int, replicates: int) -> tuple[int, Ints]:
    """The parameter draw of trajectory ``first``, and where in the chunk each parameter draw begins."""
    draw = first // replicates
    last = (first + count - 1) // replicates
    starts = np.arange(draw, last + 1, dtype=np.int64) * replicates - first
    return draw, np.maximum(starts, 0)
