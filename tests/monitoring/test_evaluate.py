import json
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from found import one
from policies import DAY, LAPSE, NOW, lapses

from monitoring import profile, profile_file
from monitoring.defaults import defaults
from monitoring.evaluate import evaluate
from monitoring.findings import Verdict
from monitoring.monitors import Monitor
from monitoring.schema import Schema, Task
from monitoring.window import Window

ROWS = 3_000


# ---------------------------------------------------------------------- activity, staleness


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


# ---------------------------------------------------------------------- windows and reports


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
