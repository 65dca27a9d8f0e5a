"""The same model in numpy, vectorised over trajectories: one array operation a line."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from benchmarks.peers.text import INFIX, Dialect, Writer, indented, pieces
from sim.compiler.inputs import Inputs
from sim.compiler.passes import optimise
from sim.compiler.program import Program

CALLS = {
    "neg": "np.negative", "not": "np.logical_not", "select": "np.where", "choose": "np.where", "abs": "np.abs",
    "exp": "np.exp", "log": "np.log", "log1p": "np.log1p", "expm1": "np.expm1", "sqrt": "np.sqrt", "sin": "np.sin",
    "cos": "np.cos", "tanh": "np.tanh", "floor": "np.floor", "ceil": "np.ceil", "round_even": "np.rint",
    "sign": "np.sign", "minimum": "np.minimum", "maximum": "np.maximum", "at_most": "np.minimum",
    "at_least": "np.maximum", "logistic": "special.expit", "logit": "special.logit", "normal_cdf": "special.ndtr",
}  # fmt: skip
ARITIES = {"select": 3, "choose": 3, "minimum": 2, "maximum": 2, "at_most": 2, "at_least": 2}


def called(functions: dict[str, str]) -> dict[str, str]:
    """Templates of calls."""
    arguments = {name: ", ".join(f"{{{i}}}" for i in range(ARITIES.get(name, 1))) for name in functions}
    return {name: f"{function}({arguments[name]})" for name, function in functions.items()}


NUMPY = Dialect(
    operations=INFIX | called(CALLS) | {
        "number": "{0} * 1.0", "truth": "{0} != 0", "gamma_quantile": "rng.gamma({1}, {2}, n)",
        "poisson_quantile": "rng.poisson({1}, n)", "bernoulli_quantile": "(rng.random(n) < {1})",
        "beta_quantile": "rng.beta({1}, {2}, n)", "binomial_quantile": "rng.binomial({1}, {2}, n)",
        "exponential_quantile": "rng.exponential({1}, n)",
    },
    draws={
        "uniform": "rng.random(n)", "exponential": "rng.standard_exponential(n)", "normal": "rng.standard_normal(n)",
    },
    guard="np.any({0})",
    zero="False",
)  # fmt: skip


def numpy_program(program: Program, inputs: Inputs) -> Callable[[np.ndarray, int], list[np.ndarray]]:
    """A function ``run(parameters[n_uncertain, n], seed) -> slots``."""
    optimised = optimise(program)
    start, step = (_body(optimised, block) for block in (optimised.start, optimised.step))
    source = f"""def run(n, rng, p, u, schedule):
    s = [np.zeros(n)] * {optimised.n_slots}
    h = schedule[0]
{indented(start, 1)}
    for r in range({optimised.layout.n_records}):
        h = schedule[r]
{indented(step, 2)}
    return s
"""
    scope: dict[str, Any] = {"np": np, "special": special}
    exec(source, scope)

    def run(parameters: np.ndarray, seed: int) -> list[np.ndarray]:
        rng = np.random.default_rng(seed)
        with np.errstate(all="ignore"):
            return list(scope["run"](parameters.shape[1], rng, parameters, inputs.uniforms, inputs.schedule))

    return run


def _body(program: Program, block: Any) -> list[str]:
    parts, writer = pieces(program, NUMPY, block), Writer(NUMPY, block)
    return [*writer.values(parts), *writer.stores(parts)]
