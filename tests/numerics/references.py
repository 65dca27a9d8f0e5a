"""What the tests of this room share: the scalar back end, distances between numbers, exact references."""

import math
from collections.abc import Callable, Iterable
from decimal import Decimal, localcontext

from sim.numerics.scalar import ScalarOps

OPS = ScalarOps()
INF, NAN = math.inf, math.nan
SPECIAL = (0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, INF, -INF, NAN, 1e308, -1e308, 5e-324, 750.0, -750.0)


def ulps(got: float, exact: Decimal) -> float:
    """The distance from an exact value in units in the last place."""
    if not math.isfinite(got):
        return INF
    return float(abs(Decimal(got) - exact) / Decimal(math.ulp(float(exact))))


def worst_ulps(function: Callable[..., float], reference: Callable[[Decimal], Decimal], xs: Iterable[float]) -> float:
    """The largest distance over a grid, against a reference in 50-digit arithmetic."""
    with localcontext() as context:
        context.prec = 50
        return max(ulps(function(OPS, x), reference(Decimal(x))) for x in xs)


def same(a: float, b: float) -> bool:
    """The same number, sign of zero included; all NaN are one."""
    return (a != a and b != b) or OPS.bits(a) == OPS.bits(b)


def relative(got: float, expected: float) -> float:
    """The relative error; 0 where both are equal, infinities included."""
    return 0.0 if got == expected else abs(got - expected) / abs(expected) if expected else INF
