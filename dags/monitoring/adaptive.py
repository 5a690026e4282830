"""Changes within a window, found by adaptive windowing (ADWIN).

Bifet and Gavaldà, "Learning from time-changing data with adaptive windowing" (SDM 2007).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

DELTA = 0.002
"""The confidence of the original paper: how often chance cuts a window, at most."""
ENOUGH = 300
"""Rows from which changes are sought: ADWIN needs some hundreds for a change of 0.2."""


@dataclass(frozen=True, slots=True)
class Changes:
    """`starts`: the first row of each later regime. `largest`: how far a mean is from the first's."""

    starts: tuple[int, ...]
    largest: float


def changes(values: NDArray[np.float64]) -> Changes:
    """Cut a series, in order of time and from 0 to 1, where its mean changes.

    ADWIN says that there was a change; it drops the past in coarse steps, so where the change began
    is then estimated from the rows since the one before.
    """
    from river import drift

    make: Any = drift.ADWIN  # It has no types.
    detector = make(delta=DELTA)
    starts: list[int] = []
    for place, value in enumerate(values.tolist()):
        detector.update(value)
        if detector.drift_detected:
            last = starts[-1] if starts else 0
            if place - last > 1:
                starts.append(last + _step(values[last : place + 1]))
    means = [float(part.mean()) for part in np.split(values, starts)]
    return Changes(tuple(starts), max((abs(mean - means[0]) for mean in means[1:]), default=0.0))


def _step(values: NDArray[np.float64]) -> int:
    """The most likely place of one step of the mean: the first row after it (Hinkley, 1970)."""
    count = len(values)
    before = np.arange(1, count)
    drop = np.cumsum(values)[:-1] - before * values.mean()
    return int(np.argmax(drop**2 / (before * (count - before)))) + 1


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each value's rank among all, from 0 to 1: bounded as ADWIN asks, whatever the tails.

    Two regimes' means then differ by P(later > earlier) - ½.
    """
    found: NDArray[np.float64] = stats.rankdata(values, "average")
    return (found - 0.5) / len(values)
