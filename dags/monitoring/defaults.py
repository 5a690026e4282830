"""Monitors for a model whose project names none, made from its reference."""

from __future__ import annotations

from monitoring.estimate import WELL_CALIBRATED
from monitoring.metrics import leading
from monitoring.monitors import Monitor
from monitoring.profile import CategoryColumn, NumberColumn, Profile


def defaults(profile: Profile) -> tuple[Monitor, ...]:
    """What can be watched with this reference, with the thresholds of the checks.

    A column that is an identifier, almost every value another, is left to the missing values.
    """
    schema = profile.schema
    features = tuple(name for name in schema.features if name in profile.columns)
    drifting = tuple(name for name in features if not _is_identifier(profile, name))
    numbers = tuple(n for n in drifting if isinstance(profile.columns[n], NumberColumn))
    closed = tuple(n for n in drifting if _is_closed(profile, n))
    found = [Monitor("activity", "activity", severity="high")]
    if drifting:
        found.append(Monitor("input-drift", "data_drift", columns=drifting))
    if features:
        found.append(Monitor("missing-values", "missing_values", columns=features))
        found.append(Monitor("value-types", "value_types", columns=features, severity="high"))
    if numbers:
        found.append(Monitor("values-range", "values_range", columns=numbers, severity="low"))
    if closed:
        found.append(Monitor("new-values", "new_values", columns=closed))
    if len(drifting) > 1 and len(profile.sample):
        found.append(Monitor("joint-drift", "multivariate_drift", columns=drifting, severity="low"))
    if schema.prediction in profile.columns or schema.scores:
        found.append(Monitor("prediction-drift", "prediction_drift", severity="high"))
    error = profile.calibration_error
    metric = leading(schema).name
    if schema.prediction and schema.scores and error is not None and error <= WELL_CALIBRATED:
        found.append(Monitor("estimated-performance", "estimated_performance"))
    if metric in profile.baseline:
        found.append(Monitor("performance", "performance", severity="high"))
        found.append(Monitor("errors", "concept_drift"))
    found.append(Monitor("staleness", "staleness", severity="low"))
    return tuple(found)


def _is_identifier(profile: Profile, name: str) -> bool:
    column = profile.columns[name]
    return isinstance(column, CategoryColumn) and column.single * 2 > column.rows


def _is_closed(profile: Profile, name: str) -> bool:
    column = profile.columns[name]
    return isinstance(column, CategoryColumn) and not column.rest
