"""The loop of :mod:`sim.engine.drivers`, over parameters, parameter draws and bins."""

from typing import Any

import numpy as np

from sim.compiler.jit import njit


@njit
def explain(
    bins: Any, columns: Any, groups: Any, spread: Any, squares: Any, draws: Any, table: Any, whole: Any, part: Any,
    weights: Any, sums: Any, share: Any, slope: Any,
) -> None:  # fmt: skip
    """The share of variance, and the covariance with the rank of the bin, without each group of parameter draws.

    Args:
        bins: int64[n_parameters, draws].
        columns: float64[draws, n_targets + n_groups] residuals, then trajectories that count: whole numbers whose sums
            are below 2^53, so that any order of adding gives the same.
        groups: int64[n_targets], which of the latter is a target's.
        spread, squares, draws: float64[left out, n_targets]; the last of ``left out`` is none.
        table, whole, part: room for float64[left out, n_bins, columns] and twice float64[n_bins, columns].
        weights, sums: room for float64[n_groups] and float64[5, n_targets].
        share, slope: float64[left out, n_targets, n_parameters], the results.
    """
    for parameter in range(bins.shape[0]):
        _fill(bins[parameter], columns, table, whole)
        for left_out in range(share.shape[0]):
            for b in range(len(whole)):
                _subtract(whole[b], table[left_out, b], part[b])
            _split(
                part, groups, spread[left_out], squares[left_out], draws[left_out], weights, sums,
                share[left_out, :, parameter], slope[left_out, :, parameter],
            )  # fmt: skip


@njit
def _fill(bins: Any, columns: Any, table: Any, whole: Any) -> None:
    """Totals of the columns by group and bin, nothing for the last group, and by bin alone."""
    table[:] = 0.0
    whole[:] = 0.0
    for draw in range(len(bins)):
        _add(table[draw % (table.shape[0] - 1), bins[draw]], columns[draw])
    for group in range(table.shape[0]):
        for b in range(whole.shape[0]):
            _add(whole[b], table[group, b])


@njit
def _add(total: Any, values: Any) -> None:
    for i in range(len(total)):
        total[i] += values[i]


@njit
def _subtract(total: Any, values: Any, rest: Any) -> None:
    for i in range(len(total)):
        rest[i] = total[i] - values[i]


@njit
def _split(
    part: Any, groups: Any, spread: Any, squares: Any, draws: Any, weights: Any, sums: Any, share: Any, slope: Any
) -> None:
    n_bins, n_targets = part.shape[0], len(groups)
    per_bin, rise, ranks, total, n = sums
    sums[:] = 0.0
    for b in range(n_bins):
        rank = b - (n_bins - 1) / 2
        for group in range(len(weights)):
            counted = part[b, n_targets + group]
            weights[group] = 1.0 / counted if counted > 0 else 0.0
        for target in range(n_targets):
            residual, counted = part[b, target], part[b, n_targets + groups[target]]
            per_bin[target] += residual * residual * weights[groups[target]]
            rise[target] += rank * residual
            ranks[target] += rank * counted
            total[target] += residual
            n[target] += counted
    for target in range(n_targets):
        mean = total[target] / n[target] if n[target] > 0 else 0.0
        within = (spread[target] - per_bin[target]) / max(draws[target] - n_bins, 1.0)
        explained = per_bin[target] - total[target] * mean - (n_bins - 1) * within
        share[target] = explained / squares[target] if squares[target] > 0 else np.nan
        slope[target] = rise[target] - mean * ranks[target]
