"""Paired differences against closed forms, against plain formulas on whole trajectories, and against themselves."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import sim.analysis.compare as compare_module
from sim.analysis.compare import Side, compare, compare_sides, sides_of
from sim.engine.driver import simulate
from sim.engine.intervals import Z95
from sim.engine.results import Settings
from sim.engine.run import run
from sim.engine.scenario_run import ScenarioRun
from sim.errors import UsageError
from tests.analysis import models

END = "2025-01-20"


def numbers(row):
    return row.a, row.b, row.difference, row.low, row.high, *row.band, row.sign_share


def test_a_shift_is_found_exactly_and_without_doubt(known):
    found = compare(known, "shifted", "baseline", n=500)
    mean, median = found.row("measure", "level", "mean"), found.row("measure", "level", "median")
    assert [mean.difference, mean.low, mean.high, *mean.band] == pytest.approx([1.25] * 5, rel=1e-14)
    assert [median.difference, median.low, median.high] == pytest.approx([1.25] * 3, rel=1e-14)
    assert mean.sign_share == 1.0


@pytest.mark.parametrize("n", [300, 3000])
def test_a_scenario_against_itself_is_zero_everywhere(known, n):
    for b in ("pushed", "baseline"):
        found = compare(known, b, "again" if b == "baseline" else b, n=n)
        rows = [x for r in found.rows for x in (r.difference, r.low, r.high, *r.band) if not math.isnan(x)]
        assert rows
        assert set(rows) == {0.0}
        assert np.count_nonzero(found.transitions - np.diag(np.diag(found.transitions))) == 0


def test_what_has_not_been_seen_to_differ_may_still_differ(known):
    row = compare(known, "shifted", "baseline").row("outcome", "struck", "share")
    assert row.difference == 0.0
    assert -row.low == row.high == pytest.approx(Z95 * math.sqrt(2) / 3000)


def test_exchanging_the_scenarios_changes_the_signs_alone(known):
    there, back = compare(known, "pushed", "swung", n=2000), compare(known, "swung", "pushed", n=2000)
    for one, other in zip(there.rows, back.rows, strict=True):
        mirrored = (other.b, other.a, -other.difference, -other.high, -other.low, -other.band[1], -other.band[0])
        assert numbers(one)[:-1] == pytest.approx(mirrored, rel=1e-9, abs=1e-12, nan_ok=True)
    assert (there.transitions == back.transitions.T).all()


@pytest.mark.parametrize("n_threads", [2, 5])
@pytest.mark.parametrize("replicates", [1, 7, 10])
def test_threads_change_no_bit(known, n_threads, replicates):
    options = {"n": 5003, "replicates": replicates}
    one = compare(known, "pushed", "baseline", threads=1, **options)
    many = compare(known, "pushed", "baseline", threads=n_threads, **options)
    assert repr(one.rows) == repr(many.rows)
    assert (one.transitions == many.transitions).all()


@pytest.mark.parametrize(("n", "replicates"), [(2000, 10), (1003, 100), (700, 1000), (999, 1), (300, 7)])
def test_parts_add_up_to_the_whole(known, monkeypatch, n, replicates):
    """Also where one parameter draw does not fit into what is simulated at once."""
    options = {"n": n, "replicates": replicates, "threads": 1}
    whole = compare(known, "pushed", "swung", **options)
    monkeypatch.setattr(compare_module, "MEMORY", 0)
    parts = compare(known, "pushed", "swung", **options)
    assert (whole.transitions == parts.transitions).all()
    for one, other in zip(whole.rows, parts.rows, strict=True):
        assert numbers(one) == pytest.approx(numbers(other), rel=1e-9, abs=1e-12, nan_ok=True)


def plain(y, z, counted_y, counted_z, replicates, pseudo):
    """Shares or means, their difference, interval and variance over parameter draws, by the formulas as they stand."""
    starts = np.arange(0, len(y), replicates)
    y, z = y * counted_y, z * counted_z

    def total(values):
        return np.add.reduceat(np.asarray(values, float), starts)

    def apart(u, v):
        return (total(u) * total(v) - total(u * v)).sum()

    n_y, n_z = counted_y.sum(), counted_z.sum()
    p, q = y.sum() / n_y, z.sum() / n_z
    residual = (total(y) - p * total(counted_y)) / n_y - (total(z) - q * total(counted_z)) / n_z
    clusters = len(starts)
    variance = (residual**2).sum() * clusters / (clusters - 1)
    half = Z95 * math.sqrt(variance + pseudo / (n_y * n_z))
    second = (
        apart(y, y) / apart(counted_y, counted_y)
        + apart(z, z) / apart(counted_z, counted_z)
        - 2 * apart(y, z) / apart(counted_y, counted_z)
    )
    return (p, q, p - q, p - q - half, p - q + half), second - (p - q) ** 2 + variance


def test_every_kind_of_row_agrees_with_plain_formulas(known):
    n, replicates = 1501, 10
    found = compare(known, "pushed", "baseline", n=n, replicates=replicates)
    sides = sides_of(known, ("pushed", "baseline"), Settings(n=n, seed=known.seed, replicates=replicates))
    a, b = (
        simulate(s.run.kernel, s.run.inputs, s.run.sampler.values(0, 151), replicates, known.seed, 0, n, None, n)
        for s in sides
    )
    every = np.ones(n)
    cases = [
        (("outcome", "struck", "share"), a.outcome == 0, b.outcome == 0, every, every, 2),
        (("question", "struck_if", "yes"), a.answers[1], b.answers[1], a.given[1], b.given[1], 2),
        (("question", "height", "0..1"), *((c.answers[2] >= 0) & (c.answers[2] < 1) for c in (a, b)), every, every, 2),
        (("event", "mood.angry", "share"), a.has_happened()[1], b.has_happened()[1], every, every, 2),
        (("measure", "bent", "mean"), a.kept[2, 1], b.kept[2, 1], every, every, 0),
        (("state", "mood", "angry"), a.kept[2, 2] == 1, b.kept[2, 2] == 1, every, every, 2),
    ]
    for key, y, z, counted_y, counted_z, pseudo in cases:
        expected, spread = plain(y, z, counted_y, counted_z, replicates, pseudo)
        row = found.row(*key)
        assert numbers(row)[:5] == pytest.approx(expected, rel=1e-9, abs=1e-12)
        if key[1] == "struck_if":  # not the same pairs on both sides: normal
            half = 1.6448536269514722 * math.sqrt(spread)
            assert row.band == pytest.approx((row.difference - half, row.difference + half))


def test_levels_are_those_of_a_run(known):
    found, result = compare(known, "pushed", "baseline"), run(known, scenarios=["pushed"]).scenarios[0]
    assert [found.row("outcome", o, "share").a for o in found.outcomes] == [share.p for share in result.outcomes]
    assert found.row("measure", "bent", "mean").a == pytest.approx(result.values[0, -1, 1], rel=1e-12)
    assert found.row("measure", "bent", "median").a == result.values[5, -1, 1]


def test_transitions_add_up_to_the_outcomes(known):
    found = compare(known, "pushed", "baseline")
    both = {s.scenario.name: [share.k for share in s.outcomes] for s in run(known).scenarios}
    assert found.transitions.sum(axis=1).tolist() == both["pushed"]
    assert found.transitions.sum(axis=0).tolist() == both["baseline"]


def test_pairs_with_a_failure_are_left_out(tmp_path):
    failing = models.study(tmp_path, models.FAILING, n=3000)
    found, results = compare(failing, "riskier", "baseline"), run(failing)
    failed = [result.failures for result in results.scenarios]
    assert found.n + found.failures == 3000
    assert max(failed) <= found.failures <= sum(failed)
    assert found.transitions.sum() == found.n


def test_no_band_without_two_trajectories_of_a_draw_or_without_uncertain_parameters(known, tmp_path):
    single = compare(known, "pushed", "baseline", n=800, replicates=1)
    certain = compare(models.study(tmp_path, models.FAILING), "riskier", "baseline", n=800)
    for row in (*single.rows, *certain.rows):
        assert all(math.isnan(x) for x in (*row.band, row.sign_share))


def test_one_parameter_draw_alone_has_no_interval(known):
    row = compare(known, "pushed", "baseline", n=50, replicates=50).row("outcome", "struck", "share")
    assert math.isnan(row.low)
    assert math.isnan(row.high)


def test_what_cannot_be_compared_is_refused(known):
    with pytest.raises(UsageError, match="did you mean 'pushed'"):
        compare(known, "pushd", "baseline")
    with pytest.raises(UsageError, match="-n must be at least 1"):
        compare(known, "pushed", "baseline", n=0)


def repeated(known, pair, n, replicates, repeats):
    """Comparisons of one pair with one seed after another."""
    first = sides_of(known, pair, Settings(n=n, seed=0, replicates=replicates))
    for seed in range(repeats):
        settings = Settings(n=n, seed=seed, replicates=replicates)
        yield compare_sides(*(with_settings(side, settings) for side in first))


def with_settings(side: Side, settings: Settings) -> Side:
    return replace(side, run=ScenarioRun.of(side.run.kernel, side.model, side.scenario, settings))


TRUE_STRENGTH = stats.gamma(0.8, scale=0.1)


def test_intervals_cover_the_truth(known):
    """95% intervals of 100 runs; fewer than 88 of 100 has a chance of 1 in 600 for each.

    The seeds are fixed, so the test gives the same on every machine.
    """
    below = TRUE_STRENGTH.cdf(0.7)
    mean = 0.08 * stats.gamma(1.8, scale=0.1).cdf(0.7) / below
    covered = {"struck": 0, "bent": 0, "middle": 0}
    for found in repeated(known, ("pushed", "baseline"), 800, 4, 100):
        struck = found.row("outcome", "struck", "share")
        bent, middle = (found.row("measure", "bent", aspect) for aspect in ("mean", "median"))
        covered["struck"] += struck.low <= mean <= struck.high
        covered["bent"] += bent.low <= 0 <= bent.high
        covered["middle"] += middle.low <= 0 <= middle.high
    assert all(k >= 88 for k in covered.values()), covered


def test_bands_are_those_of_the_parameters(known):
    """An effect in proportion to a gamma, and one in proportion to a normal that changes its sign in 16% of draws."""
    gamma = compare(known, "pushed", "baseline", n=100_000).row("outcome", "struck", "share")
    quantiles = TRUE_STRENGTH.ppf(np.array([0.05, 0.95]) * TRUE_STRENGTH.cdf(0.7))
    assert gamma.band == pytest.approx(quantiles, abs=0.012)
    assert gamma.sign_share > 0.99
    swung = compare(known, "swung", "baseline", n=100_000)
    normal, share = swung.row("measure", "bent", "mean"), swung.row("outcome", "struck", "share")
    assert normal.band == pytest.approx(stats.norm(0.05, 0.05).ppf([0.05, 0.95]), abs=0.004)
    assert normal.sign_share == pytest.approx(stats.norm.cdf(1), abs=0.02)
    assert share.sign_share == pytest.approx(stats.norm.cdf(1), abs=0.1)
