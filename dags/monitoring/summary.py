"""One column of a data frame in the form that the statistics need.

JSON and CSV bring numbers as text and codes as numbers, so a
column is read as the kind that the reference has, and what cannot be read so is counted as invalid.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from monitoring.arrays import Floats

_EXACT = 2**53
"""Below, every whole float is an integer of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """The values as they came, ±inf among them; `missing` counts null, NaN and blank text."""

    values: Floats
    missing: int
    invalid: int

    @property
    def rows(self) -> int:
        return len(self.values) + self.missing + self.invalid

    def ordered(self) -> Floats:
        """The values in ascending order."""
        # One thread a column: more of them cost more than they save.
        return pl.Series(self.values).sort(multithreaded=False).to_numpy()


@dataclass(frozen=True, slots=True, eq=False)
class Categories:
    """`table` has a row for each `value` (text) with its `count`, the most frequent first."""

    table: pl.DataFrame
    missing: int
    invalid: int

    @property
    def rows(self) -> int:
        return int(self.table["count"].sum()) + self.missing + self.invalid


Summary = Numbers | Categories


def numbers(column: pl.Series) -> Numbers:
    """Read a column; text that is a number counts as one. Integers become float64: exact to 2^53."""
    missing = column.null_count()
    if column.dtype == pl.String:
        missing += int((column.str.strip_chars() == "").sum())
    read = _numeric(column)
    nulls, nans = read.null_count(), int(read.is_nan().sum())
    values = read.drop_nulls()
    values = values.drop_nans() if nans else values
    return Numbers(values.to_numpy(), missing + nans, nulls - missing)


def categories(column: pl.Series) -> Categories:
    """Count a column's values as text. Lists, structs and the like are invalid."""
    read = texts(column).rename("value")
    invalid = 0 if _is_plain(column.dtype) else len(column) - column.null_count()
    # The streaming engine counts texts twice as fast as `value_counts`.
    counted = read.drop_nulls().to_frame().lazy().group_by("value").agg(count=pl.len())
    table = counted.collect(engine="streaming").cast({"count": pl.Int64})
    ordered = table.sort("count", "value", descending=[True, False])
    return Categories(ordered, read.null_count() - invalid, invalid)


def texts(column: pl.Series) -> pl.Series:
    """A column as text. Whole floats are written as integers: 1.0 is the category 1; NaN is null.

    Lists, structs and the like are null.
    """
    if not _is_plain(column.dtype):
        return pl.Series(column.name, [None] * len(column), dtype=pl.String)
    if column.dtype.is_float():
        column = column.fill_nan(None)
        whole = (column == column.round()) & (column.abs() < _EXACT)
        if whole.fill_null(value=True).all():
            column = column.cast(pl.Int64)
    return column.cast(pl.String)


def floats(column: pl.Series) -> pl.Series:
    """A column as float64 in its order; what is no number, or not finite, is null."""
    read = _numeric(column).cast(pl.Float64)
    return read.set(~read.is_finite(), None)


def _numeric(column: pl.Series) -> pl.Series:
    """As float64, or float32 as it came. What is no number is null; NaN stays."""
    if column.dtype == pl.Float32:
        return column
    if column.dtype == pl.String:
        return column.str.strip_chars().cast(pl.Float64, strict=False)
    if column.dtype == pl.Boolean or column.dtype.is_numeric():
        return column.cast(pl.Float64)
    return pl.Series(column.name, [None] * len(column), dtype=pl.Float64)


def _is_plain(dtype: pl.DataType) -> bool:
    return not dtype.is_nested() and dtype not in (pl.Object, pl.Binary)
