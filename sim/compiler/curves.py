"""The curves of distributions whose arguments are constants: what stands in their tables, and whether that is good."""

import functools
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from sim.numerics.curve import PARTS, POWERS, TERMS, Curve

Floats = npt.NDArray[np.float64]

GRID = 2**16  # nodes are whole parts of it, so that 1 - m is exact for each
NODES = (-32138, -27246, -18205, -6393, 6393, 18205, 27246, 32138)  # GRID/2 cos((2k + 1) pi/16), rounded
BETWEEN = (-32768, -30000, -12000, 0, 12000, 30000, 32767)  # where a curve is held against the function
TOLERANCE = 1e-12  # of a value, or of how much the function changes between two cuts; a cell of u is 2e-10 wide
ROUNDING = 4e-16  # of the quartiles: what a function may err that is a difference of numbers of that size


@functools.lru_cache(maxsize=64)
def curve_of(operation: str, arguments: tuple[float, ...]) -> Curve | None:
    """The curve of ``operation(u, *arguments)``, an inverse distribution function; None where that is too rough.

    Whether or not there is one depends on nothing but the law, and every bit of it is the same on any processor.
    """
    with np.errstate(all="ignore"):  # what is infinite or NaN is no good curve
        return _curve_of(operation, arguments)


def _curve_of(operation: str, arguments: tuple[float, ...]) -> Curve | None:
    middle = _values(operation, arguments, np.zeros(1, np.int64))
    values = _values(operation, arguments, np.array(NODES)) - middle
    terms = [sum((weight * values[:, k] for k, weight in enumerate(row)), np.zeros(len(values))) for row in _weights()]
    terms[0] = terms[0] + middle[:, 0]
    rows = np.stack(terms, axis=1)
    if not _is_good(rows, _values(operation, arguments, np.array(BETWEEN))):
        return None
    low, high = _of(operation, arguments, np.array([2.0**-33, 1 - 2.0**-33])).tolist()
    return Curve(f"{operation}{arguments}", tuple(tuple(row) for row in rows.tolist()), low, high)


def _values(operation: str, arguments: tuple[float, ...], places: npt.NDArray[np.int64]) -> Floats:
    """The function at places between two cuts, float64[rows, len(places)]."""
    part = (np.arange(PARTS)[:, None] + (places / GRID + 0.5)) / PARTS
    m = np.ldexp(1 + part, np.arange(-1 - POWERS, -1)[:, None, None]).reshape(POWERS * PARTS, len(places))
    return _of(operation, arguments, np.concatenate([1 - m, m]))


def _of(operation: str, arguments: tuple[float, ...], u: Floats) -> Floats:
    from sim.compiler.kernel import elementwise

    return elementwise(operation, 1 + len(arguments))(u, *arguments)


@functools.cache
def _weights() -> tuple[tuple[float, ...], ...]:
    """The coefficients of the polynomial through (NODES[k]/GRID, y[k]) are these sums over y."""
    nodes = [Fraction(node, GRID) for node in NODES]
    columns = []
    for node in nodes:
        others = [other for other in nodes if other != node]
        basis = [Fraction(1)]
        for other in others:  # times (x - other)/(node - other)
            shifted = [Fraction(0), *basis]
            basis = [(s - other * b) / (node - other) for s, b in zip(shifted, [*basis, Fraction(0)], strict=True)]
        columns.append([float(term) for term in basis])
    return tuple(zip(*columns, strict=True))


def _is_good(rows: Floats, exact: Floats) -> bool:
    x = np.array(BETWEEN) / GRID
    found = np.zeros(exact.shape)
    for term in range(TERMS - 1, -1, -1):
        found = found * x + rows[:, term, None]
    change = exact.max(axis=1, keepdims=True) - exact.min(axis=1, keepdims=True)
    half = POWERS * PARTS
    size = abs(exact[half - PARTS, 0]) + abs(exact[-PARTS, 0])  # of the quartiles
    allowed = TOLERANCE * np.maximum(np.abs(exact), change) + ROUNDING * size
    return bool((np.abs(found - exact) <= allowed).all())
