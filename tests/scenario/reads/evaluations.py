"""Stored evaluations for tests, as the DAG writes them."""

from __future__ import annotations

from typing import Any


def evaluation(deviance: float = 4.2, gini: float = 0.31, **changes: Any) -> dict[str, Any]:
    """One of the claims-frequency example, which passed."""
    values = {
        "holdout_sha256": "c" * 64,
        "rows": 900,
        # Not in the project's order.
        "metrics": {"d2": 0.07, "gini": gini, "poisson_deviance": deviance},
        "slices": [
            part("self_rated_health", "good", 600, deviance - 0.2),
            part("self_rated_health", "poor", 70, deviance + 1.9),
        ],
        "latency_ms": 3.5,
        "size_bytes": 120_000,
        "verdict": "passed",
        "digest": "sha256:1",
        "checks": [],
    }
    return values | changes


def part(column: str, value: str, rows: int, deviance: float) -> dict[str, Any]:
    """One slice."""
    return {"column": column, "value": value, "rows": rows, "poisson_deviance": deviance}


FAILED = {
    "verdict": "failed",
    "checks": [
        {"metric": "gini", "value": 0.21, "bound": "at least 0.3", "passed": False},
        {"metric": "poisson_deviance", "value": 4.2, "bound": "at most 4.3", "passed": True},
    ],
}
