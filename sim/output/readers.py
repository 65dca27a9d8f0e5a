"""Who reads what in a model, and in which order derived values are computed."""

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from graphlib import TopologicalSorter

from sim.language.tree import Apply, Literal, Read
from sim.model.declarations import Declared, Model
from sim.output.formula import reads


def readers(model: Model) -> dict[str, set[str]]:
    """For each declared name the declarations that read it, or react to it."""
    groups: tuple[Iterable[object], ...] = (
        model.parameters, model.draws, model.derived, model.states, model.events, model.phases, model.actors,
        model.decisions, model.outcomes, model.questions, model.measures,
    )  # fmt: skip
    declared = _declared_names(model)
    found: dict[str, set[str]] = {}
    for reader in (d for group in groups for d in group):
        for name in _names_in(reader):
            found.setdefault(_owner(name, declared), set()).add(getattr(reader, "name", ""))
    return found


def _owner(thing: str, declared: set[str]) -> str:
    """The declaration that a thing belongs to: the event of a kind, the phase of a value."""
    owner = thing.rpartition(".")[0]
    return owner if thing not in declared and owner in declared else thing


def _declared_names(model: Model) -> set[str]:
    groups: tuple[Iterable[Declared], ...] = (
        model.parameters, model.levers, model.draws, model.derived, model.states, model.events, model.phases,
        model.decisions,
    )  # fmt: skip
    return {d.name for group in groups for d in group}


def _names_in(part: object) -> Iterator[str]:
    """Every name that a part of a declaration reads, or is triggered by."""
    if isinstance(part, Literal | Read | Apply):
        yield from (read.of for read in reads(part))
    elif isinstance(part, tuple):
        for item in part:
            yield from _names_in(item)
    elif is_dataclass(part):
        for field in fields(part):
            value = getattr(part, field.name)
            if field.name == "on":
                yield from value
            else:
                yield from _names_in(value)


def order_of_derived(model: Model) -> list[str]:
    """The derived values, each after those that it reads; otherwise in the order of the files."""
    graph = {d.name: [r.of for r in reads(d.value) if r.what == "derived"] for d in model.derived}
    return list(TopologicalSorter(graph).static_order())
