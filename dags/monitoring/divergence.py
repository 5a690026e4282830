"""How far two tables of counts lie apart: PSI, Jensen-Shannon and Pearson's chi-squared.

All take the counts of the same buckets or categories in the reference and in the window.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from monitoring.arrays import Counts

_HALF = 0.5


@dataclass(frozen=True, slots=True)
class ChiSquared:
    """Pearson's statistic of the 2 × k table, its degrees of freedom, and the p-value."""

    statistic: float
    degrees: int
    p_value: float


def psi(reference: Counts, current: Counts) -> float:
    """The population stability index: Σ (q - p) · ln(q / p), in nats, from 0 up.

    Half a row is added to every bucket (Jeffreys' prior), so that an empty one has a logarithm; it
    weighs less the more rows there are, where a fixed share would weigh the same at any size.

    Raises ValueError where a table is empty.
    """
    p, q = _shares(reference + _HALF, current + _HALF)
    return float(np.sum((q - p) * np.log(q / p)))


def jensen_shannon(reference: Counts, current: Counts) -> float:
    """The Jensen-Shannon distance with base 2, from 0 (equal) to 1 (nothing in common).

    Equals `scipy.spatial.distance.jensenshannon(…, base=2)`.

    Raises ValueError where a table is empty.
    """
    p, q = _shares(reference, current)
    middle = (p + q) / 2
    divergence = np.sum(special.rel_entr(p, middle) + special.rel_entr(q, middle)) / 2
    return float(np.sqrt(max(divergence, 0.0) / np.log(2)))


def chi_squared(reference: Counts, current: Counts) -> ChiSquared:
    """Whether one distribution could have given both, with no correction for continuity.

    Equals `scipy.stats.chi2_contingency(…, correction=False)` of the rows that are not empty in both.
    With one category there is nothing to tell apart: the statistic is 0 and p is 1.

    Raises ValueError where a table is empty.
    """
    _shares(reference, current)
    table = np.stack([reference, current]).astype(np.float64)
    table = table[:, table.sum(axis=0) > 0]
    degrees = table.shape[1] - 1
    if not degrees:
        return ChiSquared(0.0, 0, 1.0)
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    statistic = float(np.sum((table - expected) ** 2 / expected))
    return ChiSquared(statistic, degrees, float(special.chdtrc(degrees, statistic)))


def _shares(
    reference: np.ndarray[tuple[int], np.dtype[np.generic]],
    current: np.ndarray[tuple[int], np.dtype[np.generic]],
) -> tuple[
    np.ndarray[tuple[int], np.dtype[np.float64]], np.ndarray[tuple[int], np.dtype[np.float64]]
]:
    if len(reference) != len(current):
        raise ValueError(f"{len(reference)} buckets of the reference, {len(current)} of the window")
    totals = reference.sum(), current.sum()
    if not all(totals):
        raise ValueError("a table without a row has no distribution")
    return reference / totals[0], current / totals[1]
