"""Sums of floating-point numbers without any rounding, so that the order of adding changes nothing.

A number is cut into 32-bit limbs of a long fixed-point accumulator that spans the whole range of binary64 (Kulisch
1971; Neal 2015, "Fast exact summation using small and large superaccumulators", arXiv:1505.05571).
"""

import numpy as np
import numpy.typing as npt

from sim.compiler.jit import Jitted
from sim.engine.room import zeros

Floats = npt.NDArray[np.float64]

_LIMB = 32
_BIAS = 1152  # limb 0 counts units of 2^-1152, below the least subnormal times 2^-53
_LIMBS = 72
_CARRY_AFTER = 2**28  # additions until limbs could overflow

_add_exactly = Jitted("sim.engine.chunk_loops", "add_exactly")
_carry = Jitted("sim.engine.chunk_loops", "carry")


class ExactSum:
    """Exact running sums of ``size`` numbers side by side. What is infinite or NaN is counted apart."""

    def __init__(self, size: int) -> None:
        self.limbs = zeros((size, _LIMBS), np.int64)
        self.n_unbounded = np.zeros(size, np.int64)
        self._added = 0

    def add(self, values: Floats) -> None:
        """Add one number (float64[size]) to each sum."""
        _add_exactly(self.limbs, self.n_unbounded, np.ascontiguousarray(values).view(np.int64), _BIAS)
        self._added += 1
        if self._added >= _CARRY_AFTER:
            self._carry()

    def merge(self, other: "ExactSum") -> None:
        """Add the sums of another."""
        other._carry()
        self._carry()
        self.limbs += other.limbs
        self.n_unbounded += other.n_unbounded
        self._added = 2

    def finish(self) -> Floats:
        """The sums, right to about one unit in the last place; NaN where something infinite was added."""
        self._carry()
        negative = self.limbs[:, -1] < 0
        limbs = np.where(negative[:, None], -self.limbs, self.limbs)
        _carry(limbs)
        total = np.zeros(len(limbs))
        for limb in np.flatnonzero(limbs.any(axis=0))[::-1].tolist():
            total += np.ldexp(limbs[:, limb].astype(np.float64), limb * _LIMB - _BIAS)
        return np.where(self.n_unbounded > 0, np.nan, np.where(negative, -total, total))

    def _carry(self) -> None:
        """Bring the limbs into the form that only the number decides."""
        _carry(self.limbs)
        self._added = 1
