"""How often chance alone would raise an alert.

An effect measured on few rows is mostly noise. The size of the effect decides alone where, with
nothing changed, at most `MOST` of such windows would reach the threshold. With fewer rows than that it
must be so large that chance alone would hardly bring it about; else there is no verdict.
`n` is the rows of the reference, `m` those of the window.
"""

import math

import numpy as np
from scipy import special

MOST = 0.001
"""One false alarm in a thousand windows, for each column."""


def of_ks(threshold: float, n: int, m: int) -> float:
    """Of D ≥ threshold (Kolmogorov's limit)."""
    return float(special.kolmogorov(threshold * math.sqrt(n * m / (n + m))))


def of_psi(threshold: float, n: int, m: int, buckets: int) -> float:
    """Of PSI ≥ threshold: PSI / (1/n + 1/m) tends to χ² with one degree less than buckets.

    Yurdakul and Naranjo, "Statistical properties of the population stability index" (2020).
    """
    return _chi_squared(threshold / (1 / n + 1 / m), buckets)


def of_jensen_shannon(threshold: float, n: int, m: int, buckets: int) -> float:
    """Of a distance ≥ threshold: near 0 the divergence in nats is an eighth of that χ²."""
    return _chi_squared(8 * math.log(2) * threshold**2 / (1 / n + 1 / m), buckets)


def of_share(threshold: float, share: float, m: int) -> float:
    """Of a share of `m` rows ≥ threshold, where `share` is what each row has (binomial)."""
    least = math.ceil(threshold * m - 1e-9)
    return 1.0 if least <= 0 else float(special.bdtrc(least - 1, m, share)) if least <= m else 0.0


def of_difference(threshold: float, share: float, n: int, m: int) -> float:
    """Of two shares lying `threshold` apart, either way, where both are `share` (normal)."""
    deviation = math.sqrt(share * (1 - share) * (1 / n + 1 / m))
    return _beyond(threshold, deviation, sides=2)


def of_auc(threshold: float, n: int, m: int) -> float:
    """Of an area under the curve ≥ threshold, where both classes have equal scores (Mann-Whitney)."""
    return _beyond(threshold - 0.5, math.sqrt((n + m + 1) / (12 * n * m)), sides=1)


def _beyond(distance: float, deviation: float, sides: int) -> float:
    if distance <= 0:
        return 1.0
    return float(sides * special.ndtr(-distance / deviation)) if deviation else 0.0


def _chi_squared(statistic: float, buckets: int) -> float:
    return float(special.chdtrc(buckets - 1, statistic)) if buckets > 1 else float(not statistic)


def pooled(first: int, second: int, n: int, m: int) -> float:
    """The share of both together, never 0 or 1, so that it has a spread."""
    return float(np.clip((first + second + 0.5) / (n + m + 1), 0.0, 1.0))
