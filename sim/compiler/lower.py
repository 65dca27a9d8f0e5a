"""Model -> Program: what a declaration means, in the order of a step.

draws and derived values -> records, questions, outcomes -> events -> phases, decisions -> states -> stores
"""

from sim.compiler.begin import lower_start
from sim.compiler.frame import Frame
from sim.compiler.happenings import lower_decisions, lower_events, lower_phases
from sim.compiler.observe import lower_observations
from sim.compiler.program import Layout, Machines, Program, verify
from sim.compiler.sites import site_numbers
from sim.compiler.update import lower_stores
from sim.model.declarations import Model

COMPLETED = "completed"  # the outcome of every trajectory of a model without outcomes


def lower(model: Model, varying: frozenset[str] = frozenset()) -> Program:
    """The program of a model.

    Args:
        model: a checked model.
        varying: fixed parameters that some scenario gives a prior.

    Raises:
        ProgramError: if the program breaks its own rules.
    """
    layout = layout_of(model, varying)
    frame = Frame(model, layout)
    results, active = lower_observations(frame)
    lower_events(frame, active)
    lower_phases(frame, active)
    lower_decisions(frame, active)
    lower_stores(frame, active)
    step = frame.block()
    start = lower_start(frame)
    program = Program(
        start=start,
        step=step,
        n_slots=len(frame.slots),
        sites=_site_numbers(frame),
        uniforms=tuple(frame.uniforms),
        schedules=tuple(frame.schedules),
        layout=layout,
        results=results,
        machines=_machines(frame),
        mark_things=_mark_things(frame),
        n_marks=len(frame.marks),
        slot_names={number: ".".join(key) for key, number in frame.slots.items()},
    )
    verify(program)
    return program


def layout_of(model: Model, varying: frozenset[str] = frozenset()) -> Layout:
    """What the rows of the results stand for."""
    machines = {p.name: p.values for p in model.phases}
    machines |= {d.name: tuple(o.name for o in d.options) for d in model.decisions}
    return Layout(
        n_records=model.clock.n_records,
        uncertain=tuple(sorted(p.name for p in model.parameters if p.prior is not None or p.name in varying)),
        measures=tuple(m.name for m in model.measures if m.value is not None),
        machines=tuple((m.name, machines[m.name]) for m in model.measures if m.value is None),
        things=things_of(model),
        outcomes=tuple(o.name for o in model.outcomes) or (COMPLETED,),
        questions=tuple(q.name for q in model.questions),
    )


def things_of(model: Model) -> tuple[str, ...]:
    """Everything that can happen, in the order of the model."""
    things = []
    for event in model.events:
        things += [event.name, *(f"{event.name}.{kind}" for kind, _ in event.kinds)]
    for phase in model.phases:
        things += [f"{phase.name}.{value}" for value in phase.values]
    for decision in model.decisions:
        things += [f"{decision.name}.{option.name}" for option in decision.options]
    return tuple(things)


def _site_numbers(frame: Frame) -> tuple[int, ...]:
    numbers = site_numbers(site_names(frame.model))
    return tuple(numbers[name] for name in frame.sites)


def site_names(model: Model) -> list[str]:
    """The names of all that draws: parameters, draws, events and their kinds, phases and their branches, decisions."""
    names = [p.site for p in model.parameters] + [d.site for d in model.draws] + [d.site for d in model.decisions]
    for event in model.events:
        names += [event.site, f"{event.site} kind"] if event.kinds else [event.site]
    for phase in model.phases:
        names += [phase.site, f"{phase.site} branch"]
    return names


def _machines(frame: Frame) -> Machines:
    things = {name: number for number, name in enumerate(frame.layout.things)}
    values = [(p.name, p.values[0]) for p in frame.model.phases]
    values += [(d.name, d.options[0].name) for d in frame.model.decisions]
    return Machines(
        slots=tuple(frame.slots["machine", name] for name, _ in values),
        marks=tuple(frame.marks["machine", name] for name, _ in values),
        things=tuple(things[f"{name}.{first}"] for name, first in values),
    )


def _mark_things(frame: Frame) -> tuple[int, ...]:
    things = {name: number for number, name in enumerate(frame.layout.things)}
    return tuple(things[name] if kind == "thing" else -1 for kind, name in frame.marks)
