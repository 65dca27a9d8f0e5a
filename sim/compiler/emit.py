"""Program -> LLVM text: ``start``, ``step`` and ``fill`` for a block of trajectories.

Memory is rows of BLOCK doubles, one row a slot, a parameter, a record; the lanes of a row are trajectories. ``step`` does
one record time for the whole block: first what all trajectories share, then, LANES at a time, one body without a
loop. ``fill`` makes the draws of four records at once, as one block of the generator holds four words.
"""

from sim.compiler.operations import OPERATIONS, SOURCES, apply
from sim.compiler.passes import TRAJECTORY, constant_slots, invariance
from sim.compiler.program import Block, Op, Program
from sim.compiler.sink import ALWAYS, guards
from sim.compiler.vector import LANES, REAL, TRUTH, WORD, VectorModule, VectorOps, splat
from sim.numerics.elementary import log
from sim.numerics.random import threefry, uniform32, uniform52
from sim.numerics.special import normal_quantile

BLOCK = 64  # trajectories in a block
QUAD = 4  # records whose draws share one block of the generator
TRAJECTORY_DRAWS = -2  # the counter, in place of a record, of draws made once per trajectory
VARIANTS = ("uniform", "exponential", "normal")

PARAMETERS = (
    "ptr noalias %slots, ptr noalias %parameters, ptr noalias %uniforms, ptr noalias %schedule, ptr noalias %draws, "
    "ptr noalias %records, ptr noalias %marks, i32 %key0, i32 %key1, i64 %first, i64 %record"
)


class Emission:
    """The text of a program, and how many rows of draws ``fill`` makes."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.module = VectorModule()
        fixed = constant_slots(program)
        step = program.step
        levels = invariance(step, fixed)
        guarded = guards(step, [level >= TRAJECTORY for level in levels])
        self.rows = _draw_rows(step, guarded)
        body = [
            _Function(self, program.start, invariance(program.start, fixed), [ALWAYS] * len(program.start.ops)).text("start"),
            _Function(self, step, levels, guarded).text("step"),
            self._fill(),
        ]
        self.text = "\n".join([*body, self.module.text()])

    # -- draws

    def draw(self, ops: VectorOps, low: str, site: int, variant: str, step: str, part: str) -> str:
        """A draw computed in place."""
        number = self.program.sites[site]
        number = number - 2**32 if number >= 2**31 else number
        symbol = self._draw_function(variant)
        return ops.emit(
            f"call {REAL} {symbol}({WORD} {low}, i32 %high, i32 {step}, i32 {number}, i32 %key0, i32 %key1, i32 {part})"
        )

    def _draw_function(self, variant: str) -> str:
        symbol = f"@draw_{variant}"
        if symbol not in self.module.functions:
            self.module.functions[symbol] = ""
            ops = VectorOps(self.module)
            words = _generate(ops, "%low", "%step")
            if variant == "long":
                result = uniform52(ops, words[0], words[1])
            else:
                word = words[3]
                for number in (2, 1, 0):
                    chosen = ops.emit(f"icmp eq i32 %part, {number}")
                    word = ops.emit(f"select i1 {chosen}, {WORD} {words[number]}, {WORD} {word}")
                result = _shape(ops, variant, word)
            lines = "\n".join(ops.lines)
            self.module.functions[symbol] = (
                f"define internal {REAL} {symbol}({WORD} %low, i32 %high, i32 %step, i32 %site, i32 %key0, i32 %key1, "
                f"i32 %part) #1 {{\nentry:\n{lines}\n  ret {REAL} {result}\n}}\n"
            )
        return symbol

    def _fill(self) -> str:
        """``fill``: for every buffered draw, four records of the block."""
        parts, tables = [], []
        offset = 0
        label = "entry"
        for variant in VARIANTS:
            sites = [self.program.sites[site] for site, kind in self.rows if kind == variant]
            if not sites:
                continue
            table = ", ".join(f"i32 {site - 2**32 if site >= 2**31 else site}" for site in sites)
            tables.append(f"@sites_{variant} = private constant [{len(sites)} x i32] [{table}]")
            parts.append(self._fill_loop(variant, len(sites), offset, label))
            label = f"{variant}.done"
            offset += len(sites)
        return "\n".join(
            [*tables, f"define void @fill({PARAMETERS}) #0 {{", "entry:",
             "  %quad = lshr i64 %record, 2", "  %step = trunc i64 %quad to i32", *_common(), *parts, "  ret void", "}"]
        )

    def _fill_loop(self, variant: str, count: int, offset: int, before: str) -> str:
        ops = VectorOps(self.module, f"{variant}.")
        v = variant
        ops.lines += [
            f"  br label %{v}.row",
            f"{v}.row:",
            f"  %{v}.i = phi i64 [0, %{before}], [%{v}.i1, %{v}.end]",
            f"  %{v}.p = getelementptr i32, ptr @sites_{v}, i64 %{v}.i",
            f"  %{v}.site = load i32, ptr %{v}.p",
            f"  %{v}.to = add i64 %{v}.i, {offset}",
            f"  %{v}.base = mul i64 %{v}.to, {QUAD * BLOCK}",
            f"  br label %{v}.lane",
            f"{v}.lane:",
            f"  %{v}.l = phi i64 [0, %{v}.row], [%{v}.l1, %{v}.lane]",
        ]
        ops.label = f"{v}.lane"
        low = _trajectories(ops, f"%{v}.l")
        words = _generate(ops, low, "%step", f"%{v}.site")
        at = ops.emit(f"add i64 %{v}.base, %{v}.l")
        for number, word in enumerate(words):
            value = _shape(ops, variant, word)
            place = ops.emit(f"add i64 {at}, {number * BLOCK}")
            pointer = ops.emit(f"getelementptr double, ptr %draws, i64 {place}")
            ops.lines.append(f"  store {REAL} {value}, ptr {pointer}, align 64")
        ops.lines += [
            f"  %{v}.l1 = add i64 %{v}.l, {LANES}",
            f"  %{v}.lc = icmp ult i64 %{v}.l1, {BLOCK}",
            f"  br i1 %{v}.lc, label %{v}.lane, label %{v}.end",
            f"{v}.end:",
            f"  %{v}.i1 = add i64 %{v}.i, 1",
            f"  %{v}.ic = icmp ult i64 %{v}.i1, {count}",
            f"  br i1 %{v}.ic, label %{v}.row, label %{v}.done",
            f"{v}.done:",
        ]
        return "\n".join(ops.lines)


def _common() -> list[str]:
    return ["  %high64 = lshr i64 %first, 32", "  %high = trunc i64 %high64 to i32", "  %low0 = trunc i64 %first to i32"]


def _splat_word(ops: VectorOps, value: str) -> str:
    first = ops.emit(f"insertelement {WORD} poison, i32 {value}, i64 0")
    return ops.emit(f"shufflevector {WORD} {first}, {WORD} poison, {WORD} zeroinitializer")


def _trajectories(ops: VectorOps, lane: str) -> str:
    """The low words of the numbers of the trajectories in these lanes (a block never crosses 2^32)."""
    offset = ops.emit(f"trunc i64 {lane} to i32")
    base = ops.emit(f"add i32 %low0, {offset}")
    steps = "<" + ", ".join(f"i32 {i}" for i in range(LANES)) + ">"
    return ops.emit(f"add {WORD} {_splat_word(ops, base)}, {steps}")


def _generate(ops: VectorOps, low: str, step: str, site: str = "%site") -> tuple[str, str, str, str]:
    """The words of counter (trajectory low, trajectory high, step, site) under the seed."""
    zero = ops.word(0)
    key = (_splat_word(ops, "%key0"), _splat_word(ops, "%key1"), zero, zero)
    counter = (low, _splat_word(ops, "%high"), _splat_word(ops, step), _splat_word(ops, site))
    return threefry(ops, counter, key)


def _shape(ops: VectorOps, variant: str, word: str) -> str:
    uniform = uniform32(ops, word)
    if variant == "exponential":
        return ops.neg(ops.call(log, uniform))
    if variant == "normal":
        return ops.call(normal_quantile, uniform)
    return uniform


def _draw_rows(block: Block, guarded: list[int]) -> dict[tuple[int, str], int]:
    """The rows of the draws that are needed at every record, uniforms first, normals last."""
    wanted = [op.payload for op, guard in zip(block.ops, guarded, strict=True) if op.name == "draw" and guard == ALWAYS]
    ordered = sorted(wanted, key=lambda payload: VARIANTS.index(payload[1]))  # type: ignore[index]
    return {payload: row for row, payload in enumerate(ordered)}  # type: ignore[misc]


class _Function:
    """The text of one block as a function over BLOCK trajectories."""

    def __init__(self, emission: Emission, block: Block, levels: list[int], guarded: list[int]) -> None:
        self.emission = emission
        self.block = block
        self.levels = levels
        self.guarded = guarded
        self.types = [SOURCES.get(op.name) or OPERATIONS[op.name].result for op in block.ops]
        self.ops = VectorOps(emission.module)
        self.values: dict[int, str] = {}
        self.low = ""  # the low words of the trajectories' numbers

    def text(self, name: str) -> str:
        ops = self.ops
        ops.lines += _common()
        ops.lines += [
            "  %quad64 = lshr i64 %record, 2", "  %quad = trunc i64 %quad64 to i32",
            "  %part64 = and i64 %record, 3", "  %part = trunc i64 %part64 to i32",
            f"  %offset = mul i64 %part64, {BLOCK}", "  %now = getelementptr double, ptr %draws, i64 %offset",
        ]
        for index, level in enumerate(self.levels):
            if level < TRAJECTORY:
                self.values[index] = self._value(index)
        ops.lines.append("  br label %lanes")
        before = ops.label
        ops.begin("lanes")
        place = len(ops.lines)
        ops.lines.append("")  # the counter of the loop, once its end is known
        self.low = _trajectories(ops, "%l")
        for index, level in enumerate(self.levels):
            if level >= TRAJECTORY and index not in self.values:
                self._emit(index)
        self._effects()
        end = ops.label
        ops.lines += [
            f"  %l1 = add i64 %l, {LANES}", f"  %lc = icmp ult i64 %l1, {BLOCK}",
            "  br i1 %lc, label %lanes, label %done", "done:", "  ret void",
        ]
        ops.lines[place] = f"  %l = phi i64 [0, %{before}], [%l1, %{end}]"
        return "\n".join([f"define void @{name}({PARAMETERS}) #0 {{", "entry:", *ops.lines, "}", ""])

    def _emit(self, index: int) -> None:
        if self.guarded[index] == ALWAYS:
            self.values[index] = self._value(index)
        else:
            self._emit_guarded(index)

    def _emit_guarded(self, first: int) -> None:
        """All that is ready under one guard, in a block of its own; skipped where no lane needs it."""
        ops, guard = self.ops, self.guarded[first]
        members = self._ready(first, guard)
        inside, after, before = ops.fresh("guard"), ops.fresh("rest"), ops.label
        ops.lines.append(f"  br i1 {ops.anywhere(self.values[guard])}, label %{inside}, label %{after}")
        ops.begin(inside)
        for index in members:
            self.values[index] = self._value(index)
        end = ops.label
        ops.lines.append(f"  br label %{after}")
        ops.begin(after)
        for index in self._wanted_outside(members):
            kind = TRUTH if self.types[index] == "truth" else REAL
            self.values[index] = ops.emit(f"phi {kind} [{self.values[index]}, %{end}], [zeroinitializer, %{before}]")

    def _ready(self, first: int, guard: int) -> list[int]:
        members: list[int] = []
        known = set(self.values)
        for index in range(first, len(self.block.ops)):
            if self.guarded[index] == guard and known.issuperset(self.block.ops[index].arguments):
                members.append(index)
                known.add(index)
        return members

    def _wanted_outside(self, members: list[int]) -> list[int]:
        inside = set(members)
        wanted = {a for i, op in enumerate(self.block.ops) if i not in inside for a in op.arguments}
        return [index for index in members if index in wanted]

    def _value(self, index: int) -> str:
        op = self.block.ops[index]
        if op.name in SOURCES:
            return self._source(op)
        arguments = [self.values[a] for a in op.arguments]
        operation = OPERATIONS[op.name]
        if operation.outlined and op.payload is None:
            symbol = self.emission.module.outline(f"op_{op.name}", operation.function, len(arguments))
            return self.ops.invoke(symbol, tuple(arguments))
        return apply(self.ops, op.name, arguments, op.payload)  # type: ignore[no-any-return]

    def _source(self, op: Op) -> str:
        ops, payload = self.ops, op.payload
        match op.name:
            case "const":
                return splat(payload)  # type: ignore[arg-type]
            case "truth_const":
                return ops.truth(bool(payload))
            case "uniform" | "schedule":
                pointer = ops.emit(f"getelementptr double, ptr %{op.name}{'s' if op.name == 'uniform' else ''}, i64 {payload}")
                return _splat_real(ops, ops.emit(f"load double, ptr {pointer}"))
            case "record":
                return _splat_real(ops, ops.emit("uitofp i64 %record to double"))
            case "parameter" | "load":
                return self._load("%parameters" if op.name == "parameter" else "%slots", payload)  # type: ignore[arg-type]
        site, variant = payload  # type: ignore[misc]
        row = self.emission.rows.get((site, variant)) if variant != "long" else None
        if row is None:
            step, part = (str(TRAJECTORY_DRAWS), "0") if variant == "long" else ("%quad", "%part")
            return self.emission.draw(ops, self.low, site, variant, step, part)
        return self._load("%now", row * QUAD)

    def _pointer(self, base: str, row: int) -> str:
        at = self.ops.emit(f"add i64 %l, {row * BLOCK}")
        return self.ops.emit(f"getelementptr double, ptr {base}, i64 {at}")

    def _load(self, base: str, row: int) -> str:
        return self.ops.emit(f"load {REAL}, ptr {self._pointer(base, row)}, align 64")

    def _effects(self) -> None:
        ops, block = self.ops, self.block
        for record in block.records:
            pointer = self._pointer("%records", record.row)
            value = self.values[record.value]
            if block.active is not None:
                kept = ops.emit(f"load {REAL}, ptr {pointer}, align 64")
                value = ops.select(self.values[block.active], value, kept)
            ops.lines.append(f"  store {REAL} {value}, ptr {pointer}, align 64")
        if block.marks:
            group = ops.emit(f"lshr i64 %l, {LANES.bit_length() - 1}")
            for mark in block.marks:
                byte = ops.emit(f"bitcast {TRUTH} {self.values[mark.value]} to i{LANES}")
                at = ops.emit(f"add i64 {group}, {mark.row * (BLOCK // LANES)}")
                pointer = ops.emit(f"getelementptr i{LANES}, ptr %marks, i64 {at}")
                ops.lines.append(f"  store i{LANES} {byte}, ptr {pointer}")
        for store in block.stores:
            pointer = self._pointer("%slots", store.slot)
            ops.lines.append(f"  store {REAL} {self.values[store.value]}, ptr {pointer}, align 64")


def _splat_real(ops: VectorOps, value: str) -> str:
    first = ops.emit(f"insertelement {REAL} poison, double {value}, i64 0")
    return ops.emit(f"shufflevector {REAL} {first}, {REAL} poison, {WORD} zeroinitializer")

