"""Program -> Kernel: machine code that advances a block of trajectories, called from numba.

The only place with jit options: ``njit`` below is used by every jitted function of the project.
"""

import contextlib
import ctypes
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import llvmlite
import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from sim import cache
from sim.compiler.emit import Emission
from sim.compiler.native import Native, Target
from sim.compiler.operations import OPERATIONS
from sim.compiler.passes import optimise
from sim.compiler.program import Program
from sim.compiler.vector import LANES, REAL, VectorModule, VectorOps

Function = TypeVar("Function", bound=Callable[..., Any])


def njit(function: Function) -> Function:
    """Compile at the first call and cache on disk; the code holds no lock and checks no divisor."""
    compiled = numba.njit(nogil=True, error_model="numpy")(function)
    _cache_on_disk(compiled)
    return cast("Function", compiled)


def _cache_on_disk(compiled: Any) -> None:
    """Keep compiled code in our own folder, bound to all of our code; what is damaged there is made again.

    numba binds an entry to the file of the function alone, and fails where a folder is read-only or an index damaged.
    """
    place = cache.folder("numba") / cache.key_of(("compiler", "engine/driver.py"), numba.__version__)
    numba.config.CACHE_DIR = str(place)  # type: ignore[attr-defined]
    with contextlib.suppress(RuntimeError, OSError):
        compiled.enable_caching()
        store = compiled._cache
        load, save = store.load_overload, store.save_overload

        def load_overload(*given: Any) -> Any:
            try:
                return load(*given)
            except Exception:  # whatever a damaged file can raise
                with contextlib.suppress(Exception):
                    store.flush()
                return None

        def save_overload(*given: Any) -> None:
            with contextlib.suppress(Exception):
                save(*given)

        store.load_overload, store.save_overload = load_overload, save_overload


ROOMS = ("numerics", "language", "compiler")  # what a kernel depends on
FUNCTIONS = ("start", "step", "fill", "observe", "share")


@dataclass(frozen=True, slots=True)
class Kernel:
    """Compiled code and the sizes of the memory that it works on."""

    program: Program
    start: int  # addresses of the functions
    step: int
    fill: int
    observe: int
    share: int
    n_draw_rows: int
    n_slots: int

    def __reduce__(self) -> tuple[Callable[[Program], "Kernel"], tuple[Program]]:
        """In another process it is compiled again, for the processor there."""
        return _rebuild, (self.program,)


_rebuilt: dict[str, Kernel] = {}


def _rebuild(program: Program) -> Kernel:
    """Compiled once in each process."""
    key = repr(program)
    if key not in _rebuilt:
        _rebuilt[key] = build(program)
    return _rebuilt[key]


def build(program: Program) -> Kernel:
    """Compile a program, or load it from the cache."""
    target = Target()
    key = cache.key_of(ROOMS, llvmlite.__version__, target.processor, target.features, program)
    entry = cache.fetch("kernels", key)
    if entry is None:
        optimised = optimise(program)
        emission = Emission(optimised)
        entry = target.compile(emission.text), len(emission.rows), optimised.n_slots
        cache.keep("kernels", key, entry)
    code, n_draw_rows, n_slots = entry
    native = target.link(code)
    start, step, fill, observe, share = (native.address(name) for name in FUNCTIONS)
    return Kernel(program, start, step, fill, observe, share, n_draw_rows, n_slots)


def kernel_text(program: Program) -> str:
    """The code that is compiled for a program, for ``crossroads show --kernel``."""
    return Emission(optimise(program)).text


def compiled(text: str) -> Native:
    """A module of its own, compiled or from the cache."""
    target = Target()
    key = cache.key_of(ROOMS, llvmlite.__version__, target.processor, target.features, text)
    code = cache.fetch("kernels", key)
    if code is None:
        code = target.compile(text)
        cache.keep("kernels", key, code)
    return target.link(code)


def _call_block(
    typing_context: Any,
    address: Any,
    slots: Any,
    following: Any,
    parameters: Any,
    uniforms: Any,
    schedule: Any,
    draws: Any,
    records: Any,
    marks: Any,
    key0: Any,
    key1: Any,
    first: Any,
    record: Any,
) -> Any:
    """Call ``start``, ``step`` or ``fill`` by its address, on a block of trajectories at one record."""
    arrays = (slots, following, parameters, uniforms, schedule, draws, records, marks)
    signature = types.void(types.int64, *arrays, types.uint32, types.uint32, types.int64, types.int64)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer, word, wide = ir.IntType(8).as_pointer(), ir.IntType(32), ir.IntType(64)
        function = ir.FunctionType(ir.VoidType(), [pointer] * 8 + [word, word, wide, wide])
        passed = []
        for kind, value in zip(arrays, arguments[1:9], strict=True):
            array = context.make_array(kind)(context, builder, value)
            passed.append(builder.bitcast(array.data, pointer))
        builder.call(builder.inttoptr(arguments[0], function.as_pointer()), [*passed, *arguments[9:]])
        return context.get_dummy_value()

    return signature, codegen


def _call_observe(
    typing_context: Any, address: Any, records: Any, second: Any, third: Any, fourth: Any, mask: Any
) -> Any:
    """Call ``observe`` or ``share`` by its address: four arrays, as long as the second, and the lanes that count."""
    arrays = (records, second, third, fourth)
    signature = types.void(types.int64, *arrays, types.uint64)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer, wide = ir.IntType(8).as_pointer(), ir.IntType(64)
        function = ir.FunctionType(ir.VoidType(), [pointer] * 4 + [wide, wide])
        given = zip(arrays, arguments[1:5], strict=True)
        made = [context.make_array(kind)(context, builder, value) for kind, value in given]
        passed = [builder.bitcast(array.data, pointer) for array in made]
        length = builder.extract_value(made[1].shape, 0)
        builder.call(builder.inttoptr(arguments[0], function.as_pointer()), [*passed, length, arguments[5]])
        return context.get_dummy_value()

    return signature, codegen


def _lowest_bit(typing_context: Any, bits: Any) -> Any:
    """The position of the lowest bit that is set, of at least one."""
    signature = types.int64(types.uint64)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return signature, codegen


call_block: Any = intrinsic(_call_block)
call_observe: Any = intrinsic(_call_observe)
lowest_bit: Any = intrinsic(_lowest_bit)


def aligned(*shape: int) -> np.ndarray:
    """Zeros of float64 whose first element lies on a cache line."""
    size = int(np.prod(shape))
    raw = np.zeros(size + 8)
    offset = (-raw.ctypes.data) % 64 // 8
    return raw[offset : offset + size].reshape(shape)


@functools.cache
def _elementwise(name: str, arity: int) -> int:
    """The address of a function over arrays: (out, n, a0, a1, ...), n a multiple of LANES."""
    module = VectorModule()
    ops = VectorOps(module)
    arguments = ", ".join(f"ptr %p{i}" for i in range(arity))
    loads = []
    for number in range(arity):
        pointer = ops.emit(f"getelementptr double, ptr %p{number}, i64 %l")
        loads.append(ops.emit(f"load {REAL}, ptr {pointer}, align 8"))
    result = ops.invoke(module.outline(name, OPERATIONS[name].function, arity), tuple(loads))
    pointer = ops.emit("getelementptr double, ptr %out, i64 %l")
    body = "\n".join(ops.lines)
    text = f"""define void @over(ptr %out, i64 %n, {arguments}) #0 {{
entry:
  br label %lanes
lanes:
  %l = phi i64 [0, %entry], [%l1, %lanes]
{body}
  store {REAL} {result}, ptr {pointer}, align 8
  %l1 = add i64 %l, {LANES}
  %more = icmp ult i64 %l1, %n
  br i1 %more, label %lanes, label %done
done:
  ret void
}}
"""
    return compiled(text + module.text()).address("over")


def elementwise(name: str, arity: int) -> Callable[..., np.ndarray]:
    """An operation of :mod:`sim.compiler.operations` over arrays of float64, with the bits of the interpreter."""
    address = _elementwise(name, arity)
    function = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, *[ctypes.c_void_p] * arity)(address)

    def over(*arguments: Any) -> np.ndarray:
        shape = np.broadcast_shapes(*(np.shape(a) for a in arguments))
        size = int(np.prod(shape))
        if size == 0:
            return np.empty(shape)
        padded = -(-size // LANES) * LANES
        columns = np.full((arity + 1, padded), 0.5)
        for column, argument in zip(columns[1:], arguments, strict=True):
            column[:size] = np.broadcast_to(argument, shape).ravel()
        function(columns[0].ctypes.data, padded, *(column.ctypes.data for column in columns[1:]))
        return columns[0, :size].reshape(shape)

    return over
