import itertools
import random

import numpy as np
import pytest

from sim.engine.clusters import Clusters, clusters_of


def cut(n, random):
    """Chunks of random size that cover n trajectories."""
    edges = sorted({0, n, *random.sample(range(1, n), min(6, n - 1))})
    return list(itertools.pairwise(edges))


@pytest.mark.parametrize(("n", "replicates"), [(100, 1), (100, 10), (103, 10), (60, 7), (50, 60), (50, 25)])
def test_chunks_in_any_order_and_grouping_give_the_sums_over_clusters(n, replicates):
    rng, rand = np.random.default_rng(n), random.Random(replicates)
    counted = np.stack([np.ones(n, bool), rng.random(n) < 0.5])
    groups = np.array([0, 1, 1])
    hits = (rng.random((3, n)) < 0.4) & counted[groups]
    starts = np.arange(0, n, replicates)
    m = np.add.reduceat(counted, starts, axis=1, dtype=int)[groups]
    k = np.add.reduceat(hits, starts, axis=1, dtype=int)
    for _ in range(20):
        whole = Clusters(groups, 2, n, replicates)
        shared = [whole.fresh() for _ in range(3)]
        apart = [Clusters(groups, 2, n, replicates) for _ in range(2)]
        for first, last in rand.sample(chunks := cut(n, rand), len(chunks)):
            rand.choice(shared + apart).add(first, counted[:, first:last], hits[:, first:last])
        for part in rand.sample(shared + apart, 5):
            whole.merge(part)
        for c, count in enumerate(whole.finish(clustered=True)):
            assert (count.n, count.k) == (m[c].sum(), k[c].sum())
            if replicates > 1:
                assert (count.mm, count.mk, count.kk) == ((m[c] ** 2).sum(), (m[c] * k[c]).sum(), (k[c] ** 2).sum())
                assert count.clusters == (m[c] > 0).sum()


def test_shared_edges_do_not_grow():
    whole = Clusters(np.array([0]), 1, 10000, 10)
    ones = np.ones((1, 16), bool)
    for first in range(0, 10000, 16):
        whole.fresh().add(first, ones, ones)
        assert len(whole.edges.pieces) <= 1


def test_missing_trajectories_are_noticed():
    part = Clusters(np.array([0]), 1, 100, 10)
    part.add(0, np.ones((1, 55), bool), np.ones((1, 55), bool))
    with pytest.raises(RuntimeError):
        part.finish(clustered=True)


def test_clusters_of_a_chunk():
    draw, starts = clusters_of(64, 20, 10)
    assert draw == 6
    assert starts.tolist() == [0, 6, 16]
