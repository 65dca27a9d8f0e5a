"""Rank correlations imposed through a Gaussian copula, in plain arithmetic whose order goes by name."""

import math
from functools import lru_cache

from sim.numerics.elementary import sin
from sim.numerics.scalar import ScalarOps

Pair = tuple[str, str, float]


@lru_cache(maxsize=64)
def correlation_factors(pairs: tuple[Pair, ...]) -> dict[str, tuple[tuple[str, float], ...]]:
    """For each name the weights of the independent standard normals that make up its correlated one.

    Each connected group of names has its own lower triangular factor L (Cholesky) of the matrix of normal correlations
    2 sin(pi rho / 6), rho being Spearman's (Kruskal 1958, JASA 53, 814-861); rows in the order of the names.

    Args:
        pairs: two names and their rank correlation; pairs not named are uncorrelated.

    Raises:
        ValueError: naming the first name at which the matrix is not positive definite.
    """
    factors: dict[str, tuple[tuple[str, float], ...]] = {}
    for group in _groups(pairs):
        for name, row in zip(group, _cholesky(group, pairs), strict=True):
            factors[name] = tuple(zip(group, row, strict=False))
    return factors


def correlation_factor(name: str, pairs: tuple[Pair, ...]) -> tuple[tuple[str, float], ...]:
    """The weights of one name, empty where it is correlated with nothing."""
    return correlation_factors(tuple(sorted(pairs))).get(name, ())


def _groups(pairs: tuple[Pair, ...]) -> list[list[str]]:
    groups: list[set[str]] = []
    for first, second, _ in pairs:
        joined = {first, second}.union(*(g for g in groups if g & {first, second}))
        groups = [g for g in groups if not g & joined] + [joined]
    return [sorted(group) for group in groups]


def _cholesky(names: list[str], pairs: tuple[Pair, ...]) -> list[list[float]]:
    normal = {frozenset((a, b)): 2 * sin(ScalarOps(), math.pi * rank / 6) for a, b, rank in pairs}
    rows: list[list[float]] = []
    for i, name in enumerate(names):
        row: list[float] = []
        for j in range(i):
            total = normal.get(frozenset((name, names[j])), 0.0)
            for k in range(j):
                total -= row[k] * rows[j][k]
            row.append(total / rows[j][j])
        rest = 1.0
        for weight in row:
            rest -= weight * weight
        if rest <= 1e-12:
            raise ValueError(name)
        rows.append([*row, math.sqrt(rest)])
    return rows
