"""What Aporia is told of a deployed version: the signed plan and the version's profile, as plain data.

`dags/aporia/` reads it in the environment of Aporia's SDK (`cooper_aporia.declared`).
"""

from typing import Any


def state(plan: dict[str, Any], profile: Any) -> dict[str, Any]:
    """The declared state: model, version, columns by their roles, monitors with their thresholds.

    Columns without statistics are left out, as nothing could be watched of them. Monitors are those
    of `project.yaml`, or those that the profile suggests; so our own monitor does it.

    Args:
        plan: Of a deployment.
        profile: A `monitoring.profile.Profile`.

    Raises:
        MonitorError: A monitor is not as it should be.
    """
    from monitoring.defaults import defaults
    from monitoring.monitors import parse

    monitors = parse(plan["monitoring"]["monitors"]) or defaults(profile)
    kinds = {name: _kind(profile, name) for name in profile.columns}
    schema = profile.schema
    told = [schema.prediction, *(column for _, column in schema.scores)]
    predictions = {name: kinds[name] for name in told if name in kinds}
    return {
        "model": plan["endpoint"],
        "description": f"{plan['project']} in {plan['environment']['name']}, deployed by Cooper.",
        "task": schema.task.value,
        "version": str(plan["model"]["version"]),
        "features": [
            {"name": name, "kind": kinds[name], "missing": _missing(profile.columns[name])}
            for name in schema.features
            if name in kinds
        ],
        "predictions": predictions,
        "target": _target(schema, predictions),
        "monitors": [_monitor(each, profile) for each in monitors],
    }


def _kind(profile: Any, name: str) -> str:
    return "categorical" if name in profile.categories else "numeric"


def _missing(column: Any) -> float:
    return float(column.missing / column.rows) if column.rows else 0.0


def _target(schema: Any, predictions: dict[str, str]) -> dict[str, str] | None:
    if schema.target is None or schema.prediction not in predictions:
        return None
    kind = "categorical" if schema.task.classifies else "numeric"
    return {"name": schema.target, "kind": kind, "prediction": schema.prediction}


def _monitor(monitor: Any, profile: Any) -> dict[str, Any]:
    metric, threshold = monitor.metric, monitor.default_threshold()
    if monitor.check == "performance":
        metric, threshold = _performance(monitor, profile)
    return {
        "name": monitor.name,
        "check": monitor.check,
        "columns": list(monitor.columns),
        "statistic": monitor.statistic,
        "metric": metric,
        "threshold": threshold,
        "window": int(monitor.window.total_seconds()),
        "severity": monitor.severity,
    }


def _performance(monitor: Any, profile: Any) -> tuple[str, float | None]:
    """The metric and the bound that our own check would take."""
    from monitoring.metrics import METRICS, leading

    metric = METRICS[monitor.metric] if monitor.metric else leading(profile.schema)
    baseline = profile.baseline.get(metric.name)
    if monitor.threshold is not None or baseline is None:
        return metric.name, monitor.threshold
    return metric.name, float(metric.bound(baseline))
