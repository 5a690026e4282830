"""The two-sample Kolmogorov-Smirnov test on sorted arrays: D exactly, p asymptotically.

D is the largest distance between the empirical distribution functions. It is sought from below:
every `_STRIDE`-th value bounds how large the distance can become before the next one, so that only
the stretches that could hold the maximum are looked at value by value.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from monitoring.arrays import Counts, Floats, comparable

_STRIDE = 64
_SMALL = 5_000


@dataclass(frozen=True, slots=True)
class KolmogorovSmirnov:
    """`d` from 0 to 1; `p_value` of two equal distributions giving such a `d` or a larger one."""

    d: float
    p_value: float


def two_sample(
    reference: Floats, current: Floats, reference_count: int | None = None
) -> KolmogorovSmirnov:
    """Compare two sorted samples without NaN; infinite values are values like others.

    `reference_count` is the number of values that `reference` stands for, where it is a thinned
    sample; D is then off by at most 0.5 / len(reference). p is `scipy.stats.ks_2samp`'s with
    `method="asymp"` (Hodges, 1958), from an effective size of 5,000 on by Kolmogorov's limit with
    Vrbik's correction (2018), within 4e-6: the exact sum takes a second for a million rows.

    Raises ValueError where a sample is empty.
    """
    if not len(reference) or not len(current):
        raise ValueError("both samples need a value")
    d = _distance(*comparable(reference, current))
    return KolmogorovSmirnov(d, _p_value(d, reference_count or len(reference), len(current)))


def _p_value(d: float, n: int, m: int) -> float:
    effective = round(n * m / (n + m))
    if not effective:
        return 1.0  # Two single values say nothing.
    if effective <= _SMALL:
        return float(np.clip(stats.kstwo.sf(d, effective), 0, 1))
    root = math.sqrt(effective)
    return float(special.kolmogorov(root * d + 1 / (6 * root) + (root * d - 1) / (4 * effective)))


def _distance(reference: Floats, current: Floats) -> float:
    n, m = len(reference), len(current)
    probes = np.append(np.arange(0, m - 1, _STRIDE), m - 1)
    below = np.searchsorted(reference, current[probes], "left")
    through = np.searchsorted(reference, current[probes], "right")
    best = _largest(probes, below, through, n, m)
    # Between two probes the current function rises to the later one at most while the reference's
    # stays at the earlier one at least, and the other way round.
    rises = probes[1:] / m - through[:-1] / n
    falls = below[1:] / n - (probes[:-1] + 1) / m
    hopeful = np.flatnonzero(np.maximum(rises, falls) > best)
    places = (probes[hopeful, None] + np.arange(1, _STRIDE)).ravel()
    places = places[places < m]
    if not len(places):
        return best
    values = current[places]
    below = np.searchsorted(reference, values, "left")
    through = np.searchsorted(reference, values, "right")
    return max(best, _largest(places, below, through, n, m))


def _largest(places: Counts, below: Counts, through: Counts, n: int, m: int) -> float:
    """The largest distance right after and right before the values at `places` of the current sample.

    The distance is largest at a step of the current function. Among equal values the last gives the
    height after the step and the first the one before; those between stay below both.
    """
    after = (places + 1) / m - through / n
    before = below / n - places / m
    return float(max(after.max(), before.max(), 0.0))
