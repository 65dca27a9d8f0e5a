"""The operations of a program: their types, and the numeric function that each one is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sim.language.families import FAMILIES
from sim.numerics import division, elementary, quantiles, special
from sim.numerics.curve import Curve, on_curve

# Where a value comes from: a constant (number or truth); a row of the sampled parameters; a constant of the scenario;
# a value of the scenario at this record; the number of this record; a slot; a draw (site, variant).
SOURCES = {
    "const": "real",
    "truth_const": "truth",
    "parameter": "real",
    "uniform": "real",
    "schedule": "real",
    "record": "real",
    "load": "real",
    "draw": "real",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """``function(ops, *arguments)``; ``arguments`` None: any number of reals."""

    function: Callable[..., Any]
    arguments: tuple[str, ...] | None
    result: str = "real"
    cost: int = 1  # about how many instructions, to tell what is worth skipping
    outlined: bool = False  # printed once as a function of its own

    def accepts(self, given: tuple[str, ...]) -> bool:
        if self.arguments is None:
            return all(kind == "real" for kind in given)
        return given == self.arguments


def _method(name: str) -> Callable[..., Any]:
    return lambda ops, *arguments: getattr(ops, name)(*arguments)


def _number(ops: Any, a: Any) -> Any:
    return ops.select(a, ops.real(1.0), ops.real(0.0))


def _truth(ops: Any, a: Any) -> Any:
    return ops.ne(a, ops.real(0.0))


def _all_finite(ops: Any, *values: Any) -> Any:
    """True where no value is NaN or infinite: each times 0 is 0, or NaN; four sums keep the chains short."""
    zero = ops.real(0.0)
    sums = [zero] * min(4, len(values))
    for index, value in enumerate(values):
        sums[index % 4] = ops.fma(value, zero, sums[index % 4])
    total = zero
    for part in sums:
        total = ops.add(total, part)
    return ops.eq(total, total)


def _no_nan(ops: Any, *values: Any) -> Any:
    """True where no value is NaN."""
    result = ops.truth(True)
    for value in values:
        result = ops.and_(result, ops.eq(value, value))
    return result


_R, _T = "real", "truth"
_RR = (_R, _R)

OPERATIONS: dict[str, Operation] = {
    **{name: Operation(_method(name), _RR) for name in ("add", "sub", "mul")},
    "div": Operation(_method("div"), _RR, cost=4),
    **{name: Operation(_method(name), (_R,)) for name in ("neg", "abs", "floor", "ceil", "round_even")},
    "sqrt": Operation(_method("sqrt"), (_R,), cost=5),
    **{name: Operation(_method(name), _RR, _T) for name in ("lt", "le", "gt", "ge", "eq", "ne")},
    **{name: Operation(_method(f"{name}_"), (_T, _T), _T) for name in ("and", "or")},
    "not": Operation(_method("not_"), (_T,), _T),
    "also": Operation(_method("and_"), (_T, _T), _T),  # the second matters only where the first holds
    "select": Operation(_method("select"), (_T, _R, _R)),
    "choose": Operation(_method("select"), (_T, _R, _R)),  # the second matters only where the first holds
    "number": Operation(_number, (_T,)),
    "truth": Operation(_truth, (_R,), _T),
    "all_finite": Operation(_all_finite, None, _T),
    "no_nan": Operation(_no_nan, None, _T),
    **{
        name: Operation(getattr(elementary, name), (_R,), cost=20, outlined=name not in ("exp", "log"))
        for name in ("exp", "log", "log1p", "expm1", "sin", "cos", "tanh", "logistic", "logit")
    },
    "sign": Operation(elementary.sign, (_R,), cost=4),
    "integer_power": Operation(elementary.integer_power, (_R,), cost=4),  # the payload is the exponent
    "power": Operation(elementary.power, _RR, cost=60, outlined=True),
    "divided_by": Operation(division.divided_by, (_R,), cost=6),  # the payload is the divisor
    "floor_divide": Operation(division.floor_divide, _RR, cost=10),
    "modulo": Operation(division.modulo, _RR, cost=10),
    "minimum": Operation(elementary.minimum, _RR, cost=3),
    "maximum": Operation(elementary.maximum, _RR, cost=3),
    "at_most": Operation(elementary.at_most, _RR, cost=2),
    "at_least": Operation(elementary.at_least, _RR, cost=2),
    "table": Operation(elementary.table, None, cost=20),
    "hazard": Operation(elementary.hazard, _RR, cost=25),
    "normal_cdf": Operation(special.normal_cdf, (_R,), cost=60, outlined=True),
    "standard_normal_quantile": Operation(special.normal_quantile, (_R,), cost=60, outlined=True),
}


def apply(ops: Any, name: str, arguments: list[Any], payload: object = None) -> Any:
    """One operation that is no source, on the values of a back end."""
    operation = OPERATIONS[name]
    if isinstance(payload, Curve):  # in place of an inverse distribution function of constant arguments
        return on_curve(ops, arguments[0], payload)
    return operation.function(ops, *arguments) if payload is None else operation.function(ops, *arguments, payload)


for _name, _family in FAMILIES.items():
    OPERATIONS[f"{_name}_quantile"] = Operation(_family.quantile, None, cost=100, outlined=True)
    OPERATIONS[f"{_name}_truncated"] = Operation(
        lambda ops, u, low, high, *arguments, _family=_family: quantiles.truncated(
            ops, _family.quantile, _family.cdf, u, arguments, low, high
        ),
        None,
        cost=300,
        outlined=True,
    )
