"""Groups of rows by the values of one column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from monitoring.profile import CategoryColumn, Column, NumberColumn
from monitoring.summary import categories, floats, texts

MOST_GROUPS = 20
"""Groups of a column that are compared, the most frequent of the window."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Flags over the window's rows, and what people call them, such as `sex = female`."""

    name: str
    rows: NDArray[np.bool_]


def groups(column: pl.Series, reference: Column | None) -> Iterator[Group]:
    """A group for each category, or for each quarter of the reference's numbers.

    A column without a reference goes by its categories. Rows without a value are in no group.
    """
    if isinstance(reference, NumberColumn) and len(reference.ordered):
        yield from _quarters(column, reference)
        return
    named = texts(column)
    table = categories(column).table.head(MOST_GROUPS)
    known = set(reference.values) if isinstance(reference, CategoryColumn) else set(table["value"])
    for value in sorted(table["value"]):
        mark = "" if value in known else " (new)"
        rows = (named == value).fill_null(value=False).to_numpy()
        yield Group(f"{column.name} = {value}{mark}", rows)


def _quarters(column: pl.Series, reference: NumberColumn) -> Iterator[Group]:
    values = floats(column).to_numpy()
    places = (len(reference.ordered) * np.arange(1, 4)) // 4
    edges = np.unique(reference.ordered[places]).tolist()
    lower = [-np.inf, *edges]
    upper = [*edges, np.inf]
    for low, high in zip(lower, upper, strict=True):
        name = f"{low:.4g} < {column.name} ≤ {high:.4g}"
        if low == -np.inf:
            name = f"{column.name} ≤ {high:.4g}"
        elif high == np.inf:
            name = f"{column.name} > {low:.4g}"
        rows = (values > low) & (values <= high)
        if rows.any():
            yield Group(name, rows)
