"""A model as a document: every declaration with unit, equation, source and readers, and the order of a step."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches

from sim.errors import UsageError
from sim.language.tree import Node, Read
from sim.model.declarations import (
    Chance,
    Decision,
    Declared,
    Derived,
    Draw,
    Event,
    Lever,
    Model,
    Move,
    Outcome,
    Parameter,
    Phase,
    Question,
    Sample,
    State,
)
from sim.output.document import Document, Entry, Fact, Section
from sim.output.formula import formula, number
from sim.output.readers import order_of_derived, readers


def explain(model: Model, name: str | None = None) -> Document:
    """The document of a model, or of what in it is called ``name`` (all elements of an index, all of a module).

    Raises:
        UsageError: where nothing is called so.
    """
    writer = _Writer(model)
    if name is None:
        return Document(model.title or model.name, _opening(model), (*writer.sections(), _order(model)))
    found = [
        Section(section.title, tuple(e for e in section.entries if _is_called(e.name, name)))
        for section in writer.sections()
    ]
    found = [section for section in found if section.entries]
    if not found:
        known = [entry.name for section in writer.sections() for entry in section.entries]
        near = get_close_matches(name, [*known, *(k.partition("[")[0] for k in known)], 1)
        raise UsageError(f"nothing in this model is called {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    return Document(name, "", tuple(found))


def _is_called(full: str, name: str) -> bool:
    return full == name or full.startswith((f"{name}[", f"{name}.")) or full.partition("[")[0] == name


def _opening(model: Model) -> str:
    clock = model.clock
    step = f"{clock.step} {clock.unit}{'' if clock.step == 1 else 's'}"
    last = clock.date_of(clock.n_steps)
    when = f"From {clock.start} to {last} in {clock.n_steps} steps of {step}."
    return f"{model.about.strip()}\n\n{when}" if model.about.strip() else when


def _order(model: Model) -> Section:
    """The order of a step, with the derived values in the order in which they are computed."""
    lists = (
        ("Drawn afresh", [d.name for d in model.draws if d.every == "step"]),
        ("Computed, each after what it reads", order_of_derived(model)),
        ("Recorded", [m.name for m in model.measures]),
        ("Asked", [q.name for q in model.questions]),
        ("Tested, the first that stops the trajectory", [o.name for o in model.outcomes if o.ends_when is not None]),
        ("Events determined", [e.name for e in model.events]),
        ("Decisions taken", [d.name for d in model.decisions]),
        ("Phases moved", [p.name for p in model.phases]),
        ("States replaced, all at once", [s.name for s in model.states]),
    )
    text = (
        "Everything carried from step to step reads as its value at the start of the step; "
        "all of it changes at once at the end."
    )
    entries = tuple(
        Entry(f"{i}. {title}", "", (Fact("", ", ".join(names)),))
        for i, (title, names) in enumerate(((t, n) for t, n in lists if n), start=1)
    )
    return Section("The order of a step", entries, text)


class _Writer:
    """Writes the declarations of one model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.readers = readers(model)
        groups = [*(name for name, _, _ in model.modules), *(actor.name for actor in model.actors)]
        self.groups = {name: i for i, name in enumerate(groups)}
        self.values = {p.name: p.values for p in model.phases}
        self.values |= {d.name: tuple(o.name for o in d.options) for d in model.decisions}

    def sections(self) -> Iterator[Section]:
        """Every kind of declaration that the model has."""
        model = self.model
        kinds: tuple[tuple[str, Iterable[Entry]], ...] = (
            ("Modules", (Entry(name, about, _facts(title=title)) for name, title, about in model.modules)),
            ("Parameters", map(self._parameter, model.parameters)),
            ("Levers", map(self._lever, model.levers)),
            ("Draws", map(self._draw, model.draws)),
            ("Derived values", map(self._derived, model.derived)),
            ("States", map(self._state, model.states)),
            ("Events", map(self._event, model.events)),
            ("Phases", map(self._phase, model.phases)),
            ("Actors", (Entry(a.name, a.about, _facts(title=a.title, precision=self.text(a.precision),
                                                      inertia=self.text(a.inertia))) for a in model.actors)),
            ("Decisions", map(self._decision, model.decisions)),
            ("Outcomes", map(self._outcome, model.outcomes)),
            ("Questions", map(self._question, model.questions)),
            ("Measures", (Entry(m.name, m.title, self._numeric(m.unit, value=self.text(m.value)) if m.value else ())
                          for m in model.measures)),
            ("Correlations", (Entry(f"{c.first}, {c.second}", "", _facts(rank=number(c.rank)))
                              for c in model.correlations)),
            ("Scenarios", (Entry(s.name, s.about, _facts(title=s.title)) for s in model.scenarios)),
        )  # fmt: skip
        for title, entries in kinds:
            made = tuple(sorted(entries, key=self._rank))
            if made:
                yield Section(title, made)

    def _rank(self, entry: Entry) -> int:
        """What belongs to no module first, then in the order of the modules, or of the actors."""
        return self.groups.get(entry.group, -1)

    # -- kinds

    def _parameter(self, p: Parameter) -> Entry:
        return self._declared(p, value=self.text(p.value), prior=self.sample(p.prior))

    def _lever(self, lever: Lever) -> Entry:
        ends = [number(x) for x in (lever.low, lever.high) if x is not None]
        choices = ", ".join(number(x) for x in lever.choices)
        return self._declared(lever, value=number(lever.value), range=" to ".join(ends), choices=choices)

    def _draw(self, draw: Draw) -> Entry:
        return self._declared(draw, draw=self.sample(draw.distribution), every=draw.every)

    def _derived(self, derived: Derived) -> Entry:
        return self._declared(derived, value=derived.text or self.text(derived.value))

    def _state(self, state: State) -> Entry:
        equation = state.text or self.text(state.change) or self.text(state.next)
        jumps = [Fact(f"on {' or '.join(j.on)}", f"{j.operator} {self.text(j.value)}", True) for j in state.jumps]
        equations = {"next" if state.next is not None else "change": equation}
        bounds = {"min": self.text(state.low), "max": self.text(state.high)}
        return self._declared(state, *jumps, initial=self.text(state.initial), **equations, **bounds)

    def _event(self, event: Event) -> Entry:
        kinds = ", ".join(f"{name}: {self.text(weight)}" for name, weight in event.kinds)
        written = dict(event.texts)
        return self._declared(
            event, when=written.get("when") or self.text(event.when), rate=written.get("rate") or self.text(event.rate),
            probability=written.get("probability") or self.text(event.probability),
            chance=self.chance(event.chance, written), every=_steps(event.every) if event.every > 1 else "",
            once="at most once" if event.once else "", cooldown=_steps(event.cooldown), kinds=kinds,
        )  # fmt: skip

    def _phase(self, phase: Phase) -> Entry:
        starts = [(v, w) for v, w in zip(phase.values, phase.initial, strict=True) if w]
        initial = starts[0][0] if len(starts) == 1 else ", ".join(f"{v}: {number(w)}" for v, w in starts)
        moves = [self._move(phase, move) for move in phase.moves]
        return self._declared(phase, *moves, values=", ".join(phase.values), initial=initial)

    def _move(self, phase: Phase, move: Move) -> Fact:
        sources = ", ".join(phase.values[i] for i in move.sources)
        targets = ", ".join(
            phase.values[i] + (f" ({self.text(weight)})" if weight is not None else "") for i, weight in move.targets
        )
        written = dict(move.texts)
        conditions = {
            "on": " or ".join(move.on), "when": written.get("when") or self.text(move.when),
            "chance": self.chance(move.chance, written), "rate": written.get("rate") or self.text(move.rate),
        }  # fmt: skip
        return Fact(f"{sources} -> {targets}", "; ".join(f"{k}: {v}" for k, v in conditions.items() if v), True)

    def _decision(self, decision: Decision) -> Entry:
        points = [_steps(decision.every)] if decision.every else []
        points += [f"on {thing}" for thing in decision.on]
        options = []
        for option in decision.options:
            cells = [
                Fact("option", option.name, True), Fact("meaning", option.about),
                Fact("utility", option.text or self.text(option.utility), True),
            ]  # fmt: skip
            if any(o.when is not None for o in decision.options):
                cells.append(Fact("only when", self.text(option.when), True))
            options.append(tuple(cells))
        entry = self._declared(
            decision, asks=decision.asks, actor=decision.actor, points=", ".join(points) or "each step",
            when=self.text(decision.when), initial=decision.options[decision.initial].name,
            precision=self.text(decision.precision), inertia=self.text(decision.inertia),
        )  # fmt: skip
        return replace(entry, table=tuple(options))

    def _outcome(self, outcome: Outcome) -> Entry:
        conditions = {"ends_when": self.text(outcome.ends_when), "when": self.text(outcome.when)}
        otherwise = "" if any(conditions.values()) else "otherwise"
        return Entry(outcome.name, outcome.about, _facts(**conditions, holds=otherwise))

    def _question(self, q: Question) -> Entry:
        first, last = (self.model.clock.date_of(record) for record in (q.first, q.last))
        facts = _facts(
            unit=q.unit, **{q.kind: self.text(q.condition)}, window=f"{first} to {last}", hold=_steps(q.hold),
            before=self.text(q.before), given=self.text(q.given), bins=", ".join(number(b) for b in q.bins),
        )  # fmt: skip
        return Entry(q.name, " ".join(part for part in (q.asks, q.about) if part), facts)

    # -- parts

    def _declared(self, declared: Declared, *more: Fact, **texts: str) -> Entry:
        has_unit = isinstance(declared, Parameter | Lever | Draw | Derived | State)
        facts = self._numeric(declared.unit, **texts) if has_unit else _facts(**texts)
        read_by = ", ".join(sorted(self.readers.get(declared.name, set()) - {declared.name}))
        origin = _facts(source=declared.source, confidence=declared.confidence, read_by=read_by)
        place = Fact("declared at", str(declared.place))
        return Entry(declared.name, declared.about, (*facts, *more, *origin, place))

    def _numeric(self, unit: str, **texts: str) -> tuple[Fact, ...]:
        return (Fact("unit", unit or "dimensionless"), *_facts(**texts))

    def text(self, node: Node | None) -> str:
        """An expression, nothing for none."""
        return "" if node is None else formula(node, self.name)

    def sample(self, sample: Sample | None) -> str:
        if sample is None:
            return ""
        return sample.text or f"{sample.family}({', '.join(self.text(a) for a in sample.arguments)})"

    def chance(self, chance: Chance | None, written: dict[str, str]) -> str:
        if chance is None:
            return ""
        since = f" while {self.text(chance.since)} is in the window" if chance.since is not None else ""
        probability = written.get("chance") or self.text(chance.probability)
        return f"{probability} within {_steps(chance.within)}{since}"

    def name(self, read: Read) -> str:
        """What a reading is called in the language."""
        if read.what == "time":
            return "t"
        if read.what == "is":
            return f"{read.of}.{self.values[read.of][read.at]}"
        return f"{read.of}.{read.what}" if read.what in ("ever", "count", "elapsed", "level") else read.of


def _facts(**texts: str) -> tuple[Fact, ...]:
    """A fact for each text that is not empty."""
    prose = (
        "title", "unit", "asks", "source", "confidence", "read_by", "every", "once", "cooldown", "points", "holds",
        "hold", "window", "values", "actor",
    )  # fmt: skip
    return tuple(Fact(label.replace("_", " "), text, label not in prose) for label, text in texts.items() if text)


def _steps(n: int | None) -> str:
    return "" if not n else f"{n} step{'' if n == 1 else 's'}"
