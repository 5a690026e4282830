"""The verdict over an evaluation: MLflow's `MetricThreshold` rules, check by check. Pure."""

import math
import re
from dataclasses import asdict, dataclass
from typing import Any

from cooper_dags.errors import RefusedError

_SAME_METRIC_STEP = 1e-10
"""What counts as better than a champion's metric of zero, as in MLflow."""
_TASKS = ("binary", "multiclass", "regression", "count")
_FILE = re.compile(r"[A-Za-z0-9_][\w.-]{0,99}\.(?:csv|parquet|jsonl)")


@dataclass(frozen=True, slots=True)
class Slice:
    """Part of the holdout: the rows in which `column` has `value`."""

    column: str
    value: str
    rows: int
    metrics: dict[str, float]

    def document(self) -> dict[str, Any]:
        """As a report holds it."""
        return asdict(self)

    def flat(self) -> dict[str, Any]:
        """As `evaluation.json` holds it: the metrics beside the rest."""
        named = {"column": self.column, "value": self.value, "rows": self.rows}
        return {**named, **self.metrics}


@dataclass(frozen=True, slots=True)
class Predictions:
    """The file with a row of predictions for each row of the holdout, and what its columns mean.

    The columns are named as those of the endpoint's answers. `scores` gives each class its column of
    probabilities, for a binary task that of the `positive` class alone.
    """

    file: str
    task: str
    prediction: str | None
    scores: dict[str, str]
    positive: str | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the project's evaluation wrote. `champion` is None where there was none.

    Latency in milliseconds for one prediction, size in bytes; None where it was not measured.
    """

    rows: int
    metrics: dict[str, float]
    champion: dict[str, float] | None
    slices: tuple[Slice, ...] = ()
    champion_slices: tuple[Slice, ...] = ()
    latency_ms: float | None = None
    size_bytes: int | None = None
    holdout_sha256: str | None = None
    predictions: Predictions | None = None


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value)


def _numbers(values: Any, where: str) -> dict[str, float]:
    if not isinstance(values, dict) or not values:
        raise RefusedError(f"evaluation.json: {where} must be an object of metrics.")
    for name, value in values.items():
        if not _is_number(value):
            raise RefusedError(
                f"evaluation.json: {where}.{name} is {value!r}, not a finite number."
            )
    return {name: float(value) for name, value in values.items()}


def _slices(values: Any, where: str) -> tuple[Slice, ...]:
    if values is None:
        return ()
    if not isinstance(values, list):
        raise RefusedError(f"evaluation.json: {where} must be a list of slices.")
    return tuple(_slice(value, f"{where}[{i}]") for i, value in enumerate(values))


def _slice(value: Any, where: str) -> Slice:
    if not isinstance(value, dict) or not isinstance(value.get("column"), str):
        raise RefusedError(f"evaluation.json: {where} must be an object that names its column.")
    if "value" not in value or isinstance(value["value"], list | dict):
        raise RefusedError(f"evaluation.json: {where}.value must say which rows these are.")
    metrics = {key: each for key, each in value.items() if key not in {"column", "value", "rows"}}
    return Slice(
        value["column"],
        _word(value["value"]),
        _rows(value.get("rows"), f"{where}.rows"),
        _numbers(metrics, where),
    )


def _word(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _rows(rows: Any, where: str) -> int:
    if isinstance(rows, bool) or not isinstance(rows, int) or rows < 1:
        raise RefusedError(f"evaluation.json: {where} is {rows!r}, not the number of holdout rows.")
    return rows


def _optional(document: dict[str, Any], name: str) -> float | None:
    value = document.get(name)
    if value is not None and (not _is_number(value) or value < 0):
        raise RefusedError(f"evaluation.json: {name} is {value!r}, not a number from 0 up.")
    return None if value is None else float(value)


def _predictions(values: Any) -> Predictions | None:
    if values is None:
        return None
    where = "evaluation.json: predictions"
    if not isinstance(values, dict):
        raise RefusedError(f"{where} must be an object with file and task.")
    unknown = sorted(set(values) - {"file", "task", "prediction", "scores", "positive"})
    if unknown:
        raise RefusedError(f"{where} has no {unknown[0]!r}.")
    file, task, scores = values.get("file"), values.get("task"), values.get("scores") or {}
    if not isinstance(file, str) or not _FILE.fullmatch(file):
        raise RefusedError(
            f"{where}.file is {file!r}, not the name of a CSV, Parquet or JSON lines file beside "
            "evaluation.json."
        )
    if task not in _TASKS:
        raise RefusedError(f"{where}.task is {task!r}, not one of {', '.join(_TASKS)}.")
    if not isinstance(scores, dict) or not all(isinstance(each, str) for each in scores.values()):
        raise RefusedError(f"{where}.scores must give each class the name of its column.")
    for key in ("prediction", "positive"):
        if not isinstance(values.get(key), str | None):
            raise RefusedError(f"{where}.{key} is {values[key]!r}, not a text.")
    return Predictions(file, task, values.get("prediction"), scores, values.get("positive"))


def parse(document: Any) -> Evaluation:
    """Read `{"rows": n, "metrics": {…}, "baseline_metrics": {…}, "slices": […], …}`.

    A slice is `{"column": …, "value": …, "rows": n, "<metric>": …}`.

    Raises:
        RefusedError: It is of another shape; says where.
    """
    if not isinstance(document, dict):
        raise RefusedError("evaluation.json must be an object with rows and metrics.")
    baseline, size = document.get("baseline_metrics"), _optional(document, "size_bytes")
    holdout = document.get("holdout_sha256")
    return Evaluation(
        rows=_rows(document.get("rows"), "rows"),
        metrics=_numbers(document.get("metrics"), "metrics"),
        champion=None if baseline is None else _numbers(baseline, "baseline_metrics"),
        slices=_slices(document.get("slices"), "slices"),
        champion_slices=_slices(document.get("baseline_slices"), "baseline_slices"),
        latency_ms=_optional(document, "latency_ms"),
        size_bytes=None if size is None else int(size),
        holdout_sha256=None if holdout is None else str(holdout),
        predictions=_predictions(document.get("predictions")),
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


def worst_slice(metric: dict[str, Any], evaluation: Evaluation) -> Slice:
    """The slice where the candidate is worst in the metric.

    Raises:
        RefusedError: No slice reports it.
    """
    name = metric["name"]
    found = [part for part in evaluation.slices if name in part.metrics]
    if not found:
        raise RefusedError(
            f"The evaluation reported no slice with {name}, which has a bound for the worst slice "
            "in project.yaml."
        )
    worst = min if metric["goal"] == "maximise" else max
    return worst(found, key=lambda part: part.metrics[name])


def _in_every_slice(metric: dict[str, Any], bound: float, evaluation: Evaluation) -> dict[str, Any]:
    part = worst_slice(metric, evaluation)
    value, more = part.metrics[metric["name"]], metric["goal"] == "maximise"
    return _check(
        metric["name"],
        value,
        f"at {'least' if more else 'most'} {bound:g} in every slice; {part.column}={part.value}",
        passed=value >= bound if more else value <= bound,
    )


def _of_metric(metric: dict[str, Any], evaluation: Evaluation) -> list[dict[str, Any]]:
    name, threshold = metric["name"], metric["threshold"]
    if name not in evaluation.metrics:
        raise RefusedError(
            f"The evaluation did not report {name}, which has a threshold in project.yaml; "
            f"it reported {', '.join(sorted(evaluation.metrics))}."
        )
    value, found = evaluation.metrics[name], []
    if (low := threshold["min"]) is not None:
        found.append(_check(name, value, f"at least {low:g}", passed=value >= low))
    if (high := threshold["max"]) is not None:
        found.append(_check(name, value, f"at most {high:g}", passed=value <= high))
    if (bound := threshold.get("worst_slice")) is not None:
        found.append(_in_every_slice(metric, bound, evaluation))
    if evaluation.champion is not None:
        if name not in evaluation.champion:
            raise RefusedError(f"The evaluation did not report the champion's {name}.")
        found += _against_champion(metric, value, evaluation.champion[name])
    return found


def checks(
    metrics: list[dict[str, Any]],
    evaluation: Evaluation,
    latency_ms: int | None = None,
    size_bytes: int | None = None,
) -> list[dict[str, Any]]:
    """Every bound of the plan against the evaluation.

    Bounds against the champion are left out where there is no champion.

    Args:
        metrics: The plan's metrics with their thresholds.
        evaluation: What was measured.
        latency_ms: Most milliseconds for one prediction.
        size_bytes: Largest model.

    Raises:
        RefusedError: What has a bound was not reported.
    """
    found: list[dict[str, Any]] = []
    for metric in metrics:
        if metric["threshold"] is not None:
            found += _of_metric(metric, evaluation)
    for name, bound, value in (
        ("latency_ms", latency_ms, evaluation.latency_ms),
        ("size_bytes", size_bytes, evaluation.size_bytes),
    ):
        if bound is None:
            continue
        if value is None:
            raise RefusedError(
                f"The evaluation did not report {name}, which may be at most {bound:,}; "
                "evaluation.json must hold it."
            )
        found.append(_check(name, float(value), f"at most {bound:,}", passed=value <= bound))
    return found
