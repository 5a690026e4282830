"""A domain classifier: can a model tell rows of the window from rows of the reference?

It sees what no single column shows, such as a correlation that is gone. 0.5 means it cannot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from monitoring.summary import floats, texts

MOST_ROWS = 100_000
"""Rows looked at, of both sides together."""
_FOLDS = 3
_ROUNDS = 50
_SEED = 20
_CATEGORIES = 250
"""Categories told apart; scikit-learn bins at most 255."""


@dataclass(frozen=True, slots=True)
class Distinction:
    """The cross-validated ROC AUC, and how many rows of each side it was found on."""

    auc: float
    reference_rows: int
    current_rows: int


def sample(rows: pl.DataFrame, most: int) -> pl.DataFrame:
    """At most so many rows in their order, the same ones of an equally long frame each time."""
    if len(rows) <= most:
        return rows
    drawn = np.random.default_rng(_SEED).choice(len(rows), most, replace=False)
    return rows[np.sort(drawn)]


def distinguish(
    reference: pl.DataFrame, current: pl.DataFrame, categories: frozenset[str]
) -> Distinction:
    """Train on the columns of `reference`, which `current` has as well, and try on rows left out.

    Gradient-boosted trees on histograms, on one thread: more of them only wait for each other where
    cores are shared. Raises ValueError where a side has fewer rows than there are folds.
    """
    reference, current = (sample(side, MOST_ROWS // 2) for side in (reference, current))
    if min(len(reference), len(current)) < _FOLDS:
        raise ValueError(f"each side needs {_FOLDS} rows")
    rows = np.column_stack(
        [
            _codes(reference[name], current[name])
            if name in categories
            else np.concatenate([floats(side[name]).to_numpy() for side in (reference, current)])
            for name in reference.columns
        ]
    )
    side = np.repeat([0, 1], [len(reference), len(current)])
    auc = _cross_validated(rows, side, [name in categories for name in reference.columns])
    return Distinction(auc, len(reference), len(current))


def _cross_validated(
    rows: NDArray[np.float64], side: NDArray[np.int64], categorical: list[bool]
) -> float:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold
    from threadpoolctl import threadpool_limits

    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=_SEED)
    areas = []
    with threadpool_limits(limits=1):
        for train, test in folds.split(rows, side):
            model = HistGradientBoostingClassifier(
                max_iter=_ROUNDS,
                early_stopping=False,
                categorical_features=categorical,
                random_state=_SEED,
            )
            scores = model.fit(rows[train], side[train]).predict_proba(rows[test])[:, 1]
            areas.append(roc_auc_score(side[test], scores))
    return float(np.mean(areas))


def _codes(reference: pl.Series, current: pl.Series) -> NDArray[np.float64]:
    """The categories of both by frequency, from 0; the rare ones share the last code, missing is NaN."""
    both = pl.concat([texts(reference), texts(current)]).rename("value")
    table = both.drop_nulls().value_counts().sort("count", "value", descending=[True, False])
    codes = {value: float(code) for code, value in enumerate(table["value"].head(_CATEGORIES))}
    found = both.replace_strict(codes, default=float(_CATEGORIES), return_dtype=pl.Float64)
    return found.set(both.is_null(), None).to_numpy()
