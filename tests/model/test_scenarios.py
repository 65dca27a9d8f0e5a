"""Scenarios and studies: what they set, force, fire and suppress; what a study adds."""

import pytest

from sim.errors import ModelError
from sim.language.tree import Literal
from sim.model.declarations import Scenario, Study
from tests.model.models import AIM, HEAD, SECTORS, WAR, errors_in, found, load_text, problems_of

MODEL = (
    "model: tiny\nclock: {start: 2025-04-07, step: 1 week, horizon: 5 weeks}\n"
    + SECTORS
    + WAR
    + AIM
    + "parameters: {p: {prior: 'normal(0, 1)', unit: km2}, n: {over: sector, value: 1}}\n"
    "levers: {l: {value: 1, range: [0, 9], unit: percent}, c: {value: 1, choices: [1, 2]},\n"
    "  m: {over: sector, value: 1}}\n"
    "states: {x: {over: sector, initial: 1}, y: {unit: km2, initial: 1}}\n"
    "events: {e: {kinds: {a: 1, b: 1}}, f: {over: sector}}\nderived: {v: 1}\n"
    "measures: [war, moscow.aim, p, n, l, c, m, x, y, e.ever, f.ever, v]\n"
)
MODEL_LINES = MODEL.count("\n")


def scenario(statements: str, **others: str) -> Scenario:
    text = f"{MODEL}scenarios:\n  s: {{{statements}}}\n" + "".join(f"  {name}: {{{s}}}\n" for name, s in others.items())
    return load_text(text, scenarios=["s"]).scenarios[0]


def errors(statements: str) -> list[tuple[str, int]]:
    problems = found(problems_of(f"{MODEL}scenarios:\n  s: {{{statements}}}\n"))
    assert all(line == MODEL_LINES + 2 for _, line, _ in problems)
    return [(code, column) for code, _, column in problems]


def test_baseline_is_there_and_comes_first():
    assert [s.name for s in load_text(MODEL + "scenarios: {a: , baseline: {title: As is}}\n").model.scenarios] == [
        "baseline",
        "a",
    ]
    study = load_text(MODEL)
    assert study.scenarios == (Scenario("baseline"),)


def test_a_scenario_that_is_not_known_is_told_of_each_once():
    (problem,) = problems_of(f"{MODEL}scenarios: {{baseline: {{title: As is}}, s: {{inherits: nobody}}}}\n")
    assert problem.hint == "known: baseline, s"


def test_what_can_be_set():
    assert scenario("set: {p: 3}").parameters == {"p": 3.0}
    assert scenario("set: {p: 'normal(2, 3)'}").parameters["p"].arguments == (Literal(2.0), Literal(3.0))
    assert scenario("set: {p: 1_000}").parameters == {"p": 1000.0}
    assert scenario("set: {n: 3}").parameters == {"n[north]": 3.0, "n[south]": 3.0}
    assert scenario("set: {n: {south: 4}}").parameters == {"n[south]": 4.0}
    assert scenario("set: {'n[north]': 5}").parameters == {"n[north]": 5.0}
    assert scenario("set: {n: {south: 'normal(0, 1)'}}").parameters["n[south]"].family == "normal"
    assert scenario("set: {x: {north: 2}, y: 7}").states == {"x[north]": 2.0, "y": 7.0}
    assert scenario("set: {war: ceasefire}").phases == {"war": (0.0, 1.0, 0.0)}
    assert scenario("set: {war: {fighting: 1, settlement: 3}}").phases == {"war": (0.25, 0.0, 0.75)}
    assert scenario("set: {moscow.aim: widen}").decisions == {"moscow.aim": 1}


def test_levers_from_and_until():
    assert scenario("set: {l: 5}").levers == {"l": (5.0,) * 6}
    assert scenario("set: {l: {value: 5, from: 2025-04-15}}").levers == {"l": (1.0, 1.0, 5.0, 5.0, 5.0, 5.0)}
    assert scenario("set: {l: {value: 5, until: 2025-04-21}}").levers == {"l": (5.0, 5.0, 1.0, 1.0, 1.0, 1.0)}
    both = "[{value: 5, from: 2025-04-14, until: 2025-04-28}, {value: 6, from: 2025-05-05}]"
    assert scenario(f"set: {{l: {both}}}").levers == {"l": (1.0, 5.0, 5.0, 1.0, 6.0, 6.0)}
    assert scenario("set: {m: {north: 2, south: {value: 3, from: 2025-05-12}}}").levers == {
        "m[north]": (2.0,) * 6,
        "m[south]": (1.0, 1.0, 1.0, 1.0, 1.0, 3.0),
    }


def test_force():
    assert scenario("force: {moscow.aim: widen}").force == {"moscow.aim": (1,) * 6}
    dated = "{option: widen, from: 2025-04-15, until: 2025-04-28}"
    assert scenario(f"force: {{moscow.aim: {dated}}}").force == {"moscow.aim": (-1, -1, 1, -1, -1, -1)}
    twice = "[{option: widen, until: 2025-04-14}, {option: hold, from: 2025-05-05}]"
    assert scenario(f"force: {{moscow.aim: {twice}}}").force == {"moscow.aim": (1, -1, -1, -1, 0, 0)}


def test_fire_and_suppress():
    assert scenario("fire: {e: 2025-04-07}").fire == {"e": frozenset({1})}
    assert scenario("fire: {e: 2025-04-14, e.b: [2025-04-15, 2025-05-12]}").fire == {"e": {1}, "e.b": {2, 5}}
    assert scenario("fire: {f: 2025-04-20}").fire == {"f[north]": {2}, "f[south]": {2}}
    assert scenario("suppress: [e, 'f[south]']").suppress == {"e", "f[south]"}
    assert scenario("suppress: f").suppress == {"f[north]", "f[south]"}


def test_a_scenario_lays_its_statements_over_those_it_inherits():
    heir = scenario(
        "inherits: one, set: {p: 4, l: {value: 5, from: 2025-05-05}}, fire: {e: 2025-04-21}, suppress: e,\n"
        "     force: {moscow.aim: {option: hold, from: 2025-05-05}}",
        one="inherits: two, set: {p: 3, y: 2}, force: {moscow.aim: {option: widen, from: 2025-04-21}}",
        two="set: {y: 1, l: 3}, fire: {e: 2025-04-14}, suppress: f",
    )
    assert heir.parameters == {"p": 4.0}
    assert heir.states == {"y": 2.0}
    assert heir.levers == {"l": (3.0, 3.0, 3.0, 3.0, 5.0, 5.0)}
    assert heir.force == {"moscow.aim": (-1, -1, 1, 1, 0, 0)}
    assert heir.fire == {"e": {1, 2}}
    twice = f"{MODEL}scenarios:\n  s: {{fire: {{e.a: 2025-04-14}}}}\n  r: {{inherits: s, fire: {{e.b: 2025-04-14}}}}\n"
    assert found(problems_of(twice)) == [("E409", MODEL_LINES + 3, 27)]
    assert heir.suppress == {"e", "f[north]", "f[south]"}


def test_a_thousand_heirs():
    chain = "".join(f"  s{i}: {{inherits: s{i - 1}, set: {{p: {i}}}}}\n" for i in range(1, 2_000))
    study = load_text(
        f"{MODEL}scenarios:\n  s0: {{set: {{y: 9}}}}\n" + "".join(reversed(chain.splitlines(keepends=True)))
    )
    last = next(s for s in study.scenarios if s.name == "s1999")
    assert (last.parameters, last.states) == ({"p": 1999.0}, {"y": 9.0})


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ("inherits: nobody", [("E401", 17)]),
        ("inherits: s", [("E402", 17)]),
        ("set: {q: 3}", [("E305", 13)]),
        ("set: {v: 3}", [("E403", 13)]),
        ("set: {e: 3}", [("E403", 13)]),
        ("set: {war.ceasefire: 1}", [("E403", 13)]),
        ("set: {p: v}", [("E307", 16)]),
        ("set: {p: 3*week}", [("E217", 16)]),
        ("set: {p: 'normal(0, -1)'}", [("E243", 27)]),
        ("set: {p: {value: 3, from: 2025-04-14}}", [("E403", 17)]),
        ("set: {p: [1]}", [("E403", 17)]),
        ("set: {n: {east: 3}}", [("E314", 17)]),
        ("set: {'n[east]': 3}", [("E314", 14)]),
        ("set: {'p[north]': 3}", [("E314", 14)]),
        ("set: {l: 10}", [("E404", 16)]),
        ("set: {l: 'normal(0, 1)'}", [("E231", 17)]),
        ("set: {c: 3}", [("E404", 16)]),
        ("set: {l: {value: 10, from: 2025-04-14}}", [("E404", 24)]),
        ("set: {l: {value: 1, from: 2030-04-14}}", [("E405", 33)]),
        ("set: {l: {value: 1, from: 2025-04-28, until: 2025-04-21}}", [("E405", 52)]),
        ("set: {l: {from: 2025-04-14}}", [("E112", 13)]),
        ("set: {l: {value: 1, form: 2025-04-14}}", [("E110", 27)]),
        ("set: {war: peace}", [("E317", 18)]),
        ("set: {war: {peace: 1}}", [("E317", 19)]),
        ("set: {moscow.aim: narrow}", [("E317", 25)]),
        ("set: {moscow.aim: {widen: 1}}", [("E403", 26)]),
        ("set: {y: .inf}", [("E203", 16)]),
        ("force: {moscow.aim: narrow}", [("E406", 27)]),
        ("force: {war: ceasefire}", [("E406", 15)]),
        ("force: {e: x}", [("E406", 15)]),
        ("force: {moscow.goal: widen}", [("E305", 15)]),
        ("force: {moscow.aim: {from: 2025-04-14}}", [("E112", 27)]),
        ("force: {moscow.aim: {option: widen, from: 2030-01-01}}", [("E405", 49)]),
        ("fire: {war.ceasefire: 2025-04-14}", [("E407", 14)]),
        ("fire: {y: 2025-04-14}", [("E306", 14)]),
        ("fire: {e: 2025-05-13}", [("E405", 17)]),
        ("fire: {e: soon}", [("E111", 17)]),
        ("fire: {e.a: 2025-04-14, e.b: [2025-04-22, 2025-04-11]}", [("E409", 31)]),
        ("fire: [e]", [("E111", 13)]),
        ("suppress: [e.a]", [("E407", 18)]),
        ("suppress: [war]", [("E306", 18)]),
        ("supress: [e]", [("E110", 7)]),
    ],
)
def test_statements_that_are_refused(statements, expected):
    assert errors(statements) == expected


def test_scenarios_in_a_circle_are_named_once():
    problems = problems_of(MODEL + "scenarios:\n  a: {inherits: b}\n  b: {inherits: c}\n  c: {inherits: b}\n")
    assert [p.message for p in problems] == ["the scenario `b` inherits itself: b -> c -> b"]


def test_baseline_cannot_be_changed():
    assert errors_in("states: {x: 1}\nscenarios:\n  baseline: {title: A, set: {x: 2}}\n") == [("E408", 3, 24)]


# -- settings of the command line


def test_settings_apply_to_every_scenario():
    text = MODEL + "scenarios: {s: {set: {p: 3}}}\n"
    settings = ["p=7", "l={value: 5, from: 2025-05-12}", "war=ceasefire", "n[north]= 2", "x={south: 3}"]
    for each in load_text(text, settings=settings).scenarios:
        assert each.parameters == {"p": 7.0, "n[north]": 2.0}
        assert each.levers == {"l": (1.0,) * 5 + (5.0,)}
        assert each.phases == {"war": (0.0, 1.0, 0.0)}
        assert each.states == {"x[south]": 3.0}


def test_a_setting_may_be_a_distribution():
    assert load_text(MODEL, settings=["p=lognormal(p5=1, p95=4)"]).scenarios[0].parameters["p"].family == "lognormal"


@pytest.mark.parametrize(
    ("setting", "error"),
    [
        ("p", ("E501", 1)),
        ("=3", ("E501", 1)),
        ("p=", ("E501", 1)),
        ("q=3", ("E305", 1)),
        (" v=3", ("E403", 2)),
        ("p=3*wek", ("E305", 5)),
        ("p=[1", ("E104", 3)),
        ("P=3", ("E111", 1)),
        ("l=99", ("E404", 3)),
        ("p=\x1b", ("E107", 3)),
    ],
)
def test_settings_that_are_refused(setting, error):
    (problem,) = problems_of(MODEL, settings=[setting])
    assert (problem.code, problem.place.column) == error
    assert (problem.place.file, problem.place.line) == ("--set", 1)


def test_scenarios_are_chosen_by_name():
    text = MODEL + "scenarios: {a: {}, b: {}}\n"
    assert [s.name for s in load_text(text, scenarios=["b", "baseline", "b"]).scenarios] == ["b", "baseline"]
    (problem,) = problems_of(text, scenarios=["bb"])
    assert (problem.code, problem.place.file, problem.hint) == ("E401", "--scenario", "did you mean `b`?")


# -- studies


def study(fields: str, **more) -> Study:
    return load_text(
        f"study: s\nmodel: m.yaml\n{fields}", m_yaml=MODEL + "scenarios: {a: {set: {p: 3}}, b: {}}\n", **more
    )


def study_errors(fields: str) -> list[tuple[str, int, int]]:
    problems = problems_of(
        f"study: s\nmodel: m.yaml\n{fields}", m_yaml=MODEL + "scenarios: {a: {set: {p: 3}}, b: {}}\n"
    )
    return [(code, line - 2, column) for code, line, column in found(problems)]


def test_a_study_has_defaults():
    s = study("")
    assert (s.name, s.trajectories, s.seed, s.output, s.blocks) == ("s", 10_000, 0, None, {})
    assert [scenario.name for scenario in s.scenarios] == ["baseline", "a", "b"]


def test_the_fields_of_a_study():
    s = study(
        "title: T\nabout: A\nscenarios: [b, baseline]\ntrajectories: 20_000\nseed: 18446744073709551615\n"
        "output: results/s\nmeasures: [y]\nset: {l: 2, p: 9}\n"
    )
    assert (s.title, s.about, s.trajectories, s.seed, s.output) == ("T", "A", 20_000, 2**64 - 1, "results/s")
    assert [scenario.name for scenario in s.scenarios] == ["b", "baseline"]
    assert [measure.name for measure in s.model.measures] == ["y"]
    assert [scenario.name for scenario in s.model.scenarios] == ["baseline", "a", "b"]
    assert all(scenario.levers == {"l": (2.0,) * 6} for scenario in s.scenarios)


def test_settings_of_a_study_lie_over_scenarios_and_under_the_command_line():
    s = study("set: {p: 9, y: 8}\n", settings=["y=7"])
    assert [scenario.parameters["p"] for scenario in s.scenarios] == [9.0, 9.0, 9.0]
    assert [scenario.states["y"] for scenario in s.scenarios] == [7.0, 7.0, 7.0]


def test_a_study_adds_scenarios():
    s = study("scenarios:\n  c: {inherits: a, set: {y: 5}}\n")
    assert [scenario.name for scenario in s.scenarios] == ["baseline", "a", "b", "c"]
    assert s.scenarios[-1].parameters == {"p": 3.0}


def test_blocks_are_kept_as_read():
    s = study("sweep: {l: [0, 1_0, 2e-1], on: yes, at: 2025-06-01, none: null}\nclaims: [{a: x}]\n")
    assert s.blocks == {
        "sweep": {"l": [0, 10, 0.2], "on": "yes", "at": "2025-06-01", "none": None},
        "claims": [{"a": "x"}],
    }


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("seed: -1", [("E111", 1, 7)]),
        ("seed: 18446744073709551616", [("E111", 1, 7)]),
        ("seed: 1.5", [("E111", 1, 7)]),
        ("seed: .inf", [("E316", 1, 7)]),
        ("trajectories: 0", [("E111", 1, 15)]),
        ("trajectories: many", [("E111", 1, 15)]),
        ("scenarios: [c]", [("E401", 1, 13)]),
        ("scenarios: []", [("E111", 1, 12)]),
        ("scenarios: {a: {}}", [("E303", 1, 13)]),
        ("sweeps: {}", [("E110", 1, 1)]),
        ("clock: {}", [("E110", 1, 1)]),
        ("set: {q: 1}", [("E305", 1, 7)]),
        ("measures: [q]", [("E305", 1, 12)]),
        ("title:", [("E111", 1, 1)]),
    ],
)
def test_studies_that_are_refused(fields, expected):
    assert study_errors(fields + "\n") == expected


def test_a_study_needs_a_model():
    assert found(problems_of("study: s\n")) == [("E112", 1, 1)]
    assert found(problems_of("study: s\nmodel: none.yaml\n")) == [("E101", 2, 8)]


def test_problems_of_study_and_model_come_together():
    problems = problems_of("study: s\nmodel: m.yaml\nseed: -1\n", m_yaml=HEAD + "derived: {x: wrong}\n")
    assert [(p.code, p.place.file.rpartition("/")[2]) for p in problems] == [("E111", "main.yaml"), ("E305", "m.yaml")]


def test_the_error_shows_every_problem():
    with pytest.raises(ModelError, match=r"E305(?s:.*)E201"):
        load_text(HEAD + "derived: {x: wrong, y: 1 +}\n")
