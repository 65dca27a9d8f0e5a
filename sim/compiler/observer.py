"""LLVM text that adds the recorded rows of a block to the sums and shares of one record time, and finds their bins.

It is the same for every program. A row of sums is four vectors: the sum of value - center, of its square, the least and
the greatest value, each lane for itself, so that their order never depends on what surrounds them.
"""

from sim.compiler.vector import FLAGS, LANES, REAL, VectorModule, VectorOps, splat

BINS = 1024  # of a histogram; one below them, one above, and one for lanes that do not count
ROW = BINS + 3
SUMS = 4 * LANES  # doubles of a row of sums
RANGES = 3  # doubles of a row of ranges: low, scale, center
NUMBERS = f"<{LANES} x i16>"

OBSERVE = "ptr noalias %records, ptr noalias %ranges, ptr noalias %sums, ptr noalias %bins, i64 %rows, i64 %mask"


def observe(module: VectorModule, block: int, stride: int) -> str:
    """The text of ``observe(records, ranges, sums, bins, rows, mask)``: sums, and the numbers of bins, to be counted.

    Where all lanes count, as they do but for the last block of a run and those with a failure, no lane is asked.
    """
    ops = VectorOps(module)
    ops.lines += [
        "  %none = icmp eq i64 %rows, 0",
        "  br i1 %none, label %done, label %some",
        "some:",
        "  %whole = icmp eq i64 %mask, -1",
        "  br i1 %whole, label %all, label %part",
    ]
    _rows(ops, "all", block, stride, masked=False)
    _rows(ops, "part", block, stride, masked=True)
    ops.lines += ["done:", "  ret void"]
    return "\n".join([f"define void @observe({OBSERVE}) #0 {{", "entry:", *ops.lines, "}", ""])


def _rows(ops: VectorOps, label: str, block: int, stride: int, masked: bool) -> None:
    """The loop over the rows."""
    r = f"%{label}.r"
    ops.lines += [f"{label}:", f"  {r} = phi i64 [0, %some], [{r}1, %{label}]"]
    low, scale, center = (_range(ops, r, number) for number in range(RANGES))
    places = [_pointer(ops, "%sums", r, SUMS, number * LANES) for number in range(4)]
    total, square, least, most = (ops.emit(f"load {REAL}, ptr {p}, align 64") for p in places)
    first = ops.emit(f"mul i64 {r}, {block}")
    for lane in range(0, block, LANES):
        value = ops.emit(f"load {REAL}, ptr {_pointer(ops, '%records', r, stride, lane)}, align 64")
        away, lower, higher = ops.sub(value, center), ops.lt(value, least), ops.gt(value, most)
        place = _bin(ops, value, low, scale)
        if masked:
            counts = _mask(ops, lane)
            away = ops.select(counts, away, splat(0.0))
            lower, higher = ops.and_(counts, lower), ops.and_(counts, higher)
            place = ops.select(counts, place, splat(BINS + 2))
        total, square = ops.add(total, away), ops.fma(away, away, square)
        least, most = ops.select(lower, value, least), ops.select(higher, value, most)
        number = ops.emit(f"fptosi {REAL} {place} to {NUMBERS}")
        at = ops.emit(f"getelementptr i16, ptr %bins, i64 {ops.emit(f'add i64 {first}, {lane}')}")
        ops.lines.append(f"  store {NUMBERS} {number}, ptr {at}, align 2")
    for pointer, result in zip(places, (total, square, least, most), strict=True):
        ops.lines.append(f"  store {REAL} {result}, ptr {pointer}, align 64")
    ops.lines += [
        f"  {r}1 = add i64 {r}, 1",
        f"  {r}more = icmp ult i64 {r}1, %rows",
        f"  br i1 {r}more, label %{label}, label %done",
    ]


def _pointer(ops: VectorOps, base: str, index: str, width: int, offset: int) -> str:
    row = ops.emit(f"mul i64 {index}, {width}")
    at = ops.emit(f"add i64 {row}, {offset}")
    return ops.emit(f"getelementptr double, ptr {base}, i64 {at}")


def _range(ops: VectorOps, index: str, number: int) -> str:
    return splat_of(ops, ops.emit(f"load double, ptr {_pointer(ops, '%ranges', index, RANGES, number)}"))


def _mask(ops: VectorOps, lane: int) -> str:
    shifted = ops.emit(f"lshr i64 %mask, {lane}")
    byte = ops.emit(f"trunc i64 {shifted} to i{LANES}")
    return ops.truths_of(ops.emit(f"bitcast i{LANES} {byte} to {FLAGS}"))


def _bin(ops: VectorOps, value: str, low: str, scale: str) -> str:
    """Bin numbers: 0 below, 1 to BINS, BINS + 1 above; BINS + 2 is for lanes that do not count."""
    place = ops.mul(ops.sub(value, low), scale)
    place = ops.select(ops.lt(place, splat(-1.0)), splat(-1.0), place)
    place = ops.select(ops.lt(place, splat(BINS)), place, splat(BINS))
    return ops.add(place, splat(1.0))


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
        byte = ops.packed(ops.eq(present, value))
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
