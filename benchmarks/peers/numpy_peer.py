"""The same model as a numpy program, vectorised over trajectories: one array operation a line.

It is what a careful modeller would write by hand: the equations of the program after constants are folded and common
subexpressions shared, numpy's own functions and random generator, and no work under a condition that holds nowhere.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from sim.compiler.passes import TRAJECTORY, constant_slots, invariance, optimise
from sim.compiler.program import Block, Op, Program
from sim.compiler.sink import ALWAYS, guards

BINARY = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==",
    "ne": "!=", "and": "&", "also": "&", "or": "|", "power": "**", "modulo": "%", "floor_divide": "//",
}  # fmt: skip
CALLS = {
    "neg": "np.negative", "not": "np.logical_not", "select": "np.where", "choose": "np.where", "abs": "np.abs",
    "exp": "np.exp", "log": "np.log", "log1p": "np.log1p", "expm1": "np.expm1", "sqrt": "np.sqrt", "sin": "np.sin",
    "cos": "np.cos", "tanh": "np.tanh", "floor": "np.floor", "ceil": "np.ceil", "round_even": "np.rint",
    "sign": "np.sign", "minimum": "np.minimum", "maximum": "np.maximum", "at_most": "np.minimum",
    "at_least": "np.maximum", "logistic": "special.expit", "logit": "special.logit", "normal_cdf": "special.ndtr",
    "standard_normal_quantile": "special.ndtri",
}  # fmt: skip
# numpy draws these directly; the uniform of an inverse CDF, their first argument, is not needed
SAMPLERS = {
    "gamma_quantile": "rng.gamma({1}, {2}, n)", "poisson_quantile": "rng.poisson({1}, n)",
    "bernoulli_quantile": "(rng.random(n) < {1})", "beta_quantile": "rng.beta({1}, {2}, n)",
    "binomial_quantile": "rng.binomial({1}, {2}, n)", "exponential_quantile": "rng.exponential({1}, n)",
    "uniform_quantile": "rng.uniform({1}, {2}, n)",
}  # fmt: skip
DRAWS = {"uniform": "random", "long": "random", "exponential": "standard_exponential", "normal": "standard_normal"}


def numpy_program(program: Program) -> tuple[Callable[..., list[np.ndarray]], str]:
    """A function ``run(n, rng, parameters, uniforms, schedule) -> slots`` and its source."""
    optimised = optimise(program)
    fixed = constant_slots(optimised)
    lines = ["def run(n, rng, parameters, uniforms, schedule):", f"    s = [np.zeros(n)] * {optimised.n_slots}"]
    start = optimised.start
    lines += _block(start, [ALWAYS] * len(start.ops), "    ", "0")
    step = optimised.step
    lane = [level >= TRAJECTORY for level in invariance(step, fixed)]
    lines.append(f"    for record in range({optimised.layout.n_records}):")
    lines += _block(step, guards(step, lane), "        ", "record")
    lines.append("    return s")
    source = "\n".join(lines)
    scope: dict[str, Any] = {"np": np, "special": special}
    exec(source, scope)
    return scope["run"], source


def _block(block: Block, guarded: list[int], indent: str, record: str) -> list[str]:
    lines: list[str] = []
    sampled = {op.arguments[0] for op in block.ops if op.name in SAMPLERS}
    done = set(sampled)
    for index, op in enumerate(block.ops):
        if index in sampled or guarded[index] != ALWAYS:
            continue
        for argument in op.arguments:
            if argument not in done:
                lines += _guarded(block, guarded, guarded[argument], done, indent, record)
        lines.append(f"{indent}v{index} = {_text(op, record)}")
        done.add(index)
    return lines + [f"{indent}s[{store.slot}] = v{store.value}" for store in block.stores]


def _guarded(block: Block, guarded: list[int], guard: int, done: set[int], indent: str, record: str) -> list[str]:
    """What is under one guard and ready, in a branch of its own."""
    members: list[int] = []
    for index, op in enumerate(block.ops):
        if guarded[index] == guard and index not in done and done.issuperset(op.arguments):
            members.append(index)
            done.add(index)
    lines = [f"{indent}if np.any(v{guard}):"]
    lines += [f"{indent}    v{i} = {_text(block.ops[i], record)}" for i in members]
    lines += [f"{indent}else:", f"{indent}    {' = '.join(f'v{i}' for i in members)} = False"]
    return lines


def _text(op: Op, record: str) -> str:
    names = [f"v{a}" for a in op.arguments]
    payload: Any = op.payload
    match op.name:
        case "const":
            return repr(payload) if np.isfinite(payload) else f"float({str(payload)!r})"
        case "truth_const":
            return repr(bool(payload))
        case "load":
            return f"s[{payload}]"
        case "parameter":
            return f"parameters[{payload}]"
        case "uniform":
            return f"uniforms[{payload}]"
        case "schedule":
            return f"schedule[{record}, {payload}]"
        case "record":
            return f"float({record})"
        case "draw":
            return f"rng.{DRAWS[payload[1]]}(n)"
        case "number" | "truth":
            return f"{names[0]} * 1.0" if op.name == "number" else f"{names[0]} != 0"
        case "integer_power":
            return f"{names[0]} ** {payload}"
        case "all_finite" | "no_nan":
            return "True"
    if op.name in SAMPLERS:
        return SAMPLERS[op.name].format(*names)
    if op.name in BINARY:
        return f"{names[0]} {BINARY[op.name]} {names[1]}"
    return f"{CALLS[op.name]}({', '.join(names)})"
