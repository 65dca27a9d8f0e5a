"""The same model one trajectory at a time: in plain Python, and compiled by numba with the system's mathematics."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.peers.text import INFIX, Dialect, Piece, Writer, indented, pieces
from sim.compiler.inputs import Inputs
from sim.compiler.passes import optimise
from sim.compiler.program import Block, Program

SHARED = INFIX | {
    "and": "({0} and {1})", "also": "({0} and {1})", "or": "({0} or {1})", "not": "not {0}", "neg": "-{0}",
    "select": "({1} if {0} else {2})", "choose": "({1} if {0} else {2})", "number": "(1.0 if {0} else 0.0)",
    "truth": "{0} != 0.0", "abs": "abs({0})", "minimum": "min({0}, {1})", "maximum": "max({0}, {1})",
    "at_most": "({0} if {0} < {1} else {1})", "at_least": "({0} if {0} > {1} else {1})", "exp": "exp({0})",
    "log": "log({0})", "log1p": "log1p({0})", "expm1": "expm1({0})", "sqrt": "sqrt({0})", "sin": "sin({0})",
    "cos": "cos({0})", "tanh": "tanh({0})", "floor": "floor({0})", "ceil": "ceil({0})", "power": "power({0}, {1})",
    "logistic": "1.0 / (1.0 + exp(-{0}))", "bernoulli_quantile": "(1.0 if uniform() < {1} else 0.0)",
}  # fmt: skip
PYTHON = Dialect(
    operations=SHARED | {
        "div": "({0} / {1} if {1} else divide({0}, {1}))", "gamma_quantile": "gamma({1}, {2})",
        "poisson_quantile": "float(poisson({1}))",
    },
    draws={"uniform": "uniform()", "exponential": "exponential(1.0)", "normal": "normal(0.0, 1.0)"},
    guard="{0}",
)  # fmt: skip
NUMBA = Dialect(
    operations=SHARED | {
        "and": "{0} & {1}", "also": "{0} & {1}", "or": "{0} | {1}", "select": "where({0}, {1}, {2})",
        "choose": "where({0}, {1}, {2})", "at_most": "where({0} < {1}, {0}, {1})",
        "at_least": "where({0} > {1}, {0}, {1})", "number": "{0} * 1.0",
        "gamma_quantile": "np.random.gamma({1}, {2})", "poisson_quantile": "float(np.random.poisson({1}))",
        "bernoulli_quantile": "(1.0 if np.random.random() < {1} else 0.0)",
    },
    draws={
        "uniform": "np.random.random()", "exponential": "np.random.standard_exponential()",
        "normal": "np.random.standard_normal()",
    },
    guard="{0}",
)  # fmt: skip
LIBM = {name: getattr(math, name) for name in ("log1p", "expm1", "sqrt", "sin", "cos", "tanh", "floor", "ceil")}


def _divide(a: float, b: float) -> float:
    return math.nan if a == 0.0 or a != a else math.copysign(math.inf, a) * math.copysign(1.0, b)


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def _log(x: float) -> float:
    if x > 0.0:
        return math.log(x)
    return -math.inf if x == 0.0 else math.nan


def _power(a: float, b: float) -> float:
    try:
        return math.pow(a, b)
    except ValueError:
        return math.nan if a else math.inf
    except OverflowError:
        return math.inf


def seeded(seed: int) -> dict[str, Any]:
    """The scope of generated Python: functions, and the draws of one stream."""
    generator = random.Random(seed)
    return LIBM | {
        "exp": _exp, "log": _log, "power": _power, "divide": _divide, "uniform": generator.random,
        "exponential": generator.expovariate, "normal": generator.gauss, "gamma": generator.gammavariate,
        "poisson": np.random.default_rng(seed).poisson,
    }  # fmt: skip


@dataclass(frozen=True)
class Rules:
    """A program as Python functions: the start, a whole step, and a step cut into one function for each store.

    All take ``(s, t, w, p, u, h, r)``: slots, next slots, what rules tell each other, parameters, constants of the
    scenario, its values at this record, the record.
    """

    start: Callable[..., None]
    step: Callable[..., None]
    rules: tuple[Callable[..., None], ...]
    n_slots: int
    n_values: int
    seed: int
    uniforms: list[float]
    schedule: list[list[float]]

    @classmethod
    def of(cls, program: Program, inputs: Inputs, seed: int) -> "Rules":
        optimised = optimise(program)
        scope = seeded(seed)
        parts = pieces(optimised, PYTHON, optimised.step)
        sources = [_function("start", optimised.start, pieces(optimised, PYTHON, optimised.start))]
        sources.append(_function("step", optimised.step, parts))
        sources += _rules(optimised.step, parts)
        exec("\n".join(sources), scope)
        rules = tuple(scope[f"rule{i}"] for i in range(len(parts)))
        uniforms, schedule = inputs.uniforms.tolist(), inputs.schedule.tolist()
        n_values = len(optimised.step.ops)
        return cls(scope["start"], scope["step"], rules, optimised.n_slots, n_values, seed, uniforms, schedule)

    def begin(self, parameters: list[float]) -> list[float]:
        """The slots of a new trajectory."""
        slots = [0.0] * self.n_slots
        self.start(slots, slots, None, parameters, self.uniforms, self.schedule[0], 0)
        return slots

    def trajectory(self, parameters: list[float]) -> list[float]:
        """Its slots at the end."""
        slots = self.begin(parameters)
        for record, row in enumerate(self.schedule):
            self.step(slots, slots, None, parameters, self.uniforms, row, record)
        return slots


def _function(name: str, block: Block, parts: list[Piece]) -> str:
    writer = Writer(PYTHON, block, next_slot="t[{0}]")
    return _definition(name, [*writer.values(parts), *writer.stores(parts)])


def _definition(name: str, lines: list[str]) -> str:
    return f"def {name}(s, t, w, p, u, h, r):\n{indented(lines, 1)}\n"


def _rules(block: Block, parts: list[Piece]) -> list[str]:
    """A function for each store; what a later one needs stands in ``w``."""
    owner = {member: number for number, piece in enumerate(parts) for g in piece.groups for member in g.members}
    told = set()
    for number, piece in enumerate(parts):
        members = [member for group in piece.groups for member in group.members]
        needed = [a for member in members for a in block.ops[member].arguments]
        needed += [piece.store.value, *(group.guard for group in piece.groups if group.guard >= 0)]
        told |= {value for value in needed if owner[value] != number}
    names: Callable[[int], str] = lambda value: f"w[{value}]" if value in told else f"v{value}"  # noqa: E731
    writer = Writer(PYTHON, block, names, "t[{0}]")
    return [_definition(f"rule{i}", [*writer.values([p]), *writer.stores([p])]) for i, p in enumerate(parts)]


def numba_program(program: Program, inputs: Inputs, replicates: int) -> Callable[[np.ndarray, int, int], np.ndarray]:
    """A function ``run(sampled, seed, n) -> slots[n_slots, n]``."""
    import numba

    optimised = optimise(program)
    writers = [(Writer(NUMBA, b), pieces(optimised, NUMBA, b)) for b in (optimised.start, optimised.step)]
    start, step = ([*writer.values(parts), *writer.stores(parts)] for writer, parts in writers)
    source = f"""def run(n, sampled, u, schedule, seed, out):
    np.random.seed(seed)
    s = np.zeros({optimised.n_slots})
    for lane in range(n):
        p = sampled[:, lane // {replicates}]
        h = schedule[0]
{indented(start, 2)}
        for r in range({optimised.layout.n_records}):
            h = schedule[r]
{indented(step, 3)}
        out[:, lane] = s
"""
    where = numba.njit(lambda condition, yes, no: yes if condition else no)  # a branch less for numba to follow
    scope: dict[str, Any] = LIBM | {
        "np": np, "exp": math.exp, "log": math.log, "power": math.pow, "where": where,
    }  # fmt: skip
    exec(source, scope)
    compiled = numba.njit(error_model="numpy")(scope["run"])

    def run(sampled: np.ndarray, seed: int, n: int) -> np.ndarray:
        out = np.zeros((optimised.n_slots, n))
        compiled(n, np.ascontiguousarray(sampled), inputs.uniforms, inputs.schedule, seed, out)
        return out

    return run
