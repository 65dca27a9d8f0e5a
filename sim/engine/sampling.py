"""The sampled parameters: uniforms of a design, tied by rank correlations, through the inverse CDFs of the priors."""

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.compiler.builder import Builder
from sim.compiler.expressions import Expressions
from sim.compiler.kernel import elementwise
from sim.compiler.lower import site_names
from sim.compiler.operations import OPERATIONS, SOURCES, apply
from sim.compiler.program import Op
from sim.compiler.sites import site_numbers
from sim.engine.designs import ABOVE_ZERO, BELOW_ONE, design_of
from sim.engine.driver_sums import MOST_DRAWS
from sim.language.tree import Literal, Node, Read
from sim.model.declarations import Model, Sample, Scenario
from sim.numerics.correlation import correlation_factors
from sim.numerics.scalar import ScalarOps

Floats = npt.NDArray[np.float64]

STRETCH = 1024  # parameter draws of a stretch
EARLY = -(-MOST_DRAWS // STRETCH)  # stretches that are kept: drivers and the table of parameters ask for them again


class Sampler:
    """The parameter draws of one scenario.

    Args:
        model: the model.
        scenario: may fix a parameter or give it another prior.
        uncertain: the rows to sample, by name; those that this scenario fixes are constant.
        seed: of the run.
        design: ``random``, ``lhs`` or ``sobol``.
        n_draws: how many parameter draws the run has.
    """

    def __init__(
        self, model: Model, scenario: Scenario, uncertain: tuple[str, ...], seed: int, design: str, n_draws: int
    ) -> None:
        self.uncertain = uncertain
        names = _dimensions(model, uncertain)
        numbers = site_numbers(site_names(model))
        sites = {p.name: numbers[p.site] for p in model.parameters}
        self.design = design_of(design, [sites[name] for name in names], seed, n_draws)
        self.rows = {name: row for row, name in enumerate(names)}
        self.factors = _factors(model, self.rows)
        self.priors = Priors(model, scenario, uncertain, self.rows)
        self.varying = self.priors.varying
        self.n_draws = n_draws
        self._early: dict[int, tuple[Floats, Floats]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """What travels to another process: everything but what has been made."""
        return vars(self) | {"_early": {}}

    def values(self, first: int, last: int) -> Floats:
        """Parameters of the draws ``first`` to ``last``, float64[len(uncertain), last - first]."""
        return self._stretch(first, last, 1)

    def uniforms(self, first: int, last: int) -> Floats:
        """The uniforms they are made from, after correlation: float64[len(uncertain), last - first]."""
        return self._stretch(first, last, 0)

    def _stretch(self, first: int, last: int, what: int) -> Floats:
        parts = []
        edges = [first, *range((first // STRETCH + 1) * STRETCH, min(last, EARLY * STRETCH + 1), STRETCH), last]
        for start, stop in pairwise(edges):
            number = start // STRETCH
            if number < EARLY:
                parts.append(self._kept(number)[what][:, start - number * STRETCH : stop - number * STRETCH])
            else:
                parts.append(self._make(start, stop)[what])
        return np.concatenate(parts, axis=1)

    def _kept(self, number: int) -> tuple[Floats, Floats]:
        """An early stretch, which all threads share; rarely two make the same one, and the first is taken."""
        found = self._early.get(number)
        if found is None:
            made = self._make(number * STRETCH, min((number + 1) * STRETCH, self.n_draws))
            found = self._early.setdefault(number, made)
        return found

    def _make(self, first: int, last: int) -> tuple[Floats, Floats]:
        uniforms = self._correlated(self.design.uniforms(first, last))
        return uniforms[[self.rows[name] for name in self.uncertain]], self.priors.values(uniforms)

    def _correlated(self, uniforms: Floats) -> Floats:
        """Tie the uniforms of correlated parameters by a Gaussian copula, factor by factor in the order of names."""
        if not self.factors:
            return uniforms
        tied = uniforms.copy()
        rows = [self.rows[name] for name in self.factors]
        normal = dict(zip(self.factors, elementwise("standard_normal_quantile", 1)(uniforms[rows]), strict=True))
        for name, weights in self.factors.items():
            mixed = np.zeros(uniforms.shape[1])
            for other, weight in weights:
                mixed = mixed + weight * normal[other]
            tied[self.rows[name]] = np.clip(elementwise("normal_cdf", 1)(mixed), ABOVE_ZERO, BELOW_ONE)
        return tied


def _dimensions(model: Model, uncertain: tuple[str, ...]) -> list[str]:
    """Uncertain parameters by name, then those that only a scenario makes uncertain."""
    as_written = sorted(p.name for p in model.parameters if p.prior is not None)
    return as_written + sorted(set(uncertain) - set(as_written))


def _factors(model: Model, rows: dict[str, int]) -> dict[str, tuple[tuple[str, float], ...]]:
    pairs = sorted((c.first, c.second, c.rank) for c in model.correlations if c.first in rows and c.second in rows)
    return dict(sorted(correlation_factors(tuple(pairs)).items()))


class Priors:
    """Uniforms to parameters: the priors as operations of the compiler, evaluated on arrays."""

    def __init__(self, model: Model, scenario: Scenario, uncertain: tuple[str, ...], rows: dict[str, int]) -> None:
        self.rows = rows
        self.parameters = {p.name: p for p in model.parameters}
        self.levers = {lever.name: lever.value for lever in model.levers}
        self.levers |= {name: values[0] for name, values in scenario.levers.items()}
        self.given = scenario.parameters
        self.builder = Builder()
        self.expressions = Expressions(self.builder, self._read)
        self.known: dict[str, int] = {}
        self.results = [self._parameter(name) for name in uncertain]
        self.waves = _waves(self.builder.ops)
        moving = _moving(self.builder.ops)
        self.varying = tuple(name for name, at in zip(uncertain, self.results, strict=True) if moving[at])

    def values(self, uniforms: Floats) -> Floats:
        """float64[len(uncertain), n] from float64[n_dimensions, n]."""
        n, ops = uniforms.shape[1], self.builder.ops
        values: dict[int, Any] = {}
        for wave in self.waves:
            first = ops[wave[0]]
            if not _is_elementwise(first, ops):
                values[wave[0]] = _evaluate(first, [values[a] for a in first.arguments], uniforms)
            else:
                columns = list(zip(*(ops[index].arguments for index in wave), strict=True))
                shape = np.broadcast_shapes(*(np.shape(values[a]) for column in columns for a in column))
                rows = [np.stack([np.broadcast_to(values[a], shape) for a in column]) for column in columns]
                values |= zip(wave, elementwise(first.name, len(rows))(*rows), strict=True)
        if not self.results:
            return np.zeros((0, n))
        return np.stack([np.broadcast_to(values[at], (n,)) for at in self.results]) + 0.0

    def _read(self, node: Read) -> int:
        if node.what == "lever":
            return self.builder.const(self.levers[node.of])
        return self._parameter(node.of)

    def _parameter(self, name: str) -> int:
        if name not in self.known:
            self.known[name] = self._new(name)
        return self.known[name]

    def _new(self, name: str) -> int:
        parameter = self.parameters[name]
        given = self.given.get(name)
        if isinstance(given, float | int):
            return self.builder.const(given)
        prior: Sample | None = parameter.prior if given is None else given
        if prior is not None:
            return self.expressions.sample(prior, lambda: self._draw(name, "long"), lambda: self._draw(name, "normal"))
        value: Node = parameter.value if parameter.value is not None else Literal(0.0)
        return self.expressions.real(value)

    def _draw(self, name: str, variant: str) -> int:
        uniform = self.builder.op("draw", payload=(self.rows[name], "long"))
        return uniform if variant == "long" else self.builder.op("standard_normal_quantile", uniform)


def _moving(ops: list[Op]) -> list[bool]:
    """Whether each value differs between parameter draws."""
    moving: list[bool] = []
    for op in ops:
        moving.append(op.name == "draw" or any(moving[a] for a in op.arguments))
    return moving


def _waves(ops: list[Op]) -> list[list[int]]:
    """Operations in an order in which they can be done; those that the compiler does on arrays, all alike at once."""
    levels: list[int] = []
    waves: dict[tuple[int, str, int], list[int]] = {}
    for index, op in enumerate(ops):
        levels.append(1 + max((levels[a] for a in op.arguments), default=0))
        alike = op.name if _is_elementwise(op, ops) else str(index)
        waves.setdefault((levels[index], alike, len(op.arguments)), []).append(index)
    return [waves[key] for key in sorted(waves)]


def _is_elementwise(op: Op, ops: list[Op]) -> bool:
    """Whether the compiler does it on arrays: from numbers to a number, and not simply by numpy."""
    if op.name in SOURCES or op.name in _DIRECT or op.payload is not None:
        return False
    results = [SOURCES.get(name) or OPERATIONS[name].result for name in (op.name, *(ops[a].name for a in op.arguments))]
    return set(results) == {"real"}


_DIRECT: dict[str, Any] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "neg": np.negative,
    "select": np.where,
    "ge": np.greater_equal,
    "eq": np.equal,
}


def _evaluate(op: Op, arguments: list[Any], uniforms: Floats) -> Any:
    """An operation that is not elementwise, on arrays float64[n] (or bool[n]) and single numbers."""
    payload: Any = op.payload
    if op.name == "const":
        return np.float64(payload)
    if op.name == "draw":
        return uniforms[payload[0]]
    if op.name in _DIRECT:
        return _DIRECT[op.name](*arguments)
    ops = ScalarOps()
    rows = np.broadcast(*arguments)
    return np.array([apply(ops, op.name, list(row), payload) for row in rows]).reshape(rows.shape)

