"""Functions jitted by numba, kept as machine code: only who compiles one has to load numba.

The one place with jit options, and the one place that knows how numba passes arguments.
"""

import ctypes
import functools
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from threading import Lock
from typing import Any

import llvmlite
import numpy as np

from sim import cache
from sim.compiler.native import Target

_lock = Lock()


def njit(function: Callable[..., Any]) -> Any:
    """A function for :class:`Jitted`; it checks no divisor and makes no array of its own."""
    import numba

    options: Any = {"_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return numba.njit(error_model="numpy", **options)(function)


class Jitted:
    """A function of arrays, whole numbers and floats that returns nothing, compiled once on a machine for their types.

    Args:
        module: the full name of the module where it stands under :func:`njit`; imported only to compile it.
        name: its name there.

    The module may use the compiler and nothing else of the package.
    """

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name
        rooms = "compiler", module.removeprefix("sim.").replace(".", "/") + ".py"
        self.code = cache.key_of(rooms, module, name)  # now: what is compiled later must not pass for newer code
        self._compiled: dict[tuple[object, ...], Callable[..., int]] = {}

    def __call__(self, *arguments: Any) -> None:
        key = tuple(_key(argument) for argument in arguments)
        function = self._compiled.get(key)
        if function is None:
            with _lock:
                function = self._compiled[key] = self._link(tuple(_kind(argument) for argument in arguments))
        unused = ctypes.c_void_p()
        status = function(ctypes.byref(unused), ctypes.byref(unused), *_flat(arguments))
        if status != 0:
            raise RuntimeError(f"{self.module}.{self.name} ended with status {status}")

    def _link(self, kinds: tuple[str, ...]) -> Callable[..., int]:
        target = Target()
        versions = version("numba"), llvmlite.__version__, target.processor, target.features
        key = cache.key_of((), self.code, kinds, *versions)
        entry = cache.fetch("jitted", key)
        if entry is None:
            entry = self._compile(target, kinds)
            cache.keep("jitted", key, entry)
        symbol, code = entry
        flat = [kind for name in kinds for kind in _c_types(name)]
        prototype = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *flat)
        return prototype(target.link(code).address(symbol))

    def _compile(self, target: Target, kinds: tuple[str, ...]) -> tuple[str, bytes]:
        from numba import types

        def type_of(kind: str) -> Any:
            name, *shape = kind.split()
            scalar: Any = getattr(types, "boolean" if name == "bool" else name)
            layout: Any = shape[1:]
            return types.Array(scalar, int(shape[0]), *layout) if shape else scalar

        function = getattr(import_module(self.module), self.name)
        signature = tuple(type_of(kind) for kind in kinds)
        function.compile(signature)
        symbol = function.overloads[signature].fndesc.llvm_func_name
        return symbol, target.compile(function.inspect_llvm(signature))


def _key(argument: Any) -> object:
    """What tells types apart, quickly."""
    if isinstance(argument, np.ndarray):
        return argument.dtype, argument.ndim, argument.flags.c_contiguous
    return isinstance(argument, float)


def _kind(argument: Any) -> str:
    """The type of an argument: ``float64 2 C`` for an array, its layout last, or the name of a scalar's."""
    if isinstance(argument, np.ndarray):
        if not argument.dtype.isnative:
            raise TypeError("an array in the byte order of another machine")
        return f"{argument.dtype.name} {argument.ndim} {'C' if argument.flags.c_contiguous else 'A'}"
    return "float64" if isinstance(argument, float) else "int64"


@functools.cache
def _c_types(kind: str) -> tuple[Any, ...]:
    name, *shape = kind.split()
    if not shape:
        return (ctypes.c_double if name == "float64" else ctypes.c_int64,)
    return (*[ctypes.c_void_p] * 2, *[ctypes.c_int64] * 2, ctypes.c_void_p, *[ctypes.c_int64] * 2 * int(shape[0]))


def _flat(arguments: tuple[Any, ...]) -> list[Any]:
    """As numba passes them: of an array its owner (nobody), object, size, item size, data, shape and strides."""
    flat: list[Any] = []
    for a in arguments:
        if isinstance(a, np.ndarray):
            address = a.__array_interface__["data"][0]
            flat += [None, None, a.size, a.itemsize, address, *a.shape, *a.strides]
        else:
            flat.append(float(a) if isinstance(a, float) else int(a))
    return flat
