"""One scenario ready to be simulated, chunk by chunk."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sim.compiler.inputs import Inputs
from sim.compiler.interpret import first_failure
from sim.compiler.kernel import Kernel
from sim.engine.driver import CHUNK, Chunk, Memory, simulate
from sim.engine.pilot import PILOT, PILOT_REPLICATES, Pilot
from sim.engine.results import Failure, Settings
from sim.engine.sampling import Sampler
from sim.engine.summaries import ScenarioSummary
from sim.model.declarations import Model, Scenario

SAMPLED = 8  # chunks whose parameters are sampled at once


def sampler_of(kernel: Kernel, model: Model, scenario: Scenario, settings: Settings) -> Sampler:
    """The parameter draws of a scenario."""
    n_draws = -(-settings.n // settings.replicates)
    return Sampler(model, scenario, kernel.program.layout.uncertain, settings.seed, settings.design, n_draws)


@dataclass(frozen=True)
class ScenarioRun:
    """One scenario ready to be simulated; the same calls always give the same trajectories."""

    kernel: Kernel
    inputs: Inputs
    sampler: Sampler
    settings: Settings

    @classmethod
    def of(cls, kernel: Kernel, model: Model, scenario: Scenario, settings: Settings) -> "ScenarioRun":
        sampler = sampler_of(kernel, model, scenario, settings)
        return cls(kernel, Inputs.of(kernel.program, model, scenario), sampler, settings)

    def chunks(self, first: int, last: int, summary: ScenarioSummary) -> Iterator[Chunk]:
        """The chunks number ``first`` to ``last``, in one memory: each is good until the next is asked for."""
        memory = Memory(self.kernel, self.inputs)
        n, replicates, ranges = self.settings.n, self.settings.replicates, summary.values.pilot.ranges
        for number in range(first, last):
            start = number * CHUNK
            if (number - first) % SAMPLED == 0:
                base = start // replicates
                sampled = self._sampled(start, min((number + SAMPLED) * CHUNK, last * CHUNK, n) - start, replicates)
            parameters = sampled[:, start // replicates - base :]
            count, n_keep = min(CHUNK, n - start), max(self.settings.keep - start, 0)
            yield simulate(
                self.kernel, self.inputs, parameters, replicates, self.settings.seed, start, count, ranges,
                min(n_keep, count), memory,
            )  # fmt: skip

    def pilot(self, n_observed: int, n_threads: int = 1) -> Pilot:
        """The first trajectories at the last records, or if the run is larger as many of more parameter draws."""
        count, replicates = min(self.settings.n, PILOT), self.settings.replicates
        if self.settings.n > PILOT:
            replicates = max(min(replicates, PILOT_REPLICATES), -(-count // self.sampler.n_draws))
        sampled, seed = self._sampled(0, count, replicates), self.settings.seed
        began = time.perf_counter()
        chunk = simulate(
            self.kernel, self.inputs, sampled, replicates, seed, 0, count, None, count, n_kept_records=n_observed
        )
        seconds = (time.perf_counter() - began) / count
        values = chunk.kept[:, : len(self.kernel.program.layout.measures)]
        return Pilot.of(values, chunk.failed < 0, replicates, count == self.settings.n, seconds, n_threads)

    def failure(self, first: tuple[int, int] | None) -> Failure | None:
        """Where the first failed trajectory went wrong."""
        if first is None:
            return None
        trajectory, record = first
        parameters = self.parameters(trajectory)
        program, seed = self.kernel.program, self.settings.seed
        return Failure(trajectory, record, first_failure(program, self.inputs, parameters, seed, trajectory))

    def parameters(self, trajectory: int) -> np.ndarray:
        """The sampled parameters of one trajectory."""
        draw = trajectory // self.settings.replicates
        return self.sampler.values(draw, draw + 1)[:, 0]

    def _sampled(self, first: int, count: int, replicates: int) -> np.ndarray:
        """The parameter draws of some trajectories."""
        return self.sampler.values(first // replicates, (first + count - 1) // replicates + 1)
