"""The vector back end prints every function of this room, and it gives the bits of the scalar one, lane by lane."""

import ctypes
from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
import numpy as np
import pytest

from sim.compiler.vector import LANES, REAL, VectorModule
from sim.numerics import division, elementary, quantiles, special
from sim.numerics.curve import PARTS, POWERS, TERMS, Curve, on_curve
from tests.numerics.references import OPS, SPECIAL, same

N = 16 * LANES
RNG = np.random.default_rng(20250407)
UNIFORMS = (RNG.integers(0, 2**32, N) + 0.5) * 2.0**-32
NUMBERS = np.concatenate([np.array(SPECIAL), RNG.normal(0, 3, N - len(SPECIAL))])
SHARES = np.concatenate([np.array(SPECIAL), RNG.random(N - len(SPECIAL))])


def vector(function: Callable[..., Any], columns: list[np.ndarray], masks: bool) -> np.ndarray:
    """The function compiled for vectors, with either kind of truths, and run over columns, LANES rows at a time."""
    module = VectorModule(masks)
    symbol = module.outline("body", function, len(columns))
    loads = "".join(
        f"  %m{i} = mul i64 %n, {i}\n  %o{i} = add i64 %m{i}, %j\n  %p{i} = getelementptr double, ptr %in, i64 %o{i}\n"
        f"  %x{i} = load {REAL}, ptr %p{i}, align 8\n"
        for i in range(len(columns))
    )
    given = ", ".join(f"{REAL} %x{i}" for i in range(len(columns)))
    text = (
        "define void @run(ptr %in, ptr %out, i64 %n) #0 {\nentry:\n  br label %again\nagain:\n"
        f"  %j = phi i64 [0, %entry], [%next, %again]\n{loads}  %r = call {REAL} {symbol}({given})\n"
        f"  %to = getelementptr double, ptr %out, i64 %j\n  store {REAL} %r, ptr %to, align 8\n"
        f"  %next = add i64 %j, {LANES}\n  %more = icmp ult i64 %next, %n\n"
        "  br i1 %more, label %again, label %done\ndone:\n  ret void\n}\n"
    )
    table, result = np.ascontiguousarray(columns, dtype=float), np.empty(N)
    engine = compiled(text + module.text())
    run = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)(engine.get_function_address("run"))
    run(table.ctypes.data, result.ctypes.data, N)
    return result


def compiled(text: str) -> Any:
    """The module as machine code for this processor."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=1
    )
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(text), machine)
    engine.finalize_object()
    return engine


def check(function: Callable[..., Any], *columns: Any) -> None:
    spread = [np.broadcast_to(np.asarray(column, dtype=float), (N,)) for column in columns]
    result = vector(function, spread, masks=True)
    assert result.tobytes() == vector(function, spread, masks=False).tobytes()
    for row in range(N):
        arguments = [float(column[row]) for column in spread]
        assert same(float(result[row]), function(OPS, *arguments)), arguments


@pytest.mark.parametrize("name", ["exp", "log", "log1p", "expm1", "sin", "cos", "tanh", "logistic", "sign"])
def test_elementary(name: str) -> None:
    check(getattr(elementary, name), NUMBERS)


def test_functions_of_probabilities() -> None:
    check(elementary.logit, SHARES)
    check(special.normal_quantile, SHARES)
    check(special.normal_cdf, NUMBERS)
    check(special.log_gamma, NUMBERS)


@pytest.mark.parametrize("name", ["power", "modulo", "floor_divide", "minimum", "maximum", "hazard"])
def test_two_arguments(name: str) -> None:
    check(getattr(elementary, name), NUMBERS, np.roll(SHARES, 7))


@pytest.mark.parametrize("divisor", [0.2, -7.0, 1e-3, 3e40])
def test_division_by_a_constant(divisor: float) -> None:
    check(lambda ops, x: division.divided_by(ops, x, divisor), NUMBERS)


def test_rows_of_a_table() -> None:
    rows = tuple(tuple(row) for row in RNG.normal(0, 1, (2 * POWERS * PARTS, TERMS)).tolist())
    ends = [2.0**-33, 1 - 2.0**-33, 0.5 - 2.0**-33, 0.5 + 2.0**-33]
    check(lambda ops, u: on_curve(ops, u, Curve("any", rows, -9.0, 9.0)), np.concatenate([ends, UNIFORMS[len(ends) :]]))


def test_table() -> None:
    check(elementary.table, NUMBERS, 0.0, 1.0, 2.0, 3.0, 5.0, 0.0)


def between(low: float, high: float) -> np.ndarray:
    return RNG.uniform(low, high, N)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("normal", (0.0, between(-0.1, 2))),
        ("lognormal", (3.0, between(0.9, 3))),
        ("uniform", (0.0, between(-0.1, 2))),
        ("triangular", (0.0, between(-0.1, 2), 2.0)),
        ("pert", (0.0, between(-0.1, 2), 2.0)),
        ("beta", (between(-0.1, 9), between(0.1, 90))),
        ("gamma", (between(-0.1, 90), between(0, 2))),
        ("exponential", (between(-0.1, 2),)),
        ("weibull", (between(-0.1, 3), 2.0)),
        ("student_t", (between(-0.1, 20), between(-1, 1), 1.0)),
        ("bernoulli", (between(-0.1, 1.1),)),
        ("binomial", (np.floor(between(0, 3000)), between(-0.1, 1.1))),
        ("poisson", (np.exp(between(-5, 12)),)),
        ("categorical", (between(-0.1, 1), 2.0, 0.0, 3.0)),
        ("metalog", (1.0, 2.0, 0.3, 0.5, 0.1)),
        ("metalog_bounded", (1.0, 0.2, 0.3, 0.5, 0.0, 9.0)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_quantiles(name: str, arguments: tuple[Any, ...]) -> None:
    check(getattr(quantiles, f"{name}_quantile"), UNIFORMS, *arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "low", "high"),
    [
        ("normal", (0.0, 1.0), 1.0, np.inf),
        ("gamma", (2.0, 0.5), 0.2, between(0, 30)),
        ("student_t", (3.0, 0.0, 1.0), between(-5, 5), 5.0),
        ("poisson", (3.0,), between(0, 40), np.inf),
        ("binomial", (10.0, 0.3), 2.0, 9.5),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_truncated(name: str, arguments: tuple[Any, ...], low: Any, high: Any) -> None:
    quantile, cdf = getattr(quantiles, f"{name}_quantile"), getattr(quantiles, f"{name}_cdf")

    def draw(ops: Any, u: Any, low: Any, high: Any, *rest: Any) -> Any:
        return quantiles.truncated(ops, quantile, cdf, u, rest, low, high)

    check(draw, UNIFORMS, low, high, *arguments)
