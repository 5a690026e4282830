"""The kinds of arrays that the statistics take."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
"""float64, or float32 where the data came so."""
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]


def comparable(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Both in one precision, the coarser one.

    0.1 as float32 is another number than 0.1 as float64: compared as they are, equal values would
    lie apart and ties become drift. Rounding keeps the order, so sorted arrays stay sorted.
    """
    if first.dtype == second.dtype:
        return first, second
    return first.astype(np.float32), second.astype(np.float32)
