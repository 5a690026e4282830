"""The reference in short: what a window is held against, kept with the model's version.

Made once from the training snapshot; a check then needs no training data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from monitoring import classifier, estimate, metrics, summary
from monitoring.arrays import Counts, Floats
from monitoring.buckets import Buckets, decile_buckets
from monitoring.schema import Schema, SchemaError
from monitoring.threads import each_in_threads

KEPT_VALUES = 10_000
"""Sorted values kept of a number column; D is then off by 0.00005 at most."""
KEPT_ROWS = 10_000
"""Rows kept for the domain classifier."""
KEPT_CATEGORIES = 1_000
"""Categories kept of a column, the most frequent; the others are counted together."""


@dataclass(frozen=True, slots=True, eq=False)
class NumberColumn:
    """A column of numbers.

    `ordered` holds sorted values at evenly spaced ranks, or all of them, and stands for `count`.
    `counts` are the rows in each of `buckets`, `lowest` and `highest` the range, by all values
    (0 without any). `invalid` rows were no numbers.
    """

    ordered: Floats
    count: int
    missing: int
    invalid: int
    buckets: Buckets
    counts: Counts
    lowest: float
    highest: float

    @property
    def rows(self) -> int:
        return self.count + self.missing + self.invalid


@dataclass(frozen=True, slots=True, eq=False)
class CategoryColumn:
    """A column of categories, the most frequent first.

    `rest` rows have one of the categories that were not kept; `single` categories occur once.
    """

    values: tuple[str, ...]
    counts: Counts
    rest: int
    single: int
    missing: int
    invalid: int

    @property
    def rows(self) -> int:
        return int(self.counts.sum()) + self.rest + self.missing + self.invalid


Column = NumberColumn | CategoryColumn


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """The reference of one model version.

    `sample` has rows of the profiled features. `baseline` gives metrics their values on data that
    was not trained on, `calibration_error` says how far its scores are off (None: not known).
    `skipped` names the columns that have no statistics, with the reason.
    """

    schema: Schema
    rows: int
    columns: Mapping[str, Column]
    sample: pl.DataFrame
    baseline: Mapping[str, float]
    calibration_error: float | None
    skipped: tuple[tuple[str, str], ...]

    @property
    def categories(self) -> frozenset[str]:
        return frozenset(n for n, each in self.columns.items() if isinstance(each, CategoryColumn))


def build(
    schema: Schema,
    training: pl.DataFrame,
    *,
    scored: pl.DataFrame | None = None,
    baseline: Mapping[str, float] | None = None,
    kept_values: int | None = KEPT_VALUES,
    kept_rows: int = KEPT_ROWS,
) -> Profile:
    """Summarise the training snapshot.

    `scored` are rows with predictions on data that was not trained on (the holdout): predictions,
    scores and, where `baseline` is not given, the metrics come from them, else from `training`.
    `kept_values=None` keeps every value, so that D is exact.

    Raises SchemaError where a column of the schema is in neither frame, or there is no row.
    """
    if not len(training):
        raise SchemaError("the training snapshot has no row.")
    series = {name: _series(schema, training, scored, name) for name in schema.columns}
    plain = {name: each for name, each in series.items() if not _has_no_statistics(each.dtype)}
    profiled = each_in_threads(
        lambda name: profile_column(
            plain[name], is_category=schema.is_category(name), kept_values=kept_values
        ),
        plain,
    )
    columns = dict(zip(plain, profiled, strict=True))
    skipped = tuple(
        (name, f"has no statistics: {each.dtype} is neither number nor text")
        for name, each in series.items()
        if name not in plain
    )
    features = [name for name in schema.features if name in columns]
    rows = training if scored is None else scored
    found, error = _performance(schema, rows)
    return Profile(
        schema,
        len(training),
        columns,
        classifier.sample(training.select(features), kept_rows),
        dict(found if baseline is None else baseline),
        error,
        skipped,
    )


def profile_column(
    column: pl.Series, *, is_category: bool | None, kept_values: int | None
) -> Column:
    """Summarise one column; its type decides on its kind where `is_category` is None."""
    if is_category is None:
        is_category = not column.dtype.is_numeric()
    if is_category:
        return _of_categories(summary.categories(column))
    return _of_numbers(summary.numbers(column), kept_values)


def thinned(ordered: Floats, most: int) -> Floats:
    """At most so many of the sorted values, at the middles of equally long stretches of ranks.

    Their distribution function is off by at most 0.5 / most anywhere.
    """
    count = len(ordered)
    if count <= most:
        return ordered
    return ordered[(2 * np.arange(most) + 1) * count // (2 * most)]


def _of_numbers(found: summary.Numbers, kept_values: int | None) -> NumberColumn:
    ordered = found.ordered()
    buckets = decile_buckets(ordered)
    most = len(ordered) if kept_values is None else kept_values
    return NumberColumn(
        thinned(ordered, most),
        len(ordered),
        found.missing,
        found.invalid,
        buckets,
        buckets.count(ordered),
        float(ordered[0]) if len(ordered) else 0.0,
        float(ordered[-1]) if len(ordered) else 0.0,
    )


def _of_categories(found: summary.Categories) -> CategoryColumn:
    kept = found.table.head(KEPT_CATEGORIES)
    return CategoryColumn(
        tuple(kept["value"]),
        kept["count"].to_numpy().astype(np.int64),
        int(found.table["count"].sum()) - int(kept["count"].sum()),
        int((found.table["count"] == 1).sum()),
        found.missing,
        found.invalid,
    )


def _series(
    schema: Schema, training: pl.DataFrame, scored: pl.DataFrame | None, name: str
) -> pl.Series:
    learned = {*schema.features, schema.target}
    frame = training if scored is None or name in learned else scored
    if name not in frame.columns:
        raise SchemaError(
            f"the reference has no column {name!r}; it has {', '.join(frame.columns)}."
        )
    return frame[name]


def _has_no_statistics(dtype: pl.DataType) -> bool:
    return dtype.is_nested() or dtype.is_temporal() or dtype in (pl.Object, pl.Binary, pl.Null)


def _performance(schema: Schema, rows: pl.DataFrame) -> tuple[dict[str, float], float | None]:
    try:
        labelled = metrics.labelled(rows, schema)
    except metrics.NotMeasurableError:
        return {}, None
    return metrics.measured(labelled), estimate.calibration_error(labelled)
