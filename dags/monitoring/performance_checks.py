"""Checks of how well the model does: with labels, without them, over time and across groups."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import special

from monitoring import adaptive, chance, estimate
from monitoring.findings import Finding
from monitoring.judging import Measure, judge, unjudged
from monitoring.metrics import (
    ENOUGH,
    METRICS,
    Labelled,
    Metric,
    NotMeasurableError,
    labelled,
    leading,
)
from monitoring.monitors import Monitor
from monitoring.profile import Profile
from monitoring.schema import Schema, Task
from monitoring.slices import Group, groups
from monitoring.spread import standard_error
from monitoring.summary import floats, texts
from monitoring.window import Window

_ESTIMATED = ("accuracy", "precision", "recall", "f1", "roc_auc")


def performance(monitor: Monitor, profile: Profile, window: Window) -> Iterable[Finding]:
    """A realised metric of the rows whose labels have arrived, against a bound.

    The bound is the threshold, or the baseline less what is tolerated.
    """
    metric = _metric(monitor, profile.schema)
    rows = labelled(window.rows, profile.schema)
    value = metric.of(rows)
    error = _error(metric, rows)
    share = len(rows.truth) / len(window.rows)
    yield _bounded(monitor, metric, profile, value, error, len(rows.truth), {"labelled": share})


def estimated_performance(monitor: Monitor, profile: Profile, window: Window) -> Iterable[Finding]:
    """What a metric probably is, from calibrated probabilities, against the same bound."""
    schema, metric = profile.schema, _metric(monitor, profile.schema)
    if not schema.task.classifies:
        raise NotMeasurableError(
            "without labels nothing is known of a regression's errors; performance measures them "
            "when labels arrive."
        )
    if metric.name not in _ESTIMATED:
        raise NotMeasurableError(f"only {', '.join(_ESTIMATED)} are estimated.")
    off = profile.calibration_error
    if off is None:
        raise NotMeasurableError(
            "the reference has no labelled scores, so it is not known whether they are calibrated."
        )
    if off > estimate.WELL_CALIBRATED:
        raise NotMeasurableError(
            f"the scores are off by {off:.3f} on the reference, and an estimate needs "
            f"{estimate.WELL_CALIBRATED} or less; calibrate the model."
        )
    scores, prediction = _scored(window.rows, schema)
    names = (schema.positive or "",) if schema.task is Task.BINARY else tuple(dict(schema.scores))

    def compute(places: NDArray[np.int64] | slice) -> estimate.Estimate:
        return estimate.estimate(schema.task, scores[places], prediction[places], names)

    whole = compute(slice(None))
    error = standard_error(len(scores), lambda places: compute(places).metrics[metric.name])
    detail = {**whole.metrics, "calibration_error": off}
    yield _bounded(monitor, metric, profile, whole.metrics[metric.name], error, len(scores), detail)


def concept_drift(monitor: Monitor, profile: Profile, window: Window) -> Iterable[Finding]:
    """Where the errors change within the window (ADWIN), or the columns that the monitor names.

    A classification's errors are 0 or 1; numbers are looked at by their ranks.
    """
    threshold = monitor.default_threshold()
    assert threshold is not None
    timestamp = profile.schema.timestamp
    rows = window.rows
    if timestamp is not None and timestamp in rows.columns:
        rows = rows.sort(timestamp, maintain_order=True)
    for column in monitor.columns or (None,):
        if column is None:
            values = _errors(labelled(rows, profile.schema))
        elif column in rows.columns:
            values = adaptive.ranks(floats(rows[column]).drop_nulls().to_numpy())
        else:
            yield unjudged(monitor, "the column is not in the window.", column)
            continue
        if len(values) < adaptive.ENOUGH:
            reason = f"{len(values)} rows in order; from {adaptive.ENOUGH} on changes are sought."
            yield unjudged(monitor, reason, column)
            continue
        found = adaptive.changes(values)
        detail = {"changes": len(found.starts), "first": found.starts[0] if found.starts else None}
        measure = Measure(found.largest, threshold, len(values), detail=detail)
        yield judge(monitor, measure, column)


def bias(monitor: Monitor, profile: Profile, window: Window) -> Iterable[Finding]:
    """By how much a group's metric, or its rate of positive predictions, differs from the rest's.

    Absolutely for rates and shares, relatively for losses. No cause is told: groups may differ.
    """
    rows, measure = _compared(monitor, profile.schema, window.rows)
    for column in monitor.slices:
        if column not in rows.columns:
            yield unjudged(monitor, "the column is not in the window.", column)
            continue
        for group in groups(rows[column], profile.columns.get(column)):
            try:
                yield judge(monitor, measure(group), column, group.name)
            except NotMeasurableError as error:
                yield unjudged(monitor, str(error), column, group.name)


def _compared(
    monitor: Monitor, schema: Schema, rows: pl.DataFrame
) -> tuple[pl.DataFrame, Callable[[Group], Measure]]:
    """The rows to make groups of, and what is measured of a group."""
    if monitor.metric == "positive_rate" or (monitor.metric is None and schema.task is Task.BINARY):
        return rows, partial(_of_rate, monitor, _positive(rows, schema))
    known = labelled(rows, schema)
    return rows[known.places], partial(_of_metric, monitor, _metric(monitor, schema), known)


# ------------------------------------------------------------------ bounds


def _metric(monitor: Monitor, schema: Schema) -> Metric:
    if monitor.metric is None:
        return leading(schema)
    if monitor.metric not in METRICS:
        raise NotMeasurableError(f"{monitor.metric} is compared between slices (bias) only.")
    return METRICS[monitor.metric]


def _bounded(
    monitor: Monitor,
    metric: Metric,
    profile: Profile,
    value: float,
    error: float,
    rows: int,
    detail: Mapping[str, float],
) -> Finding:
    baseline = profile.baseline.get(metric.name)
    bound = monitor.threshold
    if bound is None:
        if baseline is None:
            raise NotMeasurableError(
                f"the reference has no {metric.name} to compare with; give a threshold."
            )
        bound = metric.bound(baseline)
    chances = 0.0, 0.0
    if baseline is not None and not metric.fails(baseline, bound):
        chances = _beyond(abs(baseline - bound), error), _beyond(abs(baseline - value), error)
    more = {**detail, "metric": metric.name, "baseline": baseline, "standard_error": error}
    # A loss alerts above its bound, not at it: as `Metric.fails` has it.
    threshold = bound if metric.higher_is_better else math.nextafter(bound, math.inf)
    measure = Measure(
        value,
        threshold,
        rows,
        chances,
        below=metric.higher_is_better,
        detail=more,
    )
    return judge(monitor, measure)


def _error(metric: Metric, rows: Labelled) -> float:
    return standard_error(len(rows.truth), lambda places: metric.compute(rows.pick(places)))


def _beyond(distance: float, error: float) -> float:
    return float(special.ndtr(-distance / error)) if error else 0.0


# ------------------------------------------------------------------ rows


def _scored(rows: pl.DataFrame, schema: Schema) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    columns = [column for _, column in schema.scores]
    if not columns or schema.prediction is None:
        raise NotMeasurableError("an estimate needs the prediction and its class probabilities.")
    absent = next((n for n in (*columns, schema.prediction) if n not in rows.columns), None)
    if absent is not None:
        raise NotMeasurableError(f"the column {absent!r} is not in the window.")
    read = {name: floats(rows[name]) for name in columns}
    known = pl.DataFrame(read | {schema.prediction: texts(rows[schema.prediction])}).drop_nulls()
    if len(known) < ENOUGH:
        raise NotMeasurableError(
            f"{len(known)} rows with scores; from {ENOUGH} on it is estimated."
        )
    prediction = np.asarray(known[schema.prediction].to_list(), "U")
    return known.select(columns).to_numpy(), prediction


def _errors(rows: Labelled) -> NDArray[np.float64]:
    if rows.prediction is None:
        raise NotMeasurableError("errors need the prediction.")
    if rows.task.classifies:
        return np.asarray(rows.truth != rows.prediction, dtype=np.float64)
    return adaptive.ranks(np.abs(rows.truth - rows.prediction))


def _positive(rows: pl.DataFrame, schema: Schema) -> NDArray[np.bool_]:
    if schema.task is not Task.BINARY or schema.prediction is None:
        raise NotMeasurableError("a rate of positive predictions needs a binary prediction.")
    if schema.prediction not in rows.columns:
        raise NotMeasurableError(f"the column {schema.prediction!r} is not in the window.")
    is_positive = (texts(rows[schema.prediction]) == schema.positive).fill_null(value=False)
    return np.asarray(is_positive)


def _of_rate(monitor: Monitor, positive: NDArray[np.bool_], group: Group) -> Measure:
    threshold = monitor.default_threshold()
    assert threshold is not None
    inside, outside = positive[group.rows], positive[~group.rows]
    n, m = len(outside), len(inside)
    if not n or not m:
        raise NotMeasurableError("there is no other group to compare with.")
    pooled = chance.pooled(int(inside.sum()), int(outside.sum()), n, m)
    difference = float(inside.mean() - outside.mean())
    by_chance = chance.of_difference(abs(difference), pooled, n, m)
    return Measure(
        abs(difference),
        threshold,
        m,
        (chance.of_difference(threshold, pooled, n, m), by_chance),
        by_chance,
        detail={
            "metric": "positive_rate",
            "group": float(inside.mean()),
            "rest": float(outside.mean()),
        },
    )


def _of_metric(monitor: Monitor, metric: Metric, rows: Labelled, group: Group) -> Measure:
    threshold = monitor.default_threshold()
    assert threshold is not None
    sides = rows.pick(group.rows), rows.pick(~group.rows)
    inside, outside = (metric.of(side) for side in sides)
    errors = [_error(metric, side) for side in sides]
    scale = 1.0 if metric.higher_is_better else outside
    value = metric.loss(inside, outside)
    chances = (
        2 * _beyond(threshold * scale, math.hypot(*errors)),
        2 * _beyond(value * scale, math.hypot(*errors)),
    )
    return Measure(
        value,
        threshold,
        len(sides[0].truth),
        chances,
        detail={"metric": metric.name, "group": inside, "rest": outside},
    )
