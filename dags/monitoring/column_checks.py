"""Checks that look at one column: drift, and data that is not as it should be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NoReturn

import numpy as np
import polars as pl

from monitoring import chance, divergence, ks
from monitoring.arrays import Counts, comparable
from monitoring.findings import Scalar
from monitoring.judging import Measure
from monitoring.metrics import NotMeasurableError
from monitoring.monitors import DEFAULT_STATISTIC, Monitor
from monitoring.profile import CategoryColumn, Column, NumberColumn
from monitoring.schema import Schema
from monitoring.summary import Categories, Numbers, Summary, categories, numbers

ColumnCheck = Callable[[Monitor, Column, Summary], Measure]
"""From the reference and the window. Raises NotMeasurableError."""

_NAMED = 5


def summarise(column: pl.Series, reference: Column) -> Summary:
    """Read a column of the window as the kind that the reference has."""
    return numbers(column) if isinstance(reference, NumberColumn) else categories(column)


def columns_of(monitor: Monitor, schema: Schema, columns: Mapping[str, Column]) -> tuple[str, ...]:
    """Those that the monitor names, or all that its check can look at."""
    if monitor.columns:
        return monitor.columns
    outputs = (schema.prediction, *(name for _, name in schema.scores))
    roles = {"prediction_drift": outputs, "label_drift": (schema.target,)}
    named = [name for name in roles.get(monitor.check, schema.features) if name is not None]
    return tuple(name for name in named if name in columns and _suits(monitor, columns[name]))


def _suits(monitor: Monitor, column: Column) -> bool:
    if monitor.check == "new_values":
        return isinstance(column, CategoryColumn)
    if monitor.check == "values_range" or monitor.statistic == "ks":
        return isinstance(column, NumberColumn)
    return True


# ------------------------------------------------------------------ drift


def drift(monitor: Monitor, reference: Column, current: Summary) -> Measure:
    """How far the window's distribution is from the reference's.

    `psi` and `jensen_shannon` compare the reference's buckets or categories, missing values among
    them, with the p-value of chi-squared; `ks` compares the numbers alone, with its own.
    """
    statistic, threshold = monitor.statistic or DEFAULT_STATISTIC, _threshold(monitor)
    before, now = tables(reference, current)
    n, m = int(before.sum()), int(now.sum())
    if not n or not m:
        _nothing("window" if n else "reference")
    buckets = int(np.count_nonzero(before + now))
    tested = divergence.chi_squared(before, now)
    detail: dict[str, Scalar] = {
        "psi": divergence.psi(before, now),
        "jensen_shannon": divergence.jensen_shannon(before, now),
        "chi_squared": tested.statistic,
        "degrees": tested.degrees,
        "reference_rows": n,
        "buckets": buckets,
    }
    if statistic == "ks":
        return _kolmogorov_smirnov(threshold, reference, current, detail)
    if statistic == "psi":
        value, by_chance = detail["psi"], chance.of_psi(threshold, n, m, buckets)
    else:
        value = detail["jensen_shannon"]
        by_chance = chance.of_jensen_shannon(threshold, n, m, buckets)
    assert isinstance(value, float)
    return Measure(value, threshold, m, (by_chance, tested.p_value), tested.p_value, detail=detail)


def _kolmogorov_smirnov(
    threshold: float, reference: Column, current: Summary, detail: Mapping[str, Scalar]
) -> Measure:
    if not isinstance(reference, NumberColumn) or not isinstance(current, Numbers):
        raise NotMeasurableError("ks compares numbers; categories have psi and jensen_shannon.")
    if not reference.count or not len(current.values):
        _nothing("window" if reference.count else "reference")
    tested = ks.two_sample(reference.ordered, current.ordered(), reference.count)
    rows = len(current.values)
    by_chance = chance.of_ks(threshold, reference.count, rows)
    p_value = tested.p_value
    return Measure(tested.d, threshold, rows, (by_chance, p_value), p_value, detail=detail)


def tables(reference: Column, current: Summary) -> tuple[Counts, Counts]:
    """The rows of both in the same buckets or categories, the missing ones last.

    Categories: those kept of the reference, the other known ones, those never seen before; the last
    two are one where the reference does not know all its categories.
    """
    if isinstance(reference, NumberColumn):
        assert isinstance(current, Numbers)
        counts = reference.buckets.count(current.values)
        return _ending(reference.counts, reference.missing), _ending(counts, current.missing)
    assert isinstance(current, Categories)
    seen = current.table.filter(pl.col("value").is_in(reference.values))
    by_value = dict(zip(seen["value"], seen["count"], strict=True))
    known = np.array([by_value.get(value, 0) for value in reference.values], dtype=np.int64)
    unseen = int(current.table["count"].sum()) - int(known.sum())
    before = _ending(reference.counts, reference.rest, reference.missing)
    return before, _ending(known, unseen, current.missing)


def _ending(counts: Counts, *more: int) -> Counts:
    return np.append(counts, np.array(more, dtype=np.int64))


# ------------------------------------------------------------------ invalid data


def missing_values(monitor: Monitor, reference: Column, current: Summary) -> Measure:
    """By how much the share of missing values has risen. A column that is absent is missing whole."""
    rows, threshold = _rows(current), _threshold(monitor)
    before, now = reference.missing / reference.rows, current.missing / rows
    usual = (reference.missing + 1) / (reference.rows + 2)
    chances = (
        chance.of_share(before + threshold, usual, rows),
        chance.of_share(now, usual, rows),
    )
    detail: dict[str, Scalar] = {"share": now, "reference_share": before}
    return Measure(now - before, threshold, rows, chances, detail=detail)


def values_range(monitor: Monitor, reference: Column, current: Summary) -> Measure:
    """The share of numbers that lie outside the reference's least and greatest.

    With nothing changed, that happens to 2 rows in as many as the reference has.
    """
    if not isinstance(reference, NumberColumn) or not isinstance(current, Numbers):
        raise NotMeasurableError("only numbers have a range.")
    if not reference.count or not len(current.values):
        _nothing("window" if reference.count else "reference")
    known = np.array([reference.lowest, reference.highest], dtype=reference.ordered.dtype)
    known, values = comparable(known, current.values)
    below = int(np.count_nonzero(values < known[0]))
    above = int(np.count_nonzero(values > known[1]))
    rows, threshold = len(values), _threshold(monitor)
    detail: dict[str, Scalar] = {
        "reference_lowest": reference.lowest,
        "reference_highest": reference.highest,
        "lowest": float(values.min()),
        "highest": float(values.max()),
        "below": below,
        "above": above,
    }
    usual = min(1.0, 2 / (reference.count + 1))
    return _of_share((below + above) / rows, usual, threshold, rows, detail)


def new_values(monitor: Monitor, reference: Column, current: Summary) -> Measure:
    """The share of rows whose category the reference never had.

    With nothing changed it is the share of categories that occur once (Good and Turing).
    """
    if not isinstance(reference, CategoryColumn) or not isinstance(current, Categories):
        raise NotMeasurableError("only categories can be new; numbers have values_range.")
    if reference.rest:
        raise NotMeasurableError(
            f"the reference has more than the {len(reference.values):,} categories that are kept."
        )
    known = int(reference.counts.sum())
    rows, threshold = int(current.table["count"].sum()), _threshold(monitor)
    if not known or not rows:
        _nothing("window" if known else "reference")
    unseen = current.table.filter(~pl.col("value").is_in(reference.values))
    usual = min(1.0, (reference.single + 1) / (known + 1))
    detail: dict[str, Scalar] = {
        "new": len(unseen),
        "names": ", ".join(value[:40] for value in unseen["value"].head(_NAMED)),
    }
    return _of_share(int(unseen["count"].sum()) / rows, usual, threshold, rows, detail)


def value_types(monitor: Monitor, reference: Column, current: Summary) -> Measure:
    """The share of values that are not of the reference's kind, such as text for a number."""
    rows = _rows(current) - current.missing
    if not rows:
        _nothing("window")
    usual = (reference.invalid + 1) / (reference.rows + 2)
    detail: dict[str, Scalar] = {"invalid": current.invalid}
    return _of_share(current.invalid / rows, usual, _threshold(monitor), rows, detail)


def _of_share(
    share: float, usual: float, threshold: float, rows: int, detail: Mapping[str, Scalar]
) -> Measure:
    """A share of the rows, where with nothing changed each row is one of them as `usual`."""
    chances = (
        chance.of_share(threshold, usual, rows),
        chance.of_share(share, usual, rows),
    )
    return Measure(share, threshold, rows, chances, detail=detail)


def _rows(current: Summary) -> int:
    if not current.rows:
        _nothing("window")
    return current.rows


def _threshold(monitor: Monitor) -> float:
    threshold = monitor.default_threshold()
    assert threshold is not None
    return threshold


def _nothing(where: str) -> NoReturn:
    raise NotMeasurableError(f"the {where} has no value of this kind.")


COLUMN_CHECKS: Mapping[str, ColumnCheck] = {
    "data_drift": drift,
    "prediction_drift": drift,
    "label_drift": drift,
    "missing_values": missing_values,
    "values_range": values_range,
    "new_values": new_values,
    "value_types": value_types,
}
