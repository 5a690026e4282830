import polars as pl
from policies import DAY, LAPSE, NOW, lapses

from monitoring import profile
from monitoring.defaults import defaults
from monitoring.evaluate import evaluate
from monitoring.findings import Verdict
from monitoring.schema import Schema, Task
from monitoring.window import Window


def by_check(monitors):
    return {each.check: each for each in monitors}


def test_nothing_alerts_on_data_like_the_reference(reference):
    window = Window(lapses(5_000, seed=9), NOW - DAY, NOW, 5_000, NOW - DAY, NOW)
    report = evaluate(defaults(reference), reference, window)
    assert {each.verdict for each in report.findings} == {Verdict.OK}


def test_what_cannot_be_watched_has_no_monitor():
    plain = Schema(features=("x",), task=Task.REGRESSION)
    found = by_check(defaults(profile.build(plain, pl.DataFrame({"x": [1.0, 2.0]}))))
    assert set(found) == {
        "activity",
        "data_drift",
        "missing_values",
        "value_types",
        "values_range",
        "staleness",
    }


def test_scores_that_are_not_calibrated_are_not_estimated_from():
    found = by_check(defaults(profile.build(LAPSE, lapses(5_000, flipped=0.3))))
    assert "estimated_performance" not in found
    assert "performance" in found


def test_identifiers_are_watched_for_missing_values_only():
    schema = Schema(features=("id", "x"), task=Task.REGRESSION)
    rows = pl.DataFrame({"id": [f"c-{n}" for n in range(500)], "x": [1.0, 2.0] * 250})
    found = by_check(defaults(profile.build(schema, rows)))
    assert found["data_drift"].columns == ("x",)
    assert found["missing_values"].columns == ("id", "x")
    assert "new_values" not in found


def test_a_category_with_too_many_values_has_no_new_ones():
    schema = Schema(features=("c",), task=Task.REGRESSION)
    rows = pl.DataFrame({"c": [f"c-{n % 1500}" for n in range(6_000)]})
    assert "new_values" not in by_check(defaults(profile.build(schema, rows)))
