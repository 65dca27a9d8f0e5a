"""How the values of each measure at each record time are binned, learnt from a small pilot."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.compiler.jit import Jitted
from sim.compiler.observer import BINS
from sim.engine.executors import each

_describe = Jitted("sim.engine.pilot_loops", "describe")
_find_atoms = Jitted("sim.engine.pilot_loops", "find_atoms")

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MARGIN = 0.2  # of the central width, added on each side
TOGETHER = 8  # records whose values fit the cache
LEVELS = 0.0, 0.005, 0.5, 0.995, 1.0  # of the pilot, by which bins are laid
QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95)


@dataclass(frozen=True)
class Ranges:
    """Arrays of shape [n_records, n_measures]; ``bin = floor((v - low) * scale)``, BINS of them, one below, one above.

    An atom is a value that the pilot saw repeatedly, and alone in its bin: what falls there is taken to be that value.
    """

    low: Floats
    scale: Floats
    center: Floats  # moments are about it
    atom_at: Ints  # flat index into [n_records, n_measures, BINS], ascending
    atom_value: Floats

    @classmethod
    def from_pilot(cls, values: Floats, n_threads: int = 1) -> "Ranges":
        """Bins for values like these (float64[n_records, n_measures, n]); the bins cover p01 to p99 with room to spare.

        The range runs from the pilot's p0.5 to its p99.5, widened on each side; it covers every value of the pilot
        where that makes it at most twice as wide. Infinite values are beyond it.
        """
        parts = each(cls._of, together(values), n_threads)
        low, scale, center = (np.concatenate([getattr(p, name) for p in parts]) for name in ("low", "scale", "center"))
        step = TOGETHER * values.shape[1] * BINS
        at = np.concatenate([part.atom_at + number * step for number, part in enumerate(parts)])
        return cls(low, scale, center, at, np.concatenate([part.atom_value for part in parts]))

    @classmethod
    def _of(cls, values: Floats) -> "Ranges":
        ordered = np.sort(values + 0.0, axis=-1)  # + 0.0: no negative zeros
        least, p_low, middle, p_high, most = described = np.empty((len(LEVELS), *ordered.shape[:2]))
        _describe(ordered, np.array(LEVELS), described)
        low, high = _widened(least, p_low, p_high, most)
        scale = BINS / (high - low)
        at, value = _atoms(ordered, low, scale)
        return cls(low, scale, middle, at, value)

    @classmethod
    def empty(cls, n_records: int, n_measures: int) -> "Ranges":
        return cls.from_pilot(np.zeros((n_records, n_measures, 0)))


def together(values: Floats) -> Iterator[Floats]:
    """Some records at a time."""
    return (values[start : start + TOGETHER] for start in range(0, len(values), TOGETHER))


def _widened(least: Floats, p_low: Floats, p_high: Floats, most: Floats) -> tuple[Floats, Floats]:
    """The ends of the bins."""
    central = (p_high - p_low) * (1 + 2 * MARGIN)
    covering = (most - least) * 1.04
    everything = (covering <= 2 * central) | (central == 0)
    low = np.where(everything, least - 0.02 * (most - least), p_low - MARGIN * (p_high - p_low))
    width = np.where(everything, covering, central)
    smallest = np.maximum(np.abs(least), np.abs(most)) * 1e-9  # a width that the numbers can resolve
    narrow = width <= smallest
    width = np.where(narrow, np.where(smallest > 0, smallest * 1e6, 1.0), width)
    low = np.where(narrow, least - width * 0.500123, low)  # a lone value is not at an edge
    return low, low + width


def _atoms(ordered: Floats, low: Floats, scale: Floats) -> tuple[Ints, Floats]:
    """Bins in which the pilot has one value only, and that at least twice."""
    most = ordered.size // 2
    at, value, n_found = np.empty(most, np.int64), np.empty(most), np.zeros(1, np.int64)
    _find_atoms(ordered, low, scale, BINS, at, value, n_found)
    return at[: n_found[0]].copy(), value[: n_found[0]].copy()
