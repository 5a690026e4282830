import numpy as np
import polars as pl
import pytest
from found import one
from policies import lapses

from monitoring import profile
from monitoring.findings import Verdict
from monitoring.schema import Schema, Task

ROWS = 3_000


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
