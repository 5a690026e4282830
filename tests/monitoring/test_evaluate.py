import json
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from policies import DAY, LAPSE, NOW, lapses

from monitoring import profile, profile_file
from monitoring.defaults import defaults
from monitoring.evaluate import evaluate
from monitoring.findings import Report, Verdict
from monitoring.monitors import Monitor
from monitoring.schema import Schema, Task
from monitoring.window import Window

ROWS = 3_000


def one(findings, column=None):
    (found,) = (each for each in findings if column is None or each.column == column)
    return found


def verdicts(findings):
    return {each.column: each.verdict.value for each in findings}


# ------------------------------------------------------------------ drift


@pytest.mark.parametrize("statistic", ["psi", "ks", "jensen_shannon"])
def test_drift_alerts_on_the_column_that_moved(check, statistic):
    found = check(lapses(ROWS, shift=0.5), "data_drift", statistic=statistic)
    wanted = {"age": "alert", "premium": "ok"}
    if statistic != "ks":
        wanted["product"] = "ok"
    assert verdicts(found) == wanted
    assert one(found, "age").p_value < 1e-6


def test_a_significant_difference_that_is_small_is_told_and_no_alert(check):
    found = one(check(lapses(10_000, shift=0.1), "data_drift"), "age")
    assert found.p_value < 0.001
    assert found.verdict is Verdict.OK


@pytest.mark.parametrize("statistic", ["psi", "ks", "jensen_shannon"])
@pytest.mark.parametrize(
    ("rows", "shift", "verdict"),
    [(60, 0.3, "no_data"), (60, 3.0, "alert"), (5_000, 0.5, "alert"), (5_000, 0.0, "ok")],
)
def test_few_rows_are_judged_only_where_the_effect_is_beyond_chance(
    check, statistic, rows, shift, verdict
):
    found = check(lapses(rows, shift=shift), "data_drift", statistic=statistic, columns=("age",))
    assert one(found).verdict == verdict
    assert (one(found).reason is not None) == (verdict == "no_data")
    if one(found).reason:
        assert one(found).value > 0.1
        assert one(found).reason.startswith("60 rows are too few for a threshold of 0.1")


def test_a_higher_threshold_needs_fewer_rows(check):
    calm = lapses(150)
    assert one(check(calm, "data_drift", threshold=0.1), "age").verdict is Verdict.NO_DATA
    assert one(check(calm, "data_drift", threshold=0.3), "age").verdict is Verdict.OK


def test_missing_values_that_rise_are_drift_too(check):
    rows = lapses(ROWS).with_columns(age=pl.when(pl.int_range(ROWS) % 5 > 0).then("age"))
    assert one(check(rows, "data_drift"), "age").verdict is Verdict.ALERT


def test_a_column_of_nothing_but_missing_values_is_judged_by_them(check):
    rows = lapses(ROWS).with_columns(age=pl.lit(None, dtype=pl.Float64))
    assert one(check(rows, "data_drift"), "age").verdict is Verdict.ALERT
    found = one(check(rows, "data_drift", statistic="ks", columns=("age",)))
    assert found.verdict is Verdict.NO_DATA


def test_ks_is_for_numbers(check):
    found = one(check(lapses(ROWS), "data_drift", statistic="ks", columns=("product",)))
    assert "ks compares numbers" in found.reason


def test_prediction_drift_looks_at_predictions_and_scores(check):
    found = check(lapses(ROWS, shift=1.0), "prediction_drift")
    assert verdicts(found) == {"predicted": "alert", "score": "alert"}


def test_label_drift_looks_at_the_labels_that_have_arrived(check):
    rows = lapses(ROWS, shift=1.0)
    assert verdicts(check(rows, "label_drift")) == {"lapsed": "alert"}
    assert (
        one(check(rows.drop("lapsed"), "label_drift")).reason == "the column is not in the window."
    )


def test_joint_drift_is_seen_where_no_column_has_moved(check):
    r = np.random.default_rng(0)
    rows = lapses(ROWS)
    tied = rows.with_columns(
        premium=pl.Series(np.sort(rows["premium"])).gather(rows["age"].arg_sort().arg_sort())
    )
    assert set(verdicts(check(tied, "data_drift")).values()) == {"ok"}
    assert one(check(tied, "multivariate_drift")).verdict is Verdict.ALERT
    shuffled = rows.with_columns(premium=pl.Series(r.permutation(rows["premium"])))
    assert one(check(shuffled, "multivariate_drift")).verdict is Verdict.OK


@pytest.mark.parametrize(
    ("rows", "columns", "words"),
    [
        (lapses(150), (), "150 rows to learn from"),
        (lapses(ROWS), ("nowhere",), "none of its columns"),
    ],
)
def test_joint_drift_says_what_it_lacks(check, rows, columns, words):
    assert words in one(check(rows, "multivariate_drift", columns=columns)).reason


# ------------------------------------------------------------------ invalid data


def test_missing_values_are_judged_by_their_rise(reference):
    gaps = lapses(ROWS).with_columns(age=pl.when(pl.int_range(ROWS) % 10 > 0).then("age"))
    known = profile.build(LAPSE, gaps)
    monitor = [Monitor("m", "missing_values", columns=("age",))]
    window = Window(gaps, NOW - DAY, NOW)
    assert evaluate(monitor, known, window).findings[0].verdict is Verdict.OK
    assert evaluate(monitor, reference, window).findings[0].value == pytest.approx(0.1)
    assert evaluate(monitor, reference, window).findings[0].verdict is Verdict.ALERT


def test_a_column_that_is_absent_is_missing_whole(check):
    rows = lapses(ROWS).drop("age")
    found = one(check(rows, "missing_values"), "age")
    assert (found.value, found.verdict) == (1.0, Verdict.ALERT)
    assert one(check(rows, "data_drift"), "age").reason == "the column is not in the window."


def test_values_outside_the_known_range_are_counted(check):
    rows = lapses(ROWS).with_columns(
        age=pl.when(pl.int_range(ROWS) % 50 == 0).then(pl.lit(-999.0)).otherwise("age")
    )
    found = one(check(rows, "values_range"), "age")
    assert found.verdict is Verdict.ALERT
    assert found.value == pytest.approx(0.02, abs=0.001)
    assert found.detail["below"] >= 60
    assert one(check(lapses(ROWS), "values_range"), "age").verdict is Verdict.OK


def test_the_ends_of_the_known_range_are_within_it():
    schema = Schema(features=("x",), task=Task.REGRESSION)
    rows = pl.DataFrame({"x": [1.0, 2.0] * 500})
    monitor = Monitor("m", "values_range")
    found = evaluate([monitor], profile.build(schema, rows), Window(rows, NOW - DAY, NOW)).findings
    assert one(found).value == 0


@pytest.mark.parametrize("change", [-np.inf, np.inf])
def test_infinite_values_are_out_of_range(check, change):
    rows = lapses(ROWS).with_columns(
        age=pl.when(pl.int_range(ROWS) % 50 == 0).then(pl.lit(change)).otherwise("age")
    )
    found = one(check(rows, "values_range"), "age")
    assert found.verdict is Verdict.ALERT
    assert Report(NOW - DAY, NOW, ROWS, 1, (found,), ()).to_json().count(b"null") > 2


def test_new_categories_are_named(check):
    rows = lapses(ROWS).with_columns(
        product=pl.when(pl.int_range(ROWS) % 20 == 0).then(pl.lit("pension")).otherwise("product")
    )
    found = one(check(rows, "new_values"))
    assert found.verdict is Verdict.ALERT
    assert found.detail["names"] == "pension"


def test_a_reference_that_does_not_know_all_its_categories_says_so():
    schema = Schema(features=("c",), task=Task.REGRESSION)
    rows = pl.DataFrame({"c": [f"c-{n}" for n in range(2_000)]})
    found = evaluate(
        [Monitor("m", "new_values"), Monitor("d", "data_drift")],
        profile.build(schema, rows),
        Window(rows, NOW - DAY, NOW),
    ).findings
    assert "more than the 1,000" in found[0].reason
    assert found[1].value == pytest.approx(0, abs=1e-9)


def test_text_for_numbers_is_of_another_type_and_numbers_in_text_are_not(check):
    rows = lapses(ROWS).with_columns(pl.col("age").cast(pl.String))
    assert one(check(rows, "value_types"), "age").verdict is Verdict.OK
    assert one(check(rows, "data_drift"), "age").verdict is Verdict.OK
    rows = rows.with_columns(
        age=pl.when(pl.int_range(ROWS) % 10 == 0).then(pl.lit("n/a")).otherwise("age")
    )
    found = one(check(rows, "value_types"), "age")
    assert found.verdict is Verdict.ALERT
    assert found.value == pytest.approx(0.1)


@pytest.mark.parametrize("which", ["values_range", "new_values"])
def test_a_check_on_the_wrong_kind_of_column_says_so(check, which):
    column = {"values_range": "product", "new_values": "age"}[which]
    assert one(check(lapses(ROWS), which, columns=(column,))).verdict is Verdict.NO_DATA


# ------------------------------------------------------------------ performance


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


# ------------------------------------------------------------------ classes and groups


def test_a_class_that_takes_over_is_an_imbalance(check):
    assert one(check(lapses(ROWS), "class_imbalance")).verdict is Verdict.OK
    found = one(check(lapses(ROWS, shift=1.5), "class_imbalance"))
    assert (found.verdict, found.column, found.detail["class"]) == (Verdict.ALERT, "lapsed", "yes")


def test_predictions_stand_in_while_labels_are_few(check):
    late = lapses(ROWS).with_columns(lapsed=pl.lit(None, dtype=pl.String))
    assert one(check(late, "class_imbalance")).column == "predicted"
    assert "50 rows" in one(check(lapses(50), "class_imbalance")).reason


def test_a_group_that_is_treated_otherwise_is_found(check):
    rows = lapses(ROWS).with_columns(
        predicted=pl.when(product="unit").then(pl.lit("yes")).otherwise("predicted")
    )
    found = check(rows, "bias", slices=("product",))
    by_slice = {each.slice: each for each in found}
    worst = by_slice["product = unit"]
    assert worst.verdict is Verdict.ALERT
    assert worst.value == pytest.approx(worst.detail["group"] - worst.detail["rest"])
    assert worst.p_value < 1e-6


def test_bias_of_a_metric_needs_labels_of_both_sides(check):
    r = np.random.default_rng(0)
    wrong = pl.Series(r.random(ROWS) < 0.4)
    turned = pl.when(pl.col("lapsed") == "yes").then(pl.lit("no")).otherwise(pl.lit("yes"))
    rows = lapses(ROWS).with_columns(
        lapsed=pl.when((pl.col("product") == "whole") & wrong).then(turned).otherwise("lapsed")
    )
    found = {
        each.slice: each for each in check(rows, "bias", slices=("product",), metric="accuracy")
    }
    assert found["product = whole"].verdict is Verdict.ALERT
    few = rows.with_columns(lapsed=pl.when(pl.int_range(ROWS) < 150).then("lapsed"))
    found = check(few, "bias", slices=("product",), metric="accuracy")
    assert {each.verdict for each in found} == {Verdict.NO_DATA}


def test_numbers_are_compared_by_quarters_and_new_groups_are_marked(check):
    found = check(lapses(ROWS), "bias", slices=("age",))
    assert [each.detail["rows"] for each in found] == pytest.approx([ROWS / 4] * 4, rel=0.1)
    rows = lapses(ROWS).with_columns(
        product=pl.when(pl.int_range(ROWS) % 3 == 0).then(pl.lit("pension")).otherwise("product")
    )
    names = {each.slice for each in check(rows, "bias", slices=("product",))}
    assert "product = pension (new)" in names


def test_bias_says_what_it_lacks(check, reference):
    assert "not in the window" in one(check(lapses(ROWS), "bias", slices=("nowhere",))).reason
    alone = lapses(ROWS).with_columns(product=pl.lit("term"))
    assert "no other group" in one(check(alone, "bias", slices=("product",))).reason
    schema = Schema(features=("age",), task=Task.REGRESSION, prediction="score", target="premium")
    found = check(
        lapses(ROWS),
        "bias",
        slices=("age",),
        metric="positive_rate",
        profile=profile.build(schema, lapses(ROWS)),
    )
    assert "binary" in one(found).reason


# ------------------------------------------------------------------ activity, staleness


@pytest.mark.parametrize(
    ("rows", "expected", "verdict"),
    [(49, 100, "alert"), (50, 100, "ok"), (0, 100, "alert"), (0, None, "alert"), (1, None, "ok")],
)
def test_activity_is_the_share_of_the_expected_rows(check, rows, expected, verdict):
    found = one(check(lapses(rows), "activity", window={"expected_rows": expected}))
    assert found.verdict == verdict


def test_part_of_the_window_expects_part_of_the_rows(check):
    found = check(lapses(100), "activity", window={"expected_rows": 100}, columns=())
    half = check(lapses(100), "activity", window={"expected_rows": 100})
    assert one(found).value == one(half).value == 1
    report = evaluate(
        [Monitor("m", "activity", window=DAY / 2)],
        profile.build(LAPSE, lapses(500)),
        Window(lapses(100), NOW - DAY, NOW, expected_rows=100),
    )
    assert report.findings[0].value == pytest.approx(1)


@pytest.mark.parametrize(("days", "verdict"), [(29.9, "ok"), (30, "alert"), (-1, "ok")])
def test_a_model_goes_stale_after_a_month(check, days, verdict):
    found = one(check(lapses(0), "staleness", window={"trained": NOW - timedelta(days=days)}))
    assert found.verdict == verdict


def test_staleness_of_predictions_and_of_the_unknown(check):
    last = {"last_prediction": NOW - 3 * DAY}
    found = one(check(lapses(0), "staleness", metric="prediction", threshold=2.0, window=last))
    assert (found.value, found.verdict) == (3.0, Verdict.ALERT)
    assert "last training" in one(check(lapses(0), "staleness", window=last)).reason


# ------------------------------------------------------------------ windows and reports


def test_an_empty_window_gives_no_verdict_but_of_activity_and_staleness(reference):
    window = Window(lapses(0), NOW - DAY, NOW, 100, NOW - DAY, NOW - DAY)
    report = evaluate(defaults(reference), reference, window)
    by_check = {each.check: each for each in report.findings}
    assert by_check.pop("activity").verdict is Verdict.ALERT
    assert by_check.pop("staleness").verdict is Verdict.OK
    assert {each.reason for each in by_check.values()} == {"the window has no row."}


def test_a_monitor_sees_the_part_of_the_window_that_it_looks_back(reference):
    rows = pl.concat([lapses(ROWS, shift=2.0).with_columns(pl.col("time") - DAY), lapses(ROWS)])
    long = Window(rows, NOW - 2 * DAY, NOW)
    monitors = [Monitor(f"d{n}", "data_drift", columns=("age",), window=n * DAY) for n in (1, 2, 3)]
    found = evaluate(monitors, reference, long).findings
    assert [each.verdict.value for each in found] == ["ok", "alert", "no_data"]
    assert "looks back 3 days" in found[2].reason
    assert found[0].detail["rows"] == ROWS


def test_times_without_a_zone_are_utc_and_other_columns_are_no_times(reference):
    monitor = [Monitor("m", "data_drift", columns=("age",), window=DAY / 2)]
    naive = lapses(ROWS).with_columns(pl.col("time").dt.replace_time_zone(None))
    found = evaluate(monitor, reference, Window(naive, NOW - DAY, NOW)).findings[0]
    assert found.detail["rows"] == ROWS // 2
    for rows in (naive.drop("time"), naive.with_columns(time=pl.lit(1))):
        found = evaluate(monitor, reference, Window(rows, NOW - DAY, NOW)).findings[0]
        assert "time" in found.reason


@pytest.mark.parametrize(
    "times",
    [(NOW, NOW), (NOW, NOW - DAY), (datetime(2026, 1, 1), NOW)],  # noqa: DTZ001
)
def test_a_window_without_length_or_zone_is_refused(times):
    with pytest.raises(ValueError, match="window"):
        Window(lapses(1), *times)


def test_findings_stand_in_the_order_of_monitors_and_columns(reference):
    monitors = [
        Monitor("b", "data_drift"),
        Monitor("a", "missing_values", columns=("premium", "age")),
        Monitor("c", "activity"),
    ]
    found = evaluate(monitors, reference, Window(lapses(ROWS), NOW - DAY, NOW)).findings
    assert [each.monitor for each in found] == ["b", "b", "b", "a", "a", "c"]
    assert [each.column for each in found] == ["age", "premium", "product", "age", "premium", None]


def test_columns_stand_in_the_order_of_the_schema():
    schema = Schema(features=("z", "a", "m"), task=Task.REGRESSION)
    rows = pl.DataFrame({"a": [1.0], "m": [1.0], "z": [1.0]})
    monitor = Monitor("m", "missing_values", columns=("m", "unknown", "a", "z"))
    report = evaluate([monitor], profile.build(schema, rows), Window(rows, NOW - DAY, NOW))
    assert [each.column for each in report.findings] == ["z", "a", "m", "unknown"]


def test_the_same_input_gives_the_same_bytes_also_by_a_profile_read_from_its_file(reference):
    monitors = (*defaults(reference), Monitor("fair", "bias", slices=("product", "age")))
    rows = lapses(ROWS, shift=0.5)
    kept = profile_file.loads(profile_file.dumps(reference))
    reports = [
        evaluate(monitors, known, Window(rows.clone(), NOW - DAY, NOW)).to_json()
        for known in (reference, reference, kept)
    ]
    assert reports[0] == reports[1] == reports[2]


def test_a_report_says_what_was_skipped_and_why(reference):
    rows = lapses(ROWS).with_columns(extra=pl.lit(1))
    report = evaluate(
        [Monitor("m", "data_drift", columns=("nowhere",))], reference, Window(rows, NOW - DAY, NOW)
    )
    document = json.loads(report.to_json())
    assert list(document) == sorted(document)
    assert document["skipped"] == [{"column": "extra", "reason": "is not in the model's schema."}]
    assert document["rows"] == ROWS
    assert document["reference_rows"] == 20_000
    assert (document["start"], document["end"]) == ((NOW - DAY).isoformat(), NOW.isoformat())
    assert (
        document["findings"][0]["detail"]["reason"]
        == "the reference has no statistics of the column."
    )
    assert report.unjudged == report.findings
    assert report.alerts == ()


@pytest.mark.parametrize("seed", range(3))
def test_columns_of_rubbish_never_break_the_report(reference, seed):
    r = np.random.default_rng(seed)
    rubbish = [
        pl.Series([[1]] * ROWS),
        pl.Series([{"a": 1}] * ROWS),
        pl.Series([None] * ROWS),
        pl.Series(["", " ", "\x00"] * (ROWS // 3)),
        pl.Series([float("nan"), float("inf"), -0.0] * (ROWS // 3)),
        pl.Series([True, False, None] * (ROWS // 3)),
        pl.Series([NOW] * ROWS),
        pl.Series([b"x"] * ROWS),
    ]
    names = list(LAPSE.columns)
    rows = lapses(ROWS).with_columns(
        [rubbish[r.integers(len(rubbish))].alias(name) for name in names]
    )
    monitors = (
        *defaults(reference),
        Monitor("fair", "bias", slices=("product", "age")),
        Monitor("labels", "label_drift"),
        Monitor("imbalance", "class_imbalance"),
        Monitor("change", "concept_drift", columns=("age", "product")),
    )
    assert json.loads(evaluate(monitors, reference, Window(rows, NOW - DAY, NOW)).to_json())
