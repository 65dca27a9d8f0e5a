"""Program -> Program, each a short named function that changes no bit of any result.

The list, in order, is ``PASSES``; a program is verified before and after each. Equal operations are one value from the
start (``builder``), so common subexpressions need no pass of their own.
"""

import dataclasses
from collections.abc import Callable

from sim.compiler.builder import Builder
from sim.compiler.operations import OPERATIONS, SOURCES, apply
from sim.compiler.program import Block, Mark, Op, Program, Record, Store, verify
from sim.numerics.scalar import ScalarOps

Rewrite = Callable[[Builder, Op, tuple[int, ...]], int]


def optimise(program: Program) -> Program:
    """Apply every pass, verified in between."""
    verify(program)
    for one in PASSES:
        program = one(program)
        verify(program)
    return program


def drop_notes(program: Program) -> Program:
    """Notes speak to people; the kernel does without them."""
    return _with(
        program, start=dataclasses.replace(program.start, notes=()), step=dataclasses.replace(program.step, notes=())
    )


def fold(program: Program) -> Program:
    """Operations on constants are constants; what leaves its argument as it is goes away."""
    return _with(program, start=_rewrite(program.start, _fold), step=_rewrite(program.step, _fold))


def _fold(b: Builder, op: Op, arguments: tuple[int, ...]) -> int:
    if op.name in SOURCES:
        return b.op(op.name, payload=op.payload)
    constants = [_constant(b, a) for a in arguments]
    simpler = _identity(b, op, arguments, constants)
    if simpler is not None:
        return simpler
    if arguments and all(c is not None for c in constants):
        value = apply(ScalarOps(), op.name, constants, op.payload)
        return b.op("truth_const", payload=int(value)) if OPERATIONS[op.name].result == "truth" else b.const(value)
    return b.op(op.name, *arguments, payload=op.payload)


def _constant(b: Builder, value: int) -> float | bool | None:
    op = b.ops[value]
    if op.name == "truth_const":
        return bool(op.payload)
    return op.payload if op.name == "const" else None  # type: ignore[return-value]


def _identity(b: Builder, op: Op, arguments: tuple[int, ...], constants: list[float | bool | None]) -> int | None:
    """x*1, x/1, x - 0, choices and conjunctions whose condition is known."""
    match op.name, constants:
        case "divided_by", [_] if op.payload == 1.0:
            return arguments[0]
        case ("mul" | "div", [_, 1.0]) | ("sub", [_, 0.0]) if str(constants[1]) != "-0.0":
            return arguments[0]
        case "mul", [1.0, _]:
            return arguments[1]
        case (("select" | "choose"), [bool(known), _, _]):
            return arguments[1] if known else arguments[2]
        case (("and" | "also"), [True, _]):
            return arguments[1]
        case (("and" | "also"), [False, _]):
            return arguments[0]
        case "and", [_, bool(known)]:
            return arguments[0] if known else arguments[1]
        case "or", [bool(known), _]:
            return arguments[0] if known else arguments[1]
        case "or", [_, bool(known)]:
            return arguments[1] if known else arguments[0]
    return None


def prune(program: Program) -> Program:
    """What no effect needs is not computed."""
    return _with(program, start=_prune(program.start), step=_prune(program.step))


def _prune(block: Block) -> Block:
    needed = set(block.roots())
    for index in reversed(range(len(block.ops))):
        if index in needed:
            needed.update(block.ops[index].arguments)
    numbers: dict[int, int] = {}
    ops: list[Op] = []
    for index, op in enumerate(block.ops):
        if index in needed:
            numbers[index] = len(ops)
            ops.append(dataclasses.replace(op, arguments=tuple(numbers[a] for a in op.arguments)))
    return _renumbered(block, tuple(ops), numbers)


def hoist(program: Program) -> Program:
    """What does not change along a trajectory is computed once, at its start, and kept in a slot."""
    step = program.step
    fixed = constant_slots(program)
    levels = invariance(step, fixed)
    used = {a for op, level in zip(step.ops, levels, strict=True) if level > TRAJECTORY for a in op.arguments}
    used |= set(step.roots())
    types = _types(step)
    moved = [
        i for i in sorted(used) if levels[i] == TRAJECTORY and step.ops[i].name not in SOURCES and types[i] == "real"
    ]
    if not moved:
        return program
    slots = {i: program.n_slots + n for n, i in enumerate(moved)}
    start = _with_hoisted(program.start, step, slots)
    b = Builder()
    numbers: dict[int, int] = {}
    for index, op in enumerate(step.ops):
        if index in slots:
            numbers[index] = b.op("load", payload=slots[index])
        else:
            numbers[index] = b.op(op.name, *(numbers[a] for a in op.arguments), payload=op.payload)
    step = _renumbered(step, tuple(b.ops), numbers)
    return _with(program, start=start, step=step, n_slots=program.n_slots + len(moved))


def _with_hoisted(start: Block, step: Block, slots: dict[int, int]) -> Block:
    """The start block with the moved operations, and all they need, at its end."""
    b = Builder()
    for op in start.ops:
        b.op(op.name, *op.arguments, payload=op.payload)
    stored = {store.slot: store.value for store in start.stores}
    numbers: dict[int, int] = {}

    def copied(index: int) -> int:
        if index not in numbers:
            op = step.ops[index]
            if op.name == "load":
                numbers[index] = stored[op.payload]  # type: ignore[index]
            else:
                numbers[index] = b.op(op.name, *(copied(a) for a in op.arguments), payload=op.payload)
        return numbers[index]

    stores = [Store(slot, copied(index)) for index, slot in slots.items()]
    return dataclasses.replace(start, ops=tuple(b.ops), stores=(*start.stores, *stores))


# How far a value is known ahead: by every trajectory alike; along one trajectory; by all at one record; not at all.
SCENARIO, RECORD, TRAJECTORY, LANE = range(4)
_LEVELS = {
    "const": SCENARIO,
    "truth_const": SCENARIO,
    "uniform": SCENARIO,
    "schedule": RECORD,
    "record": RECORD,
    "parameter": TRAJECTORY,
    "draw": LANE,
}


def invariance(block: Block, fixed: frozenset[int]) -> list[int]:
    """The level of each value; ``fixed`` slots are never stored again."""
    levels: list[int] = []
    for op in block.ops:
        if op.name == "load":
            levels.append(TRAJECTORY if op.payload in fixed else LANE)
        elif op.name in _LEVELS:
            levels.append(_LEVELS[op.name])
        else:
            given = {levels[a] for a in op.arguments}
            levels.append(LANE if {RECORD, TRAJECTORY} <= given else max(given, default=SCENARIO))
    return levels


def constant_slots(program: Program) -> frozenset[int]:
    """The slots that the step never stores."""
    return frozenset(range(program.n_slots)) - {store.slot for store in program.step.stores}


def _types(block: Block) -> list[str]:
    return [SOURCES.get(op.name) or OPERATIONS[op.name].result for op in block.ops]


def _rewrite(block: Block, one: Rewrite) -> Block:
    b = Builder()
    numbers: dict[int, int] = {}
    for index, op in enumerate(block.ops):
        numbers[index] = one(b, op, tuple(numbers[a] for a in op.arguments))
    return _renumbered(block, tuple(b.ops), numbers)


def _renumbered(block: Block, ops: tuple[Op, ...], numbers: dict[int, int]) -> Block:
    return Block(
        ops=ops,
        stores=tuple(Store(s.slot, numbers[s.value]) for s in block.stores),
        records=tuple(Record(r.row, numbers[r.value]) for r in block.records),
        marks=tuple(Mark(m.row, numbers[m.value]) for m in block.marks),
        notes=tuple(dataclasses.replace(n, value=numbers[n.value]) for n in block.notes),
        active=None if block.active is None else numbers[block.active],
    )


def _with(program: Program, **changes: object) -> Program:
    return dataclasses.replace(program, **changes)  # type: ignore[arg-type]


PASSES: tuple[Callable[[Program], Program], ...] = (drop_notes, fold, prune, hoist, prune)
