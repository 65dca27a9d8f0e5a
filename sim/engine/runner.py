"""The chunks of a scenario folded into one summary, from wherever an earlier run had come to."""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Protocol

from sim.compiler.kernel import Kernel
from sim.engine.driver import CHUNK
from sim.engine.executors import Executor, KilledTask
from sim.engine.results import ParameterSummary, ScenarioResult, Settings, finish, summarise_parameters
from sim.engine.sampling import Sampler
from sim.engine.scenario_run import ScenarioRun, sampler_of
from sim.engine.summaries import ScenarioSummary, Shape
from sim.errors import ClusterError
from sim.model.declarations import Model, Scenario

Progress = Callable[[int, int], None]  # trajectories done, of how many
Stretch = tuple[int, int]  # chunks from the first up to, and not with, the second

PATIENCE = 5.0  # seconds for which a thread keeps what it has found to itself
LONGEST = 256  # chunks of a stretch


class Journal(Protocol):
    """Where a run keeps what is done, should it be stopped."""

    @property
    def is_due(self) -> bool:
        """Is it time to write?"""

    @property
    def is_begun(self) -> bool:
        """Has anything been written, now or by an earlier run?"""

    def read(self, name: str) -> Any:
        """What was written under a name, None where there is nothing."""

    def write(self, entries: dict[str, object]) -> bool:
        """Write entries, or (None) delete what they replace; whether that could be done."""


class Counter:
    """Counts trajectories over all threads."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self.progress, self.total, self.done = progress, total, 0
        self.lock = Lock()

    def add(self, count: int) -> None:
        with self.lock:
            self.done += count
            if self.progress is not None and count:
                self.progress(self.done, self.total)

    def __reduce__(self) -> tuple[type["Tally"], tuple[()]]:
        return Tally, ()


class Tally:
    """Stands for the counter on another machine, where nobody watches."""

    def add(self, count: int) -> None:
        pass


@dataclass
class Part:
    """Some chunks of a scenario, summarised."""

    summary: ScenarioSummary
    done: list[Stretch] = field(default_factory=list)
    uncounted: int = 0  # trajectories that the progress does not know of

    def merge(self, other: "Part") -> None:
        """Add another; where nothing was there before, its summary is taken as it is, with its stretches in order."""
        if self.done:
            self.summary.merge(other.summary)
        else:
            self.summary = other.summary
        self.done = joined([*self.done, *other.done])


@dataclass(frozen=True)
class ChunkWork:
    """What executors do for a scenario. It can be sent to another machine."""

    run: ScenarioRun
    empty: ScenarioSummary
    counter: Counter | Tally
    name: str = ""  # of the scenario

    def through(self, executor: Executor, stretches: Iterable[Stretch]) -> Iterator[Part]:
        """What an executor makes of them."""
        try:
            yield from executor(stretches, self.start, self.add)
        except KilledTask as error:
            number = error.task[0] if isinstance(error.task, tuple) else 0
            n = self.run.settings.n
            raise ClusterError(
                f"chunk {number} of the scenario {self.name} (trajectories {number * CHUNK} to "
                f"{min((number + 1) * CHUNK, n) - 1}) kills every worker that takes it"
            ) from error

    def start(self) -> Part:
        return Part(self.empty.fresh())

    def add(self, part: Part, stretch: Stretch) -> None:
        """Simulate a stretch of chunks."""
        for chunk in self.run.chunks(*stretch, self.empty):
            part.summary.add(chunk)
            self.counter.add(chunk.count)
            part.uncounted += chunk.count if isinstance(self.counter, Tally) else 0
        part.done.append(stretch)


class Runner:
    """Runs the scenarios of a study one after the other."""

    def __init__(
        self, kernel: Kernel, model: Model, settings: Settings, executor: Executor, journal: Journal | None
    ) -> None:
        self.kernel, self.model, self.settings = kernel, model, settings
        self.executor, self.journal = executor, journal
        self.shape = Shape(kernel.program.layout, model.questions, settings.n, settings.replicates)
        self.unwritten: dict[str, object] = {}
        self._parameters: dict[str, ParameterSummary] = {}

    @property
    def parameters(self) -> tuple[ParameterSummary, ...]:
        """Each parameter that varies, as sampled in the first scenario that was run in which it does."""
        return tuple(self._parameters[p.name] for p in self.model.parameters if p.name in self._parameters)

    def scenario(self, scenario: Scenario, counter: Counter) -> ScenarioResult:
        """Run one scenario."""
        key = f"scenario-{scenario.name}"
        found: ScenarioResult | None = self._read(f"{key}-done")
        if found is not None:
            self._summarise(scenario, sampler_of(self.kernel, self.model, scenario, self.settings))
            counter.add(self.settings.n)
            return found
        work = ScenarioRun.of(self.kernel, self.model, scenario, self.settings)
        summary = self._summary(work, key, counter)
        failure = work.failure(summary.failures.first)
        result = finish(summary, self.shape, scenario, work.sampler, failure, self.settings.n_threads)
        self._summarise(scenario, work.sampler)
        self.unwritten |= {f"{key}-done": result, key: None}
        return result

    @contextlib.contextmanager
    def keeping(self) -> Iterator[None]:
        """If the run is stopped, write what it has done so far, unless it had just begun."""
        started = time.monotonic()
        try:
            yield
        except BaseException:
            journal = self.journal
            if journal is not None and (journal.is_begun or time.monotonic() - started > PATIENCE):
                journal.write(self.unwritten)
            raise

    def _summary(self, work: ScenarioRun, key: str, counter: Counter) -> ScenarioSummary:
        total: Part | None = self._read(key)
        if total is None:
            pilot = work.pilot(self.shape.n_observed, self.settings.n_threads)
            total = Part(ScenarioSummary.start(self.shape, pilot, self.settings.keep))
        n_chunks = -(-self.settings.n // CHUNK)
        counter.add(sum(min(last * CHUNK, self.settings.n) - first * CHUNK for first, last in total.done))
        todo = list(gaps(total.done, n_chunks))
        seconds = max(total.summary.values.pilot.seconds * CHUNK, 1e-6)
        longest = min(max(int(self.executor.grain / seconds), 1), LONGEST)
        chunks = ChunkWork(work, total.summary.fresh(), counter, key.removeprefix("scenario-"))
        for part in chunks.through(self.executor, cut(todo, longest, self.executor.n_workers)):
            total.merge(part)
            counter.add(part.uncounted)
            self.unwritten[key] = total
            if self.journal is not None and self.journal.is_due and self.journal.write(self.unwritten):
                self.unwritten = {}
            del part  # it would live until the next one comes
        return total.summary

    def _summarise(self, scenario: Scenario, sampler: Sampler) -> None:
        """Note the parameters that vary here and have not before."""
        known, n_threads = self._parameters, self.settings.n_threads
        self._parameters |= summarise_parameters(sampler, scenario, self.model, known, n_threads)

    def _read(self, name: str) -> Any:
        return None if self.journal is None else self.journal.read(name)


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same chunks in as few stretches as there can be."""
    result: list[Stretch] = []
    for first, last in sorted(stretches):
        if result and result[-1][1] == first:
            result[-1] = result[-1][0], last
        else:
            result.append((first, last))
    return result


def gaps(done: list[Stretch], n_chunks: int) -> Iterator[Stretch]:
    """The chunks that are not done."""
    at = 0
    for first, last in [*done, (n_chunks, n_chunks)]:
        if first > at:
            yield at, first
        at = last


def cut(stretches: Sequence[Stretch], longest: int, n_workers: int) -> Iterator[Stretch]:
    """The same chunks in stretches that shrink towards the end, so that all workers are done at about the same time.

    Each is a quarter of a worker's share of what is left, but not above ``longest`` (Polychronopoulos and Kuck 1987,
    "Guided self-scheduling", IEEE Transactions on Computers 36).
    """
    left = sum(last - first for first, last in stretches)
    for first, last in stretches:
        at = first
        while at < last:
            end = min(at + max(1, min(longest, left // (4 * n_workers))), last)
            yield at, end
            left -= end - at
            at = end
