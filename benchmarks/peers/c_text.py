"""The C text of a program: ``start``, ``step`` and ``fill`` for a block of trajectories, and the loop around them."""

from pathlib import Path
from typing import Any

from benchmarks.peers.c_ops import CModule, COps, number
from sim.compiler.emit import BLOCK, STRIDE, TRAJECTORY_DRAWS, VARIANTS
from sim.compiler.operations import OPERATIONS, SOURCES, apply
from sim.compiler.order import Group, Order
from sim.compiler.passes import TRAJECTORY, constant_slots, invariance
from sim.compiler.program import Block, Op, Program
from sim.compiler.sink import ALWAYS, guards
from sim.numerics.elementary import log_normal
from sim.numerics.random import threefry, uniform32, uniform52
from sim.numerics.special import normal_quantile

HERE = Path(__file__).parent
SIGNATURE = (
    "const double *restrict slots, double *restrict next, const double *restrict uniforms, "
    "const double *restrict schedule, uint32_t key0, uint32_t key1, long long first, int record"
)


def c_text(program: Program) -> str:
    """The C of an optimised program."""
    module = CModule()
    wanted: set[Any] = {op.payload for op in program.step.ops if op.name == "draw" and op.payload[1] in VARIANTS}  # type: ignore[index]
    rows = {payload: row for row, payload in enumerate(sorted(wanted, key=lambda p: (VARIANTS.index(p[1]), p[0])))}
    start, step = program.start, program.step
    levels = invariance(step, constant_slots(program))
    guarded = guards(step, [level >= TRAJECTORY for level in levels])
    begin = _Function(program, module, start, invariance(start, constant_slots(program)), [ALWAYS] * len(start.ops))
    body = [
        _draw_once(module),
        begin.text("start", rows),
        _Function(program, module, step, levels, guarded).text("step", rows),
        _fill(program, module, rows),
        (HERE / "driver.c").read_text(),
    ]
    return "\n".join([(HERE / "prelude.h").read_text(), _memory(program, len(rows)), module.text(), *body])


def _memory(program: Program, n_draws: int) -> str:
    layout = program.layout
    sizes = {
        "BLOCK": BLOCK, "STRIDE": STRIDE, "N_SLOTS": program.n_slots, "N_RECORDS": layout.n_records,
        "N_PARAMETERS": len(layout.uncertain), "N_DRAWS": n_draws, "N_MARKS": program.n_marks,
        "N_ROWS": len(layout.measures) + len(layout.machines), "N_MACHINES": len(program.machines.slots),
    }  # fmt: skip
    lines = [f"#define {name} {value}" for name, value in sizes.items()]
    for name, rows in (
        ("evens", "N_SLOTS"), ("odds", "N_SLOTS"), ("records", "N_ROWS"), ("parameters", "N_PARAMETERS"),
        ("draws", "N_DRAWS * 4"),
    ):  # fmt: skip
        lines.append(f"static double {name}[({rows} + 1) * STRIDE] __attribute__((aligned(64)));")
    return "\n".join([*lines, "static uint64_t marks[N_MARKS + 1];", ""])


def _words(ops: COps, step: str, site: str) -> Any:
    """The words of counter (trajectory low, trajectory high, step, site) under the seed."""
    key = ("word(key0)", "word(key1)", ops.word(0), ops.word(0))
    return threefry(ops, ("low", "word(high)", f"word({step})", f"word({site})"), key)


def _draw_once(module: CModule) -> str:
    ops = COps(module)
    words = _words(ops, f"{TRAJECTORY_DRAWS & 0xFFFFFFFF:#x}u", "site")
    result = uniform52(ops, words[0], words[1])
    lines = "\n".join(ops.lines)
    head = "static NOINLINE R draw_once(W low, uint32_t high, uint32_t site, uint32_t key0, uint32_t key1)"
    return f"{head} {{\n{lines}\n  return {result};\n}}\n"


def _fill(program: Program, module: CModule, rows: dict[Any, int]) -> str:
    """``fill``: for every buffered draw, four records of the block."""
    lines = ["static void fill(uint32_t key0, uint32_t key1, long long first, int record) {"]
    for variant in VARIANTS:
        mine = {row: site for (site, kind), row in rows.items() if kind == variant}
        if not mine:
            continue
        sites = ", ".join(f"{program.sites[mine[row]]:#x}u" for row in sorted(mine))
        ops = COps(module)
        words = _words(ops, "(uint32_t)record / 4", "sites[i]")
        for place, word in enumerate(words):
            ops.lines.append(f"  store(to + {place} * STRIDE, {_shape(ops, variant, word)});")
        lines += [
            f"  {{ static const uint32_t sites[] = {{{sites}}};",
            f"  for (int i = 0; i < {len(mine)}; i++) for (int l = 0; l < BLOCK; l += LANES) {{",
            "  W low = trajectories(first + l); uint32_t high = first >> 32;",
            f"  double *to = draws + (i + {min(mine)}) * 4 * STRIDE + l;",
            *ops.lines,
            "  } }",
        ]
    return "\n".join([*lines, "}", ""])


def _shape(ops: COps, variant: str, word: str) -> str:
    uniform = uniform32(ops, word)
    if variant == "exponential":
        return str(ops.neg(log_normal(ops, uniform)))
    return ops.call(normal_quantile, uniform) if variant == "normal" else str(uniform)


class _Function:
    """One block as a C function over BLOCK trajectories."""

    def __init__(
        self, program: Program, module: CModule, block: Block, levels: list[int], guarded: list[int]
    ) -> None:
        self.program, self.block = program, block
        self.shared = [index for index, level in enumerate(levels) if level < TRAJECTORY]
        self.order = Order(block, guarded, self.shared)
        self.ops = COps(module)
        self.types = ["V" if _is_truth(op) else "R" for op in block.ops]
        self.values: dict[int, str] = {}
        self.rows: dict[Any, int] = {}

    def text(self, name: str, rows: dict[Any, int]) -> str:
        self.rows = rows
        lines = self.ops.lines
        lines += ["  const double *now = draws + (record & 3) * STRIDE;", "  uint32_t high = first >> 32;"]
        for index in self.shared:
            self.values[index] = self._value(index)
        lines += ["  for (int l = 0; l < BLOCK; l += LANES) {", "  W low = trajectories(first + l);"]
        self._effects()
        return "\n".join([f"static void {name}({SIGNATURE}) {{", *lines, "  }", "}", ""])

    def _effects(self) -> None:
        lines, block = self.ops.lines, self.block
        for record in block.records:
            value, place = self._demand(record.value), f"records + {record.row * STRIDE} + l"
            if block.active is not None:
                value = self.ops.select(self._demand(block.active), value, f"load({place})")
            lines.append(f"  store({place}, {value});")
        for store in block.stores:
            lines.append(f"  store(next + {store.slot * STRIDE} + l, {self._demand(store.value)});")
        for mark in block.marks:
            lines.append(f"  ((uint8_t *)(marks + {mark.row}))[l / LANES] = mask_of({self._demand(mark.value)});")

    def _demand(self, value: int) -> str:
        for group in self.order.demand(value):
            if group.guard == ALWAYS:
                self.values[group.members[0]] = self._value(group.members[0])
            else:
                self._guarded(group)
        return self.values[value]

    def _guarded(self, group: Group) -> None:
        """Values that are computed only if some lane needs them."""
        lines = self.ops.lines
        names = {index: self.ops.fresh() for index in group.members}
        lines += [f"  {self.types[index]} {name} = {{0}};" for index, name in names.items()]
        lines.append(f"  if (any({self.values[group.guard]})) {{")
        for index, name in names.items():
            self.values[index] = self._value(index)
            lines.append(f"  {name} = {self.values[index]};")
        lines.append("  }")
        self.values.update(names)

    def _value(self, index: int) -> str:
        op = self.block.ops[index]
        if op.name in SOURCES:
            return self._source(op)
        arguments = [self.values[a] for a in op.arguments]
        operation = OPERATIONS[op.name]
        if operation.outlined and op.payload is None:
            symbol = self.ops.module.outline(f"op_{op.name}", operation.function, len(arguments))
            return self.ops.invoke(symbol, tuple(arguments))
        return str(apply(self.ops, op.name, arguments, op.payload))

    def _source(self, op: Op) -> str:
        ops, payload = self.ops, op.payload
        match op.name:
            case "const":
                return number(payload)  # type: ignore[arg-type]
            case "truth_const":
                return ops.truth(bool(payload))
            case "uniform" | "schedule":
                return ops.emit(f"splat({'uniforms' if op.name == 'uniform' else 'schedule'}[{payload}])")
            case "record":
                return ops.emit("splat((double)record)")
            case "parameter" | "load":
                return self._load("parameters" if op.name == "parameter" else "slots", payload)  # type: ignore[arg-type]
        site, variant = payload  # type: ignore[misc]
        if variant == "long":
            return ops.emit(f"draw_once(low, high, {self.program.sites[site]:#x}u, key0, key1)")
        return self._load("now", self.rows[site, variant] * 4)

    def _load(self, base: str, row: int) -> str:
        return self.ops.emit(f"load({base} + {row * STRIDE} + l)")


def _is_truth(op: Op) -> bool:
    return (SOURCES.get(op.name) or OPERATIONS[op.name].result) == "truth"
