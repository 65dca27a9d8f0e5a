"""States -> numbers: one kernel in memory, and what it found for the states that were looked at lately.

The numbers are those of ``crossroads run``: the same parts of the engine in the same order, but for the drivers, which
take longer than a slider may and are found for scenarios as they are only.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
import numpy.typing as npt

from sim.app.state import State
from sim.compiler.kernel import build
from sim.compiler.lower import lower
from sim.engine.driver import CHUNK
from sim.engine.driver_sums import DriverSums, targets_of
from sim.engine.executors import Executor, threads
from sim.engine.pilot import Pilot
from sim.engine.replay import Replay, replay
from sim.engine.results import Results, ScenarioResult, Settings, finish
from sim.engine.run import check_settings, varying_parameters
from sim.engine.sampling import Sampler
from sim.engine.scenario_run import ScenarioRun
from sim.engine.summaries import ScenarioSummary, Shape
from sim.model.check_values import outside
from sim.model.declarations import Scenario, Study

Ints = npt.NDArray[np.int64]

REMEMBERED = 24  # states
SPAN_DRAWS = 1_000
Z95 = 1.959963984540054
EXPLORED = "explored"

IsWanted = Callable[[], bool]


class Superseded(Exception):
    """Nobody waits for these numbers any more."""


@dataclass(frozen=True)
class Found:
    """What came of a state, and totals by parameter draw, by which two states are compared."""

    result: ScenarioResult
    totals: Ints  # [answers, draws]: trajectories with each outcome and each answer of a question
    counted: Ints  # [answers, draws]: trajectories that count

    @property
    def n(self) -> int:
        return self.result.n


@dataclass(frozen=True, slots=True)
class Span:
    """Where a parameter lies as the scenario has it: a central value and what a slider covers."""

    middle: float
    low: float
    high: float
    is_fixed: bool


class Explorer:
    """A study that is explored, by any number of people at a time."""

    def __init__(self, study: Study, settings: Settings) -> None:
        check_settings(settings, study.model)
        self.study, self.model, self.settings = study, study.model, settings
        self.kernel = build(lower(study.model, varying_parameters(study)))
        self.layout = self.kernel.program.layout
        self.scenarios = {scenario.name: scenario for scenario in study.model.scenarios}
        self.levers = {lever.name: lever for lever in study.model.levers}
        self.parameters = {parameter.name: parameter for parameter in study.model.parameters}
        self.options = {d.name: tuple(option.name for option in d.options) for d in study.model.decisions}
        self._found: OrderedDict[tuple[object, ...], Found] = OrderedDict()
        self._pilots: dict[str, Pilot] = {}
        self._spans: dict[str, dict[str, Span]] = {}
        self._memory, self._running = Lock(), Lock()

    # -- states

    def first_state(self) -> State:
        """The last scenario that the study runs, or the model as written."""
        listed = self.study.scenarios
        is_chosen = len(listed) < len(self.scenarios)
        return State(listed[-1].name if is_chosen else next(iter(self.scenarios)), next(iter(self.scenarios)))

    def problem(self, state: State) -> str:
        """Why a state cannot be; empty where it can."""
        for name in (state.scenario, state.against):
            if name not in self.scenarios:
                return f"there is no scenario {name!r}"
        for name, value in state.values:
            if name in self.levers:
                if why := outside(self.levers[name], value):
                    return why
            elif name not in self.parameters:
                return f"there is no parameter or lever {name!r}"
        for name, option in state.forced:
            if option not in self.options.get(name, ()):
                return f"there is no decision {name!r} with an option {option!r}"
        return ""

    def scenario(self, state: State, name: str = EXPLORED) -> Scenario:
        """The state as a scenario, just as the saved study will be read."""
        base, n = self.scenarios[state.scenario], self.model.clock.n_records
        return replace(
            base,
            name=name,
            title="",
            about="",
            parameters=base.parameters | {k: v for k, v in state.values if k in self.parameters},
            levers=base.levers | {k: (v,) * n for k, v in state.values if k in self.levers},
            force=base.force | {k: (self.options[k].index(o),) * n for k, o in state.forced},
        )

    # -- numbers

    def find(self, state: State, n: int | None = None, is_wanted: IsWanted = lambda: True) -> Found:
        """What comes of a state in ``n`` trajectories (None: all).

        Raises:
            Superseded: when it is not wanted any more.
        """
        settings = replace(self.settings, n=min(n or self.settings.n, self.settings.n))
        key = (state.scenario, state.values, state.forced, settings.n)
        with self._memory:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        with self._running:
            found = self._run(state, settings, is_wanted)
        with self._memory:
            self._found[key] = found
            if len(self._found) > REMEMBERED:
                self._found.popitem(last=False)
        return found

    def knows(self, state: State) -> bool:
        """Whether all numbers of a state are at hand."""
        return (state.scenario, state.values, state.forced, self.settings.n) in self._found

    def reference(self, state: State, n: int | None = None, is_wanted: IsWanted = lambda: True) -> Found:
        """The same for the scenario that a state is compared with."""
        return self.find(State(state.against, state.against), n, is_wanted)

    def _run(self, state: State, settings: Settings, is_wanted: IsWanted) -> Found:
        scenario = self.scenario(state)
        work = ScenarioRun.of(self.kernel, self.model, scenario, settings)
        shape = Shape(self.layout, self.model.questions, settings.n, settings.replicates)
        summary = ScenarioSummary.start(shape, self._pilot(state, work))
        targets = targets_of(self.layout, self.model.questions, bins=True)  # so that all that is shown can be compared
        summary.counting.drivers = summary.counting.drivers.aimed_at(targets)
        empty = summary.fresh()

        def add(part: ScenarioSummary, number: int) -> None:
            if not is_wanted():
                raise Superseded
            for chunk in work.chunks(number, number + 1, empty):
                part.add(chunk)

        executor: Executor = threads(settings.n_threads)
        for part in executor(range(-(-settings.n // CHUNK)), empty.fresh, add):
            summary.merge(part)
        sums = summary.counting.drivers
        if state.n_changes:
            r = settings.replicates
            summary.counting.drivers = DriverSums.of(self.layout, shape.questions, r, r, summary.values.pilot.ranges)
        failure = work.failure(summary.failures.first)
        result = finish(summary, shape, scenario, work.sampler, failure, settings.n_threads)
        n_shares = sums.targets.n_indicators
        return Found(result, sums.totals[:n_shares], sums.counted[sums.targets.groups[:n_shares]])

    def _pilot(self, state: State, work: ScenarioRun) -> Pilot:
        """The pilot of a run; a quick answer makes do with that of the scenario without the changes."""
        usual = self._pilots.get(state.scenario)
        if work.settings.n < self.settings.n and usual is not None:
            return usual
        pilot = work.pilot(self.layout.n_records, work.settings.n_threads)
        if not state.n_changes and work.settings.n == self.settings.n and pilot.quantiles is None:
            self._pilots[state.scenario] = pilot
        return pilot

    def results(self, found: Found, reference: Found) -> Results:
        """Both as the results of a run, for the tables: the reference first."""
        named = replace(reference.result, scenario=replace(reference.result.scenario, name="reference"))
        return Results(self.study, self.layout, self.settings, (named, found.result), ())

    # -- what to change

    def spans(self, scenario: str) -> dict[str, Span]:
        """The span of every parameter in a scenario."""
        if scenario not in self._spans:
            names = tuple(self.parameters)
            settings, given = self.settings, self.scenarios[scenario]
            sampler = Sampler(self.model, given, names, settings.seed, settings.design, SPAN_DRAWS)
            values = np.sort(sampler.values(0, SPAN_DRAWS), axis=1) if names else np.zeros((0, 1))
            self._spans[scenario] = {name: _span(row) for name, row in zip(names, values, strict=True)}
        return self._spans[scenario]

    def drivers(self, scenario: str, target: str) -> list[tuple[str, float]]:
        """The parameters that surely drive a target in a scenario as it is: shares of variance, largest first."""
        result = self.find(State(scenario, scenario)).result
        found = result.drivers
        if target not in found.targets:
            return []
        at = found.targets.index(target)
        shares, lows = found.share[at].tolist(), found.low[at].tolist()
        sure = [(n, s) for n, s, low in zip(result.varying, shares, lows, strict=True) if low > 0]
        return sorted(sure, key=lambda pair: -pair[1])

    def open_target(self, scenario: str) -> str:
        """The outcome about which most is open."""
        shares = self.find(State(scenario, scenario)).result.outcomes
        return max(zip(self.layout.outcomes, shares, strict=True), key=lambda o: o[1].p * (1 - o[1].p))[0]

    # -- stories

    def story(self, state: State, trajectory: int) -> Replay:
        """One trajectory, told slowly."""
        scenario = self.scenario(state)
        return replay(replace(self.study, scenarios=(scenario,)), trajectory, scenario.name, self.settings)


def _span(ordered: npt.NDArray[np.float64]) -> Span:
    n = len(ordered)
    middle, low, high = (float(ordered[int(q * (n - 1))]) for q in (0.5, 0.005, 0.995))
    if low < high:
        return Span(middle, low, high, False)
    reach = abs(middle) / 2 or 1.0
    return Span(middle, middle - reach, middle + reach, True)


def differences(a: Found, b: Found) -> Iterator[tuple[float, float, float]]:
    """Each share in ``a`` less that in ``b``, with its 95% interval, on common random numbers by parameter draw."""
    for ka, ma, kb, mb in zip(a.totals, a.counted, b.totals, b.counted, strict=True):
        if not ma.sum() or not mb.sum():
            yield float("nan"), float("nan"), float("nan")
            continue
        pa, pb, draws = ka.sum() / ma.sum(), kb.sum() / mb.sum(), len(ka)
        residual = (ka - pa * ma) / ma.sum() - (kb - pb * mb) / mb.sum()
        error = Z95 * float(np.sqrt(np.square(residual).sum() * draws / max(draws - 1, 1)))
        d = float(pa - pb)
        yield d, d - error, d + error
