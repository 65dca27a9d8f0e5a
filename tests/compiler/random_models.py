"""Random models for hypothesis: every kind of declaration, read by every other, sane or not."""

import datetime

from hypothesis import strategies as st

from sim.errors import Place
from sim.language.tree import Apply, Literal, Node, Read
from sim.model.declarations import (
    Chance,
    Clock,
    Correlation,
    Decision,
    Derived,
    Draw,
    Event,
    Jump,
    Lever,
    Measure,
    Model,
    Move,
    Option,
    Outcome,
    Parameter,
    Phase,
    Question,
    Sample,
    Scenario,
    State,
)

PLACE = Place("random.yaml", 1, 1)
STEPS = 9
UNARY = ("neg", "abs", "exp", "log", "log1p", "expm1", "sqrt", "floor", "ceil", "round", "sign", "sin", "cos", "tanh",
         "logistic", "logit", "normal_cdf", "normal_quantile", "not")  # fmt: skip
BINARY = ("add", "sub", "mul", "div", "floordiv", "mod", "pow", "min", "max", "lt", "le", "gt", "ge", "eq", "ne", "and",
          "or", "hazard")  # fmt: skip
READS = (
    [Read("parameter", name) for name in ("fixed", "uncertain", "sum")]
    + [Read("lever", "lever"), Read("draw", "step"), Read("draw", "whole"), Read("draw", "mixed"), Read("time")]
    + [Read("state", "x"), Read("state", "y"), Read("derived", "d"), Read("level", "war"), Read("is", "war", 1)]
    + [Read("ever", "raid"), Read("count", "raid"), Read("elapsed", "raid"), Read("count", "raid.port")]
    + [Read("elapsed", "war"), Read("ever", "war.truce"), Read("elapsed", "west.aid.pause"), Read("is", "west.aid", 0)]
)
numbers = st.floats(-4, 4, allow_nan=False).map(lambda x: Literal(round(x, 3)))


def nodes(reads: list[Read], depth: int = 3) -> st.SearchStrategy[Node]:
    """Expressions over the given reads."""
    leaf = st.one_of(numbers, st.sampled_from(reads))
    return st.recursive(leaf, _larger, max_leaves=2**depth)


def _larger(smaller: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.one_of(
        st.builds(lambda f, a: Apply(f, (a,)), st.sampled_from(UNARY), smaller),
        st.builds(lambda f, a, b: Apply(f, (a, b)), st.sampled_from(BINARY), smaller, smaller),
        st.builds(lambda a, b, c: Apply("if", (a, b, c)), smaller, smaller, smaller),
        st.builds(lambda a, b, c: Apply("clip", (a, b, c)), smaller, smaller, smaller),
        st.builds(lambda a, n: Apply("pow", (a, Literal(float(n)))), smaller, st.integers(-5, 6)),
        st.builds(lambda a: Apply("table", (a, Literal(0.0), Literal(1.0), Literal(2.0), Literal(-1.0))), smaller),
    )


any_node = nodes(READS)
start_node = nodes([Read("parameter", "uncertain"), Read("draw", "whole"), Read("lever", "lever")], 1)
maybe = st.one_of(st.none(), any_node)


@st.composite
def models(draw: st.DrawFn) -> Model:
    """A model with one or two declarations of each kind, in arbitrary relations."""
    safe = [r for r in READS if r not in (Read("derived", "d"), Read("draw", "mixed"), Read("draw", "step"))]
    return Model(
        name="random", title="", about="",
        clock=Clock(datetime.date(2025, 1, 6), "week", draw(st.integers(1, 2)), STEPS),
        parameters=(
            Parameter(name="fixed", place=PLACE, value=draw(numbers), site="fixed"),
            Parameter(name="uncertain", place=PLACE, prior=Sample("uniform", (Literal(0.0), Literal(1.0))), site="u"),
            Parameter(name="sum", place=PLACE, site="sum",
                      value=draw(nodes([Read("parameter", "fixed"), Read("parameter", "uncertain")], 2))),
        ),
        levers=(Lever(name="lever", place=PLACE, value=1.5),),
        draws=(
            Draw(name="step", place=PLACE, every="step", site="step", distribution=draw(samples(nodes(safe, 1)))),
            Draw(name="mixed", place=PLACE, every="step", site="mixed", distribution=draw(samples(numbers))),
            Draw(name="whole", place=PLACE, every="trajectory", site="whole", distribution=draw(samples(numbers))),
        ),
        correlations=draw(st.sampled_from([(), (Correlation("mixed", "step", 0.6),)])),
        derived=(Derived(name="d", place=PLACE, value=draw(nodes([r for r in READS if r.of != "d"], 3))),),
        states=(
            State(name="x", place=PLACE, initial=draw(start_node), change=draw(maybe), low=Literal(-3.0),
                  high=draw(st.one_of(numbers, any_node)),
                  jumps=tuple(draw(st.lists(st.builds(
                      Jump, st.sampled_from([("raid",), ("raid.port",), ("war.truce", "west.aid.pause")]),
                      st.sampled_from(["+=", "-=", "*=", "="]), any_node), max_size=2)))),
            State(name="y", place=PLACE, initial=draw(numbers), next=draw(any_node)),
        ),
        events=(draw(events("raid", True)), draw(events("flood", False))),
        phases=(Phase(name="war", place=PLACE, values=("fight", "truce", "peace"), initial=draw(
            st.sampled_from([(1.0, 0.0, 0.0), (0.25, 0.5, 0.25)])), moves=draw(moves()), site="war"),),
        decisions=(Decision(
            name="west.aid", place=PLACE, actor="west", initial=draw(st.integers(0, 1)), site="west.aid",
            every=draw(st.sampled_from([None, 2, 4])), on=draw(st.sampled_from([(), ("raid",)])), when=draw(maybe),
            precision=Literal(1.2), inertia=draw(numbers),
            options=(Option("send", draw(any_node), draw(maybe)), Option("pause", draw(any_node), draw(maybe))),
        ),),
        outcomes=(Outcome("stopped", ends_when=draw(any_node)), Outcome("war", when=Read("is", "war", 0)),
                  Outcome("rest")),
        questions=draw(questions()),
        measures=(Measure("x", Read("state", "x")), Measure("m", draw(any_node)), Measure("war", None),
                  Measure("west.aid", None)),
        scenarios=(Scenario("baseline"), draw(scenarios())),
    )  # fmt: skip


def samples(arguments: st.SearchStrategy[Node]) -> st.SearchStrategy[Sample]:
    """Distributions, some truncated, some with impossible arguments."""
    positive = st.floats(0.1, 3).map(Literal)
    truncated = st.builds(
        lambda m, s: Sample("normal", (m, s), Literal(-1.0), Literal(2.0)), numbers, positive
    )
    return st.one_of(
        st.builds(lambda m, s: Sample("normal", (m, s)), arguments, positive),
        st.builds(lambda m: Sample("lognormal", (m, Literal(1.5))), arguments),
        st.builds(lambda m: Sample("poisson", (m,)), arguments),
        st.builds(lambda a: Sample("gamma", (a, Literal(0.5))), positive),
        st.builds(lambda a, b: Sample("beta", (a, b)), positive, positive),
        st.builds(lambda a: Sample("bernoulli", (a,)), arguments),
        st.builds(lambda a, b: Sample("categorical", (a, b, Literal(1.0))), positive, positive),
        truncated,
    )


def chances() -> st.SearchStrategy[Chance]:
    since = st.sampled_from([None, Read("time"), Read("elapsed", "raid"), Read("elapsed", "war.truce")])
    return st.builds(Chance, st.one_of(any_node, st.floats(0, 1).map(Literal)), st.integers(1, 4), since)


@st.composite
def events(draw: st.DrawFn, name: str, kinds: bool) -> Event:
    form = draw(st.sampled_from(["rate", "probability", "chance", "none"]))
    return Event(
        name=name, place=PLACE, site=name, when=draw(maybe), every=draw(st.integers(1, 3)), once=draw(st.booleans()),
        cooldown=draw(st.integers(0, 3)),
        rate=draw(any_node) if form == "rate" else None,
        probability=draw(any_node) if form == "probability" else None,
        chance=draw(chances()) if form == "chance" else None,
        kinds=(("port", draw(any_node)), ("base", Literal(1.0))) if kinds else (),
    )  # fmt: skip


@st.composite
def moves(draw: st.DrawFn) -> tuple[Move, ...]:
    return tuple(
        Move(
            sources=tuple(draw(st.sets(st.integers(0, 2), min_size=1))),
            targets=draw(
                st.one_of(
                    st.integers(0, 2).map(lambda v: ((v, None),)),
                    st.builds(lambda a: ((0, a), (2, Literal(0.5))), any_node),
                )
            ),
            on=draw(st.sampled_from([(), ("raid",), ("flood", "raid.base")])),
            when=draw(maybe),
            rate=draw(any_node) if form == "rate" else None,
            chance=draw(chances()) if form == "chance" else None,
        )
        for form in draw(st.lists(st.sampled_from(["rate", "chance", "sure"]), max_size=4))
    )


@st.composite
def questions(draw: st.DrawFn) -> tuple[Question, ...]:
    by = datetime.date(2025, 12, 31)
    return (
        Question("ever", "ever", draw(any_node), 1, STEPS - 1, by, draw(st.integers(0, 3)), draw(maybe), draw(maybe)),
        Question("always", "always", draw(any_node), 0, 4, by, given=draw(maybe)),
        Question("end", "at_end", draw(any_node), 0, STEPS, by),
        Question("value", "value", draw(any_node), 2, 5, by, bins=(0.0,)),
    )


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    n = STEPS + 1
    records = st.frozensets(st.integers(1, STEPS), max_size=2)
    return Scenario(
        "changed",
        parameters=draw(st.sampled_from([{}, {"fixed": 2.0}, {"sum": -1.0}])),
        levers={"lever": tuple(float(i % 3) for i in range(n))},
        states=draw(st.sampled_from([{}, {"x": 0.5}])),
        phases=draw(st.sampled_from([{}, {"war": (0.0, 1.0, 0.0)}])),
        decisions=draw(st.sampled_from([{}, {"west.aid": 1}])),
        force={"west.aid": tuple(draw(st.lists(st.integers(-1, 1), min_size=n, max_size=n)))},
        fire={"raid": draw(records), "raid.base": draw(records)},
        suppress=draw(st.sampled_from([frozenset(), frozenset({"flood"})])),
    )
