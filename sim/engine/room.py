"""Room for large arrays that goes back to the system as soon as it is let go of.

What malloc once had for a large array it keeps, in pieces that seldom fit the next one; over a long run they add up.
Where it can be private (Windows has no word for it), what was never written takes no room, even if it is read.
"""

import mmap
from typing import Any

import numpy as np

PRIVATE = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}


def zeros(shape: tuple[int, ...], dtype: Any = np.float64) -> Any:
    """An array of zeros."""
    size = int(np.prod(shape))
    if size == 0:
        return np.zeros(shape, dtype)
    return np.frombuffer(mmap.mmap(-1, size * np.dtype(dtype).itemsize, **PRIVATE), dtype).reshape(shape)
