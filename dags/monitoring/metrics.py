"""Realised performance: the metrics of labelled predictions, by scikit-learn.

Classes are compared as text, so that 1, 1.0 and "1" are one class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from monitoring.schema import Schema, Task
from monitoring.summary import floats, texts

ENOUGH = 100
"""Labelled rows from which a metric is told: below, an accuracy of 0.9 is off by ±0.06 and more."""
ENOUGH_OF_A_CLASS = 10
"""Rows of each class that metrics of classes need: below, one row moves a recall by 0.1."""
TOLERANCES = {"share": 0.05, "loss": 0.10}
"""How much worse than the baseline is tolerated where no bound is given: absolute and relative."""

_Array = NDArray[Any]
_PLACE = "\0place"  # No column of CSV, JSON or Parquet data is named so.


class NotMeasurableError(Exception):
    """The metric has no value on these rows; the message says why, for people."""


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Rows with a label. `truth` and `prediction`: [rows], text for classes, else float64.

    `scores`: [rows, classes] float64 in the order of `classes`, or None. `places`: [rows], the rows'
    numbers in the frame that they come from.
    """

    task: Task
    truth: _Array
    prediction: _Array | None
    scores: _Array | None
    classes: tuple[str, ...]
    positive: str | None
    places: _Array

    def pick(self, rows: _Array) -> Labelled:
        """The rows that are flagged or numbered."""
        return replace(
            self,
            truth=self.truth[rows],
            prediction=None if self.prediction is None else self.prediction[rows],
            scores=None if self.scores is None else self.scores[rows],
            places=self.places[rows],
        )


@dataclass(frozen=True, slots=True)
class Metric:
    """`kind` is `share` (0 to 1, more is better) or `loss` (from 0 up, less is better)."""

    name: str
    kind: str
    tasks: frozenset[Task]
    compute: Callable[[Labelled], float]
    needs_scores: bool = False

    @property
    def higher_is_better(self) -> bool:
        return self.kind == "share"

    def bound(self, baseline: float) -> float:
        """The worst value that is tolerated of a model with this baseline."""
        if self.higher_is_better:
            return baseline - TOLERANCES["share"]
        return baseline * (1 + TOLERANCES["loss"])

    def fails(self, value: float, bound: float) -> bool:
        return value < bound if self.higher_is_better else value > bound

    def loss(self, value: float, other: float) -> float:
        """By how much `value` is another than `other`: absolute for shares, relative for losses."""
        if self.higher_is_better:
            return abs(value - other)
        return abs(value - other) / other if other else float(value != other)

    def of(self, rows: Labelled) -> float:
        """Raises NotMeasurableError."""
        if rows.task not in self.tasks:
            raise NotMeasurableError(f"{self.name} is no metric of a {rows.task} model.")
        if self.needs_scores and rows.scores is None:
            raise NotMeasurableError(f"{self.name} needs the class probabilities.")
        if not self.needs_scores and rows.prediction is None:
            raise NotMeasurableError(f"{self.name} needs the prediction.")
        if len(rows.truth) < ENOUGH:
            raise NotMeasurableError(
                f"{len(rows.truth)} labelled rows; from {ENOUGH} on it is measured."
            )
        if self.kind == "share" and self.name != "accuracy":
            _see_classes(rows)
        return self.compute(rows)


def _see_classes(rows: Labelled) -> None:
    names, counts = np.unique(rows.truth, return_counts=True)
    seen = dict(zip(names.tolist(), counts.tolist(), strict=True))
    if rows.task is Task.BINARY:
        positive = seen.pop(rows.positive, 0)
        least, name = min((positive, str(rows.positive)), (sum(seen.values()), "the others"))
    else:
        least, name = min((seen.get(each, 0), each) for each in (rows.classes or seen))
    if least < ENOUGH_OF_A_CLASS:
        raise NotMeasurableError(
            f"{least} labelled rows of {name}; from {ENOUGH_OF_A_CLASS} on it is measured."
        )


def labelled(rows: pl.DataFrame, schema: Schema) -> Labelled:
    """The rows of which label, prediction and scores are all known.

    Raises NotMeasurableError where the columns are not there.
    """
    wanted = [schema.target, schema.prediction, *(column for _, column in schema.scores)]
    columns = [name for name in wanted if name is not None]
    absent = next((name for name in columns if name not in rows.columns), None)
    if schema.target is None or len(columns) < 2:
        raise NotMeasurableError("the model's schema names no target with a prediction.")
    if absent is not None:
        raise NotMeasurableError(f"the column {absent!r} is not in the window.")
    as_class = schema.task.classifies
    read = {
        name: texts(rows[name])
        if as_class and name in {schema.target, schema.prediction}
        else floats(rows[name])
        for name in columns
    }
    known = pl.DataFrame(read).with_row_index(_PLACE).drop_nulls()
    scores = [known[column].to_numpy() for _, column in schema.scores]
    return Labelled(
        schema.task,
        _array(known[schema.target]),
        None if schema.prediction is None else _array(known[schema.prediction]),
        np.column_stack(scores) if scores else None,
        tuple(name for name, _ in schema.scores),
        schema.positive,
        known[_PLACE].to_numpy(),
    )


def _array(column: pl.Series) -> _Array:
    return column.to_numpy() if column.dtype == pl.Float64 else np.asarray(column.to_list(), "U")


# ------------------------------------------------------------------ by scikit-learn


def _of_labels(name: str, **options: Any) -> Callable[[Labelled], float]:
    def compute(rows: Labelled) -> float:
        from sklearn import metrics

        return float(getattr(metrics, name)(rows.truth, rows.prediction, **options))

    return compute


def _of_classes(name: str) -> Callable[[Labelled], float]:
    """Of the positive class, or the mean over the classes."""

    def compute(rows: Labelled) -> float:
        from sklearn import metrics

        how: str = "macro"
        each: tuple[Any, Any] = rows.truth, rows.prediction
        if rows.task is Task.BINARY:
            how, each = "binary", (rows.truth == rows.positive, rows.prediction == rows.positive)
        function = getattr(metrics, name)
        return float(function(*each, average=how, zero_division=0.0))

    return compute


def _probabilities(rows: Labelled) -> tuple[_Array, _Array]:
    """One-hot truth and scores: [rows, classes]; one column for a binary task."""
    assert rows.scores is not None
    names = np.array([rows.positive] if rows.task is Task.BINARY else rows.classes)
    return rows.truth[:, None] == names, rows.scores


def _roc_auc(rows: Labelled) -> float:
    from sklearn import metrics

    truth, scores = _probabilities(rows)
    return float(
        np.mean([metrics.roc_auc_score(*pair) for pair in zip(truth.T, scores.T, strict=True)])
    )


def _log_loss(rows: Labelled) -> float:
    truth, scores = _probabilities(rows)
    smallest = np.finfo(np.float64).eps
    if rows.task is Task.BINARY:
        right = np.where(truth, scores, 1 - scores)[:, 0]
    else:
        right = np.sum(truth * scores, axis=1)
    return float(-np.mean(np.log(np.clip(right, smallest, 1.0))))


def _brier(rows: Labelled) -> float:
    truth, scores = _probabilities(rows)
    return float(np.mean(np.sum((scores - truth) ** 2, axis=1)))


def _poisson_deviance(rows: Labelled) -> float:
    from sklearn import metrics

    assert rows.prediction is not None
    if (rows.truth < 0).any() or (rows.prediction <= 0).any():
        raise NotMeasurableError(
            "a Poisson deviance needs labels from 0 up and predictions above 0."
        )
    return float(metrics.mean_poisson_deviance(rows.truth, rows.prediction))


_CLASSES = frozenset({Task.BINARY, Task.MULTICLASS})
_NUMBERS = frozenset({Task.REGRESSION, Task.COUNT})

METRICS: Mapping[str, Metric] = {
    each.name: each
    for each in (
        Metric("accuracy", "share", _CLASSES, _of_labels("accuracy_score")),
        Metric("balanced_accuracy", "share", _CLASSES, _of_labels("balanced_accuracy_score")),
        Metric("precision", "share", _CLASSES, _of_classes("precision_score")),
        Metric("recall", "share", _CLASSES, _of_classes("recall_score")),
        Metric("f1", "share", _CLASSES, _of_classes("f1_score")),
        Metric("roc_auc", "share", _CLASSES, _roc_auc, needs_scores=True),
        Metric("log_loss", "loss", _CLASSES, _log_loss, needs_scores=True),
        Metric("brier", "loss", _CLASSES, _brier, needs_scores=True),
        Metric("mae", "loss", _NUMBERS, _of_labels("mean_absolute_error")),
        Metric("rmse", "loss", _NUMBERS, _of_labels("root_mean_squared_error")),
        Metric("poisson_deviance", "loss", frozenset({Task.COUNT}), _poisson_deviance),
    )
}
"""By name. Precision, recall, F1: of the positive class, macro for more; AUC: one against the rest."""

LEADING: Mapping[Task, str] = {
    Task.BINARY: "f1",
    Task.MULTICLASS: "accuracy",
    Task.REGRESSION: "rmse",
    Task.COUNT: "poisson_deviance",
}


def leading(schema: Schema) -> Metric:
    """The metric that a monitor means where it names none."""
    return METRICS["roc_auc" if schema.scores else LEADING[schema.task]]


def measured(rows: Labelled) -> dict[str, float]:
    """Every metric that has a value on these rows."""
    found = {}
    for metric in METRICS.values():
        try:
            found[metric.name] = metric.of(rows)
        except NotMeasurableError:
            continue
    return found
