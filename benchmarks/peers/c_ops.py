"""The numeric functions as C text: the operations of :class:`sim.numerics.ops.Ops` on vectors of eight doubles.

A value is the name of a C variable or a constant. ``PRELUDE`` (prelude.h) has the types and what C has no operator for.
"""

import math
import struct
from collections.abc import Callable
from typing import Any

OPERATORS = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==",
    "ne": "!=", "and_": "&", "or_": "|", "iadd": "+", "isub": "-", "iand": "&", "ior": "|", "ixor": "^",
    "wadd": "+", "wxor": "^",
}  # fmt: skip
CALLS = ("fma", "sqrt", "floor", "ceil", "round_even", "abs", "select", "widen")
SHIFTS = {"ishl": "(V)({0} << {1})", "ilshr": "(V)((U){0} >> {1})", "iashr": "(V)({0} >> {1})"}


def number(value: float) -> str:
    """A constant with exactly these bits."""
    if value != value or math.isinf(value):
        return f"constant({struct.unpack('<q', struct.pack('<d', value))[0]:#x}LL)"
    return f"splat({value.hex()})"


class CModule:
    """Functions printed once."""

    def __init__(self) -> None:
        self.functions: dict[str, str] = {}
        self.tables: dict[tuple[tuple[float, ...], ...], str] = {}

    def table(self, rows: tuple[tuple[float, ...], ...]) -> str:
        """The name of constants in rows of eight."""
        if rows not in self.tables:
            name = self.tables[rows] = f"table{len(self.tables)}"
            written = ", ".join("{" + ", ".join(value.hex() for value in row) + "}" for row in rows)
            self.functions[name] = f"static const R {name}[{len(rows)}] = {{{written}}};\n"
        return self.tables[rows]

    def outline(self, name: str, function: Callable[..., Any], arity: int) -> str:
        """The name of ``function(ops, *reals) -> real`` in C."""
        symbol = f"{name}_{arity}"
        if symbol not in self.functions:
            ops = COps(self)
            result = function(ops, *(f"a{i}" for i in range(arity)))
            parameters = ", ".join(f"R a{i}" for i in range(arity))
            body = "\n".join(ops.lines)
            self.functions[symbol] = f"static NOINLINE R {symbol}({parameters}) {{\n{body}\n  return {result};\n}}\n"
        return symbol

    def text(self) -> str:
        return "\n".join(self.functions.values())


class COps:
    """Prints statements; the operators come from the tables above."""

    def __init__(self, module: CModule, prefix: str = "v") -> None:
        self.module = module
        self.lines: list[str] = []
        self.prefix = prefix
        self.count = 0

    def fresh(self) -> str:
        self.count += 1
        return f"{self.prefix}{self.count}"

    def emit(self, text: str) -> str:
        name = self.fresh()
        self.lines.append(f"  __auto_type {name} = {text};")
        return name

    def __getattr__(self, name: str) -> Callable[..., str]:
        if name in OPERATORS:
            return lambda a, b: self.emit(f"{a} {OPERATORS[name]} {b}")
        if name in SHIFTS:
            return lambda a, count: self.emit(SHIFTS[name].format(a, count))
        if name in CALLS:
            return lambda *given: self.emit(f"{name}_({', '.join(given)})")
        raise AttributeError(name)

    def real(self, value: float) -> str:
        return number(value)

    def neg(self, a: str) -> str:
        return self.emit(f"-{a}")

    def truth(self, value: bool) -> str:
        return "TRUE" if value else "FALSE"

    def not_(self, a: str) -> str:
        return self.emit(f"~{a}")

    def integer(self, value: int) -> str:
        return f"whole({value & (2**64 - 1):#x}ULL)"

    def bits(self, a: str) -> str:
        return self.emit(f"(V){a}")

    def from_bits(self, a: str) -> str:
        return self.emit(f"(R){a}")

    def row(self, table: tuple[tuple[float, ...], ...], index: str) -> tuple[str, ...]:
        """Eight rows, transposed."""
        name = self.fresh()
        self.lines.append(f"  R {name}[LANES]; rows_({self.module.table(table)}, {index}, {name});")
        return tuple(f"{name}[{term}]" for term in range(8))

    def word(self, value: int) -> str:
        return f"word({value & 0xFFFFFFFF:#x}u)"

    def wrotl(self, a: str, count: int) -> str:
        return self.emit(f"({a} << {count}) | ({a} >> {32 - count})")

    def when(
        self, condition: str, compute: Callable[[], tuple[str, ...]], otherwise: tuple[str, ...]
    ) -> tuple[str, ...]:
        names = [self.emit(other) for other in otherwise]
        self.lines.append(f"  if (any({condition})) {{")
        values = compute()
        for name, value in zip(names, values, strict=True):
            self.lines.append(f"  {name} = select_({condition}, {value}, {name});")
        self.lines.append("  }")
        return tuple(names)

    def loop(
        self, limit: int, carry: tuple[str, ...], active: str, body: Callable[..., tuple[tuple[str, ...], str]]
    ) -> tuple[str, ...]:
        names = tuple(self.emit(first) for first in carry)
        going, turn = self.emit(active), self.fresh()
        self.lines.append(f"  for (int {turn} = 0; {turn} < {limit} && any({going}); {turn}++) {{")
        new, still = body(*names)
        kept = [self.emit(value) for value in new]
        self.lines += [f"  {n} = select_({going}, {k}, {n});" for n, k in zip(names, kept, strict=True)]
        self.lines += [f"  {going} = {going} & {still};", "  }"]
        return names

    def call(self, function: Callable[..., Any], *arguments: str) -> str:
        return self.invoke(self.module.outline(function.__name__, function, len(arguments)), arguments)

    def invoke(self, symbol: str, arguments: tuple[str, ...]) -> str:
        return self.emit(f"{symbol}({', '.join(arguments)})")
