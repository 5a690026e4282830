"""How far a metric of so many rows is off by sampling alone."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

_RESAMPLES = 50
_MOST_ROWS = 5_000
_SEED = 20


def standard_error(count: int, compute: Callable[[NDArray[np.int64]], float]) -> float:
    """The bootstrap's standard error of a metric of `count` rows (Efron, 1979).

    `compute` gives the metric of the rows with these numbers. Of many rows a part is resampled, and
    the error scaled by the root of the rows, as that of any smooth metric is. The same rows give the
    same error.
    """
    generator = np.random.default_rng(_SEED)
    part = min(count, _MOST_ROWS)
    values = [compute(generator.integers(0, count, part)) for _ in range(_RESAMPLES)]
    return float(np.std(values, ddof=1) * np.sqrt(part / count))
