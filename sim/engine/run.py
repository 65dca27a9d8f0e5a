"""A study, trajectory by trajectory: sample, simulate in chunks, summarise."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from threading import Lock

import numpy as np

from sim.compiler.inputs import Inputs
from sim.compiler.interpret import first_failure
from sim.compiler.kernel import Kernel, build
from sim.compiler.lower import lower
from sim.compiler.program import Layout
from sim.engine.designs import DESIGNS
from sim.engine.driver import CHUNK, Chunk, simulate
from sim.engine.driver_sums import MOST_DRAWS
from sim.engine.executors import Executor, available_cores, threads
from sim.engine.pilot import PILOT, PILOT_REPLICATES, Pilot
from sim.engine.results import Failure, ParameterSummary, Results, ScenarioResult, Settings, finish, summarise_parameter
from sim.engine.sampling import Sampler
from sim.engine.summaries import ScenarioSummary, Shape
from sim.errors import UsageError
from sim.model.declarations import Model, Sample, Scenario, Study

Progress = Callable[[int, int], None]  # trajectories done, of how many

MOST_KEPT = 2**31  # numbers of kept trajectories, in one scenario
MOST_WITH_KEPT = 10**12  # trajectories of a run that keeps some: files are written at its end


def run(
    study: Study,
    *,
    n: int | None = None,
    seed: int | None = None,
    replicates: int = 10,
    keep: int = 0,
    threads: int | None = None,
    design: str = "random",
    scenarios: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Results:
    """Run a study.

    Args:
        study: from :func:`sim.model.load.load`.
        n: trajectories of each scenario (None: the study's).
        seed: a non-negative integer below 2^64 (None: the study's).
        replicates: trajectories of each parameter draw; 1 makes them independent.
        keep: how many trajectories, from the first, are kept whole.
        threads: how many to use (None: all cores); the results do not depend on it.
        design: how parameters are sampled: ``random``, ``lhs`` or ``sobol``.
        scenarios: names of those to run (None: all of the study).
        progress: called with the number of trajectories done, and of all.

    Raises:
        UsageError: for what cannot be run.
    """
    settings = settings_of(study, n=n, seed=seed, replicates=replicates, keep=keep, design=design, threads=threads)
    return run_with(study, settings, scenarios, progress)


def run_with(
    study: Study, settings: Settings, scenarios: Sequence[str] | None = None, progress: Progress | None = None
) -> Results:
    """Run a study with these settings."""
    started = time.perf_counter(), time.process_time()
    chosen = choose_scenarios(study, scenarios)
    check_settings(settings, study.model)
    runner = _Runner.of(study, settings)
    counter = _Counter(progress, settings.n * len(chosen))
    done = [runner.scenario(scenario, counter) for scenario in chosen]
    return Results(
        study=study,
        layout=runner.kernel.program.layout,
        settings=settings,
        scenarios=tuple(result for result, _ in done),
        parameters=_parameters([sampler for _, sampler in done], study.model, chosen),
        wall_seconds=time.perf_counter() - started[0],
        cpu_seconds=time.process_time() - started[1],
    )


def settings_of(
    study: Study, *, n: int | None = None, seed: int | None = None, replicates: int = 10, keep: int = 0,
    design: str = "random", threads: int | None = None,
) -> Settings:  # fmt: skip
    """Settings, the study's where nothing is said."""
    return Settings(
        n=study.trajectories if n is None else n,
        seed=study.seed if seed is None else seed,
        replicates=replicates,
        keep=keep,
        design=design,
        n_threads=available_cores() if threads is None else threads,
    )


def choose_scenarios(study: Study, names: Sequence[str] | None) -> tuple[Scenario, ...]:
    """The scenarios of these names, in the order of the study."""
    known = [scenario.name for scenario in study.scenarios]
    for name in names or ():
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(known)}"
            raise UsageError(f"no scenario is called {name!r}{hint}")
    return tuple(s for s in study.scenarios if names is None or not names or s.name in names)


def check_settings(settings: Settings, model: Model) -> None:
    """Refuse what cannot be run, naming the limit."""
    for name, value in (("-n", settings.n), ("--replicates", settings.replicates), ("--threads", settings.n_threads)):
        if value < 1:
            raise UsageError(f"{name} must be at least 1, not {value}")
    if settings.n >= 2**63 or not 0 <= settings.seed < 2**64:
        raise UsageError("-n must be below 2^63, and the seed a non-negative integer below 2^64")
    if settings.design not in DESIGNS:
        raise UsageError(f"no design is called {settings.design!r}; there are: {', '.join(DESIGNS)}")
    if not 0 <= settings.keep <= settings.n:
        raise UsageError(f"--keep must be from 0 to the {settings.n} trajectories of the run, not {settings.keep}")
    room = MOST_KEPT // max(model.clock.n_records * max(len(model.measures), 1), 1)
    if settings.keep > room:
        raise UsageError(f"--keep {settings.keep} is more than memory holds: at most {room} trajectories of this model")
    if settings.keep and settings.n > MOST_WITH_KEPT:
        raise UsageError(f"with --keep, -n is at most {MOST_WITH_KEPT} (the files are written when the run is over)")


@dataclass(frozen=True)
class _Runner:
    """A kernel and how it is used."""

    kernel: Kernel
    model: Model
    shape: Shape
    settings: Settings

    @classmethod
    def of(cls, study: Study, settings: Settings) -> "_Runner":
        kernel = build(lower(study.model, varying_parameters(study)))
        shape = Shape(kernel.program.layout, study.model.questions, settings.n, settings.replicates)
        return cls(kernel, study.model, shape, settings)

    def scenario(self, scenario: Scenario, counter: "_Counter") -> tuple[ScenarioResult, Sampler]:
        """Run one scenario."""
        work = ScenarioRun.of(self.kernel, self.model, scenario, self.settings)
        summary = ScenarioSummary.start(self.shape, work.pilot(), self.settings.keep)
        executor: Executor = threads(self.settings.n_threads)

        def add(state: ScenarioSummary, first: int) -> None:
            chunk = work.chunk(first, summary)
            state.add(chunk)
            counter.add(chunk.count)

        for state in executor(range(0, self.settings.n, CHUNK), summary.fresh, add):
            summary.merge(state)
        failure = work.failure(summary.failures.first)
        return finish(summary, self.shape, scenario, work.sampler, failure), work.sampler


@dataclass(frozen=True)
class ScenarioRun:
    """One scenario ready to be simulated; the same calls always give the same trajectories."""

    kernel: Kernel
    inputs: Inputs
    sampler: Sampler
    settings: Settings

    @classmethod
    def of(cls, kernel: Kernel, model: Model, scenario: Scenario, settings: Settings) -> "ScenarioRun":
        layout: Layout = kernel.program.layout
        n_draws = -(-settings.n // settings.replicates)
        sampler = Sampler(model, scenario, layout.uncertain, settings.seed, settings.design, n_draws)
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
        ranges = None if pilot is None else pilot.ranges
        return simulate(
            self.kernel, self.inputs, parameters, replicates, self.settings.seed, first, count, ranges, n_keep
        )


class _Counter:
    """Counts trajectories over all threads."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self.progress, self.total, self.done = progress, total, 0
        self.lock = Lock()

    def add(self, count: int) -> None:
        with self.lock:
            self.done += count
            if self.progress is not None:
                self.progress(self.done, self.total)


def varying_parameters(study: Study) -> frozenset[str]:
    """Fixed parameters that some scenario makes uncertain."""
    fixed = {p.name for p in study.model.parameters if p.prior is None}
    given = ((name, value) for s in study.scenarios for name, value in s.parameters.items())
    return frozenset(name for name, value in given if name in fixed and isinstance(value, Sample))


def _parameters(
    samplers: list[Sampler], model: Model, scenarios: tuple[Scenario, ...]
) -> tuple[ParameterSummary, ...]:
    """Each parameter that varies, as sampled in the first scenario in which it does."""
    found: dict[str, ParameterSummary] = {}
    priors = {p.name: p.prior for p in model.parameters}
    for sampler, scenario in zip(samplers, scenarios, strict=True):
        new = [name for name in sampler.varying if name not in found]
        if not new:
            continue
        values = sampler.values(0, min(sampler.n_draws, MOST_DRAWS))
        for name in new:
            given = scenario.parameters.get(name)
            prior = given if isinstance(given, Sample) else priors[name]
            row = values[sampler.uncertain.index(name)]
            found[name] = summarise_parameter(name, prior or Sample("", ()), row)
    return tuple(found[p.name] for p in model.parameters if p.name in found)
