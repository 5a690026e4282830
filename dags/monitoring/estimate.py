"""Performance without labels, from calibrated probabilities (CBPE).

If a model says 0.9 of many rows, nine in ten of them belong to the class: the expected confusion
matrix follows from the scores alone. It holds as long as the scores stay calibrated, so it sees a
change of the inputs but never one of the relation between inputs and target (concept drift).
Regression has no such estimate: a prediction alone says nothing of its own error.

Source: NannyML, "Confidence-based performance estimation" (Białek et al., 2023, arXiv:2407.08649).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitoring.metrics import Labelled, NotMeasurableError
from monitoring.schema import Task

WELL_CALIBRATED = 0.05
"""The largest calibration error of the reference at which an estimate is given."""
_BINS = 10

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """Expected metrics by name, and the standard error of the accuracy's, from sampling alone."""

    metrics: dict[str, float]
    accuracy_error: float


def estimate(
    task: Task,
    scores: _Floats,
    prediction: NDArray[np.str_],
    classes: tuple[str, ...],
) -> Estimate:
    """Expected accuracy, precision, recall, F1 and ROC AUC of unlabelled rows.

    `scores`: [rows, classes], for a binary task [rows, 1] of the positive class, `classes[0]`.
    `prediction`: [rows], the class that was told.

    Raises NotMeasurableError where the scores are no probabilities.
    """
    _see_probabilities(task, scores)
    told = prediction[:, None] == np.array(classes)
    hits, alarms = np.sum(told * scores, axis=0), np.sum(told * (1 - scores), axis=0)
    misses = np.sum(~told * scores, axis=0)
    if task is Task.BINARY:
        right = np.where(told, scores, 1 - scores)[:, 0]
    else:
        right = np.sum(told * scores, axis=1)
    metrics = {
        "accuracy": float(np.mean(right)),
        "precision": _mean_ratio(hits, hits + alarms),
        "recall": _mean_ratio(hits, hits + misses),
        "f1": _mean_ratio(2 * hits, 2 * hits + alarms + misses),
        "roc_auc": float(np.mean([expected_auc(column) for column in scores.T])),
    }
    return Estimate(metrics, float(np.sqrt(np.sum(right * (1 - right))) / len(right)))


def expected_auc(scores: _Floats) -> float:
    """The expected ROC AUC of calibrated scores: pairs ordered rightly over pairs of both classes.

    A row counts as positive with its score and as negative with the rest, never as both at once.
    """
    values, places = np.unique(scores, return_inverse=True)
    positive = np.bincount(places, scores, len(values))
    negative = np.bincount(places, 1 - scores, len(values))
    itself = float(np.sum(scores * (1 - scores)))
    below = np.cumsum(negative) - negative
    right = float(np.sum(positive * (below + negative / 2))) - itself / 2
    pairs = float(positive.sum() * negative.sum()) - itself
    if pairs <= 0:
        raise NotMeasurableError("the scores leave no doubt of any row, so there is no ROC AUC.")
    return right / pairs


def calibration_error(rows: Labelled) -> float | None:
    """How far the mean score is from the share of the class, in ten bins of equally many rows.

    The mean over the bins, of the worst class. None without scores or rows.
    """
    if rows.scores is None or not len(rows.truth):
        return None
    names = (rows.positive,) if rows.task is Task.BINARY else rows.classes
    return max(
        _column_error(rows.truth == name, rows.scores[:, place]) for place, name in enumerate(names)
    )


def _column_error(truth: NDArray[np.bool_], scores: _Floats) -> float:
    order = np.argsort(scores, kind="stable")
    gaps = np.array_split(truth[order] - scores[order], min(_BINS, len(order)))
    return float(sum(abs(gap.mean()) * len(gap) for gap in gaps) / len(order))


def _mean_ratio(above: _Floats, below: _Floats) -> float:
    return float(np.mean(np.divide(above, below, out=np.zeros_like(above), where=below > 0)))


def _see_probabilities(task: Task, scores: _Floats) -> None:
    if ((scores < 0) | (scores > 1)).any():
        raise NotMeasurableError(
            "the scores leave the range from 0 to 1; they are no probabilities."
        )
    if task is Task.MULTICLASS and (np.abs(scores.sum(axis=1) - 1) > 0.01).any():
        raise NotMeasurableError("the scores of a row do not add up to 1; give one for each class.")
