"""A replayed trajectory as a story: dated sentences that a person would read."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sim.engine.replay import Change, Replay, Step
from sim.model.declarations import Event

OFTEN = 6  # what happens more often is told once, with its number
MOVED = 8  # numbers told at the end
DAYS_OF_MONTH = 30.4375


def story(replay: Replay, values: bool = False) -> str:
    """The story; with ``values`` all numbers of each record time as well."""
    lines = list(_opening(replay))
    often = _often(replay)
    for step in replay.steps[1:]:
        sentences = [*_events(replay, step, often), *(_change(replay, step, change) for change in step.changed)]
        lines += [f"{step.date}  {sentence}" for sentence in sentences]
        if values:
            lines += _numbers(step)
    return "\n".join([*lines, *_ending(replay)]) + "\n"


def _opening(replay: Replay) -> Iterator[str]:
    model, settings = replay.model, replay.settings
    yield f"{model.title or model.name}: trajectory {replay.trajectory} of scenario {replay.scenario.name}"
    yield f"(seed {settings.seed}, parameter draw {replay.trajectory // settings.replicates})"
    yield ""
    first = replay.steps[0]
    phases = [f"{phase.name} is {first.machines[phase.name]}" for phase in model.phases]
    yield f"{first.date}  It begins{': ' + ', '.join(phases) if phases else ''}."


def _often(replay: Replay) -> dict[str, int]:
    """How often each thing happens that happens too often to be told each time."""
    counts = Counter(thing for step in replay.steps for thing in step.fired)
    return {thing: count for thing, count in counts.items() if count > OFTEN}


def _events(replay: Replay, step: Step, often: dict[str, int]) -> Iterator[str]:
    """The events of a step with their kinds; what happens often only the first time."""
    for event in replay.model.events:
        if event.name not in step.fired:
            continue
        kind = next((k for k, _ in event.kinds if f"{event.name}.{k}" in step.fired), None)
        what = f"{event.name} ({kind})" if kind else event.name
        if event.name not in often:
            yield _described(what, event)
        elif not any(event.name in earlier.fired for earlier in replay.steps[: step.record]):
            yield f"{_described(what, event)} It is the first of {often[event.name]} times."


def _described(what: str, event: Event) -> str:
    return f"{what}: {event.about.strip()}" if event.about else f"{what} happens."


def _change(replay: Replay, step: Step, change: Change) -> str:
    model = replay.model
    decision = next((d for d in model.decisions if d.name == change.machine), None)
    if decision is None:
        return f"{change.machine} moves from {change.before} to {change.after}{_after(replay, step, change)}."
    actor = next((a for a in model.actors if a.name == decision.actor), None)
    who = actor.title if actor is not None and actor.title else decision.actor
    option = next(o for o in decision.options if o.name == change.after)
    chance = f" (it had {_percent(change.chance)})" if change.chance is not None else " (set by the scenario)"
    asked = f" Asked: {decision.asks}" if decision.asks else ""
    about = f" {option.about}" if option.about else ""
    return f"{who} decides {change.machine}: {change.after}{chance}, after {change.before}.{about}{asked}"


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
            text = f"  {measure.name}: {start:.4g} to {end:.4g} {measure.unit}"
            found.append((abs(end - start) / size, text.rstrip()))
    return [text for _, text in sorted(found, key=lambda pair: -pair[0])[:MOVED]]


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
