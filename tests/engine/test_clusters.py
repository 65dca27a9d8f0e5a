import itertools
import random

import numpy as np
import pytest

from sim.engine.clusters import Clusters, clusters_of, packed


def cut(n, random):
    """Chunks of random size that cover n trajectories."""
    edges = sorted({0, n, *random.sample(range(1, n), min(6, n - 1))})
    return list(itertools.pairwise(edges))


@pytest.mark.parametrize(("n", "replicates"), [(100, 1), (100, 10), (103, 10), (60, 7), (50, 60), (50, 25)])
def test_chunks_in_any_order_and_grouping_give_the_sums_over_clusters(n, replicates):
    rng, rand = np.random.default_rng(n), random.Random(replicates)
    counted = np.stack([np.ones(n, bool), rng.random(n) < 0.5])
    groups = np.array([0, 1, 1])
    hits = rng.random((3, n)) < 0.4
    starts = np.arange(0, n, replicates)
    m = np.add.reduceat(counted, starts, axis=1, dtype=int)[groups]
    k = np.add.reduceat(hits & counted[groups], starts, axis=1, dtype=int)
    for _ in range(20):
        whole = Clusters(groups, 2, n, replicates)
        parts = [whole.fresh() for _ in range(5)]
        for first, last in rand.sample(chunks := cut(n, rand), len(chunks)):
            part = counted[:, first:last], hits[:, first:last]
            rand.choice(parts).add(first, last - first, *map(packed, part))
        for part in rand.sample(parts, 5):
            whole.merge(part)
        for c, count in enumerate(whole.finish(clustered=True)):
            assert (count.n, count.k) == (m[c].sum(), k[c].sum())
            if replicates > 1:
                assert (count.mm, count.mk, count.kk) == ((m[c] ** 2).sum(), (m[c] * k[c]).sum(), (k[c] ** 2).sum())
                assert count.clusters == (m[c] > 0).sum()


def test_edges_do_not_grow_along_a_stretch_nor_between_merged_ones():
    whole, ones = Clusters(np.array([0]), 1, 12800, 10), packed(np.ones((1, 16), bool))
    for stretch in range(0, 12800, 1600 + 16 * 7):
        part = whole.fresh()
        for first in range(stretch, min(stretch + 1600 + 16 * 7, 12800), 16):
            part.add(first, 16, ones, ones)
            assert len(part.edges.pieces) <= 2
        whole.merge(part)
        assert len(whole.edges.pieces) <= 1


def test_missing_trajectories_are_noticed():
    part = Clusters(np.array([0]), 1, 100, 10)
    ones = packed(np.ones((1, 55), bool))
    part.add(0, 55, ones, ones)
    with pytest.raises(RuntimeError):
        part.finish(clustered=True)


def test_clusters_of_a_chunk():
    draw, starts = clusters_of(64, 20, 10)
    assert draw == 6
    assert starts.tolist() == [0, 6, 16]
