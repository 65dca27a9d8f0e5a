"""Sweeps: a study at many points, with one kernel and, unless told otherwise, on common random numbers.

A case is a point in a scenario; its results are those of a run of that scenario with these values set, bit for bit.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np

from sim.analysis.sweep_plan import Plan
from sim.compiler.inputs import Inputs
from sim.compiler.kernel import Kernel, build
from sim.compiler.lower import lower
from sim.engine.driver import CHUNK
from sim.engine.driver_sums import DriverSums, targets_of
from sim.engine.executors import GRAIN, Executor, KilledTask, threads
from sim.engine.pilot import Pilot
from sim.engine.ranges import QUANTILES, Ranges
from sim.engine.results import Floats, ParameterSummary, Results, Settings, finish, summarise_parameters
from sim.engine.run import check_settings, varying_parameters
from sim.engine.runner import LONGEST, PATIENCE, ChunkWork, Counter, Part, Progress, Tally, cut
from sim.engine.sampling import Sampler
from sim.engine.scenario_run import ScenarioRun, sampler_of
from sim.engine.summaries import Counting, ScenarioSummary, Shape
from sim.errors import ClusterError, UsageError
from sim.language.tree import Apply, Read
from sim.model.declarations import Sample, Scenario, Study

Made = TypeVar("Made")
Make = Callable[[int, Results], Made]  # of a point and its results in one scenario

MOST_ROWS = 50_000_000
LARGE = 16  # chunks of a case from which on its chunks are shared out, not cases


@dataclass(frozen=True)
class Case:
    """A point in a scenario."""

    number: int
    point: int
    scenario: Scenario
    settings: Settings


@dataclass(frozen=True)
class Cases:
    """All points crossed with all scenarios, point by point."""

    study: Study
    plan: Plan
    settings: Settings

    def __len__(self) -> int:
        return len(self.plan.points) * len(self.study.scenarios)

    def __getitem__(self, number: int) -> Case:
        point, which = divmod(number, len(self.study.scenarios))
        scenario = self.study.scenarios[which]
        for target, value in zip(self.plan.targets, self.plan.points[point], strict=True):
            scenario = target.set(scenario, self.study.model, value)
        return Case(number, point, scenario, replace(self.settings, seed=self.seed(point)))

    def seed(self, point: int) -> int:
        """The seed of a point."""
        if self.plan.common:
            return self.settings.seed
        return random.Random(f"{self.settings.seed} {point}").getrandbits(64)


def sweep_cases(
    study: Study, plan: Plan, settings: Settings, make: "Make[Made]", *, first: int = 0,
    progress: Progress | None = None, executor: Executor | None = None,
) -> Iterator[Made]:  # fmt: skip
    """What is made of every case from number ``first`` on, in their order.

    Args:
        make: of the number of a point and its results in one scenario; called where these arise.
    """
    check_sweep(study, plan, settings)
    kernel = build(lower(study.model, varying_parameters(study)))
    last_only = plan.last_only or "measures" not in plan.tables
    shape = Shape(kernel.program.layout, study.model.questions, settings.n, settings.replicates, last_only)
    cases = Cases(study, plan, settings)
    counter = Counter(progress, settings.n * len(cases))
    counter.add(settings.n * first)
    is_large = settings.n >= LARGE * CHUNK
    workers = executor or threads(settings.n_threads, PATIENCE if is_large else 0.0)
    work: CaseWork[Made] = CaseWork(cases, kernel, shape, make, counter)
    if is_large:
        yield from (work.made(cases[number], _by_chunk(workers, counter)) for number in range(first, len(cases)))
        return
    longest = max(1, int(workers.grain / GRAIN))
    waiting: dict[int, Made] = {}
    try:
        for state in workers(cut([(first, len(cases))], longest, workers.n_workers), CaseState, work.add):
            waiting |= state.made
            counter.add(state.uncounted)
            while first in waiting:
                yield waiting.pop(first)
                first += 1
    except KilledTask as error:
        case = cases[error.task[0] if isinstance(error.task, tuple) else 0]
        where = f"point {case.point} in the scenario {case.scenario.name}"
        raise ClusterError(f"{where} kills every worker that takes it") from error


@dataclass
class CaseState(Generic[Made]):
    """What has been made of some cases."""

    made: dict[int, Made] = field(default_factory=dict)
    uncounted: int = 0  # trajectories that the progress does not know of


def check_sweep(study: Study, plan: Plan, settings: Settings) -> None:
    """Refuse what cannot be run, naming the limit."""
    check_settings(settings, study.model)
    model, n_records = study.model, 1 if plan.last_only else study.model.clock.n_records
    numeric = sum(m.value is not None for m in model.measures)
    machines = sum(len(p.values) for p in model.phases) + sum(len(d.options) for d in model.decisions)
    rows = {"measures": numeric * n_records, "states": machines * n_records}
    total = sum(rows.get(table, 0) for table in plan.tables) * len(plan.points) * len(study.scenarios)
    if total > MOST_ROWS:
        raise UsageError(
            f"measures and states of this sweep would have {total:,} rows, more than {MOST_ROWS:,}: "
            "under `sweep:` write `dates: last`, or list the tables you need, as in `tables: [outcomes, questions]`"
        )


Fold = Callable[[str, ScenarioRun, ScenarioSummary], ScenarioSummary]


@dataclass(frozen=True)
class CaseWork(Generic[Made]):
    """What executors do for a sweep. It can be sent to another machine."""

    cases: Cases
    kernel: Kernel
    shape: Shape
    make: "Make[Made]"
    counter: Counter | Tally

    def add(self, state: "CaseState[Made]", stretch: tuple[int, int]) -> None:
        """Run a stretch of cases."""
        for number in range(*stretch):
            state.made[number] = self.made(self.cases[number], self._fold)
            state.uncounted += self.cases.settings.n if isinstance(self.counter, Tally) else 0

    def made(self, case: Case, fold: Fold) -> Made:
        """What is made of the results of a case."""
        study, plan = self.cases.study, self.cases.plan
        sampler = self._sampler(case)
        inputs = Inputs.of(self.kernel.program, study.model, case.scenario)
        run = ScenarioRun(self.kernel, inputs, sampler, case.settings)
        shape = self.shape if self.has_values else self.light
        pilot = run.pilot(shape.n_observed) if self.has_values else _no_pilot(shape)
        summary = fold(f"{case.scenario.name} at point {case.point}", run, self._summary(shape, pilot))
        failure = run.failure(summary.failures.first)
        result = finish(summary, shape, case.scenario, sampler, failure)
        parameters = self._parameters(case, sampler) if "parameters" in plan.tables else ()
        return self.make(case.point, Results(study, self.shape.layout, case.settings, (result,), parameters))

    @property
    def has_values(self) -> bool:
        """Whether measures are summarised; where they are not, no pilot is needed."""
        plan = self.cases.plan
        return bool({"measures", "drivers"} & set(plan.tables) or (plan.wide and plan.wide.measures))

    @cached_property
    def light(self) -> Shape:
        return replace(self.shape, layout=replace(self.shape.layout, measures=()))

    def _summary(self, shape: Shape, pilot: Pilot) -> ScenarioSummary:
        """An empty summary; drivers only where they are written."""
        summary = ScenarioSummary.start(shape, pilot)
        if "drivers" not in self.cases.plan.tables:
            r = pilot.ranges
            targets, n_groups = targets_of(shape.layout, shape.questions), 1 + len(shape.questions)
            drivers = DriverSums(targets, n_groups, 0, shape.replicates, r.center[-1], r.scale[-1])
            summary.counting = Counting(shape, drivers)
        return summary

    def _fold(self, _: str, run: ScenarioRun, summary: ScenarioSummary) -> ScenarioSummary:
        for chunk in run.chunks(0, -(-run.settings.n // CHUNK), summary):
            summary.add(chunk)
            self.counter.add(chunk.count)
        return summary

    # -- the parameter draws

    def _sampler(self, case: Case) -> Sampler:
        cases = self.cases
        if not cases.plan.common or self._is_read:
            return PointSampler(sampler_of(self.kernel, cases.study.model, case.scenario, case.settings), {})
        fixed = {name: value for name, value in case.scenario.parameters.items() if not isinstance(value, Sample)}
        which = case.number % len(cases.study.scenarios)
        return PointSampler(self._base[which], fixed)

    @cached_property
    def _base(self) -> list[Sampler]:
        """The parameter draws of each scenario, which its points share."""
        cases = self.cases
        return [sampler_of(self.kernel, cases.study.model, s, cases.settings) for s in cases.study.scenarios]

    @cached_property
    def _is_read(self) -> bool:
        """Whether a prior reads something that is varied."""
        varied = {name for target in self.cases.plan.targets for name in target.names}
        return bool(varied & _read_by_priors(self.cases.study))

    def _parameters(self, case: Case, sampler: Sampler) -> tuple[ParameterSummary, ...]:
        """Those that vary here, and in no scenario before this one."""
        model = self.cases.study.model
        start = case.number - case.number % len(self.cases.study.scenarios)
        earlier = {name for i in range(start, case.number) for name in self._sampler(self.cases[i]).varying}
        found = summarise_parameters(sampler, case.scenario, model, earlier)
        return tuple(found[p.name] for p in model.parameters if p.name in found)


def _by_chunk(executor: Executor, counter: Counter) -> Fold:
    """Shares out the chunks of one case."""

    def fold(name: str, run: ScenarioRun, summary: ScenarioSummary) -> ScenarioSummary:
        n_chunks = -(-run.settings.n // CHUNK)
        work = ChunkWork(run, summary.fresh(), counter, name)
        total = Part(summary)
        for part in work.through(executor, cut([(0, n_chunks)], LONGEST, executor.n_workers)):
            total.merge(part)
            counter.add(part.uncounted)
        return total.summary

    return fold


class PointSampler(Sampler):
    """The parameter draws of a scenario, some of them held at a value."""

    def __init__(self, base: Sampler, fixed: dict[str, float]) -> None:
        self.base, self.uncertain, self.n_draws = base, base.uncertain, base.n_draws
        self.fixed = [(row, fixed[name]) for row, name in enumerate(base.uncertain) if name in fixed]
        self.varying = tuple(name for name in base.varying if name not in fixed)

    def values(self, first: int, last: int) -> Floats:
        values = self.base.values(first, last)
        for row, value in self.fixed:
            values[row] = value + 0.0
        return values

    def uniforms(self, first: int, last: int) -> Floats:
        return self.base.uniforms(first, last) if last > first else np.zeros((len(self.uncertain), 0))


def _no_pilot(shape: Shape) -> Pilot:
    """For no measures."""
    n = shape.n_observed
    return Pilot(Ranges.empty(n, 0), np.zeros((n, 0)), np.zeros((len(QUANTILES), n, 0)))


def _read_by_priors(study: Study) -> set[str]:
    """Every name that a prior, or another parameter, reads."""
    found: set[str] = set()
    given = [v for s in study.scenarios for v in s.parameters.values() if isinstance(v, Sample)]
    trees: list[object] = [
        *given,
        *(p.prior for p in study.model.parameters),
        *(p.value for p in study.model.parameters),
    ]
    while trees:
        tree = trees.pop()
        if isinstance(tree, Sample):
            trees += [*tree.arguments, tree.low, tree.high]
        elif isinstance(tree, Apply):
            trees += tree.arguments
        elif isinstance(tree, Read):
            found.add(tree.of)
    return found
