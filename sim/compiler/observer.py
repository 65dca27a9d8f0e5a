"""LLVM text that adds the recorded rows of a block to the sums, histograms and shares of one record time.

It is the same for every program. A row of sums is four vectors: the sum of value - center, of its square, the least and
the greatest value, each lane for itself, so that their order never depends on what surrounds them.
"""

from sim.compiler.vector import LANES, REAL, TRUTH, VectorModule, VectorOps, splat

BINS = 1024  # of a histogram; one below them, one above, and one for lanes that do not count
ROW = BINS + 3
SUMS = 4 * LANES  # doubles of a row of sums
RANGES = 3  # doubles of a row of ranges: low, scale, center

OBSERVE = "ptr noalias %records, ptr noalias %ranges, ptr noalias %sums, ptr noalias %histogram, i64 %rows, i64 %mask"


def observe(module: VectorModule, block: int, stride: int) -> str:
    """The text of ``observe(records, ranges, sums, histogram, rows, mask)``."""
    ops = VectorOps(module)
    ops.lines += [
        "  %none = icmp eq i64 %rows, 0",
        "  br i1 %none, label %done, label %row",
        "row:",
        "",  # the counter of the loop, once its end is known
    ]
    place = len(ops.lines) - 1
    ops.label = "row"
    low, scale, center = (_range(ops, number) for number in range(RANGES))
    places = [_pointer(ops, "%sums", SUMS, number * LANES) for number in range(4)]
    total, square, least, most = (ops.emit(f"load {REAL}, ptr {p}, align 64") for p in places)
    bins = ops.emit(f"mul i64 %r, {ROW}")
    for lane in range(0, block, LANES):
        value = ops.emit(f"load {REAL}, ptr {_pointer(ops, '%records', stride, lane)}, align 64")
        counts = _mask(ops, lane)
        away = ops.select(counts, ops.sub(value, center), splat(0.0))
        total, square = ops.add(total, away), ops.fma(away, away, square)
        least = ops.select(ops.and_(counts, ops.lt(value, least)), value, least)
        most = ops.select(ops.and_(counts, ops.gt(value, most)), value, most)
        _count(ops, bins, _bin(ops, value, low, scale, counts))
    ops.lines[place] = f"  %r = phi i64 [0, %entry], [%r1, %{ops.label}]"
    for pointer, result in zip(places, (total, square, least, most), strict=True):
        ops.lines.append(f"  store {REAL} {result}, ptr {pointer}, align 64")
    ops.lines += [
        "  %r1 = add i64 %r, 1",
        "  %more = icmp ult i64 %r1, %rows",
        "  br i1 %more, label %row, label %done",
        "done:",
        "  ret void",
    ]
    return "\n".join([f"define void @observe({OBSERVE}) #0 {{", "entry:", *ops.lines, "}", ""])


def _pointer(ops: VectorOps, base: str, width: int, offset: int) -> str:
    row = ops.emit(f"mul i64 %r, {width}")
    at = ops.emit(f"add i64 {row}, {offset}")
    return ops.emit(f"getelementptr double, ptr {base}, i64 {at}")


def _range(ops: VectorOps, number: int) -> str:
    return splat_of(ops, ops.emit(f"load double, ptr {_pointer(ops, '%ranges', RANGES, number)}"))


def _mask(ops: VectorOps, lane: int) -> str:
    shifted = ops.emit(f"lshr i64 %mask, {lane}")
    byte = ops.emit(f"trunc i64 {shifted} to i{LANES}")
    return ops.emit(f"bitcast i{LANES} {byte} to {TRUTH}")


def _bin(ops: VectorOps, value: str, low: str, scale: str, counts: str) -> str:
    """Bin numbers: 0 below, 1 to BINS, BINS + 1 above, BINS + 2 for lanes that do not count."""
    place = ops.mul(ops.sub(value, low), scale)
    place = ops.select(ops.lt(place, splat(-1.0)), splat(-1.0), place)
    place = ops.select(ops.lt(place, splat(BINS)), place, splat(BINS))
    place = ops.select(counts, place, splat(BINS + 1))
    return ops.emit(f"fptosi {REAL} {ops.add(place, splat(1.0))} to <{LANES} x i64>")


def _count(ops: VectorOps, bins: str, numbers: str) -> None:
    """One more in each bin; at once where all lanes are in the same, as those of a value that seldom changes are."""
    first = ops.emit(f"extractelement <{LANES} x i64> {numbers}, i64 0")
    start = ops.emit(f"insertelement <{LANES} x i64> poison, i64 {first}, i64 0")
    alike = ops.emit(f"shufflevector <{LANES} x i64> {start}, <{LANES} x i64> poison, <{LANES} x i32> zeroinitializer")
    differ = ops.emit(f"icmp ne <{LANES} x i64> {numbers}, {alike}")
    one, many, after = ops.fresh("one"), ops.fresh("many"), ops.fresh("counted")
    ops.lines.append(f"  br i1 {ops.anywhere(differ)}, label %{many}, label %{one}")
    ops.begin(one)
    _add(ops, bins, first, LANES)
    ops.lines.append(f"  br label %{after}")
    ops.begin(many)
    for lane in range(LANES):
        _add(ops, bins, ops.emit(f"extractelement <{LANES} x i64> {numbers}, i64 {lane}"), 1)
    ops.lines.append(f"  br label %{after}")
    ops.begin(after)


def _add(ops: VectorOps, bins: str, number: str, amount: int) -> None:
    at = ops.emit(f"add i64 {bins}, {number}")
    pointer = ops.emit(f"getelementptr i16, ptr %histogram, i64 {at}")
    count = ops.emit(f"load i16, ptr {pointer}")
    more = ops.emit(f"add i16 {count}, {amount}")
    ops.lines.append(f"  store i16 {more}, ptr {pointer}")


SHARE = "ptr noalias %records, ptr noalias %rows, ptr noalias %values, ptr noalias %shares, i64 %columns, i64 %mask"


def share(module: VectorModule, block: int, stride: int) -> str:
    """The text of ``share``: column i counts the lanes in which row ``rows[i]`` has ``values[i]``."""
    ops = VectorOps(module)
    ops.lines += [
        "  %none = icmp eq i64 %columns, 0",
        "  br i1 %none, label %done, label %column",
        "column:",
        "  %c = phi i64 [0, %entry], [%c1, %column]",
    ]
    row = ops.emit(f"load i64, ptr {ops.emit('getelementptr i64, ptr %rows, i64 %c')}")
    value = splat_of(ops, ops.emit(f"load double, ptr {ops.emit('getelementptr double, ptr %values, i64 %c')}"))
    base = ops.emit(f"mul i64 {row}, {stride}")
    found = "0"
    for lane in range(0, block, LANES):
        at = ops.emit(f"add i64 {base}, {lane}")
        present = ops.emit(f"load {REAL}, ptr {ops.emit(f'getelementptr double, ptr %records, i64 {at}')}, align 64")
        byte = ops.emit(f"bitcast {TRUTH} {ops.eq(present, value)} to i{LANES}")
        wide = ops.emit(f"shl i64 {ops.emit(f'zext i{LANES} {byte} to i64')}, {lane}")
        found = ops.emit(f"or i64 {found}, {wide}")
    counted = ops.emit(f"and i64 {found}, %mask")
    module.declare("declare i64 @llvm.ctpop.i64(i64)")
    number = ops.emit(f"trunc i64 {ops.emit(f'call i64 @llvm.ctpop.i64(i64 {counted})')} to i32")
    place = ops.emit("getelementptr i32, ptr %shares, i64 %c")
    total = ops.emit(f"add i32 {ops.emit(f'load i32, ptr {place}')}, {number}")
    ops.lines += [
        f"  store i32 {total}, ptr {place}",
        "  %c1 = add i64 %c, 1",
        "  %more = icmp ult i64 %c1, %columns",
        "  br i1 %more, label %column, label %done",
        "done:",
        "  ret void",
    ]
    return "\n".join([f"define void @share({SHARE}) #0 {{", "entry:", *ops.lines, "}", ""])


def splat_of(ops: VectorOps, value: str) -> str:
    """A number in every lane."""
    first = ops.emit(f"insertelement {REAL} poison, double {value}, i64 0")
    return ops.emit(f"shufflevector {REAL} {first}, {REAL} poison, <{LANES} x i32> zeroinitializer")
