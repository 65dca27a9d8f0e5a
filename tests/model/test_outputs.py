"""Outcomes, questions, measures, correlations and history."""

import datetime

import pytest

from sim.language.tree import Apply, Literal, Read
from sim.model.declarations import Correlation, Past
from tests.model.models import AIM, SECTORS, WAR, errors_in, model_of, one_error, warnings_of


def test_outcomes():
    model = model_of(
        WAR + "outcomes:\n  a: {ends_when: war.settlement, about: Done.}\n  b: {when: war.ceasefire}\n  c: otherwise\n"
    )
    a, b, c = model.outcomes
    assert (a.ends_when, a.when, a.about) == (Read("is", "war", 2), None, "Done.")
    assert (b.ends_when, b.when) == (None, Read("is", "war", 1))
    assert (c.ends_when, c.when) == (None, None)


@pytest.mark.parametrize(
    ("outcomes", "errors"),
    [
        ("{a: {when: war.ceasefire}}", [("E319", 3, 12)]),
        ("{a: otherwise, b: {when: war.ceasefire}}", [("E319", 3, 12), ("E319", 3, 26)]),
        ("{a: otherwise, b: otherwise}", [("E319", 3, 12)]),
        ("{a: {}, b: otherwise}", [("E112", 3, 12)]),
        ("{a: war.ceasefire, b: otherwise}", [("E111", 3, 15)]),
        ("{a: {when: war.peace}, b: otherwise}", [("E305", 3, 22)]),
        ("[a, b]", [("E111", 3, 11)]),
    ],
)
def test_outcomes_that_are_refused(outcomes, errors):
    assert errors_in(f"{WAR}outcomes: {outcomes}\n") == errors


def question(fields: str):
    return model_of(
        f"{WAR}states: {{price: {{unit: USD/bbl, initial: 3}}}}\nquestions: {{q: {{{fields}}}}}\n"
    ).questions[0]


def test_the_window_of_a_question():
    assert (question("ever: war.ceasefire").first, question("ever: war.ceasefire").last) == (0, 52)
    assert question("ever: war.ceasefire").by == datetime.date(2026, 4, 6)
    q = question("ever: war.ceasefire, from: 2025-04-08, by: 2025-04-27")
    assert (q.first, q.last, q.by) == (1, 2, datetime.date(2025, 4, 27))
    q = question("always: war.ceasefire, from: 2025-04-14, by: 2025-04-14")
    assert (q.kind, q.first, q.last) == ("always", 1, 1)
    assert question("ever: war.ceasefire, from: 2020-01-01").first == 0


def test_kinds_of_questions():
    q = question("ever: war.ceasefire, for: 4 weeks, before: war.settlement, given: price > 3*price, asks: Will it?")
    assert (q.hold, q.before, q.asks) == (4, Read("is", "war", 2), "Will it?")
    assert q.given == Apply("gt", (Read("state", "price"), Apply("mul", (Literal(3.0), Read("state", "price")))))
    assert question("at_end: war.ceasefire").kind == "at_end"
    q = question("value: price, bins: [60, 7_0]")
    assert (q.kind, q.bins, q.unit) == ("value", (60.0, 70.0), "USD/bbl")
    assert question("value: price*bbl_, bins: [1]".replace("*bbl_", "/price")).unit == ""
    q = question("value: price, bins: [1], unit: EUR/bbl".replace("EUR", "USD"))
    assert q.condition == Read("state", "price")


def test_a_module_has_questions_of_its_own():
    model = model_of("modules: [oil.yaml]\n", oil_yaml="states: {price: 3}\nquestions: {high: {ever: price > 3}}\n")
    assert model.questions[0].name == "oil.high"


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ("asks: Will it?", [("E112", 3, 13)]),
        ("ever: war.ceasefire, always: war.ceasefire", [("E309", 3, 38)]),
        ("ever: war", [("E306", 3, 23)]),
        ("ever: war.ceasefire, by: 2025-04-01", [("E320", 3, 38)]),
        ("ever: war.ceasefire, from: 2025-06-01, by: 2025-05-01", [("E320", 3, 56)]),
        ("ever: war.ceasefire, from: 2025-04-08, by: 2025-04-13", [("E320", 3, 13)]),
        ("ever: war.ceasefire, from: 2027-01-01", [("E320", 3, 38)]),
        ("always: war.ceasefire, for: 4 weeks", [("E309", 3, 40)]),
        ("at_end: war.ceasefire, before: war.settlement", [("E309", 3, 40)]),
        ("ever: war.ceasefire, bins: [1]", [("E309", 3, 38)]),
        ("ever: war.ceasefire, for: 10 days", [("E312", 3, 43)]),
        ("value: war.level", [("E112", 3, 17)]),
        ("value: war.level, bins: []", [("E111", 3, 41)]),
        ("value: war.level, bins: [1, 1]", [("E321", 3, 45)]),
        ("value: war.level, bins: [1], unit: km2", [("E217", 3, 24)]),
        ("ever: war.ceasefire, by: 2025-12-32", [("E311", 3, 42)]),
        ("ever: war.ceasefire, by: 31.12.2025", [("E111", 3, 42)]),
    ],
)
def test_questions_that_are_refused(fields, errors):
    assert errors_in(f"{WAR}questions: {{q: {{{fields}}}}}\n") == errors


def test_doubtful_questions():
    assert warnings_of(WAR + "questions: {q: {ever: war.ceasefire, for: 60 weeks}}\n") == [("W302", 3, 38)]
    assert warnings_of(WAR + "questions: {q: {ever: war.ceasefire, by: 2030-01-01}}\n") == [("W303", 3, 42)]


# -- measures


def test_without_a_list_every_state_phase_and_decision_is_measured():
    model = model_of(
        WAR
        + AIM
        + SECTORS
        + "states: {x: {over: sector, unit: km2, initial: 1}}\nderived: {y: 'sum(x)'}\n".replace(
            "y:", "y: {unit: km2, value:"
        ).replace("'}", "'}}")
    )
    assert [(m.name, m.unit, m.value is None) for m in model.measures] == [
        ("x[north]", "km2", False),
        ("x[south]", "km2", False),
        ("war", "", True),
        ("moscow.aim", "", True),
    ]


def test_measures_as_a_list_a_mapping_and_mixed():
    head = WAR + SECTORS + "states: {x: {over: sector, unit: km2, initial: 1}}\nevents: {e: {over: sector}}\n"
    model = model_of(head + "measures: [x, war, 'e[north].count', war.elapsed, war.ceasefire]\n")
    assert [(m.name, m.unit) for m in model.measures] == [
        ("x[north]", "km2"),
        ("x[south]", "km2"),
        ("war", ""),
        ("e[north].count", ""),
        ("war.elapsed", "week"),
        ("war.ceasefire", ""),
    ]
    model = model_of(head + "measures: {y: {value: sum(x), title: All, unit: m2}, z: 2*war.level}\n")
    assert [(m.name, m.unit, m.title) for m in model.measures] == [("y", "m2", "All"), ("z", "", "")]
    mixed = model_of(head + "measures:\n  - war\n  - y: {value: sum(x)}\n  - z: {value: 3, unit: km2}\n").measures
    assert [(m.name, m.unit) for m in mixed] == [("war", ""), ("y", "km2"), ("z", "km2")]
    assert mixed[2].value == Literal(3.0)


def test_measures_of_several_files_come_together():
    model = model_of(
        "modules: [oil.yaml]\nstates: {x: 1}\nmeasures: [x, oil.y]\n",
        oil_yaml="states: {y: 2}\nmeasures: [y, x, {z: 2*y}]\n",
    )
    assert [m.name for m in model.measures] == ["x", "oil.y", "oil.z"]


@pytest.mark.parametrize(
    ("measures", "errors"),
    [
        ("[wor]", [("E305", 3, 12)]),
        ("[war.peace]", [("E305", 3, 12)]),
        ("['war[north]']", [("E314", 3, 13)]),
        ("[{x: {unit: km2}}]", [("E112", 3, 16)]),
        ("{x: war}", [("E306", 3, 15)]),
        ("war", [("E111", 3, 11)]),
        ("[[war]]", [("E111", 3, 12)]),
        ("[{war: 1}, war]", [("E303", 3, 22)]),
    ],
)
def test_measures_that_are_refused(measures, errors):
    assert errors_in(f"{WAR}measures: {measures}\n") == errors


# -- correlations

UNCERTAIN = (
    SECTORS + "parameters: {a: {prior: 'normal(0, 1)'}, b: {prior: 'normal(0, 1)'}, c: {prior: 'normal(0, 1)'}, f: 3,\n"
    "  n: {prior: 'normal(0, 1)', over: sector}, m: {prior: 'normal(0, 1)', over: sector}}\n"
    "draws: {d: 'normal(0, 1)', e: {draw: 'normal(0, 1)', every: trajectory}, g: 'beta(1, 2)'}\n"
    "measures: [a, b, c, f, d, e, g, n, m]\n"
)


@pytest.mark.parametrize(
    ("pair", "found"),
    [
        ("[a, b, -0.3]", [("a", "b", -0.3)]),
        ("[d, g, 1e-1]", [("d", "g", 0.1)]),
        ("['n[north]', a, 0.5]", [("n[north]", "a", 0.5)]),
        ("['n[north]', 'n[south]', 0.5]", [("n[north]", "n[south]", 0.5)]),
        ("[n, m, 0.5]", [("n[north]", "m[north]", 0.5), ("n[south]", "m[south]", 0.5)]),
    ],
)
def test_correlations(pair, found):
    assert model_of(f"{UNCERTAIN}correlations: [{pair}]\n").correlations == tuple(Correlation(*each) for each in found)


@pytest.mark.parametrize(
    ("pairs", "errors"),
    [
        ("[a, f, 0.5]", [("E322", 6, 20)]),
        ("[a, d, 0.5]", [("E322", 6, 20)]),
        ("[e, d, 0.5]", [("E322", 6, 20)]),
        ("[a, a, 0.5]", [("E322", 6, 17)]),
        ("[a, b, 1]", [("E322", 6, 23)]),
        ("[a, b, -1.5]", [("E322", 6, 23)]),
        ("[a, b, high]", [("E322", 6, 23)]),
        ("[a, b, .nan]", [("E322", 6, 23)]),
        ("[a, b]", [("E111", 6, 16)]),
        ("[a, x, 0.5]", [("E305", 6, 20)]),
        ("[a, n, 0.5]", [("E322", 6, 20)]),
        ("[a, 'n[west]', 0.5]", [("E314", 6, 21)]),
        ("[a, b, 0.5], [b, a, 0.5]", [("E322", 6, 30)]),
        ("[a, b, 0.9], [b, c, 0.9], [a, c, -0.9]", [("E322", 6, 30)]),
    ],
)
def test_correlations_that_are_refused(pairs, errors):
    assert errors_in(f"{UNCERTAIN}correlations: [{pairs}]\n") == errors


def test_the_pair_that_contradicts_the_others_is_named():
    problem = one_error(UNCERTAIN + "correlations: [[a, b, 0.9], [b, c, 0.9], [a, c, -0.9]]\n")
    assert problem.message.endswith("not positive definite with the pair `b`, `c`")


# -- history


def test_history():
    model = model_of(
        SECTORS + "events: {e: {kinds: {x: 1, y: 1}}, f: {over: sector}}\nmeasures: [e.ever, f.ever]\n"
        "history: {e: [2025-04-07, 2025-03-31], e.x: 2025-03-24, f: 2025-03-24, 'f[north]': 2025-03-17}\n"
    )
    assert model.history == (
        Past("e", 3, 0.0),
        Past("e.x", 1, -2.0),
        Past("f[north]", 2, -2.0),
        Past("f[south]", 1, -2.0),
    )


@pytest.mark.parametrize(
    ("history", "errors"),
    [
        ("{e: 2025-04-08}", [("E323", 4, 14)]),
        ("{war.ceasefire: 2025-01-01}", [("E323", 4, 11)]),
        ("{g: 2025-01-01}", [("E305", 4, 11)]),
        ("{war: 2025-01-01}", [("E306", 4, 11)]),
        ("{e: soon}", [("E111", 4, 14)]),
        ("[e]", [("E111", 4, 10)]),
    ],
)
def test_history_that_is_refused(history, errors):
    assert errors_in(f"{WAR}events: {{e: {{}}}}\nhistory: {history}\n") == errors


@pytest.mark.parametrize("value", ["1 + p", "p + 1", "p*p", "max(p, q)", "sum(r)"])
def test_what_is_reckoned_from_percentages_is_a_plain_number(value):
    model = model_of(
        "indexes: {i: [n, s]}\n"
        "parameters: {p: {value: 20, unit: percent}, q: 0.1, r: {over: i, value: 20, unit: percent}}\n"
        f"measures: [p, m: {{value: {value!r}}}, r: {{value: 'r[n]'}}]\n"
        f"questions: {{x: {{value: {value!r}, bins: [1]}}, y: {{value: p, bins: [1]}}}}\n"
    )
    assert [m.unit for m in model.measures] == ["percent", "", "percent"]
    assert [q.unit for q in model.questions] == ["", "percent"]


def test_a_window_that_begins_after_the_horizon_says_so():
    error = one_error("events: {e: {rate: 1/week}}\nquestions: {q: {ever: e.ever, from: 2093-01-01}}\n")
    assert error.code == "E320"
    assert "`from` is after the horizon" in error.message


def test_a_built_in_name_is_no_measure():
    error = one_error("states: {x: 1}\nmeasures: [x, t]\n")
    assert error.code == "E306"
    assert "{value: t}" in error.hint
