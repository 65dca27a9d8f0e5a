"""The fast back end: every operation becomes LLVM text on W doubles side by side.

No fast-math flag and no contraction is ever printed, so the results are those of IEEE 754 on any processor.
"""

import struct
from collections.abc import Callable
from typing import Any

LANES = 8  # W: values side by side; a mark of W lanes is one byte
REAL = f"<{LANES} x double>"
FLAGS = f"<{LANES} x i1>"
BITS = f"<{LANES} x i64>"
WORD = f"<{LANES} x i32>"


def _double(value: float) -> str:
    return f"double 0x{struct.unpack('>Q', struct.pack('>d', value))[0]:016X}"


def splat(value: float) -> str:
    """W times a number."""
    return f"splat ({_double(value)})"


class VectorModule:
    """The functions of one LLVM module, each printed once.

    Args:
        masks: whether the processor has registers for truths, a bit a lane (:attr:`Target.masks`). Where it has none, a
            truth is as wide as the numbers that it is found by and chooses among, all its bits alike: no packing, no
            unpacking.
    """

    def __init__(self, masks: bool) -> None:
        self.masks = masks
        self.truths = FLAGS if masks else BITS
        self.functions: dict[str, str] = {}
        self.declared: set[str] = set()
        self.tables: dict[str, str] = {}  # text -> symbol

    def table(self, rows: tuple[tuple[float, ...], ...]) -> str:
        """The symbol of constants in rows of LANES."""
        written = ", ".join(f"{REAL} <{', '.join(map(_double, row))}>" for row in rows)
        return self.tables.setdefault(f"[{len(rows)} x {REAL}] [{written}]", f"@table_{len(self.tables)}")

    def declare(self, text: str) -> None:
        self.declared.add(text)

    def outline(self, name: str, function: Callable[..., Any], arity: int) -> str:
        """The symbol of ``function(ops, *reals) -> real``, printed at its first use."""
        symbol = f"@{name}_{arity}"
        if symbol not in self.functions:
            self.functions[symbol] = ""  # its place, before those that it calls
            ops = VectorOps(self)
            result = function(ops, *(f"%a{i}" for i in range(arity)))
            parameters = ", ".join(f"{REAL} %a{i}" for i in range(arity))
            body = "\n".join(ops.lines)
            self.functions[symbol] = (
                f"define internal {REAL} {symbol}({parameters}) #1 {{\nentry:\n{body}\n  ret {REAL} {result}\n}}\n"
            )
        return symbol

    def text(self) -> str:
        tables = [f"{symbol} = private constant {text}, align 64" for text, symbol in self.tables.items()]
        return "\n".join([*sorted(self.declared), "", *tables, *self.functions.values(), ATTRIBUTES])


ATTRIBUTES = (
    'attributes #0 = { nounwind "no-builtins" "prefer-vector-width"="512" "min-legal-vector-width"="512" }\n'
    'attributes #1 = { nounwind noinline "no-builtins" "prefer-vector-width"="512" "min-legal-vector-width"="512" }\n'
)


class VectorOps:
    """``Ops`` that print LLVM text; a value is the name of a register or a constant."""

    def __init__(self, module: VectorModule, prefix: str = "v", words: int = LANES) -> None:
        self.module = module
        self.truths = module.truths
        self.n_words, self.words = words, f"<{words} x i32>"  # side by side, of the generator
        self.lines: list[str] = []
        self.label = "entry"
        self._prefix = prefix
        self._count = 0

    # -- text

    def name(self) -> str:
        self._count += 1
        return f"%{self._prefix}{self._count}"

    def emit(self, text: str) -> str:
        result = self.name()
        self.lines.append(f"  {result} = {text}")
        return result

    def begin(self, label: str) -> None:
        self.lines.append(f"{label}:")
        self.label = label

    def fresh(self, stem: str) -> str:
        self._count += 1
        return f"{stem}{self._count}"

    def _intrinsic(self, name: str, result: str, kinds: tuple[str, ...], arguments: tuple[str, ...]) -> str:
        self.module.declare(f"declare {result} @{name}({', '.join(kinds)})")
        given = ", ".join(f"{kind} {value}" for kind, value in zip(kinds, arguments, strict=True))
        return self.emit(f"call {result} @{name}({given})")

    def _math(self, name: str, *arguments: str) -> str:
        return self._intrinsic(f"llvm.{name}.v{LANES}f64", REAL, (REAL,) * len(arguments), arguments)

    # -- reals

    def real(self, value: float) -> str:
        return splat(value)

    def add(self, a: str, b: str) -> str:
        return self.emit(f"fadd {REAL} {a}, {b}")

    def sub(self, a: str, b: str) -> str:
        return self.emit(f"fsub {REAL} {a}, {b}")

    def mul(self, a: str, b: str) -> str:
        return self.emit(f"fmul {REAL} {a}, {b}")

    def div(self, a: str, b: str) -> str:
        return self.emit(f"fdiv {REAL} {a}, {b}")

    def neg(self, a: str) -> str:
        return self.emit(f"fneg {REAL} {a}")

    def abs(self, a: str) -> str:
        return self._math("fabs", a)

    def fma(self, a: str, b: str, c: str) -> str:
        return self._math("fma", a, b, c)

    def sqrt(self, a: str) -> str:
        return self._math("sqrt", a)

    def floor(self, a: str) -> str:
        return self._math("floor", a)

    def ceil(self, a: str) -> str:
        return self._math("ceil", a)

    def round_even(self, a: str) -> str:
        return self._math("roundeven", a)

    # -- comparisons

    def _compare(self, predicate: str, a: str, b: str) -> str:
        return self.truths_of(self.emit(f"fcmp {predicate} {REAL} {a}, {b}"))

    def lt(self, a: str, b: str) -> str:
        return self._compare("olt", a, b)

    def le(self, a: str, b: str) -> str:
        return self._compare("ole", a, b)

    def gt(self, a: str, b: str) -> str:
        return self._compare("ogt", a, b)

    def ge(self, a: str, b: str) -> str:
        return self._compare("oge", a, b)

    def eq(self, a: str, b: str) -> str:
        return self._compare("oeq", a, b)

    def ne(self, a: str, b: str) -> str:
        return self._compare("une", a, b)

    # -- truths

    def truth(self, value: bool) -> str:
        return ("splat (i1 true)" if self.module.masks else "splat (i64 -1)") if value else "zeroinitializer"

    def truths_of(self, flags: str) -> str:
        """Truths, of flags."""
        return flags if self.module.masks else self.emit(f"sext {FLAGS} {flags} to {BITS}")

    def flags(self, truths: str) -> str:
        """Flags (a bit for each lane), of truths."""
        return truths if self.module.masks else self.emit(f"icmp slt {BITS} {truths}, zeroinitializer")

    def packed(self, truths: str) -> str:
        """Truths as the bits of one number, the first lane lowest."""
        return self.emit(f"bitcast {FLAGS} {self.flags(truths)} to i{LANES}")

    def and_(self, a: str, b: str) -> str:
        return self.emit(f"and {self.truths} {a}, {b}")

    def or_(self, a: str, b: str) -> str:
        return self.emit(f"or {self.truths} {a}, {b}")

    def not_(self, a: str) -> str:
        return self.emit(f"xor {self.truths} {a}, {self.truth(True)}")

    def select(self, condition: str, yes: str, no: str) -> str:
        if not self.module.masks and no == splat(0.0):  # where it holds all bits are set (-0.0 is another number)
            return self.from_bits(self.iand(condition, self.bits(yes)))
        return self.emit(f"select {FLAGS} {self.flags(condition)}, {REAL} {yes}, {REAL} {no}")

    # -- bits

    def integer(self, value: int) -> str:
        value &= 2**64 - 1
        return f"splat (i64 {value - 2**64 if value >= 2**63 else value})"

    def bits(self, a: str) -> str:
        return self.emit(f"bitcast {REAL} {a} to {BITS}")

    def from_bits(self, a: str) -> str:
        return self.emit(f"bitcast {BITS} {a} to {REAL}")

    def iadd(self, a: str, b: str) -> str:
        return self.emit(f"add {BITS} {a}, {b}")

    def isub(self, a: str, b: str) -> str:
        return self.emit(f"sub {BITS} {a}, {b}")

    def iand(self, a: str, b: str) -> str:
        return self.emit(f"and {BITS} {a}, {b}")

    def ior(self, a: str, b: str) -> str:
        return self.emit(f"or {BITS} {a}, {b}")

    def ixor(self, a: str, b: str) -> str:
        return self.emit(f"xor {BITS} {a}, {b}")

    def ishl(self, a: str, count: int) -> str:
        return self.emit(f"shl {BITS} {a}, {self.integer(count)}")

    def ilshr(self, a: str, count: int) -> str:
        return self.emit(f"lshr {BITS} {a}, {self.integer(count)}")

    def iashr(self, a: str, count: int) -> str:
        return self.emit(f"ashr {BITS} {a}, {self.integer(count)}")

    # -- tables

    def row(self, table: tuple[tuple[float, ...], ...], index: str) -> tuple[str, ...]:
        """Eight rows are loaded whole and transposed: no gather is as quick."""
        symbol = self.module.table(table)
        rows = []
        for lane in range(LANES):
            at = self.emit(f"extractelement {BITS} {index}, i64 {lane}")
            pointer = self.emit(f"getelementptr {REAL}, ptr {symbol}, i64 {at}")
            rows.append(self.emit(f"load {REAL}, ptr {pointer}, align 64"))
        return self._transposed(rows)

    def _transposed(self, rows: list[str]) -> tuple[str, ...]:
        """Each of the three rounds interleaves the rows of the first half with those of the second."""
        half = LANES // 2
        for _ in range(LANES.bit_length() - 1):
            pairs = [(rows[i], rows[i + half]) for i in range(half)]
            rows = [self._interleaved(a, b, start) for a, b in pairs for start in (0, half)]
        return tuple(rows)

    def _interleaved(self, a: str, b: str, start: int) -> str:
        places = [place for i in range(start, start + LANES // 2) for place in (i, i + LANES)]
        wanted = ", ".join(f"i32 {place}" for place in places)
        return self.emit(f"shufflevector {REAL} {a}, {REAL} {b}, <{LANES} x i32> <{wanted}>")

    # -- words

    def word(self, value: int) -> str:
        return f"splat (i32 {value - 2**32 if value >= 2**31 else value})"

    def wadd(self, a: str, b: str) -> str:
        return self.emit(f"add {self.words} {a}, {b}")

    def wxor(self, a: str, b: str) -> str:
        return self.emit(f"xor {self.words} {a}, {b}")

    def wrotl(self, a: str, count: int) -> str:
        kinds = (self.words,) * 3
        return self._intrinsic(f"llvm.fshl.v{self.n_words}i32", self.words, kinds, (a, a, self.word(count)))

    def widen(self, a: str) -> str:
        return self.emit(f"zext {WORD} {a} to {BITS}")

    # -- control

    def anywhere(self, condition: str) -> str:
        """Whether a truth holds in any lane, as one i1."""
        return self._intrinsic(f"llvm.vector.reduce.or.v{LANES}i1", "i1", (FLAGS,), (self.flags(condition),))

    def when(
        self, condition: str, compute: Callable[[], tuple[str, ...]], otherwise: tuple[str, ...]
    ) -> tuple[str, ...]:
        inside, after = self.fresh("when"), self.fresh("after")
        before = self.label
        self.lines.append(f"  br i1 {self.anywhere(condition)}, label %{inside}, label %{after}")
        self.begin(inside)
        values = compute()
        end = self.label
        self.lines.append(f"  br label %{after}")
        self.begin(after)
        joined = [
            self.emit(f"phi {REAL} [{value}, %{end}], [{other}, %{before}]")
            for value, other in zip(values, otherwise, strict=True)
        ]
        return tuple(self.select(condition, v, o) for v, o in zip(joined, otherwise, strict=True))

    def loop(
        self,
        limit: int,
        carry: tuple[str, ...],
        active: str,
        body: Callable[..., tuple[tuple[str, ...], str]],
    ) -> tuple[str, ...]:
        head, inside, after = (self.fresh(stem) for stem in ("head", "body", "done"))
        before = self.label
        self.lines.append(f"  br label %{head}")
        self.begin(head)
        place = len(self.lines)
        old = tuple(self.name() for _ in carry)
        on, count, more = self.name(), self.name(), self.name()
        within = self.emit(f"icmp ult i64 {count}, {limit}")
        going = self.emit(f"and i1 {self.anywhere(on)}, {within}")
        self.lines.append(f"  br i1 {going}, label %{inside}, label %{after}")
        self.begin(inside)
        fresh, still = body(*old)
        fresh = tuple(self.select(on, new, kept) for new, kept in zip(fresh, old, strict=True))
        still = self.and_(on, still)
        self.lines.append(f"  {more} = add i64 {count}, 1")
        end = self.label
        self.lines.append(f"  br label %{head}")
        phis = [
            f"  {name} = phi {REAL} [{first}, %{before}], [{new}, %{end}]"
            for name, first, new in zip(old, carry, fresh, strict=True)
        ]
        phis.append(f"  {on} = phi {self.truths} [{active}, %{before}], [{still}, %{end}]")
        phis.append(f"  {count} = phi i64 [0, %{before}], [{more}, %{end}]")
        self.lines[place:place] = phis
        self.begin(after)
        return old

    def call(self, function: Callable[..., Any], *arguments: str) -> str:
        symbol = self.module.outline(function.__name__, function, len(arguments))
        return self.invoke(symbol, arguments)

    def invoke(self, symbol: str, arguments: tuple[str, ...]) -> str:
        return self.emit(f"call {REAL} {symbol}({', '.join(f'{REAL} {a}' for a in arguments)})")
