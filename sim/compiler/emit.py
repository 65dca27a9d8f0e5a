"""Program -> LLVM text: ``start``, ``step`` and ``fill`` for a block of trajectories.

Memory is rows of STRIDE doubles, one row a slot, a parameter, a record; its first BLOCK are trajectories. ``step`` does
one record time for the whole block: first what all trajectories share, then, LANES at a time, one body without a loop.
It reads ``slots`` and writes ``next``, so that a new value can be stored as soon as it is known. ``fill`` makes the
draws of four records at once, as one block of the generator holds four words.
"""

from sim.compiler.observer import observe, share, splat_of
from sim.compiler.operations import OPERATIONS, SOURCES, apply
from sim.compiler.order import Group, Order
from sim.compiler.passes import TRAJECTORY, constant_slots, invariance
from sim.compiler.program import Block, Mark, Op, Program, Record
from sim.compiler.sink import ALWAYS, guards
from sim.compiler.vector import LANES, REAL, WORD, VectorModule, VectorOps, splat
from sim.numerics.elementary import log_normal
from sim.numerics.random import threefry, uniform32, uniform52
from sim.numerics.special import normal_quantile

BLOCK = 64  # trajectories in a block
STRIDE = BLOCK + LANES  # doubles from row to row: a power of two would crowd all rows into a few sets of the cache
WORDS = 2 * LANES  # words of the generator side by side in ``fill``: as wide as LANES reals
QUAD = 4  # records whose draws share one block of the generator
TRAJECTORY_DRAWS = -2  # the counter, in place of a record, of draws made once per trajectory
VARIANTS = ("uniform", "exponential", "normal")

PARAMETERS = (
    "ptr noalias %slots, ptr noalias %next, ptr noalias %parameters, ptr noalias %uniforms, ptr noalias %schedule, "
    "ptr noalias %draws, ptr noalias %records, ptr noalias %marks, i32 %key0, i32 %key1, i64 %first, i64 %record"
)


class Emission:
    """The text of a program, and how many rows of draws ``fill`` makes."""

    def __init__(self, program: Program, masks: bool) -> None:
        self.program = program
        self.module = VectorModule(masks)
        fixed = constant_slots(program)
        step = program.step
        levels = invariance(step, fixed)
        guarded = guards(step, [level >= TRAJECTORY for level in levels])
        self.rows = _draw_rows(step)
        start = program.start
        body = [
            _Function(self, start, invariance(start, fixed), [ALWAYS] * len(start.ops)).text("start"),
            _Function(self, step, levels, guarded).text("step"),
            self._fill(),
            observe(self.module, BLOCK, STRIDE),
            share(self.module, BLOCK, STRIDE),
        ]
        self.text = "\n".join([*body, self.module.text()])

    # -- draws

    def draw(self, ops: VectorOps, low: str, site: int) -> str:
        """A draw made once per trajectory, computed where it stands."""
        symbol = "@draw_once"
        if symbol not in self.module.functions:
            self.module.functions[symbol] = self._draw_once(symbol)
        number = _signed(self.program.sites[site])
        return ops.emit(f"call {REAL} {symbol}({WORD} {low}, i32 %high, i32 {number}, i32 %key0, i32 %key1)")

    def _draw_once(self, symbol: str) -> str:
        ops = VectorOps(self.module)
        words = _generate(ops, "%low", str(TRAJECTORY_DRAWS))
        result = uniform52(ops, words[0], words[1])
        parameters = f"{WORD} %low, i32 %high, i32 %site, i32 %key0, i32 %key1"
        lines = "\n".join(ops.lines)
        return f"define internal {REAL} {symbol}({parameters}) #1 {{\nentry:\n{lines}\n  ret {REAL} {result}\n}}\n"

    def _fill(self) -> str:
        """``fill``: for every buffered draw, four records of the block."""
        parts, tables = [], []
        offset = 0
        label = "entry"
        for variant in VARIANTS:
            sites = [self.program.sites[site] for site, kind in self.rows if kind == variant]
            if not sites:
                continue
            table = ", ".join(f"i32 {_signed(site)}" for site in sites)
            tables.append(f"@sites_{variant} = private constant [{len(sites)} x i32] [{table}]")
            parts.append(self._fill_loop(variant, len(sites), offset, label))
            label = f"{variant}.done"
            offset += len(sites)
        return "\n".join(
            [
                *tables,
                f"define void @fill({PARAMETERS}) #0 {{",
                "entry:",
                "  %quad = lshr i64 %record, 2",
                "  %step = trunc i64 %quad to i32",
                *_common(),
                *parts,
                "  ret void",
                "}",
            ]
        )

    def _fill_loop(self, variant: str, count: int, offset: int, before: str) -> str:
        ops = VectorOps(self.module, f"{variant}.", WORDS)
        v = variant
        ops.lines += [
            f"  br label %{v}.row",
            f"{v}.row:",
            f"  %{v}.i = phi i64 [0, %{before}], [%{v}.i1, %{v}.end]",
            f"  %{v}.p = getelementptr i32, ptr @sites_{v}, i64 %{v}.i",
            f"  %{v}.site = load i32, ptr %{v}.p",
            f"  %{v}.to = add i64 %{v}.i, {offset}",
            f"  %{v}.base = mul i64 %{v}.to, {QUAD * STRIDE}",
            f"  br label %{v}.lane",
            f"{v}.lane:",
            f"  %{v}.l = phi i64 [0, %{v}.row], [%{v}.l1, %{v}.lane]",
        ]
        ops.label = f"{v}.lane"
        low = _trajectories(ops, f"%{v}.l")
        words = _generate(ops, low, "%step", f"%{v}.site")
        at = ops.emit(f"add i64 %{v}.base, %{v}.l")
        for number, word in enumerate(words):
            for lane in range(0, WORDS, LANES):
                value = _shape(ops, variant, _part(ops, word, lane))
                place = ops.emit(f"add i64 {at}, {number * STRIDE + lane}")
                pointer = ops.emit(f"getelementptr double, ptr %draws, i64 {place}")
                ops.lines.append(f"  store {REAL} {value}, ptr {pointer}, align 64")
        ops.lines += [
            f"  %{v}.l1 = add i64 %{v}.l, {WORDS}",
            f"  %{v}.lc = icmp ult i64 %{v}.l1, {BLOCK}",
            f"  br i1 %{v}.lc, label %{v}.lane, label %{v}.end",
            f"{v}.end:",
            f"  %{v}.i1 = add i64 %{v}.i, 1",
            f"  %{v}.ic = icmp ult i64 %{v}.i1, {count}",
            f"  br i1 %{v}.ic, label %{v}.row, label %{v}.done",
            f"{v}.done:",
        ]
        return "\n".join(ops.lines)


def _signed(word: int) -> int:
    return word - 2**32 if word >= 2**31 else word


def _common() -> list[str]:
    return [
        "  %high64 = lshr i64 %first, 32",
        "  %high = trunc i64 %high64 to i32",
        "  %low0 = trunc i64 %first to i32",
    ]


def _splat_word(ops: VectorOps, value: str) -> str:
    first = ops.emit(f"insertelement {ops.words} poison, i32 {value}, i64 0")
    return ops.emit(f"shufflevector {ops.words} {first}, {ops.words} poison, {ops.words} zeroinitializer")


def _part(ops: VectorOps, word: str, lane: int) -> str:
    """LANES of more words, from this lane on."""
    wanted = "<" + ", ".join(f"i32 {lane + i}" for i in range(LANES)) + ">"
    return ops.emit(f"shufflevector {ops.words} {word}, {ops.words} poison, {WORD} {wanted}")


def _trajectories(ops: VectorOps, lane: str) -> str:
    """The low words of the numbers of the trajectories from this lane on (a block never crosses 2^32)."""
    offset = ops.emit(f"trunc i64 {lane} to i32")
    base = ops.emit(f"add i32 %low0, {offset}")
    steps = "<" + ", ".join(f"i32 {i}" for i in range(ops.n_words)) + ">"
    return ops.emit(f"add {ops.words} {_splat_word(ops, base)}, {steps}")


def _generate(ops: VectorOps, low: str, step: str, site: str = "%site") -> tuple[str, str, str, str]:
    """The words of counter (trajectory low, trajectory high, step, site) under the seed."""
    zero = ops.word(0)
    key = (_splat_word(ops, "%key0"), _splat_word(ops, "%key1"), zero, zero)
    counter = (low, _splat_word(ops, "%high"), _splat_word(ops, step), _splat_word(ops, site))
    return threefry(ops, counter, key)


def _shape(ops: VectorOps, variant: str, word: str) -> str:
    uniform = uniform32(ops, word)
    if variant == "exponential":
        return str(ops.neg(log_normal(ops, uniform)))
    if variant == "normal":
        return ops.call(normal_quantile, uniform)
    return str(uniform)


def _draw_rows(block: Block) -> dict[tuple[int, str], int]:
    """The rows of the draws of a step: uniforms, exponentials, normals."""
    wanted = [op.payload for op in block.ops if op.name == "draw"]
    ordered = sorted(wanted, key=lambda payload: VARIANTS.index(payload[1]))  # type: ignore[index]
    return {payload: row for row, payload in enumerate(ordered)}  # type: ignore[misc]


class _Function:
    """The text of one block as a function over BLOCK trajectories."""

    def __init__(self, emission: Emission, block: Block, levels: list[int], guarded: list[int]) -> None:
        self.emission = emission
        self.block = block
        self.shared = [index for index, level in enumerate(levels) if level < TRAJECTORY]
        self.order = Order(block, guarded, self.shared)
        self.types = [SOURCES.get(op.name) or OPERATIONS[op.name].result for op in block.ops]
        self.ops = VectorOps(emission.module)
        self.values: dict[int, str] = {}
        self.low = ""  # the low words of the trajectories' numbers

    def text(self, name: str) -> str:
        ops = self.ops
        ops.lines += [*_common(), "  %part = and i64 %record, 3", f"  %offset = mul i64 %part, {STRIDE}"]
        ops.lines.append("  %now = getelementptr double, ptr %draws, i64 %offset")
        for index in self.shared:
            self.values[index] = self._value(index)
        ops.lines.append("  br label %lanes")
        before = ops.label
        ops.begin("lanes")
        place = len(ops.lines)
        ops.lines.append("")  # the counter of the loop, once its end is known
        self.low = _trajectories(ops, "%l")
        self._effects()
        ops.lines += [
            f"  %l1 = add i64 %l, {LANES}",
            f"  %more = icmp ult i64 %l1, {BLOCK}",
            "  br i1 %more, label %lanes, label %done",
            "done:",
            "  ret void",
        ]
        ops.lines[place] = f"  %l = phi i64 [0, %{before}], [%l1, %{ops.label}]"
        return "\n".join([f"define void @{name}({PARAMETERS}) #0 {{", "entry:", *ops.lines, "}", ""])

    def _effects(self) -> None:
        for record in self.block.records:
            self._record(record)
        for store in self.block.stores:
            value = self._demand(store.value)
            self.ops.lines.append(f"  store {REAL} {value}, ptr {self._pointer('%next', store.slot)}, align 64")
        for mark in self.block.marks:
            self._mark(mark)

    def _record(self, record: Record) -> None:
        ops = self.ops
        value = self._demand(record.value)
        pointer = self._pointer("%records", record.row)
        if self.block.active is not None:
            kept = ops.emit(f"load {REAL}, ptr {pointer}, align 64")
            value = ops.select(self._demand(self.block.active), value, kept)
        ops.lines.append(f"  store {REAL} {value}, ptr {pointer}, align 64")

    def _mark(self, mark: Mark) -> None:
        ops = self.ops
        byte = ops.packed(self._demand(mark.value))
        group = ops.emit(f"lshr i64 %l, {LANES.bit_length() - 1}")
        at = ops.emit(f"add i64 {group}, {mark.row * (BLOCK // LANES)}")
        pointer = ops.emit(f"getelementptr i{LANES}, ptr %marks, i64 {at}")
        ops.lines.append(f"  store i{LANES} {byte}, ptr {pointer}")

    def _demand(self, value: int) -> str:
        """The register of a value, computed now unless it is known."""
        for group in self.order.demand(value):
            if group.guard == ALWAYS:
                self.values[group.members[0]] = self._value(group.members[0])
            else:
                self._guarded_group(group)
        return self.values[value]

    def _guarded_group(self, group: Group) -> None:
        """Values under a guard, in a block of their own; skipped where no lane needs them."""
        ops = self.ops
        inside, after, before = ops.fresh("guard"), ops.fresh("rest"), ops.label
        ops.lines.append(f"  br i1 {ops.anywhere(self.values[group.guard])}, label %{inside}, label %{after}")
        ops.begin(inside)
        for index in group.members:
            self.values[index] = self._value(index)
        end = ops.label
        ops.lines.append(f"  br label %{after}")
        ops.begin(after)
        for index in group.members:  # those that nobody else uses fall away when the text is compiled
            kind = ops.truths if self.types[index] == "truth" else REAL
            self.values[index] = ops.emit(f"phi {kind} [{self.values[index]}, %{end}], [zeroinitializer, %{before}]")

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
                array = "uniforms" if op.name == "uniform" else "schedule"
                pointer = ops.emit(f"getelementptr double, ptr %{array}, i64 {payload}")
                return splat_of(ops, ops.emit(f"load double, ptr {pointer}"))
            case "record":
                return splat_of(ops, ops.emit("uitofp i64 %record to double"))
            case "parameter" | "load":
                return self._load("%parameters" if op.name == "parameter" else "%slots", payload)  # type: ignore[arg-type]
        site, variant = payload  # type: ignore[misc]
        if variant == "long":
            return self.emission.draw(ops, self.low, site)
        return self._load("%now", self.emission.rows[site, variant] * QUAD)

    def _pointer(self, base: str, row: int) -> str:
        at = self.ops.emit(f"add i64 %l, {row * STRIDE}")
        return self.ops.emit(f"getelementptr double, ptr {base}, i64 {at}")

    def _load(self, base: str, row: int) -> str:
        return self.ops.emit(f"load {REAL}, ptr {self._pointer(base, row)}, align 64")
