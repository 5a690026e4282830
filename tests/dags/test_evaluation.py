import math

import pytest
from mlflow.models.evaluation.validation import (
    MetricThreshold,
    ModelValidationFailedException,
    _validate,
)

from cooper_dags.errors import RefusedError
from cooper_dags.evaluation import Evaluation, Slice, checks, parse, worst_slice


def metric(goal, **threshold):
    bounds = dict.fromkeys(("min", "max", "min_absolute_change", "min_relative_change"))
    return {"name": "score", "goal": goal, "threshold": {**bounds, **threshold}}


def whole(**parts):
    return {"rows": 3, "metrics": {"score": 1}, **parts}


def sliced(**values):
    return tuple(Slice("class", name, 5, {"score": value}) for name, value in values.items())


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
        (whole(slices={}), "slices must be a list"),
        (whole(slices=[{"value": "a", "rows": 1, "score": 1}]), r"slices\[0\] must be an object"),
        (whole(slices=[{"column": "c", "rows": 1, "score": 1}]), r"slices\[0\]\.value"),
        (whole(slices=[{"column": "c", "value": 1, "score": 1}]), r"slices\[0\]\.rows"),
        (whole(slices=[{"column": "c", "value": 1, "rows": 1, "score": "x"}]), r"\[0\]\.score"),
        (whole(baseline_slices=[{"column": "c", "value": 1, "rows": 1}]), r"baseline_slices\[0\]"),
        (whole(latency_ms="fast"), "latency_ms"),
        (whole(latency_ms=-1), "latency_ms"),
        (whole(size_bytes=math.inf), "size_bytes"),
    ],
)
def test_evaluation_of_another_shape_is_refused_by_place(document, where):
    with pytest.raises(RefusedError, match=where):
        parse(document)


def test_slices_latency_and_size_are_read():
    document = whole(
        slices=[{"column": "depth", "value": 2.0, "rows": 7, "score": 0.5, "other": 3}],
        latency_ms=2,
        size_bytes=1000,
        holdout_sha256="ab",
    )
    found = parse(document)
    assert found.slices == (Slice("depth", "2", 7, {"score": 0.5, "other": 3.0}),)
    assert (found.latency_ms, found.size_bytes, found.holdout_sha256) == (2.0, 1000, "ab")
    assert found.slices[0].flat() == {
        "column": "depth",
        "value": "2",
        "rows": 7,
        "score": 0.5,
        "other": 3.0,
    }


@pytest.mark.parametrize(
    ("goal", "bound", "passed", "words"),
    [
        ("maximise", 0.4, False, "at least 0.4 in every slice; class=poor"),
        ("maximise", 0.3, True, "at least 0.3 in every slice; class=poor"),
        ("minimise", 0.8, False, "at most 0.8 in every slice; class=good"),
        ("minimise", 0.9, True, "at most 0.9 in every slice; class=good"),
    ],
)
def test_worst_slice_decides_and_is_named(goal, bound, passed, words):
    evaluation = Evaluation(10, {"score": 0.6}, None, sliced(good=0.9, poor=0.3, fair=0.5))
    (found,) = checks([metric(goal, worst_slice=bound)], evaluation)
    assert (found["bound"], found["passed"]) == (words, passed)
    assert found["value"] == (0.3 if goal == "maximise" else 0.9)


@pytest.mark.parametrize("slices", [(), (Slice("class", "good", 5, {"other": 1.0}),)])
def test_bound_on_slices_that_were_not_reported_is_refused_by_name(slices):
    evaluation = Evaluation(10, {"score": 0.6}, None, slices)
    with pytest.raises(RefusedError, match="no slice with score"):
        checks([metric("maximise", worst_slice=0.5)], evaluation)
    with pytest.raises(RefusedError, match="no slice with score"):
        worst_slice(metric("maximise", worst_slice=0.5), evaluation)


def test_latency_and_size_have_their_bounds():
    evaluation = Evaluation(10, {"score": 0.6}, None, latency_ms=12.5, size_bytes=2_000_000)
    found = checks([], evaluation, latency_ms=10, size_bytes=3_000_000)
    assert [(check["metric"], check["bound"], check["passed"]) for check in found] == [
        ("latency_ms", "at most 10", False),
        ("size_bytes", "at most 3,000,000", True),
    ]


@pytest.mark.parametrize("name", ["latency_ms", "size_bytes"])
def test_bound_on_what_was_not_measured_is_refused_by_name(name):
    with pytest.raises(RefusedError, match=f"did not report {name}"):
        checks([], Evaluation(10, {"score": 0.6}, None), **{name: 10})


def test_predictions_are_named_with_what_they_mean():
    told = {"file": "p.csv", "task": "binary", "prediction": "class", "positive": "yes"}
    found = parse(whole(predictions={**told, "scores": {"yes": "score"}})).predictions
    assert (found.file, found.task, found.scores) == ("p.csv", "binary", {"yes": "score"})
    assert parse(whole()).predictions is None


@pytest.mark.parametrize(
    ("predictions", "reason"),
    [
        ([], "must be an object with file and task"),
        ({"task": "count"}, "file is None"),
        ({"file": "../p.csv", "task": "count"}, r"file is '\.\./p\.csv'"),
        ({"file": "p.pkl", "task": "count"}, "not the name of a CSV"),
        ({"file": "p.csv"}, "task is None, not one of binary"),
        ({"file": "p.csv", "task": "ranking"}, "task is 'ranking'"),
        ({"file": "p.csv", "task": "binary", "scores": ["s"]}, "scores must give each class"),
        ({"file": "p.csv", "task": "binary", "scores": {"yes": 1}}, "scores must give each class"),
        ({"file": "p.csv", "task": "binary", "positive": 1}, "positive is 1, not a text"),
        ({"file": "p.csv", "task": "count", "column": "x"}, "has no 'column'"),
    ],
)
def test_predictions_of_another_shape_are_refused(predictions, reason):
    with pytest.raises(RefusedError, match=rf"evaluation\.json: predictions.*{reason}"):
        parse(whole(predictions=predictions))
