"""The table that every tool gets: 15 columns of numbers and 5 of text. NumPy only."""

from __future__ import annotations

import numpy as np

NUMBERS = tuple(f"n{place:02}" for place in range(15))
WORDS = tuple(f"c{place}" for place in range(5))
_SHIFT = 0.02
"""Of every other column in the window: there, but small."""


def table(rows: int, *, is_reference: bool) -> dict[str, np.ndarray]:
    """Normal, heavy-tailed, rounded and many-zero numbers; 3 to 50 categories of unequal weight."""
    r = np.random.default_rng(1 if is_reference else 2)
    columns: dict[str, np.ndarray] = {}
    for place, name in enumerate(NUMBERS):
        shift = 0.0 if is_reference or place % 2 else _SHIFT
        normal = r.normal(shift, 1, rows)
        columns[name] = (
            normal,
            np.exp(normal),
            np.exp(3 * normal),
            normal.round(2),
            np.where(normal < 0, 0.0, normal),
        )[place % 5]
    for place, name in enumerate(WORDS):
        kinds = (3, 5, 10, 20, 50)[place]
        weights = np.arange(1, kinds + 1) ** -0.7
        codes = r.choice(kinds, rows, p=weights / weights.sum())
        columns[name] = np.array([f"group_{code}" for code in range(kinds)])[codes]
    return columns
