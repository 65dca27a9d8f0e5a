"""What a small first sample of trajectories says about the measures: bins, clustering; all there is if n is small."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.compiler.jit import Jitted
from sim.engine.executors import each
from sim.engine.quantiles import exact_quantiles
from sim.engine.ranges import Ranges, together

Floats = npt.NDArray[np.float64]

_add_squares = Jitted("sim.engine.pilot_loops", "add_squares")

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
        cls, values: Floats, succeeded: npt.NDArray[np.bool_], replicates: int, is_all: bool, seconds: float = 0.0,
        n_threads: int = 1,
    ) -> "Pilot":  # fmt: skip
        """From values float64[n_records, n_measures, n], trajectories that did not fail, and trajectories per draw."""
        sound = values if succeeded.all() else values[:, :, succeeded]
        alike = each(lambda part: intraclass_correlation(part, succeeded, replicates), together(values), n_threads)
        return cls(
            ranges=Ranges.from_pilot(sound, n_threads),
            alike=np.concatenate(alike),
            quantiles=exact_quantiles(sound) if is_all else None,
            seconds=seconds,
        )


def intraclass_correlation(values: Floats, succeeded: npt.NDArray[np.bool_], replicates: int) -> Floats:
    """The share of variance between parameter draws, by one-way analysis of variance (Donner 1986, ISR 54, 67-82).

    Uses the parameter draws without a failed trajectory; 0 where they say nothing.
    """
    n_records, n_measures, n = values.shape
    whole = succeeded[: n // replicates * replicates].reshape(-1, replicates).all(axis=1)
    n_draws = int(whole.sum())
    if n_draws < 2 or replicates < 2:
        return np.zeros((n_records, n_measures))
    between, within = np.empty((2, n_records, n_measures))
    _add_squares(np.ascontiguousarray(values), whole, replicates, np.empty(n_draws), between, within)
    with np.errstate(invalid="ignore", over="ignore"):
        between = between * replicates / (n_draws - 1)
        within = within / (n_draws * (replicates - 1))
        total = between + (replicates - 1) * within
        share = np.divide(between - within, total, out=np.zeros_like(total), where=total > 0)
    return np.where(np.isfinite(share), np.clip(share, 0.0, 1.0), 0.0)
