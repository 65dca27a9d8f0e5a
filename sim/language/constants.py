"""The value of an expression that reads nothing."""

from collections.abc import Callable
from functools import partial, reduce
from typing import Any

from sim.language.tree import Apply, Literal, Node
from sim.numerics import elementary, special
from sim.numerics.scalar import ScalarOps

OPS = ScalarOps()
METHODS = {
    **{name: name for name in ("add", "sub", "mul", "div", "lt", "le", "gt", "ge", "eq", "ne")},
    **{name: name for name in ("neg", "abs", "floor", "ceil", "sqrt")},
    "round": "round_even",
}
ELEMENTARY = {
    **{name: name for name in ("exp", "log", "log1p", "expm1", "sign", "sin", "cos", "tanh", "logistic", "logit")},
    **{name: name for name in ("clip", "table", "hazard")},
    "pow": "power", "floordiv": "floor_divide", "mod": "modulo",
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: getattr(OPS, method) for name, method in METHODS.items()},
    **{name: partial(getattr(elementary, function), OPS) for name, function in ELEMENTARY.items()},
    "normal_cdf": partial(special.normal_cdf, OPS),
    "normal_quantile": partial(special.normal_quantile, OPS),
    "min": lambda *values: reduce(partial(elementary.minimum, OPS), values),
    "max": lambda *values: reduce(partial(elementary.maximum, OPS), values),
    "and": lambda *values: all(values),
    "or": lambda *values: any(values),
    "not": lambda value: not value,
    "if": lambda condition, yes, no: yes if condition else no,
}


def constant(node: Node) -> float | None:
    """The value of the node, None where it reads something."""
    match node:
        case Literal(value):
            return value
        case Apply(function, arguments):
            values = [constant(argument) for argument in arguments]
            known = [value for value in values if value is not None]
            return float(FUNCTIONS[function](*known)) if len(known) == len(values) else None
    return None
