"""The same model as C: vectors of eight trajectories, blocks of 64, Threefry-20, compiled by gcc without fast-math.

What a careful C programmer would shape by hand, printed from the program: the polynomials, draws and branches are those
of the project, so without contraction the results are the same to the last bit.
"""

import ctypes
import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import gettempdir

import numpy as np
import numpy.typing as npt

from benchmarks.peers.c_text import c_text
from sim.compiler.emit import BLOCK
from sim.compiler.inputs import Inputs
from sim.compiler.passes import optimise
from sim.compiler.program import Program

FLAGS = ("-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC", "-w")
EXACT = "-ffp-contract=off"  # as the project does it
CONTRACTED = "-ffp-contract=fast"  # what gcc does when it is not told: a*b + c rounded once
Floats = npt.NDArray[np.float64]


class _Task(ctypes.Structure):
    _fields_ = [
        *[(name, ctypes.c_void_p) for name in (
            "sampled", "uniforms", "schedule", "mark_things", "machine_of_mark", "machine_slots", "machine_things",
            "counts", "firsts", "slots",
        )],
        *[(name, ctypes.c_longlong) for name in ("n_draws", "replicates", "n", "n_schedule")],
        ("key0", ctypes.c_uint32), ("key1", ctypes.c_uint32),
    ]  # fmt: skip


def has_gcc() -> bool:
    return shutil.which("gcc") is not None


def c_program(
    program: Program, inputs: Inputs, replicates: int, contraction: str = EXACT
) -> Callable[[Floats, int, int], Floats]:
    """A function ``run(sampled, seed, n) -> slots[n_slots, n]`` for n a multiple of 64."""
    optimised = optimise(program)
    machines = program.machines
    machine_of_mark = np.full(max(program.n_marks, 1), -1, np.int64)
    machine_of_mark[list(machines.marks)] = np.arange(len(machines.marks))
    numbers = {
        "mark_things": np.array(program.mark_things or (-1,), np.int64), "machine_of_mark": machine_of_mark,
        "machine_slots": np.array(machines.slots, np.int64), "machine_things": np.array(machines.things, np.int64),
        "uniforms": inputs.uniforms, "schedule": inputs.schedule,
    }  # fmt: skip
    library = ctypes.CDLL(str(_compiled(c_text(optimised), contraction)))
    n_things = len(program.layout.things)

    def run(sampled: Floats, seed: int, n: int) -> Floats:
        assert n % BLOCK == 0
        arrays = numbers | {
            "sampled": np.ascontiguousarray(sampled), "slots": np.zeros((optimised.n_slots, n)),
            "counts": np.zeros((n_things, n), np.int32), "firsts": np.full((n_things, n), -1, np.int32),
        }  # fmt: skip
        task = _Task(**{name: array.ctypes.data for name, array in arrays.items()})
        task.n_draws, task.replicates, task.n = sampled.shape[1], replicates, n
        task.n_schedule, task.key0, task.key1 = inputs.schedule.shape[1], seed & 0xFFFFFFFF, seed >> 32
        library.run(ctypes.byref(task))
        return arrays["slots"]

    return run


def _compiled(source: str, contraction: str) -> Path:
    """The library of a C text; compiled once for each text."""
    folder = Path(gettempdir()) / "crossroads-bench"
    folder.mkdir(exist_ok=True)
    flags = [*FLAGS, contraction]
    name = hashlib.sha256(" ".join([*flags, source]).encode()).hexdigest()[:16]
    library, text = folder / f"{name}.so", folder / f"{name}.c"
    if not library.exists():
        text.write_text(source)
        subprocess.run(["gcc", *flags, str(text), "-o", str(library), "-lm"], check=True)
    return library
