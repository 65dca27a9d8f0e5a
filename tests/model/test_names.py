"""Names: what they may be, how they are looked up, and who may read what."""

import pytest

from sim.language.tree import Apply, Literal, Read
from tests.model.models import AIM, SECTORS, WAR, errors_in, model_of, one_error, warnings_of

X = "states:\n  x: {initial: 1}\n"


@pytest.mark.parametrize(
    ("sections", "errors"),
    [
        ("states:\n  Price: {initial: 1}\n", [("E301", 2, 3)]),
        ("states:\n  2x: {initial: 1}\n", [("E301", 2, 3)]),
        ("states:\n  class: {initial: 1}\n", [("E301", 2, 3)]),
        ("states:\n  a-b: {initial: 1}\n", [("E301", 2, 3)]),
        ("states:\n  a.b: {initial: 1}\n", [("E301", 2, 3)]),
        ("states:\n  übel: {initial: 1}\n", [("E301", 2, 3)]),
        ("states:\n  true: {initial: 1}\n", [("E301", 2, 3)]),
        ("model: Tiny\n", [("E105", 1, 1)]),
        ("dates: {Vote: 2025-06-01}\n", [("E301", 1, 9)]),
        ("indexes: {sector: [North]}\n", [("E301", 1, 20)]),
        ("units: {2x: nothing}\n", [("E301", 1, 9)]),
        ("questions:\n  Q: {ever: 1}\n", [("E301", 2, 3)]),
        ("outcomes:\n  Peace: otherwise\n", [("E301", 2, 3)]),
        ("scenarios:\n  Low: {}\n", [("E301", 2, 3)]),
        ("measures: {A: 1}\n", [("E301", 1, 12)]),
        ("phases:\n  war: {values: [calm, Hot], initial: calm}\n", [("E301", 2, 24)]),
        ("events:\n  e: {kinds: {A: 1}}\n", [("E301", 2, 15)]),
        ("actors: {A: {}}\n", [("E301", 1, 10)]),
        ("actors: {a: {}}\ndecisions:\n  a.B: {initial: x, options: {x: 1}}\n", [("E301", 3, 5)]),
        ("states:\n  exp: {initial: 1}\n", [("E302", 2, 3)]),
        ("states:\n  week: {initial: 1}\n", [("E302", 2, 3)]),
        ("states:\n  t: {initial: 1}\n", [("E302", 2, 3)]),
        ("states:\n  horizon: {initial: 1}\n", [("E302", 2, 3)]),
        ("dates: {pi: 2025-06-01}\n", [("E302", 1, 9)]),
        ("phases:\n  war: {values: [calm, elapsed], initial: calm}\n", [("E302", 2, 24)]),
        ("phases:\n  war: {values: [calm, any], initial: calm}\n", [("E302", 2, 24)]),
        ("events:\n  e: {kinds: {ever: 1, b: 1}}\n", [("E302", 2, 15)]),
        ("parameters: {x: 1}\nmeasures: [x]\nstates:\n  x: {initial: 1}\n", [("E303", 4, 3)]),
        (X + "dates: {x: 2025-06-01}\n", [("E303", 3, 9)]),
        ("actors: {x: {}}\n" + X, [("E303", 3, 3)]),
        ("indexes: {sector: [north, north]}\n", [("E303", 1, 27)]),
        ("phases:\n  war: {values: [calm, calm], initial: calm}\n", [("E303", 2, 24)]),
        ("measures:\n  - {a: 1}\n  - {a: 2}\n", [("E303", 3, 6)]),
        ("draws:\n  a: normal(0, 1)\n  b: {draw: 'normal(0, 1)', stream: a}\nmeasures: [a, b]\n", [("E303", 3, 3)]),
        ("states:\n  x: {over: front, initial: 1}\n", [("E314", 2, 13)]),
        (SECTORS + "states:\n  x: {over: sectr, initial: 1}\n", [("E314", 3, 13)]),
        (SECTORS + "states:\n  x: {over: sector, initial: {north: 1}}\n", [("E314", 3, 21)]),
        (SECTORS + "states:\n  x: {over: sector, initial: {north: 1, south: 2, east: 3}}\n", [("E314", 3, 51)]),
        ("states:\n  x: {initial: {north: 1}}\n", [("E314", 2, 7)]),
    ],
)
def test_names_that_cannot_be_given(sections, errors):
    assert errors_in(sections) == errors


def test_shadowing_is_an_error():
    oil = {"oil_yaml": "states:\n  price: {initial: 1}\n"}
    assert errors_in("modules: [oil.yaml]\nstates:\n  price: {initial: 1}\n", **oil) == [("E304", 2 - 2, 3)]
    assert errors_in("modules: [oil.yaml]\nactors: {price: {}}\n", **oil) == [("E304", 0, 3)]
    assert errors_in("modules: [oil.yaml]\nstates:\n  oil: {initial: 1}\n", **oil) == [("E304", 3, 3)]
    gas = {"gas_yaml": "states:\n  oil: {initial: 1}\n"}
    assert errors_in("modules: [oil.yaml, gas.yaml]\n", **oil, **gas) == [("E304", 0, 3)]


def test_one_name_in_two_modules_is_two_names():
    state = "states:\n  price: {initial: 1}\nderived:\n  twice: 2*price\n"
    model = model_of(
        "modules: [oil.yaml, gas.yaml]\nderived: {sum_of: oil.price + gas.price}\n", oil_yaml=state, gas_yaml=state
    )
    assert [state.name for state in model.states] == ["oil.price", "gas.price"]
    assert model.derived[1].value == Apply("mul", (Literal(2.0), Read("state", "oil.price")))


def test_a_module_may_share_its_name_with_an_actor():
    decision = "decisions:\n  oil.aim: {initial: a, options: {a: price + oil.price, b: oil.aim.a}}\n"
    model = model_of("modules: [oil.yaml]\nactors: {oil: {}}\n", oil_yaml="states:\n  price: {initial: 1}\n" + decision)
    state = Read("state", "oil.price")
    assert model.decisions[0].options[0].utility == Apply("add", (state, state))
    assert model.decisions[0].options[1].utility == Read("is", "oil.aim", 0)


def test_a_declaration_may_be_called_like_its_module():
    oil = "states: {oil: {initial: 1}, gas: {initial: 1, next: oil + oil.oil}}\n"
    state = Read("state", "oil.oil")
    assert model_of("modules: [oil.yaml]\n", oil_yaml=oil).states[1].next == Apply("add", (state, state))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("prise", "did you mean `price`?"),
        ("brent", "did you mean `oil.brent`?"),
        ("oil.brant", "did you mean `oil.brent`?"),
        ("wor.fighting", "did you mean `war.fighting`?"),
        ("war.fightin", "did you mean `war.fighting`?"),
        ("war.fighting.evr", "did you mean `war.fighting.ever`?"),
        ("strike.cout", "did you mean `strike.count`?"),
        ("wek", "did you mean `week`?"),
        ("zzz", ""),
    ],
)
def test_suggestions_are_full_names(name, hint):
    sections = (
        "modules: [oil.yaml]\nstates:\n  price: {initial: 1}\n" + WAR + "events:\n  strike: {}\n"
        f"measures: [price, war]\nderived:\n  it: {name}\n"
    )
    problem = one_error(sections, oil_yaml="states:\n  brent: {initial: 1}\n")
    assert (problem.code, problem.hint) == ("E305", hint)


@pytest.mark.parametrize(
    ("expression", "node"),
    [
        ("t", Read("time")),
        ("dt", Literal(2.0)),
        ("horizon", Literal(20.0)),
        ("pi", Literal(3.141592653589793)),
        ("vote", Literal(8.0)),
        ("war.ceasefire", Read("is", "war", 1)),
        ("war.level", Read("level", "war")),
        ("war.elapsed", Read("elapsed", "war")),
        ("war.ceasefire.elapsed", Read("elapsed", "war.ceasefire")),
        ("war.ceasefire.ever", Read("ever", "war.ceasefire")),
        ("strike.count", Read("count", "strike")),
        ("strike.port.ever", Read("ever", "strike.port")),
        ("moscow.aim.widen", Read("is", "moscow.aim", 1)),
        ("moscow.aim.widen.count", Read("count", "moscow.aim.widen")),
        ("moscow.aim.elapsed", Read("elapsed", "moscow.aim")),
        ("attack[south].elapsed", Read("elapsed", "attack[south]")),
        ("sum(attack.count)", Apply("add", (Read("count", "attack[north]"), Read("count", "attack[south]")))),
    ],
)
def test_what_names_mean(expression, node):
    model = _model_with(expression)
    assert model.measures[0].value == node


def _model_with(expression: str):
    from tests.model.models import load_text

    return load_text(
        "model: tiny\nclock: {start: 2025-04-07, step: 2 weeks, horizon: 20 weeks}\ndates: {vote: 2025-06-02}\n"
        + SECTORS
        + WAR
        + AIM
        + "events:\n  strike: {kinds: {port: 1, depot: 2}}\n  attack: {over: sector}\n"
        + f"measures:\n  - it: {{value: '{expression}'}}\n"
    ).model


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("war", "E306"),
        ("strike", "E306"),
        ("strike.port", "E306"),
        ("moscow.aim", "E306"),
        ("moscow", "E306"),
        ("strike.level", "E305"),
        ("war.ever", "E305"),
        ("war.peace", "E305"),
        ("war.ceasefire.level", "E305"),
        ("moscow.aim.narrow", "E305"),
        ("moscow.goal.narrow", "E305"),
        ("attack.count", "E221"),
        ("attack[west].count", "E222"),
        ("strike[north].count", "E223"),
    ],
)
def test_what_names_do_not_mean(expression, code):
    from sim.errors import ModelError

    with pytest.raises(ModelError) as caught:
        _model_with(expression)
    assert [problem.code for problem in caught.value.problems] == [code]


DECLARED = (
    "parameters: {p: {prior: 'normal(0, 1)'}}\nlevers: {l: 1}\n"
    "draws: {e: {draw: 'normal(0, 1)', every: trajectory}, d: 'normal(0, 1)'}\n"
    "derived: {v: 1}\nevents: {strike: {}}\n" + WAR + "measures: [p, l, d, e, v, war, strike.ever]\n"
)


@pytest.mark.parametrize("name", ["l", "d", "e", "v", "strike.ever", "war.elapsed", "war.fighting", "t"])
def test_parameters_read_parameters_only(name):
    sections = DECLARED.replace("parameters: {", f"parameters: {{q: 2*{name}, ").replace(
        "measures: [", "measures: [q, "
    )
    assert errors_in(sections) == [("E307", 1, 19)]


def test_parameters_read_parameters_dates_and_durations():
    assert errors_in("dates: {vote: 2025-06-01}\nparameters: {a: 1, b: a + vote/week + dt/week}\nmeasures: [b]\n") == []


@pytest.mark.parametrize("name", ["d", "v", "strike.ever", "war.fighting", "t"])
def test_the_start_reads_what_is_settled_then(name):
    assert errors_in(DECLARED + f"states: {{x: {{initial: 1 + {name}}}}}\n")[0][0] in ("E307", "E216")


@pytest.mark.parametrize("name", ["p", "l", "e"])
def test_initial_values_read_parameters_levers_and_trajectory_draws(name):
    assert errors_in(DECLARED + f"states: {{x: {{initial: 1 + {name}}}}}\n") == []


def test_draws_of_the_step_read_everything_and_draws_of_the_trajectory_do_not():
    assert errors_in(DECLARED.replace("d: 'normal(0", "d: 'normal(v + war.fighting")) == []
    assert errors_in(DECLARED.replace("{draw: 'normal(0", "{draw: 'normal(v")) == [("E307", 3, 27)]


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ("derived: {a: b, b: c, c: a}\nmeasures: [a]\n", "`a` needs itself: a -> b -> c -> a"),
        ("derived: {a: a + 1}\nmeasures: [a]\n", "`a` needs itself: a -> a"),
        ("parameters: {a: 2*b, b: 3*a}\nmeasures: [a]\n", "`a` needs itself: a -> b -> a"),
        ("parameters: {a: {prior: 'normal(b, 1)'}, b: 3*a}\nmeasures: [a]\n", "`a` needs itself: a -> b -> a"),
        ("draws: {a: 'normal(b, 1)'}\nderived: {b: 2*a}\nmeasures: [a]\n", "`a` needs itself: a -> b -> a"),
        (
            SECTORS + "derived: {a: {over: sector, value: b}, b: 'a[north]'}\nmeasures: [a]\n",
            "`a[north]` needs itself: a[north] -> b -> a[north]",
        ),
    ],
)
def test_cycles_are_shown(sections, message):
    problem = one_error(sections)
    assert (problem.code, problem.message) == ("E308", message)


def test_a_loop_through_a_state_is_no_cycle():
    assert errors_in("states: {x: {initial: 1, next: y}}\nderived: {y: 2*x}\n") == []
    assert (
        errors_in(SECTORS + "derived: {a: {over: sector, value: 1}, b: 'a[north]', c: 'a[south] + b'}\nmeasures: [c]\n")
        == []
    )


@pytest.mark.parametrize(
    ("sections", "warnings"),
    [
        ("parameters: {a: 1}\n", [("W301", 1, 14)]),
        ("draws: {a: 'normal(0, 1)'}\n", [("W301", 1, 9)]),
        ("derived: {a: 1}\n", [("W301", 1, 11)]),
        ("derived: {a: 1, b: a}\nmeasures: [b]\n", []),
        ("events: {a: {}}\n", []),
        ("events: {a: {}}\nstates: {x: {initial: 0, on: {a: += 1}}}\n", []),
        ("events: {a: {}}\nquestions: {q: {ever: a.ever}}\n", []),
        ("states: {a: {initial: 0, next: a + 1}}\n", []),
        ("states: {a: {initial: 0, next: a + 1}}\nmeasures: [{b: 1}]\n", [("W301", 1, 10)]),
        ("dates: {vote: 2025-06-01}\n", [("W301", 1, 9)]),
        ("units: {warhead: one}\n", [("W301", 1, 9)]),
        ("units: {warhead: one}\nstates: {a: {initial: 0, unit: 1/warhead}}\n", []),
        ("indexes: {sector: [north]}\n", [("W301", 1, 11)]),
        ("actors: {us: {}}\n", [("W301", 1, 10)]),
    ],
)
def test_what_nobody_uses_is_a_warning(sections, warnings):
    assert warnings_of(sections) == warnings


def test_streams_keep_their_names():
    model = model_of(
        "modules: [oil.yaml]\n"
        + SECTORS
        + "draws: {a: {draw: 'normal(0, 1)', stream: old, over: sector}}\nmeasures: [a, oil.b]\n",
        oil_yaml="draws: {b: {draw: 'normal(0, 1)', stream: older}}\n",
    )
    assert [draw.site for draw in model.draws] == ["old[north]", "old[south]", "oil.older"]
