"""Two scenarios on the same random numbers: what is different, and how sure that is.

Trajectory i has the same parameters and the same luck in both, so most of what is uncertain about each cancels in the
difference. Throughout, ``difference = a - b`` with ``a`` the scenario named first.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import gcd

import numpy as np
import numpy.typing as npt

from sim.analysis.differences import (
    Differences,
    Floats,
    mean_differences,
    median_differences,
    share_differences,
    state_differences,
)
from sim.analysis.pair_sums import Pairs, PairSums
from sim.compiler.emit import BLOCK
from sim.compiler.kernel import build
from sim.compiler.lower import lower
from sim.engine.driver import CHUNK, Chunk, simulate
from sim.engine.executors import Executor, threads
from sim.engine.pilot import Pilot
from sim.engine.results import Settings
from sim.engine.run import check_settings, choose_scenarios, settings_of, varying_parameters
from sim.engine.runner import Counter, Progress
from sim.engine.scenario_run import ScenarioRun
from sim.engine.summaries import Shape
from sim.model.declarations import Model, Scenario, Study

MEMORY = 64 * 2**20  # bytes of the whole trajectories that one thread holds


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in both scenarios; NaN where nothing can be said."""

    kind: str  # outcome, question, event, measure or state
    what: str  # its name
    aspect: str  # an answer; mean or median; a value of a phase or decision; else "share"
    unit: str
    date: str
    a: float
    b: float
    difference: float
    low: float
    high: float
    band: tuple[float, float]
    sign_share: float


@dataclass(frozen=True)
class Comparison:
    """Scenario ``a`` less scenario ``b``."""

    a: str
    b: str
    settings: Settings
    n: int  # pairs of trajectories of which neither failed
    failures: int
    rows: tuple[Difference, ...]
    outcomes: tuple[str, ...] = ()
    transitions: npt.NDArray[np.int64] | None = None  # [outcome in a, outcome in b]; None: not paired
    reason: str = ""  # why not paired

    @property
    def paired(self) -> bool:
        return self.transitions is not None

    def row(self, kind: str, what: str, aspect: str, date: str = "") -> Difference | None:
        """The row of something; without a date, its last."""
        found = [
            r for r in self.rows
            if (r.kind, r.what, r.aspect) == (kind, what, aspect) and date in ("", r.date)
        ]  # fmt: skip
        return found[-1] if found else None


@dataclass(frozen=True)
class Side:
    """One of the two scenarios, ready to be simulated."""

    study: Study
    scenario: Scenario
    label: str
    run: ScenarioRun

    @property
    def model(self) -> Model:
        return self.study.model


def compare(
    study: Study,
    a: str,
    b: str,
    *,
    n: int | None = None,
    seed: int | None = None,
    replicates: int = 10,
    threads: int | None = None,
    design: str = "random",
    progress: Progress | None = None,
) -> Comparison:
    """Compare two scenarios of a study on common random numbers; the arguments are those of :func:`sim.engine.run.run`.

    Raises:
        UsageError: for what cannot be run.
    """
    settings = settings_of(study, n=n, seed=seed, replicates=replicates, design=design, threads=threads)
    return compare_with(study, a, b, settings, progress)


def compare_with(study: Study, a: str, b: str, settings: Settings, progress: Progress | None = None) -> Comparison:
    """The same with settings."""
    check_settings(settings, study.model)
    first, second = sides_of(study, (a, b), settings)
    return compare_sides(first, second, progress)


def sides_of(study: Study, names: Sequence[str], settings: Settings) -> list[Side]:
    """Scenarios of one study, which share a kernel."""
    chosen = [choose_scenarios(study, [name])[0] for name in names]
    kernel = build(lower(study.model, varying_parameters(study)))
    return [Side(study, s, s.name, ScenarioRun.of(kernel, study.model, s, settings)) for s in chosen]


def compare_sides(a: Side, b: Side, progress: Progress | None = None) -> Comparison:
    """The same for sides made ready, whose models declare the same outcomes, questions and measures."""
    settings = a.run.settings
    layout = a.run.kernel.program.layout
    shape = Shape(layout, a.model.questions, settings.n, settings.replicates)
    pilots = a.run.pilot(layout.n_records, settings.n_threads), b.run.pilot(layout.n_records, settings.n_threads)
    work = _PairRun.of(a.run, b.run, shape, Counter(progress, 2 * settings.n))
    sums = PairSums(shape, (pilots[0].ranges, pilots[1].ranges))
    executor: Executor = threads(settings.n_threads)
    for state in executor(range(0, work.n_draws, work.draws), sums.fresh, work.add):
        sums.merge(state)
    same = a.study is b.study and _unnamed(a.scenario) == _unnamed(b.scenario)
    return Comparison(
        a=a.label,
        b=b.label,
        settings=settings,
        n=sums.sizes.n,
        failures=sums.sizes.failures,
        rows=tuple(_rows(a.model, sums, pilots, same)),
        outcomes=layout.outcomes,
        transitions=sums.transitions.counts,
    )


def _unnamed(scenario: Scenario) -> Scenario:
    """What a scenario does, whatever it is called."""
    return replace(scenario, name="", title="", about="")


class _PairRun:
    """Simulates both scenarios in parts of whole parameter draws.

    Args:
        draws: parameter draws of a part.
        most: trajectories simulated at once, a multiple of BLOCK.
        cluster: trajectories that have something in common: those of a draw, or one where no parameter varies.
    """

    def __init__(self, a: ScenarioRun, b: ScenarioRun, draws: int, most: int, counter: Counter) -> None:
        self.a, self.b, self.draws, self.most, self.counter = a, b, draws, most, counter
        self.n, self.replicates = a.settings.n, a.settings.replicates
        self.n_draws = -(-self.n // self.replicates)
        self.cluster = self.replicates if a.sampler.varying or b.sampler.varying else 1

    @classmethod
    def of(cls, a: ScenarioRun, b: ScenarioRun, shape: Shape, counter: Counter) -> "_PairRun":
        layout, replicates = shape.layout, shape.replicates
        rows = layout.n_records * (len(layout.measures) + len(layout.machines))
        most = min(max(MEMORY // (16 * max(rows, 1)) // BLOCK, 1) * BLOCK, CHUNK)
        draws = max(most // replicates, 1)
        even = BLOCK // gcd(BLOCK, replicates)  # as many draws fill blocks without rest
        return cls(a, b, draws // even * even or draws, most, counter)

    def add(self, sums: PairSums, draw: int) -> None:
        """Add the part that begins with a parameter draw."""
        first = draw * self.replicates
        last = min(first + self.draws * self.replicates, self.n)
        for pairs in self._pieces(first, last):
            sums.add(pairs)
        self.counter.add(2 * (last - first))

    def _pieces(self, first: int, last: int) -> Iterator[Pairs]:
        """Trajectories ``first`` to ``last``; a simulation begins at a multiple of BLOCK."""
        for base in range(first // BLOCK * BLOCK, last, self.most):
            count = min(self.most, last - base)
            start = max(first - base, 0)
            chunks = _simulated(self.a, base, count), _simulated(self.b, base, count)
            yield Pairs(*chunks, base + start, start, count, self.cluster, self.n)


def _simulated(run: ScenarioRun, first: int, count: int) -> Chunk:
    """Trajectories kept whole."""
    replicates, seed = run.settings.replicates, run.settings.seed
    parameters = run.sampler.values(first // replicates, (first + count - 1) // replicates + 1)
    return simulate(run.kernel, run.inputs, parameters, replicates, seed, first, count, None, count)


def _rows(model: Model, sums: PairSums, pilots: tuple[Pilot, Pilot], same: bool) -> Iterator[Difference]:
    """Every row, in the order of the tables of a run."""
    layout, clock = sums.shape.layout, model.clock
    dates = [clock.date_of(record).isoformat() for record in range(layout.n_records)]
    shares = share_differences(sums.shares, identical=same)
    yield from _listed(_share_names(model, sums.shape, dates[-1]), shares)
    numeric = [m for m in model.measures if m.value is not None]
    means = mean_differences(sums.values, sums.sizes)
    medians = median_differences(sums.medians, sums.sizes, pilots)
    for i, measure in enumerate(numeric):
        for aspect, found in (("mean", means), ("median", medians)):
            yield from _over_time(("measure", measure.name, aspect, measure.unit), dates, found, i)
    machines = state_differences(sums.machines, sums.sizes, identical=same)
    values = [(name, value) for name, listed in layout.machines for value in listed]
    for i, (name, value) in enumerate(values):
        yield from _over_time(("state", name, value, ""), dates, machines, i)


Key = tuple[str, str, str, str]  # kind, what, aspect, unit


def _share_names(model: Model, shape: Shape, horizon: str) -> Iterator[tuple[Key, str]]:
    """Outcomes, answers and things with their dates, in the order of the columns that are counted."""
    for outcome in shape.layout.outcomes:
        yield ("outcome", outcome, "share", ""), horizon
    for q, b in shape.question_rows:
        question = model.questions[q]
        yield ("question", question.name, question.answer_label(b), ""), question.by.isoformat()
    for thing in shape.layout.things:
        yield ("event", thing, "share", ""), horizon


def _listed(names: Iterator[tuple[Key, str]], found: Differences) -> Iterator[Difference]:
    columns = _columns(found, lambda array: array)
    for (key, date), numbers in zip(names, zip(*columns, strict=True), strict=True):
        yield _difference(key, date, numbers)


def _over_time(key: Key, dates: Sequence[str], found: Differences, row: int) -> Iterator[Difference]:
    columns = _columns(found, lambda array: array[:, row])
    for date, numbers in zip(dates, zip(*columns, strict=True), strict=True):
        yield _difference(key, date, numbers)


def _columns(found: Differences, part: Callable[[Floats], Floats]) -> list[list[float]]:
    arrays = (
        found.a, found.b, found.difference, found.low, found.high, found.band_low, found.band_high, found.sign_share
    )  # fmt: skip
    return [part(array).tolist() for array in arrays]


def _difference(key: Key, date: str, numbers: tuple[float, ...]) -> Difference:
    a, b, difference, low, high, band_low, band_high, sign_share = numbers
    return Difference(*key, date, a, b, difference, low, high, (band_low, band_high), sign_share)
