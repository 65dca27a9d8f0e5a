"""What a run found: plain numbers by scenario, in the order of the layout. Tables are made of it in ``sim.output``."""

from collections.abc import Container
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.compiler.kernel import elementwise
from sim.compiler.program import Layout
from sim.engine.driver_sums import MOST_DRAWS
from sim.engine.drivers import Drivers, find_drivers
from sim.engine.executors import each
from sim.engine.intervals import ClusteredCount, epistemic_bands, wilson
from sim.engine.ranges import QUANTILES
from sim.engine.sampling import Sampler
from sim.engine.summaries import Kept, ScenarioSummary, Shape
from sim.model.declarations import Model, Sample, Scenario, Study

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MEASURE_COLUMNS = ("mean", "sd", "se", *(f"p{round(100 * level):02d}" for level in QUANTILES))


@dataclass(frozen=True, slots=True)
class Share:
    """k of n trajectories, the 95% interval of k/n, and the 90% band over parameter draws (NaN: there is none)."""

    k: int
    n: int
    p: float
    low: float
    high: float
    band: tuple[float, float]
    design_effect: float  # n over the effective sample size

    @classmethod
    def of(cls, count: ClusteredCount, band: tuple[float, float]) -> "Share":
        low, high = count.interval()
        effect = count.n / count.effective_size() if count.n else 1.0
        return cls(count.k, count.n, count.p, low, high, band, effect)


@dataclass(frozen=True)
class ScenarioResult:
    """Everything found in one scenario; arrays as their summaries give them."""

    scenario: Scenario
    n: int  # trajectories that did not fail
    outcomes: tuple[Share, ...]
    questions: tuple[tuple[int, int, Share], ...]  # question, bin
    things: tuple[Share, ...]
    thing_totals: Ints  # [n_things]
    first_dates: Ints  # [n_things, n_records] trajectories
    end_dates: Ints  # [n_outcomes, n_records] trajectories
    values: Floats  # [len(MEASURE_COLUMNS), n_records, n_measures]
    shares: Ints  # [n_records, machine values] trajectories
    convergence: tuple[tuple[int, tuple[Share, ...]], ...]  # n, a share for each outcome
    drivers: Drivers
    varying: tuple[str, ...]  # parameters that vary between parameter draws
    kept: tuple[Kept, ...]
    kept_parameters: Floats  # [len(layout.uncertain), kept]
    failures: int
    first_failure: "Failure | None"


@dataclass(frozen=True, slots=True)
class Failure:
    trajectory: int
    record: int
    declaration: str | None  # whose number ceased to be one


@dataclass(frozen=True, slots=True)
class ParameterSummary:
    """An uncertain parameter as sampled in this run (its first 10,000 parameter draws)."""

    name: str
    prior: Sample
    mean: float
    sd: float
    p05: float
    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run was made."""

    n: int
    seed: int
    replicates: int = 10
    keep: int = 0
    design: str = "random"
    n_threads: int = 1


@dataclass(frozen=True)
class Results:
    """A finished run."""

    study: Study
    layout: Layout
    settings: Settings
    scenarios: tuple[ScenarioResult, ...]
    parameters: tuple[ParameterSummary, ...]
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0

    @property
    def model(self) -> Model:
        return self.study.model

    @property
    def failures(self) -> int:
        return sum(result.failures for result in self.scenarios)


def finish(
    summary: ScenarioSummary, shape: Shape, scenario: Scenario, sampler: Sampler, failure: Failure | None,
    n_threads: int = 1,
) -> ScenarioResult:  # fmt: skip
    """The results of a scenario from its summary."""
    if summary.values.n + summary.failures.count != shape.n:
        raise RuntimeError("trajectories are missing, or were counted twice")
    layout, clustered = shape.layout, bool(sampler.varying)
    counts = summary.counting.clusters.finish(clustered)
    bands = epistemic_bands(counts, _beta_quantile)
    shares = [Share.of(count, band) for count, band in zip(counts, bands, strict=True)]
    n_outcomes, n_rows = len(layout.outcomes), len(shape.question_rows)
    outcomes, answers = shares[:n_outcomes], shares[n_outcomes : n_outcomes + n_rows]
    drivers = summary.counting.drivers
    varying = [layout.uncertain.index(name) for name in sampler.varying]
    kept = np.concatenate([part.trajectories for part in summary.keeping.parts] or [np.zeros(0, np.int64)])
    return ScenarioResult(
        scenario=scenario,
        n=summary.values.n,
        outcomes=tuple(outcomes),
        questions=tuple((q, b, share) for (q, b), share in zip(shape.question_rows, answers, strict=True)),
        things=tuple(shares[n_outcomes + n_rows :]),
        thing_totals=summary.times.total,
        first_dates=summary.times.firsts,
        end_dates=summary.times.ends,
        values=summary.values.finish(n_threads),
        shares=summary.shares.counts,
        convergence=tuple(_convergence(summary, shape, outcomes)),
        drivers=find_drivers(drivers, sampler.uniforms(0, drivers.n_draws)[varying], n_threads),
        varying=sampler.varying,
        kept=tuple(summary.keeping.parts),
        kept_parameters=_kept_parameters(kept, sampler, shape.replicates),
        failures=summary.failures.count,
        first_failure=failure,
    )


def _beta_quantile(u: Any, a: Any, b: Any) -> Floats:
    quantile: Floats = elementwise("beta_quantile", 3)(u, a, b)
    return quantile


def _convergence(
    summary: ScenarioSummary, shape: Shape, outcomes: list[Share]
) -> "list[tuple[int, tuple[Share, ...]]]":
    """Shares among the first trajectories; their intervals take the clustering seen in the whole run."""
    rows = []
    for counts in summary.convergence.finish().tolist():
        n = sum(counts)
        shares = [_early(k, n, outcome) for k, outcome in zip(counts, outcomes, strict=True)]
        rows.append((n, tuple(shares)))
    return rows


def _early(k: int, n: int, whole: Share) -> Share:
    p = k / n if n else float("nan")
    low, high = wilson(p, n / whole.design_effect)
    return Share(k, n, p, low, high, whole.band, whole.design_effect)


def _kept_parameters(kept: Ints, sampler: Sampler, replicates: int) -> Floats:
    if len(kept) == 0:
        return np.zeros((len(sampler.uncertain), 0))
    draws = kept // replicates
    return sampler.values(0, int(draws[-1]) + 1)[:, draws]


def summarise_parameters(
    sampler: Sampler, scenario: Scenario, model: Model, known: Container[str], n_threads: int = 1
) -> dict[str, ParameterSummary]:
    """The parameters that vary in a scenario, as sampled in it, but for those that are known."""
    new = [name for name in sampler.varying if name not in known]
    if not new:
        return {}
    rows = [sampler.uncertain.index(name) for name in new]
    values = np.array_split(sampler.values(0, min(sampler.n_draws, MOST_DRAWS))[rows], min(n_threads, len(rows)))
    statistics = np.concatenate(each(_statistics, values, n_threads), axis=1)
    priors = {p.name: p.prior for p in model.parameters} | scenario.parameters
    found = {}
    for name, row in zip(new, statistics.T.tolist(), strict=True):
        prior = priors[name]
        found[name] = ParameterSummary(name, prior if isinstance(prior, Sample) else Sample("", ()), *row)
    return found


def _statistics(values: Floats) -> Floats:
    """mean, sd, p05, p50 and p95 of each row: float64[5, rows] from float64[rows, n]."""
    n = values.shape[1]
    ordered = np.sort(values, axis=1)
    with np.errstate(invalid="ignore", over="ignore"):  # of numbers so large that a sum of them is infinite
        mean = _total(ordered) / n
        squares = _total(np.square(ordered - mean[:, None]))
        sd = np.sqrt(squares / (n - 1)) if n > 1 else np.full(len(values), np.nan)
        return np.stack([mean, sd, *(_quantile(ordered, level) for level in (0.05, 0.5, 0.95))])


def _total(values: Floats) -> Floats:
    """The sum of each row, as in twice the precision: in pairs, and what each addition loses is added up beside it.

    Knuth, The Art of Computer Programming 2, section 4.2.2, theorem B.
    """
    total, lost = values, np.zeros_like(values)
    while (n := total.shape[1]) > 1:
        if n % 2:
            total, lost = (np.pad(part, ((0, 0), (0, 1))) for part in (total, lost))
        a, b = total[:, ::2], total[:, 1::2]
        total = a + b
        share = total - a
        lost = lost[:, ::2] + lost[:, 1::2] + ((a - (total - share)) + (b - share))
    rounded: Floats = total[:, 0] + lost[:, 0]
    return rounded


def _quantile(ordered: Floats, level: float) -> Floats:
    at = level * (ordered.shape[1] - 1)
    low, high = ordered[:, int(at)], ordered[:, min(int(at) + 1, ordered.shape[1] - 1)]
    value: Floats = low + (high - low) * (at - int(at))
    return value
