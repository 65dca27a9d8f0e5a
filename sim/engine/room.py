"""Room for large arrays that goes back to the system as soon as it is let go of.

What malloc once had for a large array it keeps, in pieces that seldom fit the next one; over a long run they add up.
"""

import mmap
from typing import Any

import numpy as np


def zeros(shape: tuple[int, ...], dtype: Any = np.float64) -> Any:
    """An array of zeros."""
    size = int(np.prod(shape))
    if size == 0:
        return np.zeros(shape, dtype)
    return np.frombuffer(mmap.mmap(-1, size * np.dtype(dtype).itemsize), dtype).reshape(shape)
