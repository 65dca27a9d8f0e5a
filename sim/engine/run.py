"""A study, trajectory by trajectory: sample, simulate in chunks, summarise."""

import time
from collections.abc import Sequence
from difflib import get_close_matches

from sim.compiler.kernel import build
from sim.compiler.lower import lower
from sim.engine.designs import DESIGNS
from sim.engine.executors import FOREVER, Executor, available_cores, threads
from sim.engine.results import Results, Settings
from sim.engine.runner import PATIENCE, Counter, Journal, Progress, Runner
from sim.errors import UsageError
from sim.model.declarations import Model, Sample, Scenario, Study

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
    study: Study, settings: Settings, scenarios: Sequence[str] | None = None, progress: Progress | None = None,
    executor: Executor | None = None, journal: Journal | None = None,
) -> Results:  # fmt: skip
    """Run a study with these settings.

    Args:
        executor: who works through the chunks (None: threads, as many as the settings say).
        journal: takes up what an earlier run with the same settings left, and keeps what is done.
    """
    started = time.perf_counter(), time.process_time()
    chosen = choose_scenarios(study, scenarios)
    check_settings(settings, study.model)
    kernel = build(lower(study.model, varying_parameters(study)))
    patience = FOREVER if journal is None else PATIENCE  # to hand over takes room for one more summary
    runner = Runner(kernel, study.model, settings, executor or threads(settings.n_threads, patience), journal)
    with runner.keeping():
        counter = Counter(progress, settings.n * len(chosen))
        done = [runner.scenario(scenario, counter) for scenario in chosen]
    return Results(
        study=study,
        layout=kernel.program.layout,
        settings=settings,
        scenarios=tuple(done),
        parameters=runner.parameters,
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
    if settings.n >= 2**63:
        raise UsageError("-n must be below 2^63")
    if not 0 <= settings.seed < 2**64:
        raise UsageError(f"{settings.seed} is no seed: give a whole number from 0 to 2^64 - 1")
    if settings.design not in DESIGNS:
        raise UsageError(f"no design is called {settings.design!r}; there are: {', '.join(DESIGNS)}")
    if not 0 <= settings.keep <= settings.n:
        raise UsageError(f"--keep must be from 0 to the {settings.n} trajectories of the run, not {settings.keep}")
    room = MOST_KEPT // max(model.clock.n_records * max(len(model.measures), 1), 1)
    if settings.keep > room:
        raise UsageError(f"--keep {settings.keep} is more than memory holds: at most {room} trajectories of this model")
    if settings.keep and settings.n > MOST_WITH_KEPT:
        raise UsageError(f"with --keep, -n is at most {MOST_WITH_KEPT} (the files are written when the run is over)")


def varying_parameters(study: Study) -> frozenset[str]:
    """Fixed parameters that some scenario makes uncertain."""
    fixed = {p.name for p in study.model.parameters if p.prior is None}
    given = ((name, value) for s in study.scenarios for name, value in s.parameters.items())
    return frozenset(name for name, value in given if name in fixed and isinstance(value, Sample))
