import datetime
from dataclasses import replace

import numpy as np
import pytest

from sim.engine.replay import replay
from sim.engine.results import Settings
from sim.engine.run import run
from sim.errors import UsageError
from sim.language.tree import Read
from sim.model.declarations import Event, Measure, Outcome, Scenario, State
from sim.output.csv_text import csv_text
from sim.output.tables import all_tables
from tests.engine.models import (
    PLACE,
    call,
    crossing,
    draw,
    fixed,
    lit,
    model,
    param,
    reordered,
    sample,
    study,
    uncertain,
)


def texts(results):
    return {table.name: csv_text(table) for table in all_tables(results)}


@pytest.fixture(scope="module")
def crossed():
    return study(crossing(), n=5003)


@pytest.fixture(scope="module")
def found(crossed):
    return run(crossed, threads=1, keep=20)


@pytest.mark.parametrize("n_threads", [2, 5])
def test_threads_change_no_byte(crossed, found, n_threads):
    assert texts(run(crossed, threads=n_threads, keep=20)) == texts(found)


@pytest.mark.parametrize("design", ["lhs", "sobol"])
def test_threads_change_no_byte_of_other_designs(crossed, design):
    assert texts(run(crossed, threads=1, design=design)) == texts(run(crossed, threads=3, design=design))


def test_the_order_of_declarations_changes_no_number(crossed, found):
    other = replace(crossed, model=reordered(crossed.model))
    ours, theirs = texts(found), texts(run(other, threads=2, keep=20))
    for name in ("outcomes", "questions", "measures", "states", "drivers", "trajectories", "experiments"):
        assert ours[name] == theirs[name]
    for name in ("events", "parameters"):
        assert sorted(ours[name].splitlines()) == sorted(theirs[name].splitlines())


def test_a_longer_run_begins_with_the_shorter(crossed, found):
    longer = run(replace(crossed, trajectories=9000), threads=2, keep=20)
    assert texts(longer)["trajectories"] == texts(found)["trajectories"]
    assert texts(longer)["experiments"] == texts(found)["experiments"]
    early = dict(found.scenarios[0].convergence)
    for n, shares in longer.scenarios[0].convergence[:6]:
        assert [s.k for s in shares] == [s.k for s in early[n]]


def test_a_scenario_alone_is_the_same_as_among_others(crossed, found):
    alone = run(crossed, scenarios=["high"], threads=2)
    assert alone.scenarios[0].values.tobytes() == found.scenarios[1].values.tobytes()
    assert alone.scenarios[0].outcomes == found.scenarios[1].outcomes


def test_known_answers(found):
    baseline, high = found.scenarios
    stay = np.exp(-0.05 * 20)
    assert baseline.outcomes[0].p == pytest.approx(1 - stay, abs=0.03)
    assert baseline.outcomes == high.outcomes  # the coin decides nothing
    assert sum(share.k for share in baseline.outcomes) == 5003
    assert baseline.shares[:, 0] / 5003 == pytest.approx(np.exp(-0.05 * np.arange(21)), abs=0.03)
    assert high.things[0].p > baseline.things[0].p
    kinds = high.thing_totals[1:3]
    assert kinds.sum() == high.thing_totals[0]
    assert kinds[0] / kinds.sum() == pytest.approx(0.25, abs=0.03)
    y = found.layout.measures.index("y")
    mean, sd, se = baseline.values[:3, 0, y]
    assert mean == pytest.approx(0, abs=4 * se)
    assert sd == pytest.approx(np.sqrt(5), rel=0.05)
    assert se == pytest.approx(np.sqrt((4 + 1 / 10) / 500), rel=0.25)  # 500 parameter draws
    drivers = baseline.drivers
    target, names = drivers.targets.index("y"), baseline.varying
    assert drivers.share[target] == pytest.approx([0.8, 0, 0.8 * 0.25, 0], abs=0.12)
    assert names == ("a", "b", "c", "p")


def test_a_small_run_has_the_quantiles_of_its_trajectories(crossed):
    small = run(crossed, n=150, keep=150, threads=2)
    kept = np.concatenate([part.values for part in small.scenarios[0].kept], axis=2)
    x = kept[:, 0]
    expected = np.quantile(x, [0.05, 0.25, 0.5, 0.75, 0.95], axis=1)
    assert small.scenarios[0].values[3:, :, 0] == pytest.approx(expected, rel=1e-12, abs=1e-15)
    assert small.scenarios[0].values[0, :, 0] == pytest.approx(x.mean(axis=1), abs=1e-12)


def test_statistics_are_those_of_the_kept_trajectories(crossed):
    results = run(crossed, n=2500, keep=2500, threads=2)
    baseline = results.scenarios[0]
    kept = np.concatenate([part.values for part in baseline.kept], axis=2)
    outcome = np.concatenate([part.outcome for part in baseline.kept])
    assert [share.k for share in baseline.outcomes] == np.bincount(outcome, minlength=3).tolist()
    for row, name in enumerate(results.layout.measures):
        if name == "since":
            continue
        values = kept[:, row]
        mean, sd = baseline.values[0, :, row], baseline.values[1, :, row]
        assert mean == pytest.approx(values.mean(axis=1), abs=1e-9)
        assert sd == pytest.approx(values.std(axis=1, ddof=1), abs=1e-9)
        exact = np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95], axis=1)
        width = np.quantile(values, 0.99, axis=1) - np.quantile(values, 0.01, axis=1)
        assert (np.abs(baseline.values[3:, :, row] - exact) <= 0.002 * width + 1e-12).all()


def test_infinite_measures_have_no_mean_but_quantiles(found):
    since = found.layout.measures.index("since")
    mean, sd, se, p05, *_, p95 = found.scenarios[0].values[:, 10, since]
    assert np.isnan([mean, sd, se, p95]).all()
    assert p05 >= 0


@pytest.mark.parametrize("replicates", [1, 3, 700, 10_000])
def test_any_number_of_replicates(crossed, replicates):
    results = run(crossed, n=3000, replicates=replicates, threads=2)
    baseline = results.scenarios[0]
    assert sum(share.k for share in baseline.outcomes) == 3000
    band = baseline.things[0].band
    assert np.isnan(band).all() == (replicates in (1, 10_000))
    x = results.layout.measures.index("x")
    assert not np.isnan(baseline.values[:, :, x]).any()


def test_the_band_is_that_of_the_chance_given_the_parameters():
    m = model(
        1,
        parameters=(uncertain("p", sample("uniform", 0.2, 0.6)),),
        draws=(draw("u", sample("uniform", 0, 1), "trajectory"),),
        states=(State(name="x", place=PLACE, initial=call("lt", _read("u"), param("p")), change=lit(0)),),
        outcomes=(Outcome("yes", when=call("eq", _state("x"), lit(1))), Outcome("no")),
    )
    yes, no = run(study(m, 40_000), threads=2).scenarios[0].outcomes
    assert yes.p == pytest.approx(0.4, abs=0.01)
    assert yes.band == pytest.approx((0.22, 0.58), abs=0.03)  # a beta distribution fitted to a uniform
    assert no.band == pytest.approx((0.42, 0.78), abs=0.03)


def test_no_uncertain_parameter_no_band_and_no_drivers():
    m = model(parameters=(fixed("a", 1),), draws=(draw("u", sample("uniform", 0, 1)),),
              measures=(Measure("u", _read("u")),))  # fmt: skip
    results = run(study(m, 2000), threads=1)
    assert np.isnan(results.scenarios[0].outcomes[0].band).all()
    assert results.scenarios[0].drivers.share.shape[1] == 0
    assert results.layout.outcomes == ("completed",)


def failing():
    """One over a draw that is sometimes 0: about 1 trajectory in 100 fails."""
    rate = call("div", lit(1), call("ge", _read("u"), lit(0.001)))
    return model(
        10,
        draws=(draw("u", sample("uniform", 0, 1)),),
        states=(State(name="x", place=PLACE, initial=lit(0), change=rate),),
        measures=(Measure("x", _state("x")),),
        events=(Event(name="hit", place=PLACE, probability=lit(0.5), site="hit"),),
    )


def test_failures_are_counted_left_out_and_named():
    results = run(study(failing(), 5000), threads=2, keep=5000)
    baseline = results.scenarios[0]
    assert 10 < baseline.failures < 120
    assert baseline.n == 5000 - baseline.failures == baseline.outcomes[0].n
    first = baseline.first_failure
    assert first is not None
    assert first.declaration == "x"
    kept = [i for part in baseline.kept for i in part.trajectories.tolist()]
    assert first.trajectory == next(i for i in range(5000) if i not in kept)
    again = replay(results.study, first.trajectory, None, Settings(5000, 7))
    assert again.outcome is None
    assert again.declaration == "x"
    assert again.steps[-1].record == first.record


def test_the_replay_is_the_kept_trajectory(crossed, found):
    kept = found.scenarios[1].kept[0]
    for i in (0, 7, 19):
        again = replay(crossed, i, "high", Settings(5003, 7))
        end = int(kept.end[i])
        assert again.outcome == found.layout.outcomes[int(kept.outcome[i])]
        assert again.steps[-1].record == end
        for step in again.steps:
            assert [step.values[m] for m in found.layout.measures] == kept.values[step.record, :5, i].tolist()


def test_progress_is_told_to_the_end(crossed):
    told = []
    run(crossed, threads=2, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (10006, 10006)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.parametrize(
    "wrong",
    [
        {"n": 0}, {"replicates": 0}, {"keep": 5004}, {"keep": -1}, {"seed": -1}, {"seed": 2**64}, {"threads": 0},
        {"design": "grid"}, {"scenarios": ["hihg"]}, {"n": 10**18, "keep": 10**18}, {"n": 10**18, "keep": 1},
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_refused(crossed, wrong):
    with pytest.raises(UsageError):
        run(crossed, **wrong)


def test_a_misspelt_scenario_is_guessed(crossed):
    with pytest.raises(UsageError, match="did you mean 'high'"):
        run(crossed, scenarios=["hihg"])


def test_dates_of_events_are_counted_from_the_start(found):
    dates = [found.model.clock.date_of(r) for r in range(3)]
    assert dates[1] == datetime.date(2025, 1, 8)
    war_on = found.layout.things.index("war.on")
    assert found.scenarios[0].first_dates[war_on, 0] == 5003


def test_a_lever_and_a_changed_scenario_are_paired():
    m = crossing(scenarios=(Scenario("baseline"), Scenario("same")))
    results = run(study(m, 2000), threads=2)
    assert results.scenarios[0].values.tobytes() == results.scenarios[1].values.tobytes()


def _read(name):
    return Read("draw", name)


def _state(name):
    return Read("state", name)
