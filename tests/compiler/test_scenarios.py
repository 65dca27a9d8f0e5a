"""Scenarios: every verb does what it says, and shifts no draw of anything else."""

import numpy as np
import pytest

from .runs import CLOCK, assert_mean, assert_share, loaded, ran

MODEL = """
actors: {west: {title: West}}
parameters:
  p: {prior: "uniform(0, 1)"}
  q: {prior: "normal(0, 1)"}
  fixed: {value: 3}
  twice: {value: 2*fixed}
  from_p: {value: 10*p}
levers:
  aid: {value: 1, range: [0, 2]}
  mode: {value: 0, choices: [0, 1, 4]}
  budget: {unit: bn_USD, value: 5}
draws: {luck: "normal(0, 1)", once: {draw: "uniform(0, 1)", every: trajectory}}
states:
  x: {initial: 2, change: aid/week}
  y: {initial: fixed, next: y + luck}
  funds: {unit: USD, initial: budget}
events:
  strike: {rate: 0.2/week, kinds: {port: 1, base: 3}}
  quiet: {rate: 0.2/week}
  rare: {probability: 0, when: t < 0*week, every: 4 weeks, once: true, cooldown: 5 weeks, kinds: {big: 1, small: 1}}
  often: {when: t >= 0*week}
phases:
  war: {values: [on, off], initial: on, moves: [on -> off: {rate: 0.1/week}]}
decisions:
  west.send: {initial: no_, options: {no_: 0, yes_: 0.3}}
  west.late: {initial: low, every: 3 weeks, options: {low: 0, high: 50}}
measures: [p, q, fixed, twice, from_p, aid, mode, luck, once, x, y, funds, strike.count, quiet.count, rare.count,
           rare.elapsed, often.count, war, west.send, west.send.elapsed, west.send.yes_.count, west.late]
scenarios:
  numbers: {set: {p: 0.25, fixed: 5, aid: 0.5, x: 7, mode: 4}}
  priors: {set: {p: "uniform(2, 3)", fixed: "normal(0, 1)"}}
  dated: {set: {aid: {value: 2, from: 2025-01-21, until: 2025-02-03}}}
  steps: {set: {aid: [{value: 0, until: 2025-01-20}, {value: 2, from: 2025-02-17}]}}
  starts: {set: {war: off, west.send: yes_, y: -1}}
  weights: {set: {war: {on: 0.25, off: 0.75}}}
  forced:
    force:
      west.send: {option: yes_, from: 2025-01-20, until: 2025-02-10}
      west.late: {option: low, until: 2025-01-28}
  always: {force: {west.send: yes_}}
  twice_forced:
    force:
      west.send: [{option: yes_, from: 2025-01-14, until: 2025-01-27}, {option: no_, from: 2025-02-10}]
  fired: {fire: {rare: 2025-01-22, strike: [2025-01-06, 2025-02-03]}}
  kind: {fire: {rare.small: [2025-01-13, 2025-01-20, 2025-01-27], strike.port: 2025-01-01}}
  silent: {fire: {rare: 2025-01-22}, suppress: [rare, strike, often]}
  child: {inherits: numbers, set: {fixed: 6}, suppress: [often]}
  grandchild: {inherits: child, set: {aid: 2}, fire: {rare: 2025-02-03}}
"""
N = 2000
UNTOUCHED = ("luck", "once", "quiet.count", "q")


@pytest.fixture(scope="module")
def baseline():
    return ran(MODEL, n=N)


def scenario(name, baseline, *, same=()):
    found = ran(MODEL, n=N, scenario=name)
    for measure in (*UNTOUCHED, *same):
        assert np.array_equal(found[measure], baseline[measure]), measure
    return found


def test_set_numbers(baseline):
    found = scenario("numbers", baseline, same=("strike.count", "war", "west.send"))
    assert found.one("p")[0] == 0.25
    assert found.one("fixed")[0] == 5
    assert found.one("twice")[0] == 10
    assert found.one("from_p")[0] == 2.5
    assert found.one("mode") == [4] * 11
    assert found.one("x") == [7 + 0.5 * k for k in range(11)]
    assert np.allclose(found["y"] - baseline["y"], 2)
    assert found.results.scenarios[0].varying == ("q",)


def test_set_priors(baseline):
    found = scenario("priors", baseline, same=("strike.count", "war", "west.send"))
    assert np.array_equal(found["p"], 2 + baseline["p"]) or np.allclose(found["p"], 2 + baseline["p"], rtol=1e-15)
    assert np.allclose(found["from_p"], 10 * found["p"])
    assert np.allclose(found["twice"], 2 * found["fixed"])
    values = found["fixed"][0, ::10]
    assert_mean(values, 0)
    assert_mean(values**2, 1)
    assert_mean(values * found["p"][0, ::10], 0)
    assert np.allclose(found["y"] - found["fixed"], baseline["y"] - 3)


def test_set_levers_for_a_time(baseline):
    aid = [1, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1]  # the first record not before 21 January is the 27th; 3 February is out
    found = scenario("dated", baseline, same=("p", "y", "strike.count"))
    assert found.one("aid") == aid
    assert found.one("x") == (2 + np.cumsum([0, *aid[:-1]])).tolist()
    steps = scenario("steps", baseline)
    assert steps.one("aid") == [0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2]


def test_set_initial_values(baseline):
    found = scenario("starts", baseline, same=("strike.count", "p"))
    assert (found["war"] == 1).all()
    assert (found["west.send"][0] == 1).all()
    assert (found["west.send.yes_.count"][0] == 1).all()
    assert (found["y"][0] == -1).all()
    weighted = scenario("weights", baseline)
    assert_share((weighted["war"][0] == 0).sum(), N, 0.25)


def test_force(baseline):
    found = scenario("forced", baseline, same=("strike.count", "war"))
    send, free = found.is_at("west.send", "yes_"), baseline.is_at("west.send", "yes_")
    assert send[2:5].all()
    assert np.array_equal(send[:2], free[:2])
    assert np.array_equal(send[5:], free[5:])  # chosen with the same draws, as nothing of the past matters to it
    assert found.one("west.late") == [0, 0, 0, 0, *[1] * 7]  # its decision dated 13 January is skipped
    assert baseline.one("west.late") == [0, *[1] * 10]
    always = scenario("always", baseline)
    assert always.is_at("west.send", "yes_").all()
    assert always.one("west.send.elapsed") == list(range(11))
    assert always.one("west.send.yes_.count") == [1] * 11
    twice = scenario("twice_forced", baseline).is_at("west.send", "yes_")
    assert twice[2].all()
    assert np.array_equal(twice[3:5], free[3:5])
    assert not twice[5:].any()


def test_fire(baseline):
    found = scenario("fired", baseline, same=("war", "west.send"))
    assert found.one("rare.count") == [0, 0, 0, *[1] * 8]
    assert found.one("rare.elapsed")[3:5] == [0, 1]
    counts, free = np.diff(found["strike.count"], axis=0), np.diff(baseline["strike.count"], axis=0)
    assert (counts[0] == 1).all()  # at the earliest one step after the start
    assert (counts[3] == 1).all()
    others = [k for k in range(10) if k not in (0, 3)]
    assert np.array_equal(counts[others], free[others])
    kinds = scenario("kind", baseline)
    assert kinds.one("rare.count") == [0, 1, 2, *[3] * 8]
    assert kinds.happened("rare.small") == (N, 3 * N)
    assert kinds.happened("rare.big") == (0, 0)
    assert kinds.first_dates("strike.port")[1] == N


def test_suppress_wins(baseline):
    found = scenario("silent", baseline, same=("war", "west.send"))
    for event in ("rare", "strike", "strike.port", "often"):
        assert found.happened(event) == (0, 0)


def test_inheritance(baseline):
    child = scenario("child", baseline)
    assert child.one("fixed")[0] == 6
    assert child.one("p")[0] == 0.25
    assert child.happened("often") == (0, 0)
    grandchild = scenario("grandchild", baseline)
    assert grandchild.one("aid") == [2] * 11
    assert grandchild.one("fixed")[0] == 6
    assert grandchild.one("rare.count")[4] == 1
    assert grandchild.happened("often") == (0, 0)


def test_settings_of_the_command_line_are_those_of_a_scenario(baseline):
    found = ran(MODEL, "p=0.25", "fixed=5", "aid=0.5", "x=7", "mode=4", n=N)
    numbers = ran(MODEL, n=N, scenario="numbers")
    for measure in ("p", "fixed", "twice", "aid", "x", "y", "strike.count", "west.send"):
        assert np.array_equal(found[measure], numbers[measure])


def test_a_setting_takes_the_unit_of_the_declaration():
    found = ran("""
        parameters: {part: {unit: percent, value: 20}, speed: {unit: km/week, value: 7}}
        states: {pos: {unit: m, initial: 0, change: speed}}
        derived: {share: part}
        measures: [share, pos]
        scenarios: {other: {set: {part: 50, speed: 14, pos: 100}}}
        """, scenario="other")  # fmt: skip
    assert found.one("share")[0] == 0.5
    assert found.one("pos")[:3] == [100, 14100, 28100]


def test_the_same_option_in_force_is_no_change():
    found = ran("""
        actors: {west: {title: West}}
        decisions: {west.aid: {initial: a, options: {a: 50, b: 0}}}
        states: {changes: {initial: 0, on: {west.aid.a: += 1, west.aid.b: += 1}}}
        measures: [changes, west.aid.elapsed, west.aid]
        scenarios: {held: {force: {west.aid: {option: a, from: 2025-01-13, until: 2025-02-03}}}}
        """, scenario="held")  # fmt: skip
    assert found.one("changes") == [0] * 11
    moved = ran(MOVED, scenario="moved")
    assert moved.one("west.aid") == [0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    assert moved.one("changes") == [0, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2]
    assert moved.one("west.aid.elapsed")[:5] == [0, 0, 1, 0, 1]


MOVED = """
actors: {west: {title: West}}
decisions: {west.aid: {initial: a, options: {a: 50, b: 0}}}
states: {changes: {initial: 0, on: {west.aid.a: += 1, west.aid.b: += 1}}}
measures: [changes, west.aid.elapsed, west.aid]
scenarios: {moved: {force: {west.aid: {option: b, from: 2025-01-13, until: 2025-01-27}}}}
"""


def test_a_fired_kind_needs_no_weight():
    """`fire` happens whatever else; the weights that the kinds have that day do not matter to a named kind."""
    found = ran("""
        events: {strike: {when: t < 0*week, kinds: {port: 0*t/week, base: 0*t/week}}}
        states: {x: 0}
        scenarios: {fired: {fire: {strike.base: 2025-01-20}}}
        """, scenario="fired")  # fmt: skip
    assert found.n == 100
    assert found.happened("strike.base") == (100, 100)


def test_scenarios_of_a_study_and_its_settings(tmp_path):
    from sim.model.load import load

    from .runs import run_study, write

    write(tmp_path, "levers: {aid: {value: 1, range: [0, 5]}}\nstates: {x: {initial: 2, change: aid/week}}\n"
          "measures: [x, aid]\n" + CLOCK)  # fmt: skip
    study = tmp_path / "study.yaml"
    study.write_text(
        "study: both\nmodel: model.yaml\ntrajectories: 70\nseed: 3\nset: {x: 5}\n"
        "scenarios: {more: {set: {aid: 3}}, less: {inherits: more, set: {x: 1}}}\n"
    )
    loaded_study = load(study)
    assert [s.name for s in loaded_study.scenarios] == ["baseline", "more", "less"]
    more = run_study(loaded_study, 70, 3, "more")
    assert more.one("x")[:3] == [5, 8, 11]
    less = run_study(loaded_study, 70, 3, "less")
    assert less.one("x")[:2] == [5, 8]  # settings of a study are laid over all of its scenarios


def test_the_baseline_of_a_run_of_all_is_the_baseline_alone(baseline):
    from sim.engine.run import run

    study = loaded(MODEL)
    together = run(study, n=N, seed=1, keep=N, threads=2)
    first = together.scenarios[0]
    alone = baseline.result
    assert np.array_equal(first.kept[0].values, alone.kept[0].values)
    assert first.values.tobytes() == alone.values.tobytes()
