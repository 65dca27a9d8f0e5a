"""Sums of floating-point numbers without any rounding, so that the order of adding changes nothing.

A number is cut into 32-bit limbs of a long fixed-point accumulator that spans the whole range of binary64 (Kulisch
1971; Neal 2015, "Fast exact summation using small and large superaccumulators", arXiv:1505.05571).
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_LIMB = 32
_MASK = np.int64(2**_LIMB - 1)
_BIAS = 1152  # limb 0 counts units of 2^-1152, below the least subnormal times 2^-53
_LIMBS = 72
_CARRY_AFTER = 2**28  # additions until limbs could overflow


class ExactSum:
    """Exact running sums of ``size`` numbers side by side. What is infinite or NaN is counted apart."""

    def __init__(self, size: int) -> None:
        self.limbs = np.zeros((_LIMBS, size), np.int64)
        self.n_unbounded = np.zeros(size, np.int64)
        self._added = 0
        self._columns = np.arange(size)

    def add(self, values: Floats) -> None:
        """Add one number (float64[size]) to each sum."""
        finite = np.isfinite(values)
        self.n_unbounded += ~finite
        mantissa, exponent = np.frexp(np.where(finite, values, 0.0))
        whole = (mantissa * 2.0**53).astype(np.int64)
        place = exponent.astype(np.int64) - 53 + _BIAS
        limb, shift = place >> 5, place & 31
        sign, size = np.sign(whole), np.abs(whole)
        low, high = (size & _MASK) << shift, (size >> _LIMB) << shift
        self.limbs[limb, self._columns] += sign * (low & _MASK)
        self.limbs[limb + 1, self._columns] += sign * ((low >> _LIMB) + (high & _MASK))
        self.limbs[limb + 2, self._columns] += sign * (high >> _LIMB)
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
        negative = self.limbs[-1] < 0
        limbs = _carried(np.where(negative, -self.limbs, self.limbs))
        total = np.zeros(limbs.shape[1])
        for row in np.flatnonzero(limbs.any(axis=1))[::-1]:
            total += np.ldexp(limbs[row].astype(np.float64), int(row) * _LIMB - _BIAS)
        return np.where(self.n_unbounded > 0, np.nan, np.where(negative, -total, total))

    def _carry(self) -> None:
        self.limbs = _carried(self.limbs)
        self._added = 1


def _carried(limbs: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The same numbers with every limb but the last from 0 to 2^32 - 1: a form that only the number decides."""
    limbs = limbs.copy()
    for row in range(len(limbs) - 1):
        limbs[row + 1] += limbs[row] >> _LIMB
        limbs[row] &= _MASK
    return limbs
