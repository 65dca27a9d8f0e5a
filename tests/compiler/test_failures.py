"""NaN and infinity: counted, left out, named, replayable; and harmless where the language says so."""

import math
import re
import subprocess
import sys

import numpy as np
import pytest

from sim.engine.replay import replay
from sim.engine.results import Settings
from sim.engine.run import run
from sim.errors import ModelError

from .runs import CLOCK, loaded, ran, write

SOMETIMES = """
draws: {u: {draw: "uniform(0, 1)", every: trajectory}}
states: {x: {initial: 0, change: 1/week}}
"""
BROKEN = {  # what makes a number that is none from 20 January on, in the trajectories with u > 0.9; whose number it is
    "derived": ("derived: {bad: log(1 - (u > 0.9)*(t >= 2*week))}\n", "bad"),
    "nan": ("derived: {bad: log(0.5 - (u > 0.9)*(t >= 2*week))}\n", "bad"),
    "state": ("states2: {bad: {initial: 0, next: 1/(1 - (u > 0.9)*(t >= 1*week))}}\n", "bad"),
    "overflow": ("states2: {bad: {initial: 1, next: 'bad*(1e200 if u > 0.9 else 1)'}}\n", "bad"),
    "draw": ("draws2: {bad: 'normal(0, 1 - 2*(u > 0.9)*(t >= 2*week))'}\n", "bad"),
    "poisson": ("draws2: {bad: 'poisson(1 - 2*(u > 0.9)*(t >= 2*week))'}\n", "bad"),
    "measure": ("measures: [x, {bad: {value: 1/(1 - (u > 0.9)*(t >= 2*week))}}]\n", "bad"),
    "question": ("questions: {bad: {value: '1/(1 - (u > 0.9)*(t >= 2*week))', bins: [2]}}\n", "bad"),
    "rate": ("events: {bad: {rate: 1/week/(1 - (u > 0.9)*(t >= 2*week))}}\n", "bad"),
    "probability": ("events: {bad: {probability: sqrt(0.5 - (u > 0.9)*(t >= 2*week))}}\n", "bad"),
    "kinds": ("events: {bad: {kinds: {a: u <= 0.9 or t < 2*week, b: 0}}}\n", "bad"),
    "move": ("phases: {bad: {values: [a, b], initial: a, moves: [a -> b: {rate: 0/week/(1 - (u > 0.9)*(t >= 2*week))}, "
             "a -> b: {rate: 0/week}]}}\n", "bad"),
    "utility": ("actors: {west: {title: W}}\ndecisions: {west.bad: {initial: a, options: "
                "{a: 1/(1 - (u > 0.9)*(t >= 2*week)), b: 0}}}\n", "west.bad"),
    "start": ("states2: {bad: {initial: 'log(0.9 - u)'}}\n", "bad"),
}  # fmt: skip


def broken(part):
    """The model with a part added to its sections."""
    text = SOMETIMES
    for section in ("states", "draws"):
        if f"{section}2: {{" in part:
            added = part.split(f"{section}2: {{")[1].rstrip().removesuffix("}")
            text = text.replace(f"{section}: {{", f"{section}: {{{added}, ")
            part = ""
    return text + part


@pytest.mark.parametrize("kind", BROKEN)
def test_failures_are_counted_left_out_and_named(kind):
    part, name = BROKEN[kind]
    study = loaded(broken(part))
    results = run(study, n=300, seed=5, keep=300, threads=1)
    result = results.scenarios[0]
    assert 5 < result.failures < 70
    assert result.n == 300 - result.failures == result.outcomes[0].n
    first = result.first_failure
    assert first is not None
    assert first.declaration == name
    assert np.isfinite(result.values[0]).all()
    kept = np.concatenate([part.trajectories for part in result.kept])
    assert len(kept) == result.n
    assert first.trajectory == min(set(range(300)) - set(kept.tolist()))
    again = replay(study, first.trajectory, None, Settings(300, 5))
    assert again.outcome is None
    assert again.declaration == name
    assert again.steps[-1].record == first.record
    assert first.record == (0 if kind == "start" else 2)


def test_a_rate_without_gate_does_no_harm():
    """What is computed where it does not matter may be anything."""
    found = ran("""
        states:
          x: {initial: 0, change: 1/week, on: {rare: += 1/(x - x)}}
          y: {initial: -1, next: "log(y) if y > 0 else y"}
        actors: {west: {title: West}}
        events:
          rare: {when: t < 0*week, rate: 1/week/(x - x)}
          odd: {when: x > 100, probability: sqrt(y), kinds: {a: y, b: y}}
          opened: {chance: log(y), within: 2 weeks, after: rare}
        phases: {war: {values: [a, b], initial: a, moves: [a -> b: {when: t < 0*week, rate: log(y)/week},
                       b -> a: {rate: 1/week/(x - x)}]}}
        decisions: {west.act: {initial: a, when: x > 100, options: {a: log(y), b: 0}},
                    west.other: {initial: a, options: {a: {utility: log(y), when: y > 0}, b: 0}}}
        derived: {safe: "log(y) if y > 0 else 7", other: "0 if y < 0 else sqrt(y)", third: "1/(x - x) if x < 0 else 2"}
        measures: [x, y, safe, other, third, rare.elapsed]
        questions: {q: {value: "log(y) if y > 0 else 3", bins: [2]}}
        """)
    assert found.n == 100
    assert found.result.failures == 0
    assert found.one("safe") == [7] * 11
    assert found.one("other") == [0] * 11
    assert found.one("third") == [2] * 11
    assert found.one("x") == list(range(11))
    assert found.one("rare.elapsed") == [math.inf] * 11
    assert found.answer("q", 1) == (100, 100)


def test_an_infinite_elapsed_does_no_harm():
    found = ran("""
        events: {never: {when: t < 0*week}, late: {when: never.elapsed > 5*week, once: true}}
        derived:
          long_ago: never.elapsed > 8*week
          recent: exp(-never.elapsed/week)
          capped: min(never.elapsed/week, 52)
          curve: table(never.elapsed/week, 0, 1, 10, 3)
          since: {unit: week, value: never.elapsed}
          chosen: "never.elapsed/week if never.ever else -1"
        states: {x: {initial: 0, next: x + recent + capped}}
        questions: {age: {value: never.elapsed, unit: week, bins: [10]}, ever: {ever: never.elapsed < 3*week}}
        measures: [long_ago, recent, capped, curve, since, chosen, x, late.count]
        """)
    assert found.result.failures == 0
    assert found.one("long_ago") == [1] * 11
    assert found.one("recent") == [0] * 11
    assert found.one("capped") == [52] * 11
    assert found.one("curve") == [3] * 11
    assert found.one("chosen") == [-1] * 11
    assert found.one("x")[-1] == 520
    assert found.one("late.count")[1:] == [1] * 10
    assert found.answer("age", 1) == (100, 100)
    assert not found.holds("ever")


def test_failures_after_the_end_do_not_count():
    found = ran("""
        states: {x: {initial: 3, change: -1/week}}
        derived: {y: 1/x}
        outcomes: {done: {ends_when: x <= 1}, rest: otherwise}
        measures: [x, y]
        """)
    assert found.result.failures == 0
    assert found.one("y")[2:] == [1] * 9


def test_the_command_says_how_many_which_and_how_to_replay(tmp_path):
    path = write(tmp_path, broken(BROKEN["derived"][0]) + CLOCK)
    command = [sys.executable, "-m", "sim"]
    words = ["run", str(path), "-n", "300", "--seed", "5", "-o", str(tmp_path / "out")]
    done = subprocess.run([*command, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    failures = re.search(r"(\d+) of 300 trajectories failed", done.stderr)
    assert failures
    assert 5 < int(failures[1]) < 70
    assert "bad became NaN or infinite" in done.stderr
    assert "2025-01-20" in done.stderr
    again = re.search(r"crossroads (trace .*)", done.stderr)
    assert again
    told = subprocess.run([*command, *again[1].split()], capture_output=True, text=True, check=False)
    assert told.returncode in (0, 3), told.stderr
    assert "bad" in told.stdout


@pytest.mark.parametrize("text", ["1/0", "log(0)", "9**9**9**9", "sqrt(-1)"])
def test_a_constant_that_is_no_number_is_refused(text):
    with pytest.raises(ModelError):
        loaded(f"parameters: {{x: {text}}}\nstates: {{y: x}}\n")


@pytest.mark.parametrize("condition", ["log(x - 1)", "log(x - 1) < 1", "not log(x - 1) > 1"])
def test_a_condition_that_is_no_number_is_a_failure(condition):
    found = ran(f"states: {{x: 0}}\nevents: {{bad: {{when: {condition}}}}}\n")
    assert found.result.failures == 100


NEVER = "derived: {ago: {unit: week, value: a.elapsed}}\nevents: {a: {when: t < 0*week}, b: {when: t < 0*week}"


@pytest.mark.parametrize(
    "condition",
    [
        "not (a.elapsed - b.elapsed >= 2*week)",
        "not (ago - 2*b.elapsed < 0*week)",
        "not x*a.elapsed > 3*week",
        "exp(800 + x) - exp(800 + x) == 0 or x == 0",
        "x*exp(800 + x) < 1",
        "not sin(a.elapsed/week) < 2",
        "x == 1 or cos(ago/week)",
    ],
)
def test_infinite_numbers_that_meet_in_a_condition_are_a_failure(condition):
    found = ran(f"states: {{x: 0}}\n{NEVER}, bad: {{when: {condition!r}}}}}\n")
    assert found.result.failures == 100
    assert found.result.first_failure.declaration == "bad"


def test_infinite_numbers_that_do_not_meet_do_no_harm():
    found = ran(f"""states: {{x: 0}}
{NEVER}, late: {{when: "2*ago + 3*week - x*week > 8*week and -a.elapsed < b.elapsed", once: true}}}}\n""")
    assert found.result.failures == 0
    assert found.happened("late") == (100, 100)


@pytest.mark.parametrize(
    "part",
    [
        "events: {never: {when: t < 0*week}, bad: {kinds: {a: never.elapsed/week, b: 1}}}",
        "events: {bad: {kinds: {a: 1, b: exp(800 + x)}}}",
        "events: {e: {when: t >= 0*week}}\nphases: {bad: {values: [p, q, r], initial: p, "
        "moves: [{from: p, to: {q: exp(800 + x), r: 1}, on: e}]}}",
    ],
)
def test_an_infinite_weight_is_a_failure(part):
    found = ran(f"states: {{x: 0}}\n{part}\n")
    assert found.result.failures == 100
    assert found.result.first_failure.declaration == "bad"
