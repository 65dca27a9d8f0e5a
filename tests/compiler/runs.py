"""Models written as YAML, run as a user runs them, and read as plain arrays.

Statistical tests have fixed seeds. Their bound is z = 4.5 standard errors, so that a test of a true claim fails for one
new seed in 150,000.
"""

import functools
import math
import re
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim.compiler.inputs import Inputs
from sim.compiler.interpret import Interpreter
from sim.compiler.lower import lower
from sim.engine.results import Results, ScenarioResult
from sim.engine.run import run, varying_parameters
from sim.engine.sampling import Sampler
from sim.model.declarations import Study
from sim.model.load import load

Z = 4.5
CLOCK = "clock: {start: 2025-01-06, step: 1 week, horizon: 10 weeks}\n"  # a Monday
INTERPRETED = (0, 63, 64)  # trajectories that the interpreter repeats


def write(folder: Path, text: str, **modules: str) -> Path:
    """Write a model, with the clock above and a name unless it has its own, and its modules."""
    text = textwrap.dedent(text)
    if not re.search("^model:", text, re.MULTILINE):
        text = "model: tiny\n" + text
    if not re.search("^clock:", text, re.MULTILINE):
        text += CLOCK
    path = folder / "model.yaml"
    path.write_text(text, encoding="utf-8")
    for name, module in modules.items():
        (folder / f"{name}.yaml").write_text(textwrap.dedent(module), encoding="utf-8")
    return path


@functools.cache
def _loaded(text: str, settings: tuple[str, ...], modules: tuple[tuple[str, str], ...]) -> Study:
    with tempfile.TemporaryDirectory() as folder:
        return load(write(Path(folder), text, **dict(modules)), settings=settings)


def loaded(text: str, *settings: str, **modules: str) -> Study:
    return _loaded(text, settings, tuple(modules.items()))


@dataclass
class Ran:
    """One scenario of a run of which every trajectory was kept."""

    results: Results
    result: ScenarioResult

    @property
    def n(self) -> int:
        return self.result.n

    def __getitem__(self, measure: str) -> np.ndarray:
        """float64[n_records, n]; of a phase or decision, the positions of its values."""
        layout = self.results.layout
        names = [*layout.measures, *(name for name, _ in layout.machines)]
        row = names.index(measure)
        return np.concatenate([part.values[:, row] for part in self.result.kept], axis=1)

    def one(self, measure: str) -> list[float]:
        """A measure that is the same on all trajectories."""
        values = self[measure]
        assert (values == values[:, :1]).all(), f"{measure} varies"
        return values[:, 0].tolist()

    def is_at(self, machine: str, value: str) -> np.ndarray:
        """bool[n_records, n]: whether a phase or decision has the value."""
        values = dict(self.results.layout.machines)[machine]
        return self[machine] == values.index(value)

    @property
    def outcomes(self) -> dict[str, int]:
        names = self.results.layout.outcomes
        return {name: share.k for name, share in zip(names, self.result.outcomes, strict=True)}

    @property
    def end(self) -> np.ndarray:
        return np.concatenate([part.end for part in self.result.kept])

    def answer(self, question: str, number: int = 0) -> tuple[int, int]:
        """k and n of a question, or of one of its bins."""
        q = self.results.layout.questions.index(question)
        share = next(s for i, b, s in self.result.questions if (i, b) == (q, number) or (i == q and b < 0))
        return share.k, share.n

    def holds(self, question: str) -> bool:
        """The answer to a question that is the same on all trajectories."""
        k, n = self.answer(question)
        assert k in (0, n)
        assert n == self.n
        return k == n

    def happened(self, thing: str) -> tuple[int, int]:
        """In how many trajectories a thing happened, and how often in all."""
        at = self.results.layout.things.index(thing)
        return self.result.things[at].k, int(self.result.thing_totals[at])

    def first_dates(self, thing: str) -> list[int]:
        """How many trajectories had their first date at each record."""
        return self.result.first_dates[self.results.layout.things.index(thing)].tolist()


def ran(text: str, *settings: str, n: int = 100, seed: int = 1, scenario: str = "baseline", **modules: str) -> Ran:
    """Run one scenario of a model; some trajectories are repeated by the interpreter, and are the same."""
    return run_study(loaded(text, *settings, **modules), n, seed, scenario)


def run_study(study: Study, n: int, seed: int, scenario: str = "baseline", replicates: int = 10) -> Ran:
    results = run(study, n=n, seed=seed, keep=n, threads=2, scenarios=[scenario], replicates=replicates)
    found = Ran(results, results.scenarios[0])
    assert_interpreted(study, found, seed, replicates)
    return found


def assert_interpreted(
    study: Study, found: Ran, seed: int, replicates: int, trajectories: tuple[int, ...] = INTERPRETED
) -> None:
    """The kernel's trajectories are those of the interpreter, bit for bit."""
    program = lower(study.model, varying_parameters(study))
    scenario, n = found.result.scenario, found.results.settings.n
    inputs = Inputs.of(program, study.model, scenario)
    sampler = Sampler(study.model, scenario, program.layout.uncertain, seed, "random", -(-n // replicates))
    numbers = np.concatenate([part.trajectories for part in found.result.kept])
    values = [part.values for part in found.result.kept]
    outcomes = np.concatenate([part.outcome for part in found.result.kept])
    kept = np.concatenate(values, axis=2)
    for trajectory in trajectories:
        at = np.flatnonzero(numbers == trajectory)
        if len(at) == 0:
            continue
        draw = trajectory // replicates
        one = Interpreter(program, inputs, sampler.values(draw, draw + 1)[:, 0], seed, trajectory)
        rows = np.array([seen.records for seen in one.run()])
        assert np.array_equal(bits(rows), bits(kept[:, :, at[0]]))
        assert one.slots[program.results.outcome] == outcomes[at[0]]


def bits(values: np.ndarray) -> np.ndarray:
    """The numbers as whole numbers: NaN equals NaN, and zeros keep their sign."""
    values = np.ascontiguousarray(values, dtype=float)
    return np.where(np.isnan(values), 0, values.view(np.int64) + 1)


def assert_share(k: float, n: float, p: float, z: float = Z) -> None:
    """k of n is what a chance p gives."""
    assert abs(k - n * p) <= z * math.sqrt(n * p * (1 - p)) + 0.5, f"{k}/{n} = {k / n:.5f}, not {p:.5f}"


def assert_mean(values: np.ndarray, mean: float, z: float = Z) -> None:
    """Independent values have this mean."""
    se = float(np.std(values)) / math.sqrt(len(values))
    assert abs(float(np.mean(values)) - mean) <= z * se + 1e-12, f"{np.mean(values)} +- {se}, not {mean}"


def assert_sd(values: np.ndarray, sd: float, z: float = Z) -> None:
    """Independent values have this standard deviation (its error from the fourth moment)."""
    squares = np.square(values - np.mean(values))
    assert_mean(squares, sd**2, z)
