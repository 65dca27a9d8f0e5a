"""One scenario ready to be simulated, chunk by chunk."""

from dataclasses import dataclass

import numpy as np

from sim.compiler.inputs import Inputs
from sim.compiler.interpret import first_failure
from sim.compiler.kernel import Kernel
from sim.engine.driver import CHUNK, Chunk, simulate
from sim.engine.pilot import PILOT, PILOT_REPLICATES, Pilot
from sim.engine.results import Failure, Settings
from sim.engine.sampling import Sampler
from sim.engine.summaries import ScenarioSummary
from sim.model.declarations import Model, Scenario


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

    def chunk(self, first: int, summary: ScenarioSummary) -> Chunk:
        """The chunk that begins with trajectory ``first``."""
        count = min(CHUNK, self.settings.n - first)
        n_keep = min(max(self.settings.keep - first, 0), count)
        return self._simulate(first, count, self.settings.replicates, summary.values.pilot, n_keep)

    def pilot(self) -> Pilot:
        """The first trajectories, or if the run is larger as many of more parameter draws."""
        count, replicates = min(self.settings.n, PILOT), self.settings.replicates
        if self.settings.n > PILOT:
            replicates = max(min(replicates, PILOT_REPLICATES), -(-count // self.sampler.n_draws))
        chunk = self._simulate(0, count, replicates, None, count)
        values = chunk.kept[:, : len(self.kernel.program.layout.measures)]
        return Pilot.of(values, chunk.failed < 0, replicates, is_all=count == self.settings.n)

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

    def _simulate(self, first: int, count: int, replicates: int, pilot: Pilot | None, n_keep: int) -> Chunk:
        parameters = self.sampler.values(first // replicates, (first + count - 1) // replicates + 1)
        ranges = pilot.ranges if pilot is not None and pilot.ranges.low.size else None
        return simulate(
            self.kernel, self.inputs, parameters, replicates, self.settings.seed, first, count, ranges, n_keep
        )
