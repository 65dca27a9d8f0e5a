"""A program as source text of another language: one line an operation, in the words of a dialect.

It is what a careful modeller would write by hand: the equations after constants are folded and common subexpressions
shared, the library's own functions and random generator, and no work under a condition that does not hold.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sim.compiler.operations import OPERATIONS, SOURCES
from sim.compiler.order import Group, Order
from sim.compiler.passes import TRAJECTORY, constant_slots, invariance
from sim.compiler.program import Block, Op, Program, Store
from sim.compiler.sink import ALWAYS, guards

OPERATORS = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==",
    "ne": "!=", "and": "&", "also": "&", "or": "|", "power": "**", "modulo": "%", "floor_divide": "//",
}  # fmt: skip
INFIX = {name: f"{{0}} {sign} {{1}}" for name, sign in OPERATORS.items()}
# The uniform of an inverse CDF is not needed where a library draws from the distribution itself.
SAMPLED = tuple(f"{name}_quantile" for name in ("gamma", "poisson", "bernoulli", "beta", "binomial", "exponential"))


@dataclass(frozen=True)
class Dialect:
    """Templates: {0}, {1} ... are the arguments, {k} counts the draws of a variant, {i} is the number of the value."""

    operations: dict[str, str]
    draws: dict[str, str]
    guard: str  # whether a branch is needed, of the truth {0}; "": no branches
    zero: str = "0.0"  # a real of a branch not taken
    parameter: str = "p[{0}]"
    store: str = "{0}"


@dataclass(frozen=True)
class Piece:
    """A store, and what it needs that no earlier one needed."""

    groups: tuple[Group, ...]
    store: Store


def pieces(program: Program, dialect: Dialect, block: Block) -> list[Piece]:
    """The stores of a block of an optimised program, one after the other."""
    levels = invariance(block, constant_slots(program))
    branches = dialect.guard and block is program.step
    guarded = guards(block, [level >= TRAJECTORY for level in levels]) if branches else [ALWAYS] * len(block.ops)
    order = Order(block, guarded, ())
    return [Piece(tuple(order.demand(store.value)), store) for store in block.stores]


class Writer:
    """Writes the pieces of one block.

    Args:
        names: how a value is called.
        next_slot: where a slot is stored, {0} being its number.
    """

    def __init__(
        self, dialect: Dialect, block: Block, names: Callable[[int], str] = "v{}".format, next_slot: str = "s[{0}]"
    ) -> None:
        self.dialect, self.block, self.names, self.next_slot = dialect, block, names, next_slot
        self.unused = {op.arguments[0] for op in block.ops if op.name in SAMPLED}
        self.counts: dict[str, int] = {}

    def values(self, some: Iterable[Piece]) -> list[str]:
        """The lines that compute."""
        lines: list[str] = []
        for group in (group for piece in some for group in piece.groups):
            members = [index for index in group.members if index not in self.unused]
            inside = [f"{self.names(index)} = {self._text(index)}" for index in members]
            if group.guard == ALWAYS:
                lines += inside
                continue
            lines.append(f"if {self.dialect.guard.format(self.names(group.guard))}:")
            lines += [f"    {line}" for line in inside]
            lines.append("else:")
            lines += [f"    {self.names(index)} = {self._zero(index)}" for index in members]
        return lines

    def stores(self, some: Iterable[Piece]) -> list[str]:
        """The lines that carry over to the next step."""
        value = self.dialect.store
        return [
            f"{self.next_slot.format(piece.store.slot)} = {value.format(self.names(piece.store.value))}"
            for piece in some
        ]

    def _zero(self, index: int) -> str:
        op = self.block.ops[index]
        result = SOURCES.get(op.name) or OPERATIONS[op.name].result
        return "False" if result == "truth" else self.dialect.zero

    def _text(self, index: int) -> str:
        op = self.block.ops[index]
        if op.name in SOURCES:
            return self._source(op)
        if op.name in ("all_finite", "no_nan"):
            return "True"
        names = [self.names(a) for a in op.arguments]
        if op.name == "integer_power":
            return f"{names[0]} ** {op.payload}"
        if op.name == "divided_by":
            return f"{names[0]} / {op.payload!r}"
        return self.dialect.operations[op.name].format(*names, i=index)

    def _source(self, op: Op) -> str:
        payload: Any = op.payload
        match op.name:
            case "const":
                return repr(payload) if abs(payload) < float("inf") else f"float({str(payload)!r})"
            case "truth_const":
                return repr(bool(payload))
            case "load":
                return f"s[{payload}]"
            case "parameter":
                return self.dialect.parameter.format(payload)
            case "uniform":
                return f"u[{payload}]"
            case "schedule":
                return f"h[{payload}]"
            case "record":
                return "float(r)" if self.dialect.guard else "r * 1.0"
        variant = "uniform" if payload[1] == "long" else payload[1]
        self.counts[variant] = self.counts.get(variant, -1) + 1
        return self.dialect.draws[variant].format(k=self.counts[variant])


def indented(lines: Iterable[str], depth: int) -> str:
    """Lines of a body."""
    return "\n".join("    " * depth + line for line in lines)
