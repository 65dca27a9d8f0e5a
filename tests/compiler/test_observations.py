"""Questions, outcomes and what is carried forward after a trajectory has stopped."""

import math

import numpy as np

from .runs import assert_share, ran

N = 20_000

# x is 1 at the record times 3, 4, 5 and 8, that is on 27 January, 3, 10 February and 3 March.
PULSE = """
states: {x: {initial: 0, next: t == 2*week or t == 3*week or t == 4*week or t == 7*week}}
"""


def answers(questions, more=""):
    """The answers to questions, each written as one line."""
    lines = "\n".join(f"  q{i}: {{{text}}}" for i, text in enumerate(questions))
    found = ran(f"{PULSE}{more}questions:\n{lines}\n")
    return [found.holds(f"q{i}") for i in range(len(questions))]


def test_windows():
    expected = {
        "ever: x": True,
        "always: x": False,
        "at_end: x": False,
        "ever: x, by: 2025-01-26": False,
        "ever: x, by: 2025-01-27": True,
        "ever: x, from: 2025-02-11": True,
        "ever: x, from: 2025-02-11, by: 2025-03-02": False,
        "ever: x, from: 2025-03-04": False,
        "ever: x, from: 2025-03-03, by: 2025-03-03": True,
        "always: x, from: 2025-01-27, by: 2025-02-10": True,
        "always: x, from: 2025-01-21, by: 2025-02-16": True,  # only record times count
        "always: x, from: 2025-01-20, by: 2025-02-10": False,
        "always: x, from: 2025-01-27, by: 2025-02-17": False,
        "always: not x, by: 2025-01-26": True,
        "at_end: x, by: 2025-03-03": True,
        "at_end: x, by: 2025-03-09": True,
        "at_end: x, by: 2025-03-10": False,
        "ever: x == 0, by: 2025-01-06": True,
        "ever: t >= 10*week": True,
    }
    assert answers(expected) == list(expected.values())


def test_stretches():
    expected = {
        "ever: x, for: 1 week": True,
        "ever: x, for: 2 weeks": True,
        "ever: x, for: 3 weeks": False,
        "ever: x, for: 2 weeks, by: 2025-02-09": False,  # the whole stretch lies within the window
        "ever: x, for: 2 weeks, by: 2025-02-10": True,
        "ever: x, for: 1 week, by: 2025-02-09": True,
        "ever: x, for: 2 weeks, from: 2025-02-03": False,
        "ever: x, for: 1 week, from: 2025-02-03": True,
        "ever: x, for: 1 week, from: 2025-02-04": False,
        "ever: x == 0, for: 2 weeks, by: 2025-01-20": True,
        "ever: x == 0, for: 3 weeks": False,
        "ever: t >= 0*week, for: 10 weeks": True,
        "ever: x, for: 0 weeks": True,
    }
    assert answers(expected) == list(expected.values())


def test_before_something_else():
    more = "events: {bell: {when: t == 4*week}, first: {when: t == 0*week}}\n"  # dated at the records 5 and 1
    expected = {
        "ever: x, before: bell.ever": True,
        "ever: x, from: 2025-02-03, before: bell.ever": True,
        "ever: x, from: 2025-02-10, before: bell.ever": False,  # at record 5 itself is not before
        "ever: x, from: 2025-01-27, before: first.ever": False,  # since the start, not since `from`
        "ever: x, for: 2 weeks, before: bell.ever": True,  # s = 3 comes before
        "ever: x, for: 1 week, from: 2025-02-03, before: bell.ever": True,  # s = 4, though it lasts until 5
        "ever: x, before: x": False,
        "ever: x, before: t < 0*week": True,
        "ever: x, before: t == 3*week": False,
        "ever: x, before: x == 0": False,
    }
    assert answers(expected, more) == list(expected.values())


def test_given_counts_only_where_it_held_within_the_window():
    found = ran("""
        draws: {coin: {draw: "bernoulli(0.3)", every: trajectory}, side: {draw: "bernoulli(0.5)", every: trajectory}}
        questions:
          all: {ever: side == 1}
          some: {ever: side == 1, given: coin == 1}
          early: {ever: side == 1, given: coin == 1 and t == 1*week, by: 2025-01-12}
          late: {ever: side == 1, given: coin == 1 and t == 1*week, by: 2025-01-13}
          valued: {value: side, bins: [0.5], given: coin == 1}
        measures: [coin, side]
        """, n=N)
    coin, side = found["coin"][0] == 1, found["side"][0] == 1
    assert found.answer("all") == (side.sum(), N)
    assert found.answer("some") == (int((side & coin).sum()), int(coin.sum()))
    assert found.answer("early") == (0, 0)
    assert found.answer("late") == found.answer("some")
    assert found.answer("valued", 1) == found.answer("some")
    assert_share(coin.sum(), N, 0.3)


def test_numeric_questions_and_their_bins():
    found = ran("""
        parameters: {walk: {unit: USD, value: 1000}}
        states: {price: {unit: USD, initial: 59_000, next: price + walk}}
        questions:
          edge: {value: price, by: 2025-01-13, bins: [59_000, 60_000, 61_000]}
          between: {value: price, by: 2025-01-19, bins: [60_001]}
          in_thousands: {value: price, unit: kUSD, by: 2025-01-20, bins: [60.5, 61.5]}
          plain: {value: 2*price/walk, by: 2025-01-06, bins: [118, 119]}
        """)
    assert found.answer("edge", 2) == (100, 100)  # 60,000 is in 60000..61000
    assert [found.answer("edge", b)[0] for b in (0, 1, 3)] == [0, 0, 0]
    assert found.answer("between", 0) == (100, 100)
    assert found.answer("in_thousands", 1) == (100, 100)
    assert found.answer("plain", 1) == (100, 100)


STOPPING = """
events: {bell: {when: t == 2*week}, after: {when: t >= 5*week}}
phases: {war: {values: [on, off], initial: on, moves: [on -> off: {when: t == 3*week}]}}
draws: {noise: "normal(0, 1)"}
states: {x: {initial: 0, change: 1/week}, y: {initial: 0, next: y + noise}}
levers: {dial: {value: 0}}
derived: {clock: t/week, quick: {unit: week, value: bell.elapsed}}
outcomes:
  stopped: {ends_when: war.off}
  other: otherwise
questions:
  later: {ever: x >= 5}
  clock_later: {ever: t >= 5*week}
  clock_stops: {at_end: t == 4*week}
  always_off: {always: war.off, from: 2025-02-03}
  held: {ever: war.off, for: 5 weeks}
  held_after: {ever: war.off, for: 2 weeks, from: 2025-02-17, by: 2025-03-03}
  number: {value: x, bins: [4, 5]}
  dialled: {ever: dial == 1}
  given_later: {ever: war.off, given: war.off, from: 2025-02-17}
  age: {value: bell.elapsed, unit: week, bins: [1, 2]}
  never_after: {ever: after.ever}
measures: [x, y, noise, clock, quick, war, war.elapsed, dial, after.count]
scenarios: {turned: {set: {dial: {value: 1, from: 2025-02-10}}, fire: {after: 2025-02-17}}}
"""


def test_a_stopped_trajectory_stands_still():
    found = ran(STOPPING, n=200)
    assert found.outcomes == {"stopped": 200, "other": 0}
    assert (found.end == 4).all()
    assert found.one("x") == [0, 1, 2, 3, *[4] * 7]
    assert found.one("clock") == [0, 1, 2, 3, *[4] * 7]
    assert found.one("quick")[3:] == [0, *[1] * 7]
    assert found.one("war") == [0] * 4 + [1] * 7
    assert found.one("war.elapsed") == [0, 1, 2, 3, *[0] * 7]
    for name in ("y", "noise"):
        assert (found[name][4:] == found[name][4]).all()
    assert found.happened("after") == (0, 0)
    expected = {"later": False, "clock_later": False, "clock_stops": True, "always_off": True, "held": True,
                "held_after": True, "dialled": False, "given_later": True, "never_after": False}  # fmt: skip
    assert {name: found.holds(name) for name in expected} == expected
    assert found.answer("number", 1) == (200, 200)
    assert found.answer("age", 1) == (200, 200)


def test_nothing_reaches_a_trajectory_that_has_stopped():
    found = ran(STOPPING, n=200, scenario="turned")
    assert found.happened("after") == (0, 0)
    assert not found.holds("dialled")
    assert found.one("dial") == [0] * 11


def test_the_first_outcome_in_the_list_that_holds():
    found = ran("""
        draws: {u: {draw: "uniform(0, 1)", every: trajectory}}
        states: {x: {initial: 0, change: 1/week}}
        outcomes:
          never: {ends_when: x < 0}
          high: {when: u > 0.8}
          stops: {ends_when: u > 0.5 and x >= 3}
          both: {ends_when: u > 0.9 and x >= 1, when: u < 0.1}
          at_horizon: {when: u > 0.2 and x >= 10}
          rest: otherwise
        measures: [u, x]
        """, n=N)
    u = found["u"][0]
    expected = {
        "never": 0,
        "high": (u > 0.8).sum(),  # also where another's `ends_when` stopped the trajectory
        "stops": ((u > 0.5) & (u <= 0.8)).sum(),
        "both": (u < 0.1).sum(),
        "at_horizon": ((u > 0.2) & (u <= 0.5)).sum(),
        "rest": ((u >= 0.1) & (u <= 0.2)).sum(),
    }
    assert found.outcomes == expected
    assert np.array_equal(found.end, np.where(u > 0.9, 1, np.where(u > 0.5, 3, 10)))
    assert np.array_equal(found["x"][10], found.end)


def test_an_outcome_can_hold_at_the_start_and_at_the_horizon():
    counting = "states: {x: {initial: 0, change: 1/week}}\n"
    found = ran(counting + "outcomes: {now: {ends_when: t >= 0*week}, rest: otherwise}\n")
    assert found.outcomes["now"] == 100
    assert (found.end == 0).all()
    assert found.one("x") == [0] * 11
    found = ran(counting + "outcomes: {late: {ends_when: t >= 10*week}, rest: otherwise}\n")
    assert found.outcomes["late"] == 100
    assert (found.end == 10).all()


def test_without_outcomes_every_trajectory_completes():
    assert ran("states: {x: 0}\n").outcomes == {"completed": 100}


def test_random_walk_between_absorbing_ends():
    """Gambler's ruin from 3 of 8 with p = 0.55: closed form, within the horizon all but certain to end."""
    found = ran("""
        clock: {start: 2025-01-06, step: 1 day, horizon: 300 days}
        draws: {up: "bernoulli(0.55)"}
        states: {x: {initial: 3, next: x + 2*up - 1}}
        outcomes: {won: {ends_when: x >= 8}, lost: {ends_when: x <= 0}, open: otherwise}
        measures: [x]
        """, n=4000)
    ratio = 0.45 / 0.55
    chance = (1 - ratio**3) / (1 - ratio**8)
    assert_share(found.outcomes["won"], 4000, chance)
    assert found.outcomes["open"] <= 1
    ends = found.end
    expected = (8 * chance - 3) / 0.1  # Wald
    assert abs(ends.mean() - expected) < 4.5 * ends.std() / math.sqrt(4000) + 0.01
