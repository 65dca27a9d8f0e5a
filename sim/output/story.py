"""A replayed trajectory as a story: dated sentences that a person would read."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sim.engine.replay import Change, Replay, Step

OFTEN = 6  # what happens more often is told once, with its number
MOVED = 8  # numbers told at the end
DAYS_OF_MONTH = 30.4375


def story(replay: Replay, values: bool = False) -> str:
    """The story; with ``values`` all numbers of each record time as well."""
    return "\n".join(_Teller(replay).lines(values)) + "\n"


class _Teller:
    """Tells one trajectory, and remembers what it has explained."""

    def __init__(self, replay: Replay) -> None:
        self.replay = replay
        self.told: set[str] = set()
        counts = Counter(thing for step in replay.steps for thing in step.fired)
        self.often = {thing: count for thing, count in counts.items() if count > OFTEN}

    def lines(self, values: bool) -> Iterator[str]:
        yield from _opening(self.replay)
        for step in self.replay.steps[1:]:
            for sentence in (*self._events(step), *(self._change(step, change) for change in step.changed)):
                yield f"{step.date}  {sentence}"
            if values:
                yield from _numbers(step)
        yield from _ending(self.replay)

    def _first(self, name: str) -> bool:
        """Whether a name is told for the first time."""
        is_new = name not in self.told
        self.told.add(name)
        return is_new

    def _events(self, step: Step) -> Iterator[str]:
        """The events of a step with their kinds; what happens often only the first time."""
        for event in self.replay.model.events:
            if event.name in step.fired and (event.name not in self.often or event.name not in self.told):
                kind = next((k for k, _ in event.kinds if f"{event.name}.{k}" in step.fired), None)
                what = f"{event.name} ({kind})" if kind else event.name
                about = f": {_first_sentence(event.about)}" if self._first(event.name) and event.about else " happens."
                times = f" It is the first of {self.often[event.name]} times." if event.name in self.often else ""
                yield what + about + times

    def _change(self, step: Step, change: Change) -> str:
        model = self.replay.model
        decision = next((d for d in model.decisions if d.name == change.machine), None)
        if decision is None:
            after = _after(self.replay, step, change)
            return f"{change.machine} moves from {change.before} to {change.after}{after}."
        actor = next((a for a in model.actors if a.name == decision.actor), None)
        who = actor.title if actor is not None and actor.title else decision.actor
        what = _words(decision.name.removeprefix(f"{decision.actor}."))
        move = f"from {_words(change.before)} to {_words(change.after)}"
        how = "set by the scenario" if change.chance is None else f"it had {_percent(change.chance)}"
        asked = f" {decision.asks}" if decision.asks and self._first(decision.name) else ""
        about = next(o.about for o in decision.options if o.name == change.after)
        told = f" {_first_sentence(about)}" if about and self._first(f"{decision.name}.{change.after}") else ""
        return f"{who}, {what}: {move} ({how}).{asked}{told}"


def _opening(replay: Replay) -> Iterator[str]:
    model, settings = replay.model, replay.settings
    yield f"{model.title or model.name}: trajectory {replay.trajectory} of scenario {replay.scenario.name}"
    yield f"(seed {settings.seed}, parameter draw {replay.trajectory // settings.replicates})"
    yield ""
    first = replay.steps[0]
    phases = [f"{phase.name} is {first.machines[phase.name]}" for phase in model.phases]
    yield f"{first.date}  It begins{': ' + ', '.join(phases) if phases else ''}."


def _after(replay: Replay, step: Step, change: Change) -> str:
    """How long the value before had stood."""
    since = 0
    for earlier in replay.steps[: step.record]:
        if any(c.machine == change.machine for c in earlier.changed):
            since = earlier.record
    days = (step.date - replay.steps[since].date).days
    if days < 60:
        return f" after {days} days"
    return f" after {days / DAYS_OF_MONTH:.0f} months"


def _first_sentence(about: str) -> str:
    """What happens; the sentences that follow say how it is modelled."""
    return re.split(r"(?<=[.!?])\s+(?=[A-Z])", about.strip(), maxsplit=1)[0]


def _words(name: str) -> str:
    return name.replace("_", " ")


def _percent(p: float) -> str:
    if 0 < p < 0.01:
        return "less than 1%"
    return "more than 99%" if 0.99 < p < 1 else f"{100 * p:.0f}%"


def _numbers(step: Step) -> Iterator[str]:
    for name, value in step.values.items():
        yield f"{step.date}    {name} = {value!r}"


def _ending(replay: Replay) -> Iterator[str]:
    last = replay.steps[-1]
    if replay.outcome is None:
        what = f"{replay.declaration} becomes" if replay.declaration else "a number becomes"
        yield f"{last.date}  The trajectory fails here: {what} NaN or infinite."
        return
    about = next((f" {o.about}" for o in replay.model.outcomes if o.name == replay.outcome and o.about), "")
    yield f"{last.date}  It ends as {replay.outcome}.{about}"
    moved = _moved(replay)
    if moved:
        yield ""
        yield "What moved most:"
        yield from moved


def _moved(replay: Replay) -> list[str]:
    """The measures whose values changed most from start to end, in proportion to their size."""
    first, last = replay.steps[0].values, replay.steps[-1].values
    found = []
    for measure in replay.model.measures:
        if measure.value is None:
            continue
        start, end = first[measure.name], last[measure.name]
        size = max(abs(start), abs(end))
        if start != end and size < float("inf"):
            text = f"  {measure.name}: {_number(start)} to {_number(end)} {measure.unit}"
            found.append((abs(end - start) / size, text.rstrip()))
    return [text for _, text in sorted(found, key=lambda pair: -pair[0])[:MOVED]]


def _number(value: float) -> str:
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e15 else f"{value:.4g}"


def story_document(replay: Replay) -> dict[str, Any]:
    """The same as one JSON document."""
    return {
        "model": replay.model.name,
        "scenario": replay.scenario.name,
        "trajectory": replay.trajectory,
        "seed": replay.settings.seed,
        "outcome": replay.outcome,
        "parameters": replay.parameters,
        "steps": [_step_document(step) for step in replay.steps],
    }


def _step_document(step: Step) -> dict[str, Any]:
    changes = [{"what": c.machine, "from": c.before, "to": c.after, "chance": c.chance} for c in step.changed]
    return {
        "date": step.date.isoformat(),
        "happened": list(step.fired),
        "changed": changes,
        "probabilities": step.probabilities,
        "machines": step.machines,
        "values": {name: value if value - value == 0 else None for name, value in step.values.items()},
    }
