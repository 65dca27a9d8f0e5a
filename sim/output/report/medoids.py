"""Few that stand for many: k-medoids by exchange, the same answer every time."""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
MAX_ROUNDS = 30


def distances(columns: list[npt.NDArray[Any]], outcomes: npt.NDArray[Any]) -> Floats:
    """Squared distance between trajectories: the mean over measures, plus 1 where the outcomes differ.

    Args:
        columns: for each measure an array [trajectory, date], of numbers or of text. Two trajectories that are drawn at
            random differ by about 1 in a number; in a text they differ by the share of dates at which it is another.
        outcomes: the outcome of each trajectory.
    """
    total = (outcomes[:, None] != outcomes[None, :]).astype(np.float64)
    parts = [part for column in columns if (part := _distance(column)) is not None]
    found: Floats = total + sum(parts, np.zeros_like(total)) / max(1, len(parts))
    return found


def _distance(values: npt.NDArray[Any]) -> Floats | None:
    """The distances in one measure; None where it is the same everywhere."""
    if values.dtype.kind in "fiu":
        return _numeric_distance(values.astype(np.float64))
    codes = np.unique(values.astype(str), return_inverse=True)[1].reshape(values.shape)
    if codes.max(initial=0) == 0:
        return None
    same = sum((_product((codes == code).astype(np.float64)) for code in range(codes.max() + 1)), np.zeros((1, 1)))
    found: Floats = 1 - same / values.shape[1]
    return found


def _numeric_distance(values: Floats) -> Floats | None:
    values = np.where(np.isfinite(values), values, np.nan)
    spread = np.nanstd(values) if np.isfinite(values).any() else 0.0
    if not spread > 0:
        return None
    scaled = np.nan_to_num((values - np.nanmean(values)) / spread)
    squares = (scaled**2).sum(axis=1)
    apart = squares[:, None] + squares[None, :] - 2 * _product(scaled)
    found: Floats = np.maximum(apart, 0.0) / (2 * values.shape[1])
    return found


def _product(values: Floats) -> Floats:
    product: Floats = values @ values.T
    return product


def medoids(apart: Floats, k: int) -> Ints:
    """The k members from which all others are least far in sum (built one by one, then exchanged while that helps)."""
    chosen: list[int] = []
    nearest = np.full(len(apart), np.inf)
    for _ in range(min(k, len(apart))):
        cost = np.minimum(nearest[None, :], apart).sum(axis=1)
        cost[chosen] = np.inf
        chosen.append(int(np.argmin(cost)))
        nearest = np.minimum(nearest, apart[chosen[-1]])
    for _ in range(MAX_ROUNDS):
        if not _exchange(apart, chosen):
            break
    return np.array(chosen, dtype=np.int64)


def _exchange(apart: Floats, chosen: list[int]) -> bool:
    """Put the best newcomer in the place of one of the chosen; whether that helped."""
    best, cost = (0, 0), float(apart[chosen].min(axis=0).sum())
    limit = cost * (1 - 1e-12)
    for place in range(len(chosen)):
        rest = [c for i, c in enumerate(chosen) if i != place]
        nearest = apart[rest].min(axis=0) if rest else np.full(len(apart), np.inf)
        costs = np.minimum(nearest[None, :], apart).sum(axis=1)
        costs[rest] = np.inf
        if costs.min() < limit:
            best, limit = (place, int(np.argmin(costs))), float(costs.min())
    if limit >= cost * (1 - 1e-12):
        return False
    chosen[best[0]] = best[1]
    return True


def members(apart: Floats, chosen: Ints) -> Ints:
    """Whom each trajectory is nearest to: a position among the chosen."""
    found: Ints = np.argmin(apart[chosen], axis=0).astype(np.int64)
    return found
