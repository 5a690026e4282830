import math

import pytest
from mlflow.models.evaluation.validation import (
    MetricThreshold,
    ModelValidationFailedException,
    _validate,
)

from cooper_dags.errors import RefusedError
from cooper_dags.evaluation import Evaluation, checks, parse


def metric(goal, **threshold):
    bounds = dict.fromkeys(("min", "max", "min_absolute_change", "min_relative_change"))
    return {"name": "score", "goal": goal, "threshold": {**bounds, **threshold}}


def passes(metric, value, champion):
    evaluation = Evaluation(10, {"score": value}, None if champion is None else {"score": champion})
    return all(check["passed"] for check in checks([metric], evaluation))


def mlflow_passes(metric, value, champion):
    greater, threshold = metric["goal"] == "maximise", metric["threshold"]
    rule = MetricThreshold(
        threshold=threshold["min" if greater else "max"],
        min_absolute_change=threshold["min_absolute_change"],
        min_relative_change=threshold["min_relative_change"],
        greater_is_better=greater,
    )
    try:
        _validate({"score": rule}, {"score": value}, {"score": champion})
    except ModelValidationFailedException:
        return False
    return True


@pytest.mark.parametrize("goal", ["maximise", "minimise"])
@pytest.mark.parametrize("champion", [0.0, 0.5, 0.75, -0.5])
@pytest.mark.parametrize("value", [-0.75, -0.5, 0.0, 0.25, 0.5, 0.625, 0.75, 1.0])
@pytest.mark.parametrize(
    "bounds", [{}, {"min_absolute_change": 0.125}, {"min_relative_change": 0.25}]
)
def test_verdict_is_mlflows(goal, champion, value, bounds):
    rule = metric(goal, **{"min" if goal == "maximise" else "max": 0.25}, **bounds)
    assert passes(rule, value, champion) == mlflow_passes(rule, value, champion)


def test_bounds_against_the_champion_are_left_out_without_one():
    rule = metric("maximise", min=0.5, min_relative_change=0.1)
    found = checks([rule], Evaluation(10, {"score": 0.6}, None))
    assert [(check["bound"], check["passed"]) for check in found] == [("at least 0.5", True)]


def test_both_bounds_of_a_band_are_checked():
    rule = metric("maximise", min=0.9, max=1.1)
    assert passes(rule, 1.0, None)
    assert not passes(rule, 0.8, None)
    assert not passes(rule, 1.2, None)


def test_metric_with_a_threshold_must_be_reported():
    with pytest.raises(RefusedError, match="did not report score"):
        checks([metric("maximise", min=0.5)], Evaluation(10, {"other": 1.0}, None))


def test_champions_metric_must_be_reported():
    with pytest.raises(RefusedError, match="champion's score"):
        checks([metric("maximise", min=0.5)], Evaluation(10, {"score": 1.0}, {"other": 1.0}))


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ([], "an object"),
        ({"metrics": {"score": 1}}, "rows"),
        ({"rows": 0, "metrics": {"score": 1}}, "rows"),
        ({"rows": True, "metrics": {"score": 1}}, "rows"),
        ({"rows": 3}, "metrics"),
        ({"rows": 3, "metrics": {}}, "metrics"),
        ({"rows": 3, "metrics": {"score": math.nan}}, "metrics.score"),
        ({"rows": 3, "metrics": {"score": "1"}}, "metrics.score"),
        ({"rows": 3, "metrics": {"score": 1}, "baseline_metrics": {"score": None}}, "baseline"),
    ],
)
def test_evaluation_of_another_shape_is_refused_by_place(document, where):
    with pytest.raises(RefusedError, match=where):
        parse(document)
