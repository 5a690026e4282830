import numpy as np
import polars as pl
import pytest
from found import one
from policies import DAY, LAPSE, NOW, lapses

from monitoring import profile
from monitoring.evaluate import evaluate
from monitoring.findings import Report, Verdict
from monitoring.monitors import Monitor
from monitoring.schema import Schema, Task
from monitoring.window import Window

ROWS = 3_000


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
