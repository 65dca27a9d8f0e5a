"""A model to race on: its program, its kernel, its inputs, and the slots by which results are compared."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sim.compiler.inputs import Inputs
from sim.compiler.kernel import Kernel, build
from sim.compiler.lower import lower
from sim.compiler.program import Program
from sim.engine.driver import CHUNK, Chunk, Memory, simulate
from sim.engine.results import Settings
from sim.engine.scenario_run import ScenarioRun
from sim.engine.summaries import ScenarioSummary, Shape
from sim.model.load import load

REPLICATES = 10
SEED = 1
LARGEST = 2**15  # trajectories of one race
STRETCH = 8  # chunks in a row, as a thread of a run takes them
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """One scenario of one model."""

    name: str
    program: Program
    kernel: Kernel
    inputs: Inputs
    sampled: Floats  # [n_uncertain, parameter draws]
    names: tuple[str, ...]  # of the states that are compared
    whole: ScenarioRun  # of the model as it is, with its own answers
    summary: ScenarioSummary

    @classmethod
    def of(cls, name: str, path: str | Path) -> "Case":
        """The baseline of a model; the answers of its kernel are the last values of its states."""
        study = load(str(path))
        model, scenario = study.model, study.scenarios[0]
        program = lower(model)
        slots = {n: slot for slot, n in program.slot_names.items() if n.startswith("state.")}
        probes = tuple(slots.values())
        results = replace(program.results, answers=probes, given=(-1,) * len(probes))
        program = replace(program, results=results)
        kernel, usual = build(program), build(lower(model))
        settings = Settings(n=LARGEST, seed=SEED, replicates=REPLICATES, keep=0, design="random", n_threads=1)
        work = ScenarioRun.of(kernel, model, scenario, settings)
        sampled = work.sampler.values(0, LARGEST // REPLICATES + 1)
        names = tuple(n.removeprefix("state.") for n in slots)
        whole = ScenarioRun.of(usual, model, scenario, settings)
        shape = Shape(usual.program.layout, model.questions, LARGEST, REPLICATES)
        summary = ScenarioSummary.start(shape, whole.pilot(shape.n_observed))
        return cls(name, program, kernel, work.inputs, sampled, names, whole, summary)

    @property
    def n_records(self) -> int:
        return self.program.layout.n_records

    def kernel_chunks(self, n_chunks: int = STRETCH) -> list[Chunk]:
        """The first chunks of the kernel alone."""
        memory = Memory(self.kernel, self.inputs)
        firsts = range(0, n_chunks * CHUNK, CHUNK)
        return [
            simulate(
                self.kernel, self.inputs, self.sampled[:, first // REPLICATES :], REPLICATES, SEED, first, CHUNK,
                memory=memory,
            )
            for first in firsts
        ]  # fmt: skip

    def summarised_chunks(self) -> None:
        """The first chunks with all that a run makes of them."""
        for chunk in self.whole.chunks(0, STRETCH, self.summary):
            self.summary.add(chunk)

    def kernel_states(self, n: int) -> Floats:
        """The last values of all states of the first ``n`` trajectories, [n_states, n]; a failed one is NaN."""
        chunks = self.kernel_chunks(-(-n // CHUNK))
        parts = [np.where(chunk.failed >= 0, np.nan, chunk.answers) for chunk in chunks]
        return np.concatenate(parts, axis=1)[:, :n]

    def states_of(self, slots: Sequence[Floats] | Floats, n: int) -> Floats:
        """The same from the slots of a peer."""
        return np.stack([np.broadcast_to(slots[slot], n) for slot in self.program.results.answers])

    def lanes(self, n: int) -> Floats:
        """The parameters of each of the first ``n`` trajectories."""
        return np.ascontiguousarray(self.sampled[:, np.arange(n) // REPLICATES])
