"""The verdict over an evaluation: MLflow's `MetricThreshold` rules, check by check. Pure."""

import math
from dataclasses import dataclass
from typing import Any

from cooper_dags.errors import RefusedError

_SAME_METRIC_STEP = 1e-10
"""What counts as better than a champion's metric of zero, as in MLflow."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the project's evaluation wrote. `champion` is None where there was none."""

    rows: int
    metrics: dict[str, float]
    champion: dict[str, float] | None


def _numbers(values: Any, where: str) -> dict[str, float]:
    if not isinstance(values, dict) or not values:
        raise RefusedError(f"evaluation.json: {where} must be an object of metrics.")
    for name, value in values.items():
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
        ):
            raise RefusedError(
                f"evaluation.json: {where}.{name} is {value!r}, not a finite number."
            )
    return {name: float(value) for name, value in values.items()}


def parse(document: Any) -> Evaluation:
    """Read `{"rows": n, "metrics": {…}, "baseline_metrics": {…}}`.

    Raises:
        RefusedError: It is of another shape; says where.
    """
    if not isinstance(document, dict):
        raise RefusedError("evaluation.json must be an object with rows and metrics.")
    rows = document.get("rows")
    if isinstance(rows, bool) or not isinstance(rows, int) or rows < 1:
        raise RefusedError(f"evaluation.json: rows is {rows!r}, not the number of holdout rows.")
    baseline = document.get("baseline_metrics")
    return Evaluation(
        rows,
        _numbers(document.get("metrics"), "metrics"),
        None if baseline is None else _numbers(baseline, "baseline_metrics"),
    )


def _check(metric: str, value: float, bound: str, *, passed: bool) -> dict[str, Any]:
    return {"metric": metric, "value": value, "bound": bound, "passed": passed}


def _against_champion(
    metric: dict[str, Any], value: float, champion: float
) -> list[dict[str, Any]]:
    threshold, found = metric["threshold"], []
    sign = 1 if metric["goal"] == "maximise" else -1
    gain = sign * (value - champion)
    absolute, relative = threshold["min_absolute_change"], threshold["min_relative_change"]
    words = "above" if sign > 0 else "below"
    if absolute is not None:
        bound = champion + sign * absolute
        found.append(
            _check(
                metric["name"],
                value,
                f"at least {absolute:g} {words} the champion's {champion:g}",
                passed=sign * (value - bound) >= 0,
            )
        )
    if relative is not None:
        better = gain >= _SAME_METRIC_STEP
        passed = better if champion == 0 else gain / abs(champion) >= relative
        found.append(
            _check(
                metric["name"],
                value,
                f"at least {relative:.4g} of it {words} the champion's {champion:g}",
                passed=passed,
            )
        )
    return found


def checks(metrics: list[dict[str, Any]], evaluation: Evaluation) -> list[dict[str, Any]]:
    """Every threshold of the plan's metrics against the evaluation.

    Bounds against the champion are left out where there is no champion.

    Raises:
        RefusedError: A metric with a threshold was not reported.
    """
    found: list[dict[str, Any]] = []
    for metric in metrics:
        threshold = metric["threshold"]
        if threshold is None:
            continue
        name = metric["name"]
        if name not in evaluation.metrics:
            raise RefusedError(
                f"The evaluation did not report {name}, which has a threshold in project.yaml; "
                f"it reported {', '.join(sorted(evaluation.metrics))}."
            )
        value = evaluation.metrics[name]
        if (low := threshold["min"]) is not None:
            found.append(_check(name, value, f"at least {low:g}", passed=value >= low))
        if (high := threshold["max"]) is not None:
            found.append(_check(name, value, f"at most {high:g}", passed=value <= high))
        if evaluation.champion is not None:
            if name not in evaluation.champion:
                raise RefusedError(f"The evaluation did not report the champion's {name}.")
            found += _against_champion(metric, value, evaluation.champion[name])
    return found
