"""One trajectory again, slowly and in full: what every number was and what happened, by the interpreter."""

import datetime
from dataclasses import dataclass, field

from sim.compiler.inputs import Inputs
from sim.compiler.interpret import Interpreter, Seen
from sim.compiler.lower import lower
from sim.compiler.program import Program
from sim.engine.results import Settings
from sim.engine.run import check_settings, choose_scenarios, varying_parameters
from sim.engine.sampling import Sampler
from sim.errors import UsageError
from sim.model.declarations import Model, Scenario, Study


@dataclass(frozen=True, slots=True)
class Change:
    """A phase or decision that takes another value."""

    machine: str
    before: str
    after: str
    chance: float | None  # of this option at a decision point


@dataclass(frozen=True, slots=True)
class Step:
    """A record time: the numbers seen at it, and what happened in the step that led to it."""

    record: int
    date: datetime.date
    values: dict[str, float]  # states, draws of the step, derived values, numeric measures
    machines: dict[str, str]
    fired: tuple[str, ...] = ()  # events and kinds
    changed: tuple[Change, ...] = ()
    probabilities: dict[str, dict[str, float]] = field(default_factory=dict)  # of decisions that were due


@dataclass(frozen=True)
class Replay:
    """A trajectory from its start to where it stopped."""

    model: Model
    scenario: Scenario
    settings: Settings
    trajectory: int
    parameters: dict[str, float]
    steps: tuple[Step, ...]
    outcome: str | None  # None: it failed
    declaration: str | None = None  # whose number became NaN or infinite


def replay(study: Study, trajectory: int, scenario: str | None, settings: Settings) -> Replay:
    """Replay a trajectory of a run with these settings (the first scenario where none is named).

    Raises:
        UsageError: where the run has no such trajectory or scenario.
    """
    check_settings(settings, study.model)
    if not 0 <= trajectory < settings.n:
        raise UsageError(f"--trajectory must be from 0 to {settings.n - 1}, not {trajectory}")
    chosen = choose_scenarios(study, [scenario] if scenario else None)[0]
    program = lower(study.model, varying_parameters(study))
    n_draws = -(-settings.n // settings.replicates)
    sampler = Sampler(study.model, chosen, program.layout.uncertain, settings.seed, settings.design, n_draws)
    draw = trajectory // settings.replicates
    parameters = sampler.values(draw, draw + 1)[:, 0]
    inputs = Inputs.of(program, study.model, chosen)
    interpreter = Interpreter(program, inputs, parameters, settings.seed, trajectory)
    seen = []
    for record in interpreter.run():
        seen.append(record)
        if record.notes.get(("failing",)) or interpreter.slots[program.results.end] <= record.record:
            break
    outcome = int(interpreter.slots[program.results.outcome])
    failed = bool(seen[-1].notes.get(("failing",))) or outcome < 0
    return Replay(
        model=study.model,
        scenario=chosen,
        settings=settings,
        trajectory=trajectory,
        parameters=dict(zip(program.layout.uncertain, parameters.tolist(), strict=True)),
        steps=tuple(_steps(program, study.model, seen)),
        outcome=None if failed else program.layout.outcomes[outcome],
        declaration=_unsound(seen[-1]) if failed else None,
    )


def _unsound(seen: Seen) -> str | None:
    """The declaration whose number ceased to be one."""
    for label, value in seen.notes.items():
        if label[0] == "check" and not (value - value == 0 or (label[2] == "nan" and value == value)):
            return label[1]
    return None


def _steps(program: Program, model: Model, seen: list[Seen]) -> list[Step]:
    names = {p.name: p.values for p in model.phases}
    names |= {d.name: tuple(o.name for o in d.options) for d in model.decisions}
    slots = {text: number for number, text in program.slot_names.items()}
    steps: list[Step] = []
    for number, now in enumerate(seen):
        machines = {name: values[int(now.slots[slots[f"machine.{name}"]])] for name, values in names.items()}
        values = {s.name: now.slots[slots[f"state.{s.name}"]] for s in model.states}
        for what in ("draw", "derived", "measure"):
            values |= {label[1]: float(value) for label, value in now.notes.items() if label[0] == what}
        before = seen[number - 1] if number else None
        happened = _happened(before, steps[-1].machines, names) if before else ((), (), {})
        steps.append(Step(now.record, model.clock.date_of(now.record), values, machines, *happened))
    return steps


def _happened(
    seen: Seen, machines: dict[str, str], names: dict[str, tuple[str, ...]]
) -> tuple[tuple[str, ...], tuple[Change, ...], dict[str, dict[str, float]]]:
    """What happened in the step that began at a record."""
    notes = seen.notes
    fired = tuple(label[1] for label, value in notes.items() if label[0] == "happened" and value)
    probabilities: dict[str, dict[str, float]] = {}
    for label, value in notes.items():
        if label[0] == "probability" and notes[("point", label[1])]:
            probabilities.setdefault(label[1], {})[label[2]] = float(value)
    changed = []
    for name, values in names.items():
        if notes[("changed", name)]:
            after = values[int(notes[("next", name)])]
            changed.append(Change(name, machines[name], after, probabilities.get(name, {}).get(after)))
    return fired, tuple(changed), probabilities
