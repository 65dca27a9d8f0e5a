"""Program -> LLVM text: ``start``, ``step`` and ``fill`` for a block of trajectories.

Memory is rows of STRIDE doubles, one row a slot, a parameter, a record; its first BLOCK are trajectories. ``step``
does one record time for the whole block: first what all trajectories share, then, LANES at a time, one body without a
loop. It reads ``slots`` and writes ``next``. ``fill`` makes the draws of four records at once, as one block of the generator holds four words.
"""

from collections.abc import Iterable, Iterator

from sim.compiler.observer import observe
from sim.compiler.operations import OPERATIONS, SOURCES, apply
from sim.compiler.order import Group, Order
from sim.compiler.passes import TRAJECTORY, constant_slots, invariance
from sim.compiler.program import Block, Mark, Op, Program, Record, Store
from sim.compiler.sink import ALWAYS, guards
from sim.compiler.vector import LANES, REAL, TRUTH, WORD, VectorModule, VectorOps, splat
from sim.numerics.elementary import log
from sim.numerics.random import threefry, uniform32, uniform52
from sim.numerics.special import normal_quantile

BLOCK = 64  # trajectories in a block
SEGMENT = 1500  # instructions of a loop over the lanes
STRIDE = BLOCK + LANES  # doubles from row to row: a power of two would crowd all rows into a few sets of the cache
QUAD = 4  # records whose draws share one block of the generator
TRAJECTORY_DRAWS = -2  # the counter, in place of a record, of draws made once per trajectory
VARIANTS = ("uniform", "exponential", "normal")

PARAMETERS = (
    "ptr noalias %slots, ptr noalias %next, ptr noalias %parameters, ptr noalias %uniforms, ptr noalias %schedule, ptr noalias %draws, "
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
        self.n_rows = program.n_slots  # of slots and scratch
        start = program.start
        body = [
            _Function(self, start, invariance(start, fixed), [ALWAYS] * len(start.ops)).text("start"),
            _Function(self, step, levels, guarded).text("step"),
            self._fill(),
            observe(self.module, BLOCK, STRIDE),
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
        ops = VectorOps(self.module, f"{variant}.")
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
            value = _shape(ops, variant, word)
            place = ops.emit(f"add i64 {at}, {number * STRIDE}")
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
    return [
        "  %high64 = lshr i64 %first, 32",
        "  %high = trunc i64 %high64 to i32",
        "  %low0 = trunc i64 %first to i32",
    ]


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
        return str(ops.neg(ops.call(log, uniform)))
    if variant == "normal":
        return ops.call(normal_quantile, uniform)
    return str(uniform)


def _draw_rows(block: Block, guarded: list[int]) -> dict[tuple[int, str], int]:
    """The rows of the draws that are needed at every record, uniforms first, normals last."""
    wanted = [op.payload for op, guard in zip(block.ops, guarded, strict=True) if op.name == "draw" and guard == ALWAYS]
    ordered = sorted(wanted, key=lambda payload: VARIANTS.index(payload[1]))  # type: ignore[index]
    return {payload: row for row, payload in enumerate(ordered)}  # type: ignore[misc]


Item = Group | Record | Store | Mark


class _Function:
    """The text of one block as a function over BLOCK trajectories.

    The body is cut into segments, each a loop over the lanes of its own, whose code fits into the instruction cache. A
    value that a later segment needs is kept in a row of scratch, behind the slots in ``next``.
    """

    def __init__(self, emission: Emission, block: Block, levels: list[int], guarded: list[int]) -> None:
        self.emission = emission
        self.block = block
        self.levels = levels
        self.types = [SOURCES.get(op.name) or OPERATIONS[op.name].result for op in block.ops]
        self.ops = VectorOps(emission.module)
        self.shared = {i: "" for i, level in enumerate(levels) if level < TRAJECTORY}
        self.values: dict[int, str] = {}
        self.lane = ""  # the first of the lanes at hand
        self.low = ""  # the low words of the trajectories' numbers
        self.segments = _cut(block, list(_items(block, guarded, self.shared)))
        self.scratch = _scratch(block, self.segments, self.shared, emission.program.n_slots)
        emission.n_rows = max(emission.n_rows, emission.program.n_slots + len(self.scratch))

    def text(self, name: str) -> str:
        ops = self.ops
        ops.lines += [*_common(), "  %quad64 = lshr i64 %record, 2", "  %quad = trunc i64 %quad64 to i32"]
        ops.lines += ["  %part64 = and i64 %record, 3", "  %part = trunc i64 %part64 to i32"]
        ops.lines.append(f"  %offset = mul i64 %part64, {STRIDE}")
        ops.lines.append("  %now = getelementptr double, ptr %draws, i64 %offset")
        for index in self.shared:
            self.shared[index] = self.values[index] = self._value(index)
        for number, items in enumerate(self.segments):
            self._segment(number, items)
        return "\n".join([f"define void @{name}({PARAMETERS}) #0 {{", "entry:", *ops.lines, "  ret void", "}", ""])

    def _segment(self, number: int, items: list[Item]) -> None:
        """A loop over the lanes."""
        ops, n = self.ops, number
        ops.lines.append(f"  br label %lanes{n}")
        before = ops.label
        ops.begin(f"lanes{n}")
        place = len(ops.lines)
        ops.lines.append("")  # the counter of the loop, once its end is known
        self.lane = f"%l{n}"
        self.low = _trajectories(ops, self.lane)
        self.values = dict(self.shared)
        for item in items:
            self._item(item)
        end = ops.label
        ops.lines += [
            f"  %l{n}.next = add i64 %l{n}, {LANES}",
            f"  %l{n}.more = icmp ult i64 %l{n}.next, {BLOCK}",
            f"  br i1 %l{n}.more, label %lanes{n}, label %done{n}",
        ]
        ops.begin(f"done{n}")
        ops.lines[place] = f"  %l{n} = phi i64 [0, %{before}], [%l{n}.next, %{end}]"

    def _item(self, item: Item) -> None:
        match item:
            case Group(guard, members) if guard == ALWAYS:
                self.values[members[0]] = self._value(members[0])
                self._keep(members[0])
            case Group():
                self._guarded_group(item)
            case Record(row, value):
                self._record(row, value)
            case Store(slot, value):
                pointer = self._pointer("%next", slot)
                self.ops.lines.append(f"  store {REAL} {self._known(value)}, ptr {pointer}, align 64")
            case Mark(row, value):
                self._bits(self._known(value), "%marks", row * (BLOCK // LANES))

    def _guarded_group(self, group: Group) -> None:
        """Values under a guard, in a block of their own; skipped where no lane needs them."""
        ops = self.ops
        condition = self._known(group.guard)
        for member in group.members:
            for argument in self.block.ops[member].arguments:
                if argument not in group.members:
                    self._known(argument)
        inside, after, before = ops.fresh("guard"), ops.fresh("rest"), ops.label
        ops.lines.append(f"  br i1 {ops.anywhere(condition)}, label %{inside}, label %{after}")
        before = ops.label
        ops.begin(inside)
        for index in group.members:
            self.values[index] = self._value(index)
        end = ops.label
        ops.lines.append(f"  br label %{after}")
        ops.begin(after)
        for index in group.members:
            kind = TRUTH if self.types[index] == "truth" else REAL
            self.values[index] = ops.emit(f"phi {kind} [{self.values[index]}, %{end}], [zeroinitializer, %{before}]")
        for index in group.members:
            self._keep(index)

    def _known(self, value: int) -> str:
        """The register of a value: computed before, or fetched where an earlier segment left it."""
        if value not in self.values:
            row = self.scratch.get(value)
            if row is None:
                self.values[value] = self._value(value)
            elif self.types[value] == "real":
                self.values[value] = self._load("%next", row)
            else:
                self.values[value] = self._fetch_bits(row)
        return self.values[value]

    def _keep(self, value: int) -> None:
        """Leave a value for later segments."""
        row = self.scratch.get(value)
        if row is None:
            return
        if self.types[value] == "real":
            pointer = self._pointer("%next", row)
            self.ops.lines.append(f"  store {REAL} {self.values[value]}, ptr {pointer}, align 64")
        else:
            self._bits(self.values[value], "%next", row * STRIDE * 8)

    def _value(self, index: int) -> str:
        op = self.block.ops[index]
        if op.name in SOURCES:
            return self._source(op)
        arguments = [self._known(a) for a in op.arguments]
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
        at = self.ops.emit(f"add i64 {self.lane}, {row * STRIDE}")
        return self.ops.emit(f"getelementptr double, ptr {base}, i64 {at}")

    def _load(self, base: str, row: int) -> str:
        return self.ops.emit(f"load {REAL}, ptr {self._pointer(base, row)}, align 64")

    def _record(self, row: int, value: int) -> None:
        ops = self.ops
        result = self._known(value)
        pointer = self._pointer("%records", row)
        if self.block.active is not None:
            kept = ops.emit(f"load {REAL}, ptr {pointer}, align 64")
            result = ops.select(self._known(self.block.active), result, kept)
        ops.lines.append(f"  store {REAL} {result}, ptr {pointer}, align 64")

    def _byte(self, base: str, offset: int) -> str:
        """Where the bits of these lanes stand: one byte for LANES of them."""
        group = self.ops.emit(f"lshr i64 {self.lane}, {LANES.bit_length() - 1}")
        at = self.ops.emit(f"add i64 {group}, {offset}")
        return self.ops.emit(f"getelementptr i{LANES}, ptr {base}, i64 {at}")

    def _bits(self, truth: str, base: str, offset: int) -> None:
        byte = self.ops.emit(f"bitcast {TRUTH} {truth} to i{LANES}")
        self.ops.lines.append(f"  store i{LANES} {byte}, ptr {self._byte(base, offset)}")

    def _fetch_bits(self, row: int) -> str:
        byte = self.ops.emit(f"load i{LANES}, ptr {self._byte('%next', row * STRIDE * 8)}")
        return self.ops.emit(f"bitcast i{LANES} {byte} to {TRUTH}")


def _items(block: Block, guarded: list[int], known: Iterable[int]) -> Iterator[Item]:
    """The effects of a block, each after what it needs."""
    order = Order(block, guarded, known)
    for effects in (block.records, block.stores, block.marks):
        for effect in effects:
            if isinstance(effect, Record) and block.active is not None:
                yield from order.demand(block.active)
            yield from order.demand(effect.value)
            yield effect


def _cut(block: Block, items: list[Item]) -> list[list[Item]]:
    """Segments of about SEGMENT instructions."""
    segments: list[list[Item]] = [[]]
    size = 0
    for item in items:
        cost = sum(_cost(block.ops[i]) for i in item.members) if isinstance(item, Group) else 2
        if size + cost > SEGMENT and segments[-1]:
            segments.append([])
            size = 0
        segments[-1].append(item)
        size += cost
    return segments


def _cost(op: Op) -> int:
    """About how many instructions an operation takes where it stands."""
    if op.name in SOURCES:
        return 1
    operation = OPERATIONS[op.name]
    return 6 if operation.outlined else operation.cost


def _scratch(block: Block, segments: list[list[Item]], shared: Iterable[int], n_slots: int) -> dict[int, int]:
    """A row for each value that a later segment needs and that is more than a source to read again."""
    home: dict[int, int] = {}
    wanted: dict[int, None] = {}
    common = set(shared)
    for number, items in enumerate(segments):
        for item in items:
            if isinstance(item, Group):
                needed = [a for m in item.members for a in block.ops[m].arguments]
                needed += [] if item.guard == ALWAYS else [item.guard]
                home |= dict.fromkeys(item.members, number)
            else:
                needed = [item.value]
                needed += [block.active] if isinstance(item, Record) and block.active is not None else []
            for value in needed:
                if value not in common and home[value] < number and not _is_cheap(block.ops[value]):
                    wanted[value] = None
    return {value: row for row, value in enumerate(wanted, start=n_slots)}


def _is_cheap(op: Op) -> bool:
    return op.name in ("load", "parameter", "const", "truth_const")


def _splat_real(ops: VectorOps, value: str) -> str:
    first = ops.emit(f"insertelement {REAL} poison, double {value}, i64 0")
    return ops.emit(f"shufflevector {REAL} {first}, {REAL} poison, {WORD} zeroinitializer")
