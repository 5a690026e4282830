from dataclasses import replace

import polars as pl
import pytest
from found import one, verdicts
from policies import DAY, NOW, lapses

from monitoring import profile
from monitoring.evaluate import evaluate
from monitoring.findings import Verdict
from monitoring.monitors import Monitor
from monitoring.schema import Schema, Task
from monitoring.window import Window

ROWS = 3_000


def test_realised_performance_alerts_below_the_baseline_less_five_hundredths(check):
    assert one(check(lapses(ROWS), "performance")).verdict is Verdict.OK
    found = one(check(lapses(ROWS, flipped=0.2), "performance"))
    assert found.verdict is Verdict.ALERT
    assert found.value < found.threshold == pytest.approx(found.detail["baseline"] - 0.05)


def test_a_loss_alerts_above_its_bound_and_not_at_it():
    schema = Schema(features=(), task=Task.REGRESSION, prediction="p", target="y")
    rows = pl.DataFrame({"p": [0.0] * 400, "y": [2.0] * 400})
    known = profile.build(schema, rows, baseline={"mae": 1.5})
    for threshold, verdict in ((2.0, Verdict.OK), (1.999, Verdict.ALERT)):
        monitor = Monitor("m", "performance", metric="mae", threshold=threshold)
        found = evaluate([monitor], known, Window(rows, NOW - DAY, NOW)).findings
        assert one(found).verdict is verdict


def test_few_labels_are_not_judged(check):
    late = lapses(ROWS, flipped=0.05).with_columns(
        lapsed=pl.when(pl.int_range(ROWS) < 120).then("lapsed")
    )
    found = one(check(late, "performance", metric="accuracy"))
    assert found.verdict is Verdict.NO_DATA
    assert found.detail["labelled"] == pytest.approx(120 / ROWS)
    none = late.with_columns(lapsed=pl.lit(None, dtype=pl.String))
    assert one(check(none, "performance")).reason == "0 labelled rows; from 100 on it is measured."


def test_without_a_baseline_a_threshold_is_asked_for(check, reference):
    bare = replace(reference, baseline={})
    assert "give a threshold" in one(check(lapses(ROWS), "performance", profile=bare)).reason
    found = one(check(lapses(ROWS), "performance", profile=bare, threshold=0.99))
    assert found.verdict is Verdict.ALERT


def test_estimated_performance_follows_the_inputs_without_labels(check):
    known = one(check(lapses(ROWS).drop("lapsed"), "estimated_performance", metric="accuracy"))
    assert known.verdict is Verdict.OK
    unsure = lapses(ROWS).drop("lapsed").with_columns(score=0.5 + (pl.col("score") - 0.5) * 0.3)
    found = one(check(unsure, "estimated_performance", metric="accuracy"))
    assert found.verdict is Verdict.ALERT


def test_what_is_not_estimated_says_why(check, reference):
    def reason(rows, **more):
        return one(check(rows, "estimated_performance", **more)).reason

    rows = lapses(ROWS)
    assert "calibrate" in reason(rows, profile=replace(reference, calibration_error=0.2))
    assert "not known" in reason(rows, profile=replace(reference, calibration_error=None))
    assert "only accuracy" in reason(rows, metric="log_loss")
    assert "'score' is not in" in reason(rows.drop("score"))
    assert "20 rows with scores" in reason(rows.head(20))
    schema = Schema(features=(), task=Task.REGRESSION, prediction="score", target="age")
    assert "regression's errors" in reason(rows, profile=profile.build(schema, rows))


def test_errors_that_rise_within_the_window_are_found_in_the_order_of_time(check):
    calm = lapses(4_000)
    rows = calm.with_columns(
        lapsed=pl.when(pl.int_range(4_000) >= 3_000)
        .then(pl.col("predicted").replace({"yes": "no", "no": "yes"}))
        .otherwise("lapsed")
    )
    found = one(check(rows.sample(fraction=1, shuffle=True, seed=1), "concept_drift"))
    assert found.verdict is Verdict.ALERT
    assert found.detail["first"] == pytest.approx(3_000, abs=20)
    assert one(check(calm, "concept_drift")).verdict is Verdict.OK


def test_changes_of_a_column_are_found_by_name(check):
    rows = lapses(ROWS).with_columns(
        age=pl.when(pl.int_range(ROWS) < 1_500).then(pl.col("age")).otherwise(pl.col("age") + 8)
    )
    found = check(rows, "concept_drift", columns=("age", "premium", "nowhere"))
    assert verdicts(found) == {"age": "alert", "premium": "ok", "nowhere": "no_data"}
    assert "from 300 on" in one(check(rows.head(299), "concept_drift")).reason
