"""LLVM text -> machine code, cached on disk.

A cache that is damaged or cannot be written costs time, never an answer.
"""

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

CACHE_VERSION = "1"
_engines: list[Any] = []  # machine code lives as long as the engine that holds it


def load(text: str) -> "Native":
    """The functions of a module, from the cache or freshly compiled."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple()
    features = llvm.get_host_cpu_features().flatten()
    machine = target.create_target_machine(cpu=llvm.get_host_cpu_name(), features=features, opt=2)
    path = _cache_path(text, llvm.get_host_cpu_name(), features)
    code = _read(path)
    if code is not None:
        with contextlib.suppress(RuntimeError):
            return Native(llvm, machine, code)
    code = _compile(llvm, machine, text)
    _write(path, code)
    return Native(llvm, machine, code)


class Native:
    """Machine code in memory."""

    def __init__(self, llvm: Any, machine: Any, code: bytes) -> None:
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        _engines.append(self._engine)

    def address(self, name: str) -> int:
        """The address of a function."""
        return int(self._engine.get_function_address(name))


def _compile(llvm: Any, machine: Any, text: str) -> bytes:
    module = llvm.parse_assembly(text)
    module.verify()
    tuning = llvm.create_pipeline_tuning_options(speed_level=2)
    # Vectors are explicit: nothing is left to find for the vectorisers, and unrolling only costs time.
    tuning.loop_vectorization = tuning.slp_vectorization = tuning.loop_unrolling = False
    builder = llvm.create_pass_builder(machine, tuning)
    builder.getModulePassManager().run(module, builder)
    return bytes(machine.emit_object(module))


def _cache_path(text: str, cpu: str, features: str) -> Path:
    import llvmlite
    import platformdirs

    parts = (CACHE_VERSION, llvmlite.__version__, cpu, features, text)
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return Path(platformdirs.user_cache_dir("crossroads")) / "kernels" / f"{key}.o"


def _read(path: Path) -> bytes | None:
    """The cached code, None where there is none or its checksum is wrong."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, code = content[:32], content[32:]
    return code if hashlib.sha256(code).digest() == digest else None


def _write(path: Path, code: bytes) -> None:
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(code).digest() + code)
            os.replace(name, path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
