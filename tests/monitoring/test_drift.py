import numpy as np
import polars as pl
import pytest
from found import one, verdicts
from policies import lapses

from monitoring.findings import Verdict

ROWS = 3_000


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
