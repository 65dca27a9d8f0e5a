"""What a small first sample of trajectories says about the measures: bins, clustering; all there is if n is small."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.engine.quantiles import exact_quantiles
from sim.engine.ranges import TOGETHER, Ranges

Floats = npt.NDArray[np.float64]

PILOT = 512  # trajectories
PILOT_REPLICATES = 4  # of each parameter draw, where the run is larger than the pilot


@dataclass(frozen=True)
class Pilot:
    ranges: Ranges
    alike: Floats  # [n_records, n_measures] share of the variance that lies between parameter draws
    quantiles: Floats | None  # [levels, n_records, n_measures] where the pilot is the whole run
    seconds: float = 0.0  # that simulating a trajectory took

    @classmethod
    def of(
        cls, values: Floats, succeeded: npt.NDArray[np.bool_], replicates: int, is_all: bool, seconds: float = 0.0
    ) -> "Pilot":
        """From values float64[n_records, n_measures, n], trajectories that did not fail, and trajectories per draw."""
        sound = values if succeeded.all() else values[:, :, succeeded]
        return cls(
            ranges=Ranges.from_pilot(sound),
            alike=np.concatenate(
                [
                    intraclass_correlation(values[start : start + TOGETHER], succeeded, replicates)
                    for start in range(0, len(values), TOGETHER)
                ]
            ),
            quantiles=exact_quantiles(sound) if is_all else None,
            seconds=seconds,
        )


def intraclass_correlation(values: Floats, succeeded: npt.NDArray[np.bool_], replicates: int) -> Floats:
    """The share of variance between parameter draws, by one-way analysis of variance (Donner 1986, ISR 54, 67-82).

    Uses the parameter draws without a failed trajectory; 0 where they say nothing.
    """
    n_records, n_measures, n = values.shape
    whole = n // replicates
    by_draw = values[:, :, : whole * replicates].reshape(n_records, n_measures, whole, replicates)
    draws = np.moveaxis(by_draw, (2, 3), (0, 1))
    draws = draws[succeeded[: whole * replicates].reshape(whole, replicates).all(axis=1)]
    if len(draws) < 2 or replicates < 2:
        return np.zeros((n_records, n_measures))
    with np.errstate(invalid="ignore", over="ignore"):
        means = np.add.reduce(np.ascontiguousarray(draws), axis=1) / replicates
        overall = np.add.reduce(means, axis=0) / len(means)
        between = np.add.reduce(np.square(means - overall), axis=0) * replicates / (len(means) - 1)
        within = np.add.reduce(np.add.reduce(np.square(draws - means[:, None]), axis=1), axis=0)
        within = within / (len(means) * (replicates - 1))
        total = between + (replicates - 1) * within
        share = np.divide(between - within, total, out=np.zeros_like(total), where=total > 0)
    return np.where(np.isfinite(share), np.clip(share, 0.0, 1.0), 0.0)
