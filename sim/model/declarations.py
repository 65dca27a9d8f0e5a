"""The checked model: flat, scalar and immutable, everything the compiler needs and nothing it has to look up.

Names are full names (``oil.brent``; in the root ``war``), with the element of an index at the end
(``front.held[donetsk]``). A *thing* is whatever can happen: an event (``talks.collapse``), a kind of an event
(``strike.port``, ``attack[donetsk].port``), a phase value on entering (``war.ceasefire``), an option on changing to it
(``united_states.aid.pause``). Durations are whole steps; times, elapsed times and rates are in clock units.
"""

import datetime
from dataclasses import dataclass, field
from typing import Literal as Choice

from sim.errors import Place, Problem
from sim.language.tree import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What every declaration may carry."""

    name: str
    place: Place
    about: str = ""
    unit: str = ""  # as written; "" is dimensionless
    source: str = ""
    confidence: str = ""  # low | moderate | high | ""


@dataclass(frozen=True, slots=True)
class Sample:
    """A distribution in canonical form: a family of :mod:`sim.language.families`, its arguments, its truncation."""

    family: str
    arguments: tuple[Node, ...]
    low: Node | None = None
    high: Node | None = None
    text: str = ""  # as written


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(Declared):
    """Constant along a trajectory. Exactly one of ``value`` (reads parameters only) and ``prior`` is given."""

    value: Node | None = None
    prior: Sample | None = None
    site: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever(Declared):
    value: float
    low: float | None = None
    high: float | None = None
    choices: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw(Declared):
    distribution: Sample
    every: Choice["step", "trajectory"]
    site: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived(Declared):
    value: Node
    text: str = ""


@dataclass(frozen=True, slots=True)
class Jump:
    """What a thing does to a state when it happens."""

    on: tuple[str, ...]  # any of these things; once for each of them that happens in the step, in this order
    operator: Choice["+=", "-=", "*=", "="]
    value: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class State(Declared):
    initial: Node
    change: Node | None = None  # state unit per clock unit
    next: Node | None = None
    low: Node | None = None
    high: Node | None = None
    jumps: tuple[Jump, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Chance:
    """A constant hazard that gives ``probability`` over ``within`` steps, open while 0 <= since < within."""

    probability: Node
    within: int  # steps
    since: Node | None  # elapsed time in clock units, None: the window never closes


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Declared):
    when: Node | None = None
    rate: Node | None = None  # per clock unit
    probability: Node | None = None
    chance: Chance | None = None
    every: int = 1  # steps
    once: bool = False
    cooldown: int = 0  # steps
    kinds: tuple[tuple[str, Node], ...] = ()  # short names and weights
    site: str
    texts: tuple[tuple[str, str], ...] = ()  # `when`, `rate` and the like, as written


@dataclass(frozen=True, slots=True)
class Move:
    """A move of a phase. Deterministic where it has neither rate nor chance."""

    sources: tuple[int, ...]
    targets: tuple[tuple[int, Node | None], ...]  # one target without weight, or several with weights
    on: tuple[str, ...] = ()
    when: Node | None = None
    rate: Node | None = None  # per clock unit
    chance: Chance | None = None
    texts: tuple[tuple[str, str], ...] = ()  # `when` and `rate`, as written


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase(Declared):
    values: tuple[str, ...]
    initial: tuple[float, ...]  # a weight for each value, summing to 1
    moves: tuple[Move, ...]
    site: str


@dataclass(frozen=True, slots=True)
class Actor:
    name: str
    title: str
    precision: Node
    inertia: Node
    about: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    name: str
    utility: Node
    when: Node | None = None
    about: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Declared):
    """A choice. A decision point is a tick of ``every`` or one of ``on``; each step without both; and ``when``."""

    actor: str
    asks: str = ""
    initial: int
    every: int | None = None  # steps
    on: tuple[str, ...] = ()
    when: Node | None = None
    options: tuple[Option, ...]
    precision: Node
    inertia: Node
    site: str


@dataclass(frozen=True, slots=True)
class Outcome:
    name: str
    ends_when: Node | None = None
    when: Node | None = None  # both None: otherwise
    about: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A forecast question. ``first`` and ``last`` are the record numbers of its window, both included."""

    name: str
    kind: Choice["ever", "always", "at_end", "value"]
    condition: Node  # the number asked for, where kind is "value" (in the unit of the bins)
    first: int
    last: int
    by: datetime.date
    hold: int = 0  # steps; true at records s .. s + hold
    before: Node | None = None
    given: Node | None = None
    bins: tuple[float, ...] = ()
    asks: str = ""
    unit: str = ""
    about: str = ""

    def answer_label(self, number: int) -> str:
        """``yes``, or a bin as ``<60``, ``60..70``, ``>=70``."""
        if self.kind != "value":
            return "yes"
        edges = [str(int(b)) if float(b).is_integer() else repr(float(b)) for b in self.bins]
        if number == 0:
            return f"<{edges[0]}"
        return f">={edges[-1]}" if number == len(edges) else f"{edges[number - 1]}..{edges[number]}"


@dataclass(frozen=True, slots=True)
class Measure:
    """What is summarised over time: a number, or (``value`` None) the phase or decision called ``name``."""

    name: str
    value: Node | None
    unit: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Correlation:
    first: str  # full names of two uncertain parameters, or of two draws of the same cadence
    second: str
    rank: float


@dataclass(frozen=True, slots=True)
class Past:
    """What a thing remembers from before the start."""

    thing: str
    count: int
    last: float  # its latest time in clock units, not above 0


@dataclass(frozen=True, slots=True)
class Clock:
    start: datetime.date
    unit: Choice["day", "week", "month"]
    step: int  # dt = step clock units
    n_steps: int

    @property
    def n_records(self) -> int:
        return self.n_steps + 1

    def date_of(self, record: int) -> datetime.date:
        """The date of a record time (calendar months keep the day of the month where it exists)."""
        n = record * self.step
        if self.unit == "month":
            year, month = divmod(self.start.year * 12 + self.start.month - 1 + n, 12)
            first_of_next = datetime.date(year + (month == 11), (month + 1) % 12 + 1, 1)
            last_day = (first_of_next - datetime.timedelta(days=1)).day
            return datetime.date(year, month + 1, min(self.start.day, last_day))
        return self.start + datetime.timedelta(days=n * (7 if self.unit == "week" else 1))


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named difference from the model as written, resolved: inheritance, study and command-line settings applied.

    Parameters, levers, states, phases and decisions that a scenario leaves alone are absent from its maps.
    """

    name: str
    title: str = ""
    about: str = ""
    parameters: "dict[str, float | Sample]" = field(default_factory=dict)
    levers: "dict[str, tuple[float, ...]]" = field(default_factory=dict)  # a value for each record
    states: "dict[str, float]" = field(default_factory=dict)  # initial values
    phases: "dict[str, tuple[float, ...]]" = field(default_factory=dict)  # initial weights
    decisions: "dict[str, int]" = field(default_factory=dict)  # initial options
    force: "dict[str, tuple[int, ...]]" = field(default_factory=dict)  # option in force at each record, -1 for none
    fire: "dict[str, frozenset[int]]" = field(default_factory=dict)  # events and kinds: the records of their dates
    suppress: frozenset[str] = frozenset()  # events


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A valid model. Every tuple keeps the order of the files, every name is unique."""

    name: str
    title: str
    about: str
    clock: Clock
    parameters: tuple[Parameter, ...] = ()
    levers: tuple[Lever, ...] = ()
    draws: tuple[Draw, ...] = ()
    derived: tuple[Derived, ...] = ()
    states: tuple[State, ...] = ()
    events: tuple[Event, ...] = ()
    phases: tuple[Phase, ...] = ()
    actors: tuple[Actor, ...] = ()
    decisions: tuple[Decision, ...] = ()
    outcomes: tuple[Outcome, ...] = ()  # empty: every trajectory ends in the outcome "completed"
    questions: tuple[Question, ...] = ()
    measures: tuple[Measure, ...] = ()
    correlations: tuple[Correlation, ...] = ()
    history: tuple[Past, ...] = ()
    scenarios: tuple[Scenario, ...] = ()  # baseline first
    modules: tuple[tuple[str, str, str], ...] = ()  # name, title, about of each module
    sources: tuple[tuple[str, str], ...] = ()  # path as given and sha256 of every file read


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What to run: a model as this study sees it (its measures, its scenarios) and how."""

    name: str
    model: Model
    scenarios: tuple[Scenario, ...]
    trajectories: int = 10_000
    seed: int = 0
    output: str | None = None
    title: str = ""
    about: str = ""
    path: str = ""
    blocks: "dict[str, object]" = field(default_factory=dict)  # sweep, objectives and other analysis blocks, as read
    warnings: tuple[Problem, ...] = ()  # what is doubtful, but no error
