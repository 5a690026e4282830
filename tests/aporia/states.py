"""Declared states, as the deployment makes them."""

DAY = 86400


def monitor(name, check, **changes):
    return {
        "name": name,
        "check": check,
        "columns": [],
        "statistic": None,
        "metric": None,
        "threshold": 0.1,
        "window": DAY,
        "severity": "medium",
    } | changes


def state(**changes):
    return {
        "model": "demo-claims-staging",
        "description": "claims in staging, deployed by Cooper.",
        "task": "count",
        "version": "3",
        "features": [
            {"name": "age", "kind": "numeric", "missing": 0.0},
            {"name": "health", "kind": "categorical", "missing": 0.02},
        ],
        "predictions": {"prediction": "numeric"},
        "target": {"name": "visits", "kind": "numeric", "prediction": "prediction"},
        "monitors": [
            monitor("input-drift", "data_drift", window=7 * DAY),
            monitor("activity", "activity", threshold=0.5, severity="high"),
        ],
    } | changes


def document(aporia, state, **changes):
    """What the task is given: the state, and a connection to the stand-in."""
    reads = "SELECT * FROM {} WHERE endpoint = '{{endpoint}}' AND version = {{version}}"
    settings = {
        "host": aporia.url,
        "account": aporia.account,
        "workspace": aporia.workspace,
        "integration": "cooper",
        "data_source": "lake",
        "serving": {"query": reads.format("served")},
        "training": {"query": reads.format("trained")},
    } | changes
    given = {key: value for key, value in settings.items() if value is not None}
    return {"state": state, "connection": given}
