"""The slow back end: one trajectory at a time in plain Python. It defines what a program means.

It is the oracle of the tests, the replayer of failures and the teller behind ``trace``; the kernel gives the same bits.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.compiler.emit import QUAD, TRAJECTORY_DRAWS
from sim.compiler.inputs import Inputs
from sim.compiler.operations import SOURCES, apply
from sim.compiler.program import Block, Op, Program
from sim.numerics.elementary import log_normal
from sim.numerics.random import threefry, uniform32, uniform52
from sim.numerics.scalar import ScalarOps
from sim.numerics.special import normal_quantile


@dataclass(frozen=True, slots=True)
class Seen:
    """One record time of one trajectory."""

    record: int
    records: tuple[float, ...]  # the rows to summarise
    marks: tuple[bool, ...]  # what happened in the step that begins here
    slots: tuple[float, ...]  # what was carried into this record
    notes: dict[tuple[str, ...], float | bool]


class Interpreter:
    """A trajectory of a program.

    Args:
        program: verified; optimised or not.
        inputs: the scenario.
        parameters: the sampled parameters of this trajectory, in the order of ``layout.uncertain``.
        seed: of the run.
        trajectory: its number.
    """

    def __init__(self, program: Program, inputs: Inputs, parameters: np.ndarray, seed: int, trajectory: int) -> None:
        self.program = program
        self.inputs = inputs
        self.parameters = parameters
        self.key = (seed & 0xFFFFFFFF, seed >> 32, 0, 0)
        self.trajectory = trajectory
        self.ops = ScalarOps()
        self.slots = [0.0] * program.n_slots
        self.rows = [0.0] * (len(program.layout.measures) + len(program.layout.machines))

    def run(self) -> Iterator[Seen]:
        """Every record time in turn; afterwards ``slots`` holds the results."""
        self._block(self.program.start, 0)
        for record in range(self.program.layout.n_records):
            before = tuple(self.slots)
            values = self._block(self.program.step, record)
            block = self.program.step
            notes = {note.label: values[note.value] for note in block.notes}
            marks = [False] * self.program.n_marks
            for mark in block.marks:
                marks[mark.row] = bool(values[mark.value])
            yield Seen(record, tuple(self.rows), tuple(marks), before, notes)

    def _block(self, block: Block, record: int) -> list[Any]:
        values: list[Any] = []
        for op in block.ops:
            values.append(
                self._source(op, record)
                if op.name in SOURCES
                else apply(self.ops, op.name, [values[a] for a in op.arguments], op.payload)
            )
        for row in block.records:
            if block.active is None or values[block.active]:
                self.rows[row.row] = values[row.value]
        for store in block.stores:
            self.slots[store.slot] = values[store.value]
        return values

    def _source(self, op: Op, record: int) -> Any:
        payload: Any = op.payload
        match op.name:
            case "const" | "truth_const":
                return payload if op.name == "const" else bool(payload)
            case "parameter":
                return float(self.parameters[payload])
            case "uniform":
                return float(self.inputs.uniforms[payload])
            case "schedule":
                return float(self.inputs.schedule[record, payload])
            case "record":
                return float(record)
            case "load":
                return self.slots[payload]
        site, variant = payload
        return self._draw(site, variant, record)

    def _draw(self, site: int, variant: str, record: int) -> float:
        ops = self.ops
        step = TRAJECTORY_DRAWS & 0xFFFFFFFF if variant == "long" else record // QUAD
        counter = (self.trajectory & 0xFFFFFFFF, self.trajectory >> 32, step, self.program.sites[site])
        words = threefry(ops, counter, self.key)
        if variant == "long":
            return float(uniform52(ops, words[0], words[1]))
        uniform = uniform32(ops, words[record % QUAD])
        if variant == "exponential":
            return -float(log_normal(ops, uniform))
        return float(normal_quantile(ops, uniform) if variant == "normal" else uniform)


def first_failure(program: Program, inputs: Inputs, parameters: np.ndarray, seed: int, trajectory: int) -> str | None:
    """The declaration whose number first became NaN or infinite on a trajectory; ``program`` is not optimised."""
    for seen in Interpreter(program, inputs, parameters, seed, trajectory).run():
        for label, value in seen.notes.items():
            if label[0] == "check" and not _sound(float(value), label[2]):
                return label[1]
    return None


def _sound(value: float, kind: str) -> bool:
    return math.isfinite(value) if kind == "finite" else value == value
