"""The program: what one trajectory computes, as data. Names are gone but for messages; slots and sites remain.

A program has two blocks: ``start``, once per trajectory, and ``step``, at every record time. A block is a list of
operations in which each may use earlier ones (operation i is value i), and then its effects, which all happen at
once at the end: ``Store`` (a slot carried to the next step), ``Record`` (a row to summarise), ``Mark`` (a thing that
happened).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sim.compiler.operations import OPERATIONS, SOURCES
from sim.errors import CrossroadsError
from sim.numerics.curve import Curve

Payload = float | int | tuple[int, str] | Curve | None


@dataclass(frozen=True, slots=True)
class Op:
    """One scalar operation: a source (constant, input, slot, draw) or a function of earlier values."""

    name: str
    arguments: tuple[int, ...] = ()
    payload: Payload = None


@dataclass(frozen=True, slots=True)
class Store:
    slot: int
    value: int


@dataclass(frozen=True, slots=True)
class Record:
    """``value`` goes to ``row``; a trajectory that has stopped keeps what stands there."""

    row: int
    value: int


@dataclass(frozen=True, slots=True)
class Mark:
    """Bit ``row`` says whether ``value`` (a truth) happened in this step."""

    row: int
    value: int


@dataclass(frozen=True, slots=True)
class Note:
    """A value with a name, for the interpreter: what a message, a trace or a replay speaks of."""

    label: tuple[str, ...]
    value: int


@dataclass(frozen=True, slots=True)
class Block:
    ops: tuple[Op, ...]
    stores: tuple[Store, ...] = ()
    records: tuple[Record, ...] = ()
    marks: tuple[Mark, ...] = ()
    notes: tuple[Note, ...] = ()
    active: int | None = None  # the truth that masks the records: not stopped before this record time

    def roots(self) -> Iterator[int]:
        """The values that the block exists for."""
        for effects in (self.stores, self.records, self.marks, self.notes):
            yield from (effect.value for effect in effects)
        if self.active is not None:
            yield self.active


@dataclass(frozen=True, slots=True)
class Layout:
    """What the rows of the results stand for."""

    n_records: int
    uncertain: tuple[str, ...]
    measures: tuple[str, ...]
    machines: tuple[tuple[str, tuple[str, ...]], ...]
    things: tuple[str, ...]
    outcomes: tuple[str, ...]
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """The slots in which a finished trajectory leaves its answers."""

    outcome: int
    end: int
    failed: int
    answers: tuple[int, ...]
    given: tuple[int, ...]  # -1: always counted


@dataclass(frozen=True, slots=True)
class Machines:
    """Phases and decisions: the slot of each, the mark row of its changes, the thing of its first value."""

    slots: tuple[int, ...]
    marks: tuple[int, ...]
    things: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Program:
    start: Block
    step: Block
    n_slots: int
    sites: tuple[int, ...]  # numbers of the sites, in the order of the payloads of ``draw``
    uniforms: tuple[tuple[str, ...], ...]  # what each scenario constant stands for
    schedules: tuple[tuple[str, ...], ...]  # what each value per record stands for
    layout: Layout
    results: Results
    machines: Machines
    mark_things: tuple[int, ...]  # for each mark row that is an event or a kind: its thing; -1: a machine's change
    n_marks: int
    slot_names: dict[int, str] = field(default_factory=dict)


class ProgramError(CrossroadsError):
    """A program that breaks its own rules: our bug, never the user's."""


def verify(program: Program) -> None:
    """Check types, order and ranges of a program.

    Raises:
        ProgramError: naming the block and the operation.
    """
    for title, block in (("start", program.start), ("step", program.step)):
        types = _types(title, block)
        _verify_effects(title, block, types, program)


def _types(title: str, block: Block) -> list[str]:
    types: list[str] = []
    for index, op in enumerate(block.ops):
        if op.name in SOURCES:
            if op.arguments:
                raise ProgramError(f"{title} {index}: source {op.name} with arguments")
            types.append(SOURCES[op.name])
            continue
        operation = OPERATIONS.get(op.name)
        if operation is None:
            raise ProgramError(f"{title} {index}: unknown operation {op.name}")
        if any(not 0 <= a < index for a in op.arguments):
            raise ProgramError(f"{title} {index}: {op.name} uses a later value")
        given = tuple(types[a] for a in op.arguments)
        if not operation.accepts(given):
            raise ProgramError(f"{title} {index}: {op.name} of {given}")
        types.append(operation.result)
    return types


def _verify_effects(title: str, block: Block, types: list[str], program: Program) -> None:
    reals = [store.value for store in block.stores] + [record.value for record in block.records]
    if any(types[value] != "real" for value in reals):
        raise ProgramError(f"{title}: a truth is stored or recorded")
    for mark in block.marks:
        if types[mark.value] != "truth" or not 0 <= mark.row < program.n_marks:
            raise ProgramError(f"{title}: {mark}")
    slots = [store.slot for store in block.stores]
    if len(set(slots)) != len(slots) or any(not 0 <= slot < program.n_slots for slot in slots):
        raise ProgramError(f"{title}: a slot is stored twice or does not exist")
    if block.active is not None and types[block.active] != "truth":
        raise ProgramError(f"{title}: active is no truth")


def text(program: Program) -> str:
    """The program in readable lines, for ``crossroads show --program``."""
    lines = []
    for title, block in (("start", program.start), ("step", program.step)):
        lines.append(f"{title}:")
        for index, op in enumerate(block.ops):
            payload = "" if op.payload is None else f" {op.payload!r}"
            arguments = "".join(f" %{a}" for a in op.arguments)
            lines.append(f"  %{index} = {op.name}{payload}{arguments}")
        for store in block.stores:
            lines.append(f"  store {program.slot_names.get(store.slot, store.slot)} %{store.value}")
        lines += [f"  record {record.row} %{record.value}" for record in block.records]
        lines += [f"  mark {mark.row} %{mark.value}" for mark in block.marks]
    return "\n".join(lines) + "\n"
