"""Events, phases and decisions: waiting times, races, windows and choices against closed forms."""

import math

import numpy as np
import pytest

from .runs import assert_mean, assert_share, ran

N = 20_000


def assert_waiting(found, thing, hazards):
    """First dates at records 1, 2, ... as hazards of the steps give them."""
    firsts = found.first_dates(thing)
    left = N
    for k, p in enumerate(hazards, start=1):
        assert_share(firsts[k], left, p)
        left -= firsts[k]
    assert sum(firsts[1 : len(hazards) + 1]) == N - left


def test_waiting_times_are_geometric():
    found = ran("""
        parameters: {pace: {unit: 1/year, value: 10}}
        events:
          plain: {rate: 0.2/week}
          daily: {rate: 0.02/day}
          yearly: {rate: pace}
          often: {probability: 0.15}
          sparse: {rate: 0.1/week, every: 3 weeks}
          rare: {probability: 0.3, every: 2 weeks}
          single: {rate: 0.4/week, once: true}
          rested: {rate: 0.4/week, cooldown: 4 weeks}
          never: {rate: 0/week}
          negative: {rate: -(t < 100*week)/week}
          sure: {probability: 1}
          surer: {probability: 1.5 - 0*t/week}
          impossible: {probability: 0}
          gated: {rate: 0.3/week, when: 2*week <= t < 5*week}
        """, n=N)  # fmt: skip
    assert_waiting(found, "plain", [1 - math.exp(-0.2)] * 10)
    assert_waiting(found, "daily", [1 - math.exp(-0.14)] * 10)
    assert_waiting(found, "yearly", [1 - math.exp(-10 * 7 / 365.25)] * 10)
    assert_waiting(found, "often", [0.15] * 10)
    whole = 1 - math.exp(-0.3)  # a rate counts for the whole interval
    assert_waiting(found, "sparse", [whole, 0, 0, whole, 0, 0, whole, 0, 0, whole])
    assert_waiting(found, "rare", [0.3, 0] * 5)
    assert_waiting(found, "single", [1 - math.exp(-0.4)] * 10)
    k, total = found.happened("single")
    assert k == total
    assert_waiting(found, "rested", [1 - math.exp(-0.4)] * 10)
    assert found.happened("never") == found.happened("negative") == found.happened("impossible") == (0, 0)
    assert found.happened("sure") == found.happened("surer") == (N, 10 * N)
    gate = 1 - math.exp(-0.3)
    assert_waiting(found, "gated", [0, 0, gate, gate, gate, 0, 0, 0, 0, 0])


def test_events_draw_independently_of_each_other_and_in_time():
    found = ran("""
        events: {a: {probability: 0.5}, b: {probability: 0.5}}
        states: {both: {initial: 0, next: 0, on: {a: += 1, b: += 1}}}
        """, n=N)  # fmt: skip
    both = found["both"][1:]
    assert_share((both == 2).sum(), both.size, 0.25)
    assert_share((both == 0).sum(), both.size, 0.25)
    again = (both[1:] == 2) & (both[:-1] == 2)
    assert_share(again.sum(), again.size, 1 / 16, z=5.5)  # neighbours overlap


def test_cooldowns_are_measured_from_date_to_date():
    found = ran("""
        clock: {start: 2025-01-06, step: 1 day, horizon: 40 days}
        events: {hit: {probability: 0.5, cooldown: 1 week}}
        measures: [hit.count]
        """, n=N)  # fmt: skip
    counts = found["hit.count"]
    dates = np.diff(counts, axis=0)
    gaps = [np.diff(np.flatnonzero(dates[:, i])) for i in range(2000)]
    every = np.concatenate(gaps)
    assert every.min() == 7
    complete = np.concatenate([g[:2] for g in gaps])  # all but certain to fit into the horizon
    assert_share((complete == 7).sum(), len(complete), 0.5)


def test_durations_and_jumps_can_be_given_for_each_element():
    found = ran("""
        clock: {start: 2025-01-06, step: 1 week, horizon: 13 weeks}
        indexes: {side: [east, west]}
        actors: {lord: {precision: 0}}
        events:
          rest: {over: side, cooldown: {east: 2 weeks, west: 3 weeks}}
          tick: {over: side, every: {east: 4 weeks, west: 6 weeks}}
          sure: {over: side, chance: 1, within: {east: 1 week, west: 5 weeks}, after: 2025-02-02}
          named: {chance: 1, within: 1 week, after: sunday}
        decisions:
          lord.move: {over: side, initial: a, every: {east: 2 weeks, west: 50 weeks}, when: t > 0*week,
                      options: {a: {utility: 0, when: t < 0*week}, b: 0}}
        states: {x: {over: side, initial: 1, on: {tick: {east: += 2, west: "*= 3"}}}}
        dates: {sunday: 2025-02-02}
        measures: [rest.count, tick.count, sure.count, x]
        """.replace("measures: [rest.count, tick.count, sure.count, x]", """
        measures:
          - {re: "rest[east].count", rw: "rest[west].count", te: "tick[east].count", tw: "tick[west].count"}
          - {se: "sure[east].ever", sw: "sure[west].ever", na: named.ever, xe: "x[east]", xw: "x[west]"}
          - {me: "lord.move[east].b.ever", mw: "lord.move[west].b.ever"}
        """))
    weeks = range(14)
    assert found.one("re") == [-(-week // 2) for week in weeks]
    assert found.one("rw") == [-(-week // 3) for week in weeks]
    assert found.one("te") == [-(-week // 4) for week in weeks]
    assert found.one("tw") == [-(-week // 6) for week in weeks]
    assert found.one("xe") == [1 + 2 * -(-week // 4) for week in weeks]
    assert found.one("xw") == [3 ** -(-week // 6) for week in weeks]
    for sure in ("se", "sw", "na"):  # the window opens on Sunday, 2 February: the first step in it begins a day later
        assert found.one(sure) == [week >= 5 for week in weeks]
    assert found.one("me") == [week >= 3 for week in weeks]
    assert found.one("mw") == [0] * 14


def test_kinds_are_drawn_by_weight():
    found = ran("""
        events: {strike: {probability: 0.8, kinds: {port: 3, base: 1, moon: "t/week - t/week", ship: "t >= 5*week"}}}
        states: {ports: {initial: 0, on: {strike.port: += 1}}, strikes: {initial: 0, on: {strike: += 1}}}
        measures: [ports, strikes, strike.ship.count, strike.port.count]
        """, n=N)  # fmt: skip
    assert (found["ports"] == found["strike.port.count"]).all()
    early, late = found["ports"][5].sum(), found["ports"][10].sum()
    strikes = found["strikes"]
    assert_share(early, strikes[5].sum(), 0.75)
    assert_share(late - early, strikes[10].sum() - strikes[5].sum(), 0.6)
    assert_share(found["strike.ship.count"][10].sum(), strikes[10].sum() - strikes[5].sum(), 0.2)
    assert found.happened("strike.moon") == (0, 0)
    assert sum(found.happened(f"strike.{kind}")[1] for kind in ("port", "base", "ship")) == found.happened("strike")[1]


def test_a_window_gives_its_chance_in_exactly_its_steps():
    found = ran("""
        dates: {aligned: 2025-01-20, between: 2025-01-22, past: 2024-12-30}
        events:
          bell: {when: t == 3*week, kinds: {loud: 1}}
          after_start: {chance: 0.35, within: 2 weeks, after: start}
          after_date: {chance: 0.35, within: 3 weeks, after: aligned}
          after_other_date: {chance: 0.35, within: 3 weeks, after: between}
          after_past: {chance: 0.35, within: 3 weeks, after: past}
          after_bell: {chance: 0.35, within: 2 weeks, after: bell}
          after_kind: {chance: 0.35, within: 2 weeks, after: bell.loud}
          after_value: {chance: 0.35, within: 2 weeks, after: mode.on}
          after_first: {chance: 0.35, within: 2 weeks, after: mode.off}
          after_option: {chance: 0.35, within: 2 weeks, after: west.aid.send}
          open: {chance: 0.35, within: 4 weeks}
          sure: {chance: 1, within: 4 weeks, after: bell}
          never: {chance: 0, within: 4 weeks, after: bell}
          gated: {chance: 0.35, within: 4 weeks, after: start, when: t != 1*week}
          single: {chance: 1, within: 4 weeks, after: bell, once: true}
        phases: {mode: {values: [off, on], initial: off, moves: [off -> on: {on: bell}]}}
        actors: {west: {title: West}}
        decisions:
          west.aid: {initial: wait, on: bell, options: {wait: {utility: 0, when: t < 0*week}, send: 0}}
        """, n=N)  # fmt: skip

    def window(first, length, chance=0.35):
        p = 1 - (1 - chance) ** (1 / length)
        return [p if first <= k < first + length else 0 for k in range(10)]

    assert_waiting(found, "after_start", window(0, 2))
    assert_waiting(found, "after_date", window(2, 3))
    assert_waiting(found, "after_other_date", window(3, 3))  # the steps that start 5, 12 and 19 days after it
    late = window(0, 3)
    late[2] = 0  # only the steps that start 1 and 2 weeks after the date
    assert_waiting(found, "after_past", late)
    for name in ("after_bell", "after_kind", "after_value", "after_option"):
        assert_waiting(found, name, window(4, 2))
    assert_waiting(found, "after_first", window(0, 2))
    assert_waiting(found, "open", [1 - 0.65**0.25] * 10)
    assert found.first_dates("sure")[5] == N
    assert found.happened("sure") == (N, 4 * N)
    assert found.happened("never") == (0, 0)
    gated = window(0, 4)
    gated[1] = 0
    assert_waiting(found, "gated", gated)
    assert found.happened("single") == (N, N)
    firsts = found.first_dates("after_start")
    assert_share(sum(firsts), N, 0.35)  # the total probability


def test_the_window_reopens_at_the_latest_date():
    found = ran("""
        events:
          bell: {when: t == 1*week or t == 3*week}
          echo: {chance: 1, within: 3 weeks, after: bell}
        measures: [echo.count]
        """)  # fmt: skip
    assert found.one("echo.count") == [0, 0, 0, 1, 2, 3, 4, 5, 5, 5, 5]


def test_a_chance_can_be_a_parameter_and_its_total_is_right():
    found = ran("""
        parameters: {p: {prior: "uniform(0.2, 0.6)"}}
        events: {breakdown: {chance: p, within: 5 weeks, after: start, once: true}}
        measures: [p]
        """, n=N)  # fmt: skip
    chances = found["p"][0]
    k = found.happened("breakdown")[0]
    spread = math.sqrt((chances * (1 - chances)).sum())
    assert abs(k - chances.sum()) < 4.5 * spread


def test_hazards_compete():
    found = ran("""
        phases:
          war: {values: [on, a, b, c], initial: on, moves: [on -> a: {rate: 0.3/week}, on -> b: {rate: 0.1/week},
                on -> c: {chance: 0.2, within: 2 weeks}, on -> a: {rate: 0.05/week}]}
        """, n=N)  # fmt: skip
    rates = {"a": 0.35, "b": 0.1, "c": -math.log(0.8) / 2}
    total = sum(rates.values())
    for k in (1, 4, 10):
        assert_share(found.is_at("war", "on")[k].sum(), N, math.exp(-total * k))
        for value, rate in rates.items():
            assert_share(found.is_at("war", value)[k].sum(), N, rate / total * (1 - math.exp(-total * k)))
    # The target does not depend on when it happens.
    firsts = {v: np.array(found.first_dates(f"war.{v}")) for v in rates}
    moved = sum(firsts.values())
    for k in (1, 5):
        assert_share(firsts["b"][k], moved[k], 0.1 / total)


def test_a_two_state_chain_has_its_distribution_at_every_date():
    found = ran("""
        phases:
          war: {values: [on, off], initial: {on: 0.3, off: 0.7},
                moves: [on -> off: {rate: 0.4/week}, off -> on: {rate: 0.15/week}]}
        measures: [war, war.elapsed, war.on.count]
        """, n=N)  # fmt: skip
    down, up = 1 - math.exp(-0.4), 1 - math.exp(-0.15)
    on = 0.3
    for k in range(11):
        assert_share(found.is_at("war", "on")[k].sum(), N, on)
        on = on * (1 - down) + (1 - on) * up
    assert_share((found["war.elapsed"][10] == 10).sum(), N, 0.3 * (1 - down) ** 10 + 0.7 * (1 - up) ** 10)
    assert_share((found["war.on.count"][0] == 1).sum(), N, 0.3)


def test_branches_and_moves_of_several_sources():
    found = ran("""
        events: {summit: {when: t == 2*week}, second: {when: t == 4*week}}
        phases:
          war:
            values: [fight, truce, peace]
            initial: truce
            moves:
              - {from: [truce], to: {peace: 3, truce: 5, fight: 2}, on: summit}
              - {from: any, to: fight, on: second}
          race:
            values: [a, b, c]
            initial: a
            moves:
              - {from: [a, b], to: {b: 1, c: 1}, rate: 0.5/week}
              - {from: a, to: c, rate: 0.25/week}
        measures: [war, race, war.elapsed, war.truce.count]
        """, n=N)  # fmt: skip
    assert_share(found.is_at("war", "peace")[3].sum(), N, 0.3)
    assert_share(found.is_at("war", "fight")[3].sum(), N, 0.2)
    stayed = found.is_at("war", "truce")[3]
    assert (found["war.elapsed"][3][stayed] == 3).all()  # the present value means no move
    assert (found["war.truce.count"][3][stayed] == 1).all()
    assert found.is_at("war", "fight")[5].all()
    happens = 1 - math.exp(-0.75)
    assert_share(found.is_at("race", "b")[1].sum(), N, happens * 0.5 * 2 / 3)
    assert_share(found.is_at("race", "c")[1].sum(), N, happens * (0.5 * 2 / 3 + 1 / 3))


def test_choices_follow_the_logit_rule():
    found = ran("""
        actors: {west: {title: West, precision: 2, inertia: 0.5}, east: {title: East}}
        decisions:
          west.aid: {initial: b, options: {a: 0.3, b: 0, c: {utility: 5, when: t >= 5*week}}}
          west.other: {initial: x, precision: 0.5, inertia: -1, options: {x: 1, y: 2}}
          east.move: {initial: q, every: 2 weeks, options: {p: 0.4, q: "t/week - 2"}}
          east.gated: {initial: q, when: t >= 3*week, options: {p: 1, q: 0}}
          east.stuck: {initial: q, options: {p: {utility: 9, when: t < 0*week}, q: {utility: 0, when: t < 0*week}}}
          east.big: {initial: q, options: {p: 800, q: 799}}
        measures: [west.aid, west.other, east.move, east.gated, east.stuck, east.big, east.move.elapsed]
        """, n=N)  # fmt: skip

    def logit(*utilities):
        weights = np.exp(np.array(utilities) - max(utilities))
        return weights / weights.sum()

    a = logit(0.6, 0.5)[0]
    assert_share(found.is_at("west.aid", "a")[1].sum(), N, a)
    a2 = a * logit(0.6 + 0.5, 0)[0] + (1 - a) * a
    assert_share(found.is_at("west.aid", "a")[2].sum(), N, a2)
    assert not found.is_at("west.aid", "c")[5].any()
    assert found.is_at("west.aid", "c")[6].mean() > 0.99
    x = logit(0.5 - 1, 1)[0]
    assert_share(found.is_at("west.other", "x")[1].sum(), N, x)
    assert_share(found.is_at("west.other", "x")[2].sum(), N, x * x + (1 - x) * logit(0.5, 0)[0])
    p = [0.0] + [float(logit(0.4, 2 * ((k - 1) // 2) - 2)[0]) for k in range(1, 11)]
    move = found.is_at("east.move", "p")
    for k in range(11):
        assert_share(move[k].sum(), N, p[k])
        if k % 2 == 0 and k:
            assert (move[k] == move[k - 1]).all()
    assert not found.is_at("east.gated", "p")[3].any()
    assert_share(found.is_at("east.gated", "p")[4].sum(), N, logit(1, 0)[0])
    assert found.is_at("east.stuck", "q").all()
    assert_share(found.is_at("east.big", "p")[1].sum(), N, logit(1, 0)[0])


def test_decisions_wait_for_their_events_and_ticks():
    found = ran("""
        events: {bell: {when: t == 1*week}, gong: {when: t == 4*week, kinds: {deep: 1, high: 0}}}
        actors: {west: {title: West}}
        decisions:
          west.one: {initial: a, on: bell, options: {a: 0, b: 50}}
          west.two: {initial: a, on: [gong.deep, gong.high], every: 5 weeks, when: t > 0*week, options: {a: 0, b: 50}}
          west.three: {initial: a, on: gong.high, options: {a: 0, b: 50}}
          west.four: {initial: a, every: 4 weeks, when: t > 0*week, options: {a: 0, b: 50}}
        """)
    assert found.one("west.one") == [0, 0, *[1] * 9]
    assert found.one("west.two") == [0] * 5 + [1] * 6
    assert found.one("west.three") == [0] * 11
    assert found.one("west.four") == [0] * 5 + [1] * 6


def test_indexed_actors_of_chance_are_independent():
    found = ran("""
        indexes: {front: [north, south]}
        draws: {luck: {over: front, draw: "normal(0, 1)"}}
        parameters: {strength: {over: front, prior: "normal(0, 1)"}}
        events: {attack: {over: front, rate: 0.3/week}}
        phases: {mode: {over: front, values: [calm, hot], initial: calm, moves: [calm -> hot: {on: attack}]}}
        derived: {hot: sum(mode.hot), luck_sum: sum(luck), strengths: sum(strength)}
        measures: [hot, mode, luck, luck_sum, strength, strengths]
        """, n=N)  # fmt: skip
    stay = math.exp(-1.5)
    assert_share((found["hot"][5] == 0).sum(), N, stay**2)
    assert_share((found["hot"][5] == 2).sum(), N, (1 - stay) ** 2)
    assert_mean(found["luck[north]"][3] * found["luck[south]"][3], 0)
    draws = slice(None, None, 10)
    assert_mean(found["strength[north]"][0, draws] * found["strength[south]"][0, draws], 0)
    assert_mean(found["luck_sum"][3] ** 2, 2)


def test_a_chance_beyond_its_range_is_sure_or_impossible():
    found = ran("""
        events:
          sure: {chance: 2 + 0*t/week, within: 2 weeks}
          never: {chance: -1 + 0*t/week, within: 2 weeks}
        phases: {war: {values: [on, off], initial: on, moves: [on -> off: {chance: 2 + 0*t/week, within: 2 weeks}]}}
        measures: [war]
        """)
    assert found.happened("sure") == (100, 1000)
    assert found.happened("never") == (0, 0)
    assert found.one("war")[1] == 1


@pytest.mark.parametrize("p", [0.001, 0.999])
def test_small_and_large_chances(p):
    events = f"events: {{hit: {{probability: {p}}}, late: {{rate: 'hazard({p}, 1*week)'}}}}\n"
    found = ran(events + "states: {x: 0}\n", n=N)
    for thing in ("hit", "late"):
        assert_share(found.happened(thing)[1], 10 * N, p)
