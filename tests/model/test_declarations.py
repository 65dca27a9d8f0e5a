"""Parameters, levers, draws, derived values, states, events, phases, decisions: what they become, what is refused."""

import pytest

from sim.language.tree import Apply, Literal, Read
from sim.model.declarations import Chance, Move
from tests.model.models import ACTOR, AIM, SECTORS, WAR, errors_in, found, load_text, model_of, problems_of

WEEK = 7 / 365.25  # weeks in years


def test_short_and_long_forms_say_the_same():
    short = model_of(
        "parameters: {a: 3}\nlevers: {l: 2}\ndraws: {d: 'normal(0, 1)'}\nderived: {v: 2*a}\nstates: {s: 1}\n"
    )
    long = model_of(
        "parameters: {a: {value: 3}}\nlevers: {l: {value: 2}}\ndraws: {d: {draw: 'normal(0, 1)', every: step}}\n"
        "derived: {v: {value: 2*a}}\nstates: {s: {initial: 1}}\n"
    )

    def said(model):
        return [
            model.parameters[0].value,
            model.levers[0].value,
            model.draws[0].distribution,
            model.draws[0].every,
            model.derived[0].value,
            model.states[0].initial,
        ]

    assert said(short) == said(long)


def test_a_distribution_alone_is_the_prior_of_a_parameter():
    short = model_of("indexes: {i: [n, s]}\nparameters: {a: 'normal(0, 1)', b: {over: i, prior: 'normal(0, 1)'}}\n")
    long = model_of("parameters: {a: {prior: 'normal(0, 1)'}}\n")
    assert short.parameters[0].prior == long.parameters[0].prior == short.parameters[1].prior
    assert short.parameters[0].value is None


def test_a_lone_number_is_in_the_declarations_unit():
    model = model_of(
        "parameters: {p: {value: 70, unit: percent}, q: {prior: 'uniform(20, 70)', unit: percent}}\n"
        "states: {s: {unit: km2, initial: 111_800, min: 0, max: 603_700, change: 0, on: {war.ceasefire: += 5}}}\n" + WAR
    )
    assert model.parameters[0].value == Literal(70.0)
    assert model.parameters[1].prior.arguments == (Literal(20.0), Literal(70.0))
    state = model.states[0]
    assert (state.initial, state.low, state.high) == (Literal(111_800.0), Literal(0.0), Literal(603_700.0))
    assert state.jumps[0].value == Literal(5.0)
    assert state.change == Literal(0.0)


def test_rates_are_per_clock_unit():
    model = model_of("events: {e: {rate: 2/year}}\nstates: {s: {initial: 0, change: 1/year, on: {e: = 0}}}\n")
    assert model.events[0].rate.value == pytest.approx(2 * WEEK)
    assert model.states[0].change.value == pytest.approx(WEEK)


def test_values_per_element():
    model = model_of(
        SECTORS + "parameters: {area: {over: sector, unit: km2, value: {south: 2, north: 1}}}\n"
        "states: {held: {over: sector, unit: km2, initial: area, max: area, next: held + area}}\nmeasures: [held]\n"
    )
    assert [(p.name, p.value) for p in model.parameters] == [
        ("area[north]", Literal(1.0)),
        ("area[south]", Literal(2.0)),
    ]
    assert model.states[1].initial == Read("parameter", "area[south]")
    assert model.states[1].next == Apply("add", (Read("state", "held[south]"), Read("parameter", "area[south]")))
    assert [measure.name for measure in model.measures] == ["held[north]", "held[south]"]


def test_jumps_keep_their_order_and_operators():
    model = model_of(
        SECTORS
        + WAR
        + AIM
        + "events: {hit: {over: sector, kinds: {port: 1, depot: 1}}, raid: {}}\n"
        + "states:\n  x:\n    initial: 0\n    on:\n"
        "      hit: += 1\n      war.ceasefire: = 0\n      moscow.aim.widen: -= x\n"
        '      raid: "*= 2"\n      hit[north].port: =-1\n'
    )
    assert [(jump.on, jump.operator) for jump in model.states[0].jumps] == [
        (("hit[north]", "hit[south]"), "+="),
        (("war.ceasefire",), "="),
        (("moscow.aim.widen",), "-="),
        (("raid",), "*="),
        (("hit[north].port",), "="),
    ]
    assert model.states[0].jumps[4].value == Literal(-1.0)


def test_an_indexed_thing_in_on_means_the_same_element_or_all():
    model = model_of(
        SECTORS + "events: {hit: {over: sector}}\nphases:\n"
        "  one: {over: sector, values: [a, b], initial: a, moves: [a -> b: {on: hit}]}\n"
        "  two: {values: [a, b], initial: a, moves: [a -> b: {on: hit}, b -> a: {on: 'hit[south]'}]}\n"
    )
    assert [phase.moves[0].on for phase in model.phases] == [
        ("hit[north]",),
        ("hit[south]",),
        ("hit[north]", "hit[south]"),
    ]
    assert model.phases[2].moves[1].on == ("hit[south]",)


def test_events_in_all_their_forms():
    model = model_of(
        WAR + "dates: {vote: 2025-06-02}\nevents:\n"
        "  a: {when: war.fighting, rate: 1/year, every: 4 weeks, cooldown: 21 days, once: true}\n"
        "  b: {probability: 0.3, kinds: {x: 3, y: 1 + a.count}}\n"
        "  c: {chance: 0.35, within: 14 days, after: war.ceasefire}\n"
        "  d: {chance: 1, within: 1 week}\n"
        "  e: {chance: 0.5, within: 2 weeks, after: vote}\n"
        "  f: {chance: 0.5, within: 2 weeks, after: start}\n"
        "  g:\n  h: {}\n"
    )
    a, b, c, d, e, f, g, h = model.events
    assert (a.every, a.cooldown, a.once, a.when) == (4, 3, True, Read("is", "war", 0))
    assert b.kinds == (("x", Literal(3.0)), ("y", Apply("add", (Literal(1.0), Read("count", "a")))))
    assert c.chance == Chance(Literal(0.35), 2, Read("elapsed", "war.ceasefire"))
    assert d.chance == Chance(Literal(1.0), 1, None)
    assert e.chance == Chance(Literal(0.5), 2, Apply("sub", (Read("time"), Literal(8.0))))
    assert f.chance == Chance(Literal(0.5), 2, Read("time"))
    assert (g.rate, g.probability, g.chance, h.when) == (None, None, None, None)


def test_moves_in_all_their_forms():
    model = model_of(
        "events: {e: {kinds: {x: 1, y: 1}}}\nphases:\n  war:\n"
        "    values: [a, b, c]\n    initial: {b: 1, c: 3}\n    moves:\n"
        "    - a -> b: {rate: 1/week}\n"
        "    - any -> c: {on: [e, e.x]}\n"
        "    - {from: [a, c], to: b, when: war.elapsed > 8*week}\n"
        "    - {from: any, to: a, chance: 0.2, within: 3 weeks, after: e}\n"
        "    - {from: [b], to: {a: 0.3, b: 0.7}, on: e}\n"
        "    - a->c: {on: e, when: e.y.ever}\n"
    )
    war = model.phases[0]
    assert war.initial == (0.0, 0.25, 0.75)
    assert war.moves == (
        Move((0,), ((1, None),), rate=Literal(1.0), texts=(("rate", "1/week"),)),
        Move((0, 1), ((2, None),), on=("e", "e.x")),
        Move(
            (0, 2), ((1, None),), when=Apply("gt", (Read("elapsed", "war"), Literal(8.0))),
            texts=(("when", "war.elapsed > 8*week"),),
        ),
        Move((1, 2), ((0, None),), chance=Chance(Literal(0.2), 3, Read("elapsed", "e")), texts=(("chance", "0.2"),)),
        Move((1,), ((0, Literal(0.3)), (1, Literal(0.7))), on=("e",)),
        Move((0,), ((2, None),), on=("e",), when=Read("ever", "e.y"), texts=(("when", "e.y.ever"),)),
    )  # fmt: skip


def test_phases_and_decisions_over_an_index():
    model = model_of(
        SECTORS + "actors: {us: United States}\nphases:\n"
        "  mood: {over: sector, values: [calm, angry], initial: {north: angry, south: {calm: 1, angry: 3}}}\n"
        "decisions:\n  us.aid: {over: sector, initial: {north: give, south: take},\n"
        "    options: {give: mood.angry, take: 0}}\n"
    )
    assert [(phase.name, phase.initial) for phase in model.phases] == [
        ("mood[north]", (0, 1)),
        ("mood[south]", (0.25, 0.75)),
    ]
    assert [(d.name, d.initial) for d in model.decisions] == [("us.aid[north]", 0), ("us.aid[south]", 1)]
    assert model.decisions[1].options[0].utility == Read("is", "mood[south]", 1)


def test_actors_give_precision_and_inertia():
    model = model_of(
        "parameters: {p: {prior: 'lognormal(1, 2)'}}\n"
        "actors: {us: {title: United States, precision: p}, ru: , nato: NATO}\n"
        "decisions:\n  us.aid: {initial: a,\n"
        "    options: {a: 0, b: {utility: 1, about: More., when: us.aid.elapsed > 2*week}},\n"
        "    inertia: 2, every: 4 weeks, asks: How much?}\n  ru.aim: {initial: b, options: {a: 0, b: 1}}\n"
        "  nato.step: {initial: a, options: {a: 0}, precision: 3}\n"
    )
    us, ru, nato = model.decisions
    assert (us.precision, us.inertia, us.every, us.asks) == (Read("parameter", "p"), Literal(2.0), 4, "How much?")
    assert (us.options[1].about, us.options[1].text) == ("More.", "1")
    assert (ru.precision, ru.inertia, ru.initial, ru.every) == (Literal(1.0), Literal(0.0), 1, None)
    assert nato.precision == Literal(3.0)
    assert [actor.title for actor in model.actors] == ["United States", "Ru", "NATO"]


def test_monthly_clocks():
    study = load_text(
        "model: m\nclock: {start: 2025-01-31, step: 1 month, horizon: 2 years}\ndates: {mid: 2025-02-14}\n"
        "events: {e: {rate: 1/month, cooldown: 3 months, when: t >= mid}}\nmeasures: [e.count]\n"
    )
    clock = study.model.clock
    assert (clock.unit, clock.step, clock.n_steps, str(clock.date_of(1))) == ("month", 1, 24, "2025-02-28")
    event = study.model.events[0]
    assert (event.cooldown, event.rate) == (3, Literal(1.0))
    assert event.when == Apply("ge", (Read("time"), Literal(0.5)))


@pytest.mark.parametrize(
    ("clock", "n_steps"),
    [
        ("step: 1 week, horizon: 104 weeks", 104),
        ("step: 7 days, horizon: 2 weeks", 2),
        ("step: 2 weeks, horizon: 28 days", 2),
        ("step: 1 day, horizon: 4 years", 1461),
        ("step: 1 month, horizon: 1 year", 12),
        ("step: 1 week, end: 2025-04-21", 2),
        ("step: 1 week, end: 2025-04-27", 2),
        ("step: 1 month, end: 2025-07-06", 2),
    ],
)
def test_clocks(clock, n_steps):
    assert load_text(f"model: m\nclock: {{start: 2025-04-07, {clock}}}\n").model.clock.n_steps == n_steps


@pytest.mark.parametrize(
    ("clock", "code", "at"),
    [
        ("step: 1 week", "E112", "{start"),
        ("step: 1 week, horizon: 4 weeks, end: 2025-06-01", "E309", "end"),
        ("step: 1 week, horizon: 10 days", "E312", "10 days"),
        ("step: 1 week, horizon: 1 month", "E312", "1 month"),
        ("step: 1 week, horizon: 0 weeks", "E312", "0 weeks"),
        ("step: 1 week, horizon: 104", "E111", "104"),
        ("step: 2 months, horizon: 1 year", "E312", "2 months"),
        ("step: 1 year, horizon: 1 year", "E312", "1 year"),
        ("step: 0 days, horizon: 1 week", "E312", "0 days"),
        ("step: 1.5 days, horizon: 3 days", "E312", "1.5 days"),
        ("step: 1 day, horizon: 100_001 days", "E313", "100_001"),
        ("step: 1 day, horizon: 999999999999 days", "E313", "999"),
        ("step: 1 month, horizon: 99_999 months", "E313", "99_999"),
        ("step: 1 week, end: 2025-04-07", "E313", "2025-04-07}"),
        ("step: 1 week, end: 2025-04-13", "E313", "2025-04-13"),
        ("step: 1 week, end: 2025-04-31", "E311", "2025-04-31"),
    ],
)
def test_clocks_that_cannot_be(clock, code, at):
    line = f"clock: {{start: 2025-04-07, {clock}}}"
    problems = problems_of(f"model: m\n{line}\nevents: {{e: {{cooldown: 1 month}}}}\n")
    assert found(problems) == [(code, 2, line.index(at) + 1)]


@pytest.mark.parametrize(
    ("sections", "errors"),
    [
        # shapes
        ("parameters: 3\n", [("E111", 1, 13)]),
        ("parameters: [x]\n", [("E111", 1, 13)]),
        ("parametres: {x: 3}\n", [("E110", 1, 1)]),
        ("parameters: {x: }\n", [("E111", 1, 14)]),
        ("parameters: {x: {value: [1]}}\n", [("E111", 1, 25)]),
        ("parameters: {x: {value: 1, confidence: sure}}\n", [("E111", 1, 40)]),
        ("states: {x: {initial: 1, on: [e]}}\n", [("E111", 1, 30)]),
        ("states: {x: {initial: 1, on: {e: 5}}}\nevents: {e: {}}\n", [("E111", 1, 34)]),
        ("states: {x: {initial: 1, on: {e: == 5}}}\nevents: {e: {}}\n", [("E111", 1, 34)]),
        ("events: {e: {once: 1}}\n", [("E111", 1, 20)]),
        ("events: {e: {once: yes}}\n", [("E111", 1, 20)]),
        ("events: {e: 0.3}\n", [("E111", 1, 13)]),
        ("title: {a: b}\n", [("E111", 1, 8)]),
        ("phases: {war: {values: [a], initial: a}}\n", [("E111", 1, 24)]),
        ("dates: {a: 2025-4-7}\n", [("E111", 1, 12)]),
        ("events: {e: {every: 4}}\n", [("E111", 1, 21)]),
        ("levers: {l: {value: 1, range: [1]}}\n", [("E111", 1, 31)]),
        ("levers: {l: {value: 1, range: [0, 1, 2]}}\n", [("E111", 1, 31)]),
        ("draws: {d: {draw: 'normal(0, 1)', every: week}}\n", [("E111", 1, 42)]),
        # fields that are missing or too many
        ("parameters: {x: {unit: km2}}\n", [("E112", 1, 14)]),
        ("parameters: {x: {value: 1, prior: 'normal(0, 1)'}}\n", [("E309", 1, 28)]),
        ("states: {x: {change: 0}}\n", [("E112", 1, 13)]),
        ("states: {x: {initial: 0, change: 0, next: 0}}\n", [("E309", 1, 37)]),
        ("levers: {l: {value: 1, range: [0, 2], choices: [1]}}\n", [("E309", 1, 39)]),
        ("events: {e: {rate: 1/year, probability: 0.5}}\n", [("E309", 1, 28)]),
        ("events: {e: {chance: 0.5, within: 2 weeks, every: 2 weeks}}\n", [("E309", 1, 44)]),
        ("events: {e: {chance: 0.5}}\n", [("E112", 1, 14)]),
        ("events: {e: {within: 2 weeks}}\n", [("E309", 1, 14)]),
        ("events: {e: {after: start}}\n", [("E309", 1, 14)]),
        # numbers
        ("levers: {l: {value: 3, range: [0, 2]}}\n", [("E404", 1, 21)]),
        ("levers: {l: {value: 3, choices: [1, 2]}}\n", [("E404", 1, 21)]),
        ("levers: {l: {value: 3, range: [5, 2]}}\n", [("E404", 1, 21), ("E315", 1, 32)]),
        ("levers: {l: x}\nstates: {x: 1}\n", [("E307", 1, 13)]),
        ("states: {x: {initial: 1, min: 5, max: 2}}\n", [("E315", 1, 26)]),
        ("events: {e: {probability: 1.2}}\n", [("E315", 1, 27)]),
        ("events: {e: {chance: -0.1, within: 1 week}}\n", [("E315", 1, 22)]),
        ("events: {e: {rate: -1/year}}\n", [("E315", 1, 20)]),
        ("events: {e: {kinds: {a: -1, b: 2}}}\n", [("E315", 1, 25)]),
        ("events: {e: {kinds: {a: 0, b: 0}}}\n", [("E315", 1, 14)]),
        ("parameters: {x: .inf}\n", [("E203", 1, 17)]),
        ("parameters: {x: .nan}\n", [("E203", 1, 17)]),
        ("states: {x: {initial: 1e999}}\n", [("E203", 1, 23)]),
        ("levers: {l: {value: 1, choices: [.nan]}}\n", [("E316", 1, 34)]),
        # units
        ("events: {e: {rate: 0.05}}\n", [("E217", 1, 20)]),
        ("states: {x: {unit: km2, initial: 1, change: 5}}\n", [("E217", 1, 45)]),
        ("parameters: {x: {value: 1, unit: wibbles}}\n", [("E211", 1, 34)]),
        ("states: {x: {unit: km3, initial: 1, next: 1 + x}}\n", [("E216", 1, 43)]),
        ("events: {e: {when: 3*week}}\n", [("E217", 1, 20)]),
        # durations
        ("events: {e: {every: 10 days}}\n", [("E312", 1, 21)]),
        ("events: {e: {every: 0 weeks}}\n", [("E312", 1, 21)]),
        ("events: {e: {cooldown: 1 month}}\n", [("E312", 1, 24)]),
        ("events: {e: {chance: 0.5, within: 3 days}}\n", [("E312", 1, 35)]),
        # things
        ("states: {x: {initial: 1, on: {y: += 1}}}\n", [("E305", 1, 31)]),
        ("states: {x: {initial: 1, on: {x: += 1}}}\n", [("E306", 1, 31)]),
        (WAR + "states: {x: {initial: 1, on: {war: += 1}}}\n", [("E306", 3, 31)]),
        (WAR + "states: {x: {initial: 1, on: {war.ceasefire.ever: += 1}}}\n", [("E306", 3, 31)]),
        (WAR + "states: {x: {initial: 1, on: {'war.ceasefire[a]': += 1}}}\n", [("E314", 3, 32)]),
        (
            SECTORS + "events: {e: {over: sector}}\nstates: {x: {initial: 1, on: {'e[west]': += 1}}}\n",
            [("E314", 3, 32)],
        ),
        (SECTORS + "events: {e: {over: sector}, f: {chance: 0.1, within: 1 week, after: e}}\n", [("E314", 2, 69)]),
        ("events: {f: {chance: 0.1, within: 1 week, after: x}}\n", [("E305", 1, 50)]),
        ("events: {f: {chance: 0.1, within: 1 week, after: x}}\nstates: {x: 1}\n", [("E306", 1, 50)]),
    ],
)
def test_declarations_that_are_refused(sections, errors):
    assert errors_in(sections) == errors


PHASE = "events: {e: {}}\nstates: {s: 1}\nphases:\n  war:\n    values: [a, b, c]\n"


@pytest.mark.parametrize(
    ("rest", "errors"),
    [
        ("initial: d\n", [("E317", 6, 14)]),
        ("initial: {a: 1, d: 1}\n", [("E317", 6, 21)]),
        ("initial: {a: 0, b: 0}\n", [("E315", 6, 15)]),
        ("initial: {a: -1, b: 1}\n", [("E315", 6, 15)]),
        ("initial: {a: x, b: 1}\n", [("E315", 6, 15)]),
        ("initial: [a]\n", [("E111", 6, 14)]),
        ("initial: a\n    moves: {a -> b: {on: e}}\n", [("E111", 7, 12)]),
        ("initial: a\n    moves: [a -> d: {on: e}]\n", [("E317", 7, 18)]),
        ("initial: a\n    moves: [d -> a: {on: e}]\n", [("E317", 7, 13)]),
        ("initial: a\n    moves: [a -> a: {on: e}]\n", [("E317", 7, 13)]),
        ("initial: a\n    moves: [a b -> c: {on: e}]\n", [("E317", 7, 13)]),
        ("initial: a\n    moves: [a -> b: {}]\n", [("E112", 7, 13)]),
        ("initial: a\n    moves: [{from: a, to: b}]\n", [("E112", 7, 13)]),
        ("initial: a\n    moves: [{from: a, on: e}]\n", [("E112", 7, 13)]),
        ("initial: a\n    moves: [{a -> b: {on: e}, b -> a: {on: e}}]\n", [("E111", 7, 13)]),
        ("initial: a\n    moves: [a -> b: {on: s}]\n", [("E306", 7, 26)]),
        ("initial: a\n    moves: [a -> b: {on: war.c}]\n", [("E306", 7, 26)]),
        ("initial: a\n    moves: [a -> b: {on: e, rate: 1/week}]\n", [("E309", 7, 29)]),
        ("initial: a\n    moves: [a -> b: {rate: 1/week, chance: 0.1, within: 1 week}]\n", [("E309", 7, 36)]),
        ("initial: a\n    moves: [a -> b: {probability: 0.1}]\n", [("E110", 7, 22)]),
        ("initial: a\n    moves: [{from: [a], to: {b: 1, d: 2}, on: e}]\n", [("E317", 7, 36)]),
        ("initial: a\n    moves: [{from: [a], to: {b: -1, c: 2}, on: e}]\n", [("E315", 7, 33)]),
    ],
)
def test_phases_that_are_refused(rest, errors):
    assert errors_in(PHASE + "    " + rest) == errors


@pytest.mark.parametrize(
    ("decision", "errors"),
    [
        ("moscow: {initial: a, options: {a: 0}}", [("E318", 3, 3)]),
        ("moscow.x.y: {initial: a, options: {a: 0}}", [("E318", 3, 3)]),
        ("paris.aim: {initial: a, options: {a: 0}}", [("E318", 3, 3)]),
        ("moscow.aim: {initial: b, options: {a: 0}}", [("E317", 3, 25)]),
        ("moscow.aim: {initial: a, options: {}}", [("E112", 3, 3)]),
        ("moscow.aim: {options: {a: 0}}", [("E112", 3, 15)]),
        ("moscow.aim: {initial: a}", [("E112", 3, 15)]),
        ("moscow.aim: {initial: a, options: {a: 0, b: {when: 1}}}", [("E112", 3, 47)]),
        ("moscow.aim: {initial: a, options: {a: 0}, on: moscow.aim.a}", [("E306", 3, 49)]),
        ("moscow.aim: {initial: a, options: {a: 3*week}}", [("E217", 3, 41)]),
        ("moscow.aim: {initial: a, options: {a: 0}, every: 1 day}", [("E312", 3, 52)]),
    ],
)
def test_decisions_that_are_refused(decision, errors):
    assert errors_in(f"{ACTOR}decisions:\n  {decision}\n") == errors


def test_decisions_of_an_actor_stand_in_any_module():
    model = model_of(
        "modules: [oil.yaml]\n" + ACTOR,
        oil_yaml="parameters: {x: 3}\ndecisions:\n  moscow.cut: {initial: a, options: {a: x, b: 0}}\n",
    )
    assert model.decisions[0].name == "moscow.cut"
    assert model.decisions[0].options[0].utility == Read("parameter", "oil.x")


def test_one_fault_gives_one_problem():
    sections = (
        "parameters: {bad: {prior: 'normal(0)'}, worse: {value: 1, unit: wibbles}}\n"
        "derived: {a: bad + worse, b: 2*a, c: broken + 1}\nphases: {war: {values: [calm, 3], initial: calm}}\n"
        "states: {s: {initial: bad, next: war.hot, on: {war.hot: += 1}}, broken: }\nmeasures: [c, s, b]\n"
    )
    assert [code for code, _, _ in errors_in(sections)] == ["E242", "E211", "E301", "E111"]
