"""Program -> Kernel: machine code that advances a block of trajectories, called from numba by its address."""

import ctypes
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import llvmlite
import numpy as np

from sim import cache
from sim.compiler.emit import Emission
from sim.compiler.native import Native, Target
from sim.compiler.operations import OPERATIONS
from sim.compiler.passes import optimise
from sim.compiler.program import Program
from sim.compiler.vector import LANES, REAL, VectorModule, VectorOps

CODE = cache.key_of(("numerics", "language", "compiler"))  # what a kernel depends on, as it is when it is loaded
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
    target = Target(near=True)
    key = cache.key_of((), CODE, llvmlite.__version__, target.processor, target.features, program)
    entry = cache.fetch("kernels", key)
    if entry is None:
        optimised = optimise(program)
        emission = Emission(optimised, target.masks)
        entry = target.compile(emission.text), len(emission.rows), optimised.n_slots
        cache.keep("kernels", key, entry)
    code, n_draw_rows, n_slots = entry
    native = target.link(code)
    start, step, fill, observe, share = (native.address(name) for name in FUNCTIONS)
    return Kernel(program, start, step, fill, observe, share, n_draw_rows, n_slots)


def kernel_text(program: Program) -> str:
    """The code that is compiled for a program, for ``crossroads show --kernel``."""
    return Emission(optimise(program), Target().masks).text


def compiled(text: str) -> Native:
    """A module of its own, compiled or from the cache."""
    target = Target(near=True)
    key = cache.key_of((), CODE, llvmlite.__version__, target.processor, target.features, text)
    code = cache.fetch("kernels", key)
    if code is None:
        code = target.compile(text)
        cache.keep("kernels", key, code)
    return target.link(code)


def aligned(*shape: int) -> np.ndarray:
    """Zeros of float64 whose first element lies on a cache line."""
    size = int(np.prod(shape))
    raw = np.zeros(size + 8)
    offset = (-raw.ctypes.data) % 64 // 8
    return raw[offset : offset + size].reshape(shape)


@functools.cache
def _elementwise(name: str, arity: int) -> int:
    """The address of a function over arrays: (out, n, a0, a1, ...), n a multiple of LANES."""
    module = VectorModule(Target().masks)
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
