"""The contract of every summary: whatever the parts and their order, merging gives the bits of the whole."""

import random

import numpy as np
import pytest

from sim.compiler.program import Layout
from sim.engine.pilot import PILOT, Pilot
from sim.engine.summaries import ScenarioSummary, Shape
from tests.engine.models import chunk_of, crossing

N, CHUNK, RECORDS = 3000, 256, 5
LAYOUT = Layout(RECORDS, ("a",), ("x", "y"), (("war", ("on", "off")),), ("hit", "off"), ("ended", "rest"), ())
QUESTIONS = crossing().questions


def whole_run(seed=0):
    """Made-up trajectories, some of which failed."""
    rng = np.random.default_rng(seed)
    failed = np.where(rng.random(N) < 0.01, 2, -1).astype(np.int32)
    arrays = {
        "failed": failed,
        "outcome": np.where(failed >= 0, -1, rng.integers(0, 2, N)).astype(np.int16),
        "end": rng.integers(0, RECORDS, N).astype(np.int32),
        "answers": np.stack([rng.random(N) < 0.3, rng.normal(0, 2, N), rng.random(N) < 0.5]).astype(float),
        "given": np.stack([np.ones(N, bool), np.ones(N, bool), rng.random(N) < 0.4]),
        "counts": rng.poisson(0.7, (2, N)).astype(np.int32),
        "machine": rng.integers(0, 2, (RECORDS, N)),
    }
    arrays["firsts"] = np.where(arrays["counts"] > 0, rng.integers(0, RECORDS, (2, N)), -1).astype(np.int32)
    values = np.stack([rng.normal(3, 2, (RECORDS, N)), rng.lognormal(0, 1, (RECORDS, N))], axis=1)
    return values, arrays


def chunks_of(values, arrays, pilot):
    starts = range(0, N, CHUNK)
    return [chunk_of(values, first, min(CHUNK, N - first), pilot.ranges, **arrays) for first in starts]


def state_of(summary):
    """Everything that a summary holds, as bytes and plain numbers."""
    counting, values = summary.counting, summary.values
    drivers = counting.drivers
    arrays = (
        counting.clusters.sums, counting.clusters.group_sums, drivers.counted, drivers.totals, drivers.squares,
        drivers.beyond, summary.times.ends, summary.times.firsts, summary.times.total, values.finish(), values.lows,
        values.highs, values.histogram, summary.shares.counts, summary.convergence.finish(),
    )  # fmt: skip
    return [a.tobytes() for a in arrays], values.n, summary.failures.count, summary.failures.first


@pytest.mark.parametrize("replicates", [1, 7, 10, 1000])
def test_merging_in_any_order_gives_the_bits_of_the_whole(replicates):
    values, arrays = whole_run()
    sound = arrays["failed"][:PILOT] < 0
    pilot = Pilot.of(values[:, :, :PILOT], sound, min(replicates, 4), is_all=False)
    shape = Shape(LAYOUT, QUESTIONS, N, replicates)
    chunks = chunks_of(values, arrays, pilot)
    straight = ScenarioSummary.start(shape, pilot)
    for chunk in chunks:
        straight.add(chunk)
    rand = random.Random(replicates)
    for _ in range(5):
        shuffled = ScenarioSummary.start(shape, pilot)
        parts = [shuffled.fresh() for _ in range(3)] + [ScenarioSummary.start(shape, pilot) for _ in range(2)]
        for chunk in rand.sample(chunks, len(chunks)):
            rand.choice(parts).add(chunk)
        while len(parts) > 1:
            first = parts.pop(rand.randrange(len(parts)))
            rand.choice(parts).merge(first)
        shuffled.merge(parts[0])
        assert state_of(shuffled) == state_of(straight)


def test_the_numbers_are_those_of_the_whole():
    values, arrays = whole_run()
    sound = arrays["failed"] < 0
    pilot = Pilot.of(values[:, :, :PILOT], sound[:PILOT], 4, is_all=False)
    summary = ScenarioSummary.start(Shape(LAYOUT, QUESTIONS, N, 10), pilot)
    for chunk in chunks_of(values, arrays, pilot):
        summary.add(chunk)
    good = values[:, :, sound]
    mean, sd, se, *quantiles = summary.values.finish()
    assert mean == pytest.approx(good.mean(axis=-1), rel=1e-12)
    assert sd == pytest.approx(good.std(axis=-1, ddof=1), rel=1e-12)
    assert np.abs(se / (sd / np.sqrt(sound.sum())) - 1).max() < 0.7  # independent here: the pilot sees little likeness
    assert quantiles[2] == pytest.approx(np.median(good, axis=-1), rel=0.02)
    assert summary.failures.count == (~sound).sum()
    assert summary.failures.first == (int(np.flatnonzero(~sound)[0]), 2)
    assert summary.shares.counts[:, 1].tolist() == arrays["machine"][:, sound].sum(axis=1).tolist()
    assert summary.times.total.tolist() == arrays["counts"][:, sound].sum(axis=1).tolist()
    first_100 = np.bincount(arrays["outcome"][:100][sound[:100]], minlength=2)
    assert summary.convergence.finish()[0].tolist() == first_100.tolist()
    counts = summary.counting.clusters.finish(clustered=True)
    assert counts[0].k == ((arrays["outcome"] == 0) & sound).sum()
    side = counts[2 + 4]  # two outcomes, then yes-or-no, three bins, and the question with a condition
    given = arrays["given"][2] & sound
    assert (side.n, side.k) == (given.sum(), (given & (arrays["answers"][2] > 0)).sum())


def test_memory_does_not_grow_with_the_number_of_trajectories():
    pilot = Pilot.of(np.zeros((RECORDS, 2, 10)), np.ones(10, bool), 1, is_all=False)

    def size(n):
        summary = ScenarioSummary.start(Shape(LAYOUT, QUESTIONS, n, 10), pilot)
        drivers = summary.counting.drivers
        return summary.values.histogram.nbytes + drivers.totals.nbytes + summary.counting.clusters.sums.nbytes

    assert size(10**6) == size(10**9)


def test_prefixes_double():
    assert Shape(LAYOUT, (), 1000, 10).prefixes == (100, 200, 400, 800, 1000)
    assert Shape(LAYOUT, (), 800, 10).prefixes == (100, 200, 400, 800)
    assert Shape(LAYOUT, (), 30, 10).prefixes == (30,)
