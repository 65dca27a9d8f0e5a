"""What happens when: simultaneous updates, dates one step after their causes, memory, deterministic recurrences."""

import math

import pytest

from .runs import CLOCK, loaded, ran

INF = math.inf


def test_recurrences_are_exact():
    found = ran("""
        states:
          fib: {initial: 1, next: fib + previous}
          previous: {initial: 0, next: fib}
          factorial: {initial: 1, next: factorial*(t/week + 1)}
          power: {initial: 3, next: "2*power % 11"}
          half: {initial: 1024, next: half/2}
          total: {initial: 0, change: 3/week}
          bounded: {initial: 0, change: 4/week, min: -2, max: 9}
        """)
    fib = [1, 1]
    while len(fib) < 12:
        fib.append(fib[-1] + fib[-2])
    assert found.one("fib") == fib[:11]
    assert found.one("previous") == [0, *fib[:10]]
    assert found.one("factorial") == [math.factorial(k) for k in range(11)]
    assert found.one("power") == [3 * 2**k % 11 for k in range(11)]
    assert found.one("half") == [1024 / 2**k for k in range(11)]
    assert found.one("total") == [3 * k for k in range(11)]
    assert found.one("bounded") == [0, 4, 8, *[9] * 8]


def test_everything_carried_changes_at_once():
    """Two states that swap; a phase, an event's memory and a derived value that read them as they were."""
    found = ran("""
        derived: {seen: a}
        states:
          a: {initial: 1, next: b}
          b: {initial: 2, next: a}
          seen_before: {initial: 0, next: seen}
          was_up: {initial: -1, next: mode.up}
          was_hit: {initial: -1, next: hit.count}
        events: {hit: {when: a == 2}}
        phases:
          mode: {values: [down, up], initial: down, moves: [down -> up: {when: a == 2}, up -> down: {when: a == 1}]}
        measures: [a, b, seen, seen_before, mode, was_up, hit.count, was_hit]
        """)
    assert found.one("a") == [1, 2] * 5 + [1]
    assert found.one("b") == [2, 1] * 5 + [2]
    assert found.one("seen_before") == [0, *found.one("seen")[:10]]
    assert found.one("mode") == [0, 0, *[1, 0] * 4, 1]
    assert found.one("was_up") == [-1, *found.one("mode")[:10]]
    assert found.one("hit.count") == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5]
    assert found.one("was_hit") == [-1, *found.one("hit.count")[:10]]


def test_what_happens_in_a_step_is_dated_at_its_end():
    found = ran("""
        events:
          bell: {when: t == 3*week, kinds: {loud: 1}}
          echo: {when: bell.ever and bell.elapsed == 0*week}
        states: {rung: {initial: 0, on: {bell: += 1, bell.loud: += 10, mode.on: += 100, west.aid.send: += 1000}}}
        phases: {mode: {values: [off, on], initial: off, moves: [off -> on: {on: bell}]}}
        actors: {west: {title: West}}
        decisions:
          west.aid: {initial: wait, on: bell.loud, options: {wait: {utility: 0, when: t < 0*week}, send: 0}}
        measures: [bell.elapsed, bell.ever, bell.count, bell.loud.elapsed, echo.count, rung, mode, mode.elapsed,
                   mode.on.elapsed, mode.off.elapsed, mode.off.count, mode.on.ever, mode.level, west.aid,
                   west.aid.elapsed, west.aid.send.elapsed, west.aid.wait.count]
        """)
    since = [INF] * 4 + [0, 1, 2, 3, 4, 5, 6]
    assert found.one("bell.elapsed") == since
    assert found.one("bell.loud.elapsed") == since
    assert found.one("bell.ever") == [0] * 4 + [1] * 7
    assert found.one("bell.count") == [0] * 4 + [1] * 7
    assert found.one("echo.count") == [0] * 5 + [1] * 6
    assert found.one("rung") == [0] * 4 + [1111] * 7
    assert found.one("mode") == found.one("mode.level") == found.one("west.aid") == [0] * 4 + [1] * 7
    assert found.one("mode.elapsed") == found.one("west.aid.elapsed") == [0, 1, 2, 3, *since[4:]]
    assert found.one("mode.on.elapsed") == found.one("west.aid.send.elapsed") == since
    assert found.one("mode.off.elapsed") == list(range(11))
    assert found.one("mode.off.count") == found.one("west.aid.wait.count") == [1] * 11
    assert found.first_dates("bell") == [0, 0, 0, 0, 100, *[0] * 6]
    assert found.first_dates("mode.off")[0] == 100
    assert found.happened("mode.off") == (100, 100)


def test_the_last_record_time_is_only_seen():
    found = ran("""
        events: {tick: {when: t >= 0*week}}
        states: {x: {initial: 0, on: {tick: += 1}}}
        measures: [x, tick.count]
        """)
    assert found.happened("tick") == (100, 1000)
    assert found.one("x") == list(range(11))


def test_jumps_come_in_the_order_written_after_the_change_and_before_the_bounds():
    found = ran("""
        events: {a: {when: t == 2*week}, b: {when: t == 2*week}}
        states:
          added: {initial: 1, change: 1/week, on: {a: += 10, b: "*= 3"}}
          scaled: {initial: 1, change: 1/week, on: {b: "*= 3", a: += 10}}
          reset: {initial: 1, change: 1/week, on: {a: = 5, b: -= 2}}
          own: {initial: 1, change: 1/week, on: {a: += own, b: += own}}
          capped: {initial: 1, change: 1/week, max: 6, on: {a: += 1000, b: -= 998}}
          floored: {initial: 1, change: 1/week, min: 2, on: {a: = -50}}
          moving: {initial: 0, next: 100, max: 5 + t/week}
        """)
    assert found.one("added")[:5] == [1, 2, 3, (4 + 10) * 3, 43]
    assert found.one("scaled")[:5] == [1, 2, 3, 4 * 3 + 10, 23]
    assert found.one("reset")[:5] == [1, 2, 3, 3, 4]
    assert found.one("own")[:5] == [1, 2, 3, 4 + 3 + 3, 11]  # the value at the start of the step
    assert found.one("capped")[:5] == [1, 2, 3, 6, 6]  # 4 + 1000 - 998 = 6, not clipped in between
    assert found.one("floored")[:5] == [2, 3, 4, 2, 3]
    assert found.one("moving") == [0, *(5 + k for k in range(10))]


def test_memory_from_before_the_start():
    found = ran("""
        history: {strike: 2024-12-23, raid: [2024-11-25, 2024-12-16]}
        events:
          strike: {when: t == 4*week}
          raid: {when: t == 1*week, cooldown: 5 weeks}
          lull: {when: t == 2*week, cooldown: 2 weeks}
        measures: [strike.elapsed, strike.ever, strike.count, raid.count, raid.elapsed, lull.count]
        """)
    assert found.one("strike.elapsed")[:7] == [2, 3, 4, 5, 6, 0, 1]
    assert found.one("strike.ever") == [1] * 11
    assert found.one("strike.count") == [1] * 5 + [2] * 6
    assert found.one("raid.count") == [2, 2, *[3] * 9]  # 16 December + 5 weeks = 20 January
    assert found.one("raid.elapsed")[:3] == [3, 4, 0]
    assert found.happened("strike") == (100, 100)  # what happens in the run


def test_a_phase_value_counts_each_time_it_is_entered():
    found = ran("""
        phases:
          light: {values: [green, red, blue], initial: green,
                  moves: [green -> red: {when: light.elapsed >= 1*week}, red -> green: {when: light.elapsed >= 2*week}]}
        measures: [light, light.elapsed, light.green.count, light.green.elapsed, light.red.count, light.blue.ever]
        """)
    assert found.one("light") == [0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0]
    assert found.one("light.elapsed") == [0, 1, 0, 1, 2, 0, 1, 0, 1, 2, 0]
    assert found.one("light.green.count") == [1] * 5 + [2] * 5 + [3]
    assert found.one("light.green.elapsed") == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0]
    assert found.one("light.red.count") == [0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2]
    assert found.one("light.blue.ever") == [0] * 11


def test_deterministic_moves_are_tried_in_the_order_written_and_before_hazards():
    found = ran("""
        events: {bell: {when: t == 0*week}}
        phases:
          first: {values: [a, b, c], initial: a, moves: [a -> b: {when: t >= 0*week}, a -> c: {when: t >= 0*week}]}
          second: {values: [a, b, c], initial: a, moves: [a -> c: {on: bell}, a -> b: {when: t >= 0*week}]}
          third: {values: [a, b, c], initial: a, moves: [a -> b: {rate: 1000/week}, a -> c: {on: bell}]}
          fourth: {values: [a, b, c], initial: b, moves: [any -> b: {when: t >= 0*week}, b -> c: {on: bell}]}
          fifth: {values: [a, b, c], initial: a, moves: [a -> b: {on: bell, when: t > 0*week}]}
        measures: [first, second, third, fourth, fifth]
        """)
    assert found.one("first")[1] == 1
    assert found.one("second")[1] == 2
    assert found.one("third")[1] == 2
    assert found.one("fourth")[:3] == [1, 2, 1]  # `any` is every value but the target
    assert found.one("fifth") == [0] * 11


def test_every_once_and_cooldown():
    found = ran("""
        events:
          always: {}
          every3: {every: 3 weeks}
          once: {once: true, when: t >= 2*week}
          cool: {cooldown: 3 weeks, when: t >= 1*week}
          cool1: {cooldown: 1 week}
          both: {every: 2 weeks, cooldown: 3 weeks}
        measures: [always.count, every3.count, once.count, cool.count, cool1.count, both.count]
        """)

    def dates(name):
        counts = found.one(f"{name}.count")
        return [k for k in range(1, 11) if counts[k] > counts[k - 1]]

    assert dates("always") == list(range(1, 11))
    assert dates("every3") == [1, 4, 7, 10]  # in the steps that start at 0, 3, 6, 9
    assert dates("once") == [3]
    assert dates("cool") == [2, 5, 8]
    assert dates("cool1") == list(range(1, 11))
    assert dates("both") == [1, 5, 9]


def test_indexed_things_react_one_by_one_and_together():
    found = ran("""
        indexes: {front: [north, east, south]}
        parameters: {size: {over: front, value: {north: 1, east: 2, south: 4}}}
        events: {attack: {over: front, when: "t == (size - 1)*week", kinds: {big: 1, small: 0}}}
        states:
          held: {over: front, initial: {north: 10, east: 20, south: 40}, on: {attack: += size}}
          total: {initial: 0, on: {attack: += 1, "attack[south].big": += 100}}
          together: {initial: 0, next: sum(held)}
        derived:
          untouched: sum(attack.count == 0)
          share: {over: front, value: held/sum(held)}
          least: min(held)
          most: max(held)
          average: mean(held*size)
          some: any(attack.ever)
          every: all(attack.ever)
        phases: {war: {values: [off, on], initial: off, moves: [off -> on: {on: attack}]}}
        measures: [held, total, together, untouched, share, least, most, average, some, every,
                   "attack[east].count", war]
        """)
    assert found.one("held[north]") == [10, *[11] * 10]
    assert found.one("held[east]") == [20, 20, *[22] * 9]
    assert found.one("held[south]") == [40] * 4 + [44] * 7
    assert found.one("total") == [0, 1, 2, 2, *[103] * 7]
    assert found.one("together")[:3] == [0, 70, 71]
    assert found.one("untouched") == [3, 2, 1, 1, *[0] * 7]
    assert found.one("share[south]")[0] == 40 / 70
    assert found.one("least")[-1] == 11
    assert found.one("most")[-1] == 44
    assert found.one("average")[0] == (10 + 40 + 160) / 3
    assert found.one("some")[:2] == [0, 1]
    assert found.one("every")[3:5] == [0, 1]
    assert found.one("attack[east].count") == [0, 0, *[1] * 9]
    assert found.one("war") == [0, *[1] * 10]


def test_two_elements_at_once_count_twice():
    found = ran("""
        indexes: {front: [north, south]}
        events: {attack: {over: front, when: t == 1*week}}
        states: {hits: {initial: 0, on: {attack: += 1}}, scaled: {initial: 1, on: {attack: "*= 3"}}}
        """)
    assert found.one("hits")[2] == 2
    assert found.one("scaled")[2] == 9


def test_months_are_calendar_months():
    found = ran("""
        clock: {start: 2025-01-31, step: 1 month, horizon: 14 months}
        dates: {ides: 2025-03-15, birthday: 2026-02-28}
        units: {point: one point}
        parameters: {yearly: {unit: point/year, value: 12}, daily: {unit: point/day, value: 1}}
        states:
          a: {unit: point, initial: 0, change: yearly}
          b: {unit: point, initial: 0, change: daily}
        events:
          spring: {when: t >= ides, once: true}
          anniversary: {when: t == birthday}
          quarterly: {every: 3 months}
        derived: {months: t/month, years: t/year, days: t/day, step: dt/day}
        measures: [a, b, months, years, days, step, spring.count, anniversary.count, quarterly.count]
        """)
    assert found.one("a") == pytest.approx([*range(15)], rel=1e-15)
    assert found.one("b") == pytest.approx([30.4375 * k for k in range(15)], rel=1e-15)
    assert found.one("months") == list(range(15))
    assert found.one("years")[12] == pytest.approx(1, rel=1e-15)
    assert found.one("days")[1] == 30.4375
    # 15 March is 15/31 of the way from 28 February to 31 March, so the step that starts on 31 March is the first after.
    assert found.one("spring.count") == [0, 0, 0, *[1] * 12]
    assert found.one("anniversary.count") == [0] * 14 + [1]
    assert found.one("quarterly.count")[:6] == [0, 1, 1, 1, 2, 2]
    clock = found.results.model.clock
    dates = [clock.date_of(k).isoformat() for k in (1, 2, 3, 13)]
    assert dates == ["2025-02-28", "2025-03-31", "2025-04-30", "2026-02-28"]


def test_steps_of_several_days_and_weeks():
    found = ran("""
        clock: {start: 2025-01-06, step: 3 days, horizon: 30 days}
        events: {six: {every: 6 days}}
        states: {x: {initial: 0, change: 7/week}}
        measures: [x, six.count, six.elapsed]
        """)
    assert found.one("x") == [3 * k for k in range(11)]
    assert found.one("six.count") == [0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert found.one("six.elapsed")[1:4] == [0, 3, 0]
    found = ran("""
        clock: {start: 2025-01-06, step: 2 weeks, end: 2025-04-01}
        states: {x: {initial: 0, change: 7/day}}
        derived: {left: {unit: week, value: horizon - t}}
        measures: [x, left]
        """)
    assert found.one("x") == [98 * k for k in range(7)]
    assert found.one("left") == [12 - 2 * k for k in range(7)]


def test_units_are_converted_and_percent_is_shown_in_percent():
    found = ran("""
        parameters:
          road: {unit: km, value: 3}
          rate: {unit: percent/year, value: 365.25}
          part: {unit: percent, value: 25}
          output: {unit: mb/d, value: 2}
          price: {unit: USD/bbl, value: 70}
          area: {unit: km2, value: 5}
        states:
          metres: {unit: m, initial: road, change: road/week}
          level: {unit: percent, initial: 20, change: rate}
          copy: {initial: part, next: level}
          field: {unit: m2, initial: area}
        derived:
          income: {unit: bn_USD/week, value: output*price}
          share: part
          scaled: part*4
          weekly: {unit: 1/week, value: "hazard(0.5, 2*week)"}
          daily: {unit: 1/day, value: "hazard(0.5, 2*week)"}
        measures: [metres, level, copy, field, income, share, scaled, weekly, daily, part]
        """)
    assert found.one("metres") == [3000 * (k + 1) for k in range(11)]
    assert found.one("level") == pytest.approx([20 + 7 * k for k in range(11)], rel=1e-14)
    assert found.one("copy")[1:] == pytest.approx([0.2 + 0.07 * k for k in range(10)], rel=1e-14)
    assert found.one("field")[0] == pytest.approx(5e6)
    assert found.one("income")[0] == pytest.approx(2e6 * 70 * 7 / 1e9)
    assert found.one("share")[0] == 0.25
    assert found.one("scaled")[0] == 1
    assert found.one("part")[0] == 25
    assert found.one("weekly")[0] == pytest.approx(math.log(2) / 2, rel=1e-15)
    assert found.one("daily")[0] == pytest.approx(math.log(2) / 14, rel=1e-15)


def test_functions_and_operators_mean_what_python_means():
    expressions = {
        "7 // 2": 3, "-7 // 2": -4, "-7 % 3": 2, "7 % -3": -2, "-2**2": -4, "2**-1": 0.5, "2**0.5": math.sqrt(2),
        "1 < 2 < 3": 1, "1 < 2 > 3": 0, "3 if 0 else 4": 4, "not 5": 0, "2 and 3": 1, "0 or 0": 0, "1e-3": 0.001,
        "clip(5, 0, 3)": 3, "clip(-5, 0, 3)": 0, "min(3, 1, 2)": 1, "max(3, 1, 2)": 3, "abs(-3)": 3,
        "round(2.5)": 2, "round(3.5)": 4, "floor(-1.5)": -2, "ceil(-1.5)": -1, "sign(-3)": -1, "sign(0)": 0,
        "exp(1)": math.e, "log(10)": math.log(10), "log1p(1e-9)": math.log1p(1e-9), "expm1(1e-9)": math.expm1(1e-9),
        "sqrt(2)": math.sqrt(2), "sin(1)": math.sin(1), "cos(1)": math.cos(1), "tanh(0.5)": math.tanh(0.5),
        "logistic(1)": 1 / (1 + math.exp(-1)), "logit(0.25)": -math.log(3), "normal_cdf(1.96)": 0.9750021048517795,
        "normal_quantile(0.975)": 1.959963984540054, "table(1.5, 1, 10, 2, 20)": 15, "table(0, 1, 10, 2, 20)": 10,
        "table(9, 1, 10, 2, 20)": 20, "pi": math.pi, "year/day": 365.25, "year/month": 12, "113_000": 113000,
        "(1 < 2) + (2 < 3)": 2,
    }  # fmt: skip
    constants = "\n".join(f"  c{i}: {{value: {e!r}}}" for i, e in enumerate(expressions))
    # The same with a number that varies in place of what can be folded.
    moving = "\n".join(f"  m{i}: {{value: {'z + (' + e + ')'!r}}}" for i, e in enumerate(expressions))
    names = ", ".join(f"{kind}{i}" for kind in "cm" for i in range(len(expressions)))
    found = ran(f"states: {{z: {{initial: 0}}}}\nderived:\n{constants}\n{moving}\nmeasures: [{names}]\n" + CLOCK)
    for i, (text, value) in enumerate(expressions.items()):
        assert found.one(f"c{i}")[0] == pytest.approx(value, rel=1e-14), text
        assert found.one(f"m{i}")[0] == pytest.approx(value, rel=1e-14), text


def test_names_are_found_in_their_own_module_then_in_the_root():
    found = ran(
        """
        model: modular
        modules: [oil.yaml, gas.yaml]
        parameters: {scale: 10}
        derived: {both: oil.price + gas.price}
        measures: [both, oil.price, gas.price]
        """ + CLOCK,
        oil="derived: {base: 1, price: base*scale}\n",
        gas="derived: {base: 2, price: base*scale + oil.base}\n",
    )
    assert found.one("oil.price")[0] == 10
    assert found.one("gas.price")[0] == 21
    assert found.one("both")[0] == 31


def test_the_date_of_the_last_record_is_the_horizon():
    clock = loaded("clock: {start: 2025-01-06, step: 1 week, end: 2025-02-02}\nstates: {x: 1}\n").model.clock
    assert clock.n_steps == 3
