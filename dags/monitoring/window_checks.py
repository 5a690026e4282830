"""Checks that look at the rows as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from monitoring import chance, classifier
from monitoring.findings import Finding, Scalar
from monitoring.judging import Measure, judge
from monitoring.metrics import ENOUGH, NotMeasurableError
from monitoring.monitors import Monitor
from monitoring.performance_checks import (
    bias,
    concept_drift,
    estimated_performance,
    performance,
)
from monitoring.profile import CategoryColumn, Profile
from monitoring.summary import Categories, categories
from monitoring.window import Window

WindowCheck = Callable[[Monitor, Profile, Window], Iterable[Finding]]
"""Raises NotMeasurableError where there is no finding at all."""

_ENOUGH_TO_LEARN = 200
_DAY = 86_400


def multivariate_drift(monitor: Monitor, profile: Profile, window: Window) -> Iterable[Finding]:
    """How well a classifier tells the window from the reference: its ROC AUC, 0.5 if not at all."""
    wanted = monitor.columns or profile.schema.features
    columns = [name for name in profile.sample.columns if name in wanted]
    shared = [name for name in columns if name in window.rows.columns]
    if not shared:
        raise NotMeasurableError("none of its columns is in both the reference and the window.")
    fewest = min(len(profile.sample), len(window.rows))
    if fewest < _ENOUGH_TO_LEARN:
        raise NotMeasurableError(
            f"{fewest} rows to learn from; from {_ENOUGH_TO_LEARN} on a classifier is trained."
        )
    threshold = _threshold(monitor)
    found = classifier.distinguish(
        profile.sample.select(shared), window.rows.select(shared), profile.categories
    )
    n, m = found.reference_rows, found.current_rows
    chances = (
        chance.of_auc(threshold, n, m),
        chance.of_auc(found.auc, n, m),
    )
    detail: dict[str, Scalar] = {"columns": len(shared), "reference_rows": n}
    yield judge(monitor, Measure(found.auc, threshold, m, chances, detail=detail))


def class_imbalance(monitor: Monitor, profile: Profile, window: Window) -> Iterable[Finding]:
    """The share of the most frequent class: of the labels, or of the predictions while few have come.

    Without a threshold the alert is half-way between the reference's share and 1.
    """
    schema = profile.schema
    if not schema.task.classifies:
        raise NotMeasurableError(f"a {schema.task} model has no classes.")
    column, reference, seen = _classes(profile, window)
    rows = int(seen.table["count"].sum())
    if rows < ENOUGH:
        raise NotMeasurableError(f"{rows} rows with a class; from {ENOUGH} on it is measured.")
    usual = float(reference.counts.max()) / (int(reference.counts.sum()) + reference.rest)
    threshold = monitor.threshold or (usual + 1) / 2
    share = int(seen.table["count"][0]) / rows
    detail: dict[str, Scalar] = {"class": seen.table["value"][0], "reference_share": usual}
    # Where the reference itself is beyond the threshold, that is no chance but how it is.
    chances = 0.0, 0.0
    if usual < threshold:
        chances = chance.of_share(threshold, usual, rows), chance.of_share(share, usual, rows)
    yield judge(monitor, Measure(share, threshold, rows, chances, detail=detail), column)


def activity(monitor: Monitor, _profile: Profile, window: Window) -> Iterable[Finding]:
    """The rows of the window as a share of those expected; of one row, where nobody said how many."""
    rows, expected = len(window.rows), window.expected_rows or 1.0
    detail: dict[str, Scalar] = {"expected": window.expected_rows}
    measure = Measure(rows / expected, _threshold(monitor), rows, below=True, detail=detail)
    yield judge(monitor, measure)


def staleness(monitor: Monitor, _profile: Profile, window: Window) -> Iterable[Finding]:
    """Days from the training, or from the last prediction, to the end of the window."""
    of = monitor.metric or "training"
    then = window.trained if of == "training" else window.last_prediction
    if then is None:
        raise NotMeasurableError(f"it is not known when the last {of} was.")
    days = max(0.0, (window.end - then).total_seconds() / _DAY)
    detail: dict[str, Scalar] = {"of": of, "last": then.isoformat()}
    yield judge(monitor, Measure(days, _threshold(monitor), len(window.rows), detail=detail))


def _classes(profile: Profile, window: Window) -> tuple[str, CategoryColumn, Categories]:
    found = None
    for name in (profile.schema.target, profile.schema.prediction):
        reference = profile.columns.get(name) if name is not None else None
        if name is None or name not in window.rows.columns or reference is None:
            continue
        if not isinstance(reference, CategoryColumn) or not len(reference.counts):
            continue
        found = name, reference, categories(window.rows[name])
        if int(found[2].table["count"].sum()) >= ENOUGH:
            break
    if found is None:
        raise NotMeasurableError("neither labels nor predictions are in window and reference.")
    return found


def _threshold(monitor: Monitor) -> float:
    threshold = monitor.default_threshold()
    assert threshold is not None
    return threshold


WINDOW_CHECKS: Mapping[str, WindowCheck] = {
    "multivariate_drift": multivariate_drift,
    "concept_drift": concept_drift,
    "performance": performance,
    "estimated_performance": estimated_performance,
    "class_imbalance": class_imbalance,
    "bias": bias,
    "activity": activity,
    "staleness": staleness,
}
