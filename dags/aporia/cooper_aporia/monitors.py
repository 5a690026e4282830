"""Monitors of `project.yaml` as Aporia's, where it has one that asks the same question.

What it has none for stays with our own monitor, which looks at all of them anyway. Types, detection
methods and their parameters: docs.aporia.com, "ML monitoring as code", "Monitors".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import aporia.as_code as sdk

from cooper_aporia.declared import Declared, Monitor

MARK = "Kept by Cooper from project.yaml. What is changed here is changed back."
"""The comment of our monitors: those without it are people's own, and left alone."""

_METRICS = {
    "mae": sdk.MetricType.MAE,
    "rmse": sdk.MetricType.RMSE,
    "accuracy": sdk.MetricType.ACCURACY,
}
_METRICS_OF_CLASSES = {
    "precision": sdk.MetricType.PRECISION,
    "recall": sdk.MetricType.RECALL,
    "f1": sdk.MetricType.F1,
}
"""Means over the classes. Of two classes, Aporia takes them from a score and a cut that we do not have."""
_LESS_IS_BETTER = {"mae", "rmse"}
_PERIODS = (
    (7 * 86400, sdk.PeriodType.WEEKS),
    (86400, sdk.PeriodType.DAYS),
    (3600, sdk.PeriodType.HOURS),
)


class NoCounterpartError(Exception):
    """Aporia has no monitor that asks this; the message says why, for the task's log."""


def counterpart(
    monitor: Monitor, declared: Declared, integration: str, *, trained: bool
) -> sdk.Monitor:
    """Aporia's monitor, with the webhook `integration` in its action.

    `trained`: Aporia has a training dataset. Raises NoCounterpartError.
    """
    build = _BUILDERS.get(monitor.check)
    if build is None:
        otherwise = f"Aporia has nothing like {monitor.check}"
        raise NoCounterpartError(_OTHERWISE.get(monitor.check, otherwise))
    arguments = build(monitor, declared)
    baseline = arguments.get("baseline")
    if baseline is not None and baseline.source is sdk.SourceType.TRAINING and not trained:
        raise NoCounterpartError("Aporia has no training data to compare with")
    focal = sdk.FocalConfiguration(timePeriod=arguments.pop("looks_back", None))
    return sdk.Monitor(
        monitor.name,
        **arguments,
        focal=focal,
        severity=monitor.severity.upper(),
        comment=MARK,
        messaging={sdk.MessagingIntegrationType.WEBHOOK: [integration]},
    )


def _data_drift(monitor: Monitor, declared: Declared) -> dict[str, Any]:
    return _drift(monitor) | {
        "monitor_type": sdk.MonitorType.DATA_DRIFT,
        "features": _features(monitor, declared),
    }


def _prediction_drift(monitor: Monitor, declared: Declared) -> dict[str, Any]:
    if not declared.predictions:
        raise NoCounterpartError("the profile has no predictions")
    return _drift(monitor) | {
        "monitor_type": sdk.MonitorType.PREDICTION_DRIFT,
        "predictions": list(declared.predictions),
    }


def _drift(monitor: Monitor) -> dict[str, Any]:
    """Aporia's drift score: Jensen-Shannon for numbers, Hellinger for categories."""
    if monitor.statistic not in {None, "jensen_shannon"}:
        raise NoCounterpartError(f"Aporia's drift score is not {monitor.statistic}")
    threshold = _threshold(monitor)
    return {
        "detection_method": sdk.DetectionMethod.COMPARED_TO_TRAINING,
        "baseline": sdk.BaselineConfiguration(source=sdk.SourceType.TRAINING),
        "thresholds": sdk.ThresholdConfiguration(numeric=threshold, categorical=threshold),
        "looks_back": _period(monitor),
    }


def _missing_values(monitor: Monitor, declared: Declared) -> dict[str, Any]:
    """The share itself. Ours is by how much it rose, which is the same where nothing was missing."""
    features = _features(monitor, declared)
    gaps = [each.name for each in declared.features if each.name in features and each.missing]
    if gaps:
        raise NoCounterpartError(
            f"values of {gaps[0]} were missing in training, and Aporia looks at no rise"
        )
    return {
        "monitor_type": sdk.MonitorType.MISSING_VALUES,
        "detection_method": sdk.DetectionMethod.ABSOLUTE,
        "features": features,
        "max": _threshold(monitor),
        "looks_back": _period(monitor),
    }


def _new_values(monitor: Monitor, declared: Declared) -> dict[str, Any]:
    """Distinct new values over those known; ours counts the rows that have one."""
    features = _features(monitor, declared, kind="categorical")
    return {
        "monitor_type": sdk.MonitorType.NEW_VALUES,
        "detection_method": sdk.DetectionMethod.COMPARED_TO_TRAINING,
        "baseline": sdk.BaselineConfiguration(source=sdk.SourceType.TRAINING),
        "features": features,
        "new_values_ratio_threshold": _threshold(monitor),
        "looks_back": _period(monitor),
    }


def _activity(monitor: Monitor, _declared: Declared) -> dict[str, Any]:
    """Predictions as a share of those in the period before."""
    period = _period(monitor)
    return {
        "monitor_type": sdk.MonitorType.MODEL_ACTIVITY,
        "detection_method": sdk.DetectionMethod.PERCENTAGE,
        "baseline": sdk.BaselineConfiguration(
            source=sdk.SourceType.SERVING, timePeriod=period, skipPeriod=period
        ),
        "min": _threshold(monitor),
        "looks_back": period,
    }


def _performance(monitor: Monitor, declared: Declared) -> dict[str, Any]:
    target = declared.target
    if target is None:
        raise NoCounterpartError("the profile names no target")
    several = declared.task == "multiclass"
    known = _METRICS | (_METRICS_OF_CLASSES if several else {})
    if monitor.metric not in known:
        raise NoCounterpartError(
            f"Aporia's {monitor.metric or 'metric'} is another, or there is none"
        )
    bound = "max" if monitor.metric in _LESS_IS_BETTER else "min"
    averaged = monitor.metric in _METRICS_OF_CLASSES
    return {
        "monitor_type": sdk.MonitorType.PERFORMANCE_DEGRADATION,
        "detection_method": sdk.DetectionMethod.ABSOLUTE,
        "metric": known[monitor.metric],
        "average_method": sdk.AverageMethod.MACRO if averaged else None,
        "predictions": [target.prediction],
        bound: _threshold(monitor),
        "looks_back": _period(monitor),
    }


def _staleness(monitor: Monitor, _declared: Declared) -> dict[str, Any]:
    if monitor.metric not in {None, "training"}:
        raise NoCounterpartError("Aporia's staleness is the age of the version")
    days = math.ceil(_threshold(monitor))
    return {
        "monitor_type": sdk.MonitorType.MODEL_STALENESS,
        "detection_method": sdk.DetectionMethod.ABSOLUTE,
        "staleness_period": sdk.TimePeriod(count=days, type=sdk.PeriodType.DAYS),
    }


_BUILDERS: dict[str, Callable[[Monitor, Declared], dict[str, Any]]] = {
    "data_drift": _data_drift,
    "prediction_drift": _prediction_drift,
    "missing_values": _missing_values,
    "new_values": _new_values,
    "activity": _activity,
    "performance": _performance,
    "staleness": _staleness,
}

_OTHERWISE = {
    "values_range": "Aporia's looks at the extremes, not at how many values are outside",
}
"""Why a check whose name Aporia knows is another there."""


def _features(monitor: Monitor, declared: Declared, kind: str | None = None) -> list[str]:
    """The features that the monitor names, or all of the kind."""
    fit = [each.name for each in declared.features if kind in {None, each.kind}]
    unfit = [name for name in monitor.columns if name not in fit]
    if unfit:
        raise NoCounterpartError(f"{unfit[0]} is no {kind or 'profiled'} feature")
    if not fit:
        raise NoCounterpartError(f"there is no {kind or 'profiled'} feature")
    return list(monitor.columns) or fit


def _threshold(monitor: Monitor) -> float:
    if monitor.threshold is None:
        raise NoCounterpartError("it has no threshold")
    return monitor.threshold


def _period(monitor: Monitor) -> sdk.TimePeriod:
    """The window in the largest unit of Aporia's that divides it."""
    for seconds, unit in _PERIODS:
        if monitor.window % seconds == 0:
            return sdk.TimePeriod(count=monitor.window // seconds, type=unit)
    raise NoCounterpartError("Aporia looks back whole hours")
