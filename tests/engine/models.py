"""Tiny models with known answers, built without YAML, and chunks made of plain arrays."""

import datetime
from dataclasses import replace
from typing import Any

import numpy as np

from sim.compiler.emit import BLOCK
from sim.compiler.observer import BINS
from sim.engine.clusters import packed
from sim.engine.driver import Chunk
from sim.engine.ranges import Ranges
from sim.errors import Place
from sim.language.tree import Apply, Literal, Node, Read
from sim.model.declarations import (
    Clock,
    Correlation,
    Draw,
    Event,
    Measure,
    Model,
    Move,
    Outcome,
    Parameter,
    Phase,
    Question,
    Sample,
    Scenario,
    State,
    Study,
)

PLACE = Place("tiny.yaml")
START = datetime.date(2025, 1, 1)


def lit(value: float) -> Literal:
    return Literal(float(value))


def param(name: str) -> Read:
    return Read("parameter", name)


def state(name: str) -> Read:
    return Read("state", name)


def call(name: str, *arguments: Node) -> Apply:
    return Apply(name, arguments)


def sample(family: str, *arguments: float | Node, **bounds: Node) -> Sample:
    nodes = tuple(a if isinstance(a, Literal | Read | Apply) else lit(a) for a in arguments)
    return Sample(family, nodes, text=f"{family}({', '.join(str(a) for a in arguments)})", **bounds)


def uncertain(name: str, prior: Sample) -> Parameter:
    return Parameter(name=name, place=PLACE, prior=prior, site=name)


def fixed(name: str, value: float | Node) -> Parameter:
    node = value if isinstance(value, Literal | Read | Apply) else lit(value)
    return Parameter(name=name, place=PLACE, value=node, site=name)


def draw(name: str, prior: Sample, every: Any = "step") -> Draw:
    return Draw(name=name, place=PLACE, distribution=prior, every=every, site=name)


def model(n_steps: int = 20, **parts: Any) -> Model:
    clock = Clock(START, "week", 1, n_steps)
    parts = {"scenarios": (Scenario("baseline"),), **parts}
    return Model(name="tiny", title="A tiny model", about="", clock=clock, **parts)


def study(model: Model, n: int = 3000, seed: int = 7) -> Study:
    return Study(name=model.name, model=model, scenarios=model.scenarios, trajectories=n, seed=seed)


def crossing(**changes: Any) -> Model:
    """A random walk that a coin with an uncertain side may end, with an event, a phase and questions of every kind."""
    x = state("x")
    by = datetime.date(2025, 2, 1)
    parts: dict[str, Any] = {
        "parameters": (
            uncertain("a", sample("normal", 0, 1)),
            uncertain("b", sample("uniform", 0, 1)),
            uncertain("c", sample("normal", 0, 1)),
            uncertain("p", sample("uniform", 0.2, 0.6)),
            fixed("step_size", 1.0),
        ),
        "draws": (draw("e", sample("normal", 0, 1)),),
        "states": (
            State(
                name="x", place=PLACE, initial=lit(0), unit="km",
                next=call("add", x, call("mul", param("step_size"), Read("draw", "e"))),
            ),
        ),
        "events": (
            Event(name="hit", place=PLACE, probability=call("mul", param("p"), lit(0.1)), kinds=(("hard", lit(1)),
                  ("soft", lit(3))), site="hit"),
        ),
        "phases": (
            Phase(name="war", place=PLACE, values=("on", "off"), initial=(1.0, 0.0), site="war",
                  moves=(Move(sources=(0,), targets=((1, None),), rate=lit(0.05)),)),
        ),
        "outcomes": (
            Outcome("ended", ends_when=Read("is", "war", 1)),
            Outcome("far", when=call("gt", x, lit(2))),
            Outcome("rest"),
        ),
        "measures": (
            Measure("x", x, "km"),
            Measure("y", call("add", call("mul", lit(2), param("a")), Read("draw", "e"))),
            Measure("t", Read("time")),
            Measure("since", Read("elapsed", "hit")),
            Measure("hits", Read("count", "hit")),
            Measure("war", None),
        ),
        "questions": (
            Question("soon", "ever", Read("ever", "hit"), 0, 4, by, asks="Is it hit soon?"),
            Question("where", "value", x, 0, 20, by, bins=(-1.0, 1.0), asks="Where is x?", unit="km"),
            Question("side", "at_end", call("gt", x, lit(0)), 0, 20, by, given=Read("ever", "hit")),
        ),
        "correlations": (Correlation("a", "c", 0.5),),
        "scenarios": (Scenario("baseline"), Scenario("high", parameters={"p": 0.9})),
    }  # fmt: skip
    return model(**{**parts, **changes})


def reordered(model: Model) -> Model:
    """The same model with its declarations written in another order."""
    kinds = ("parameters", "draws", "states", "events", "phases", "correlations")
    return replace(model, **{kind: getattr(model, kind)[::-1] for kind in kinds})


def chunk_of(values: np.ndarray, first: int, count: int, ranges: Ranges, **arrays: Any) -> Chunk:
    """The chunk that a kernel would make of whole trajectories: values float64[n_records, n_measures, n] of the run.

    ``arrays`` give outcome, end, failed, answers, given, counts and firsts of the whole run, and the shares' values.
    """
    part = slice(first, first + count)
    here = {name: array[..., part] for name, array in arrays.items() if name != "machine"}
    sound, often, firsts = here["failed"] < 0, here.pop("counts"), here.pop("firsts")
    happened = (often > 0) & sound
    v = values[:, :, part]
    good = v[:, :, sound]
    away = good - ranges.center[..., None]
    return Chunk(
        first=first, count=count, final=v[-1], kept=v[:, :, :0],
        sums=away.sum(axis=-1), squares=(away**2).sum(axis=-1),
        lows=good.min(axis=-1, initial=np.inf), highs=good.max(axis=-1, initial=-np.inf),
        bins=bins_of(v, ranges, sound),
        happened=packed(happened), totals=often[:, sound].sum(axis=1),
        dates=np.stack([np.bincount(f[h], minlength=len(v)) for f, h in zip(firsts, happened, strict=True)]),
        shares=np.stack([(arrays["machine"][:, part][:, sound] == m).sum(axis=1) for m in range(2)], axis=1),
        **here,
    )  # fmt: skip


def bins_of(values: np.ndarray, ranges: Ranges, sound: np.ndarray) -> np.ndarray:
    """Bins of values float64[n_records, n_measures, n] as the kernel writes them; who is not sound does not count."""
    place = (values - ranges.low[..., None]) * ranges.scale[..., None]
    bins = np.where(place < 0, 0, np.where(place < BINS, np.floor(np.clip(place, 0, BINS)) + 1, BINS + 1))
    n_records, n_measures, n = values.shape
    whole = np.full((n_records, n_measures, -(-n // BLOCK) * BLOCK), BINS + 2, np.uint16)
    whole[:, :, :n] = np.where(sound, bins, BINS + 2)
    return np.ascontiguousarray(whole.reshape(n_records, n_measures, -1, BLOCK).transpose(0, 2, 1, 3))


def histogram_of(values: np.ndarray, ranges: Ranges) -> np.ndarray:
    """How many values are in each bin."""
    bins = bins_of(values, ranges, np.ones(values.shape[-1], bool)).transpose(0, 2, 1, 3).reshape(*values.shape[:2], -1)
    result = np.zeros((*ranges.low.shape, BINS + 2), np.uint16)
    for row in np.ndindex(ranges.low.shape):
        result[row] = np.bincount(bins[row], minlength=BINS + 3)[: BINS + 2]
    return result
