from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring import summary


@given(st.lists(st.none() | st.floats()))
def test_every_row_is_a_number_or_missing(values):
    found = summary.numbers(pl.Series(values, dtype=pl.Float64))
    wanted = sorted(v for v in values if v is not None and not np.isnan(v))
    assert found.ordered().tolist() == wanted
    assert found.missing == len(values) - len(wanted)
    assert found.invalid == 0


@given(st.lists(st.none() | st.text(max_size=5) | st.floats().map(str)))
def test_text_is_a_number_or_missing_or_invalid_and_no_row_is_lost(values):
    found = summary.numbers(pl.Series(values, dtype=pl.String))
    assert found.rows == len(values)
    assert found.missing >= values.count(None) + values.count("")


def test_numbers_in_text_are_read():
    found = summary.numbers(pl.Series(["1", " 2.5 ", "-inf", "1e3", "", "  ", "nan", "two", None]))
    assert found.ordered().tolist() == [-np.inf, 1.0, 2.5, 1000.0]
    assert (found.missing, found.invalid) == (4, 1)


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([[1], [2]]),
        pl.Series([datetime(2026, 1, 1, tzinfo=UTC)] * 2),
        pl.Series([b"1", b"2"]),
    ],
)
def test_what_is_no_number_is_invalid(column):
    found = summary.numbers(column)
    assert (len(found.values), found.missing, found.invalid) == (0, 0, 2)


def test_single_precision_stays_what_it_is():
    assert summary.numbers(pl.Series([0.1], dtype=pl.Float32)).ordered().dtype == np.float32


@given(st.lists(st.none() | st.sampled_from("abc")))
def test_categories_are_counted_and_none_is_lost(values):
    found = summary.categories(pl.Series(values, dtype=pl.String))
    assert dict(found.table.iter_rows()) == {v: values.count(v) for v in set(values) - {None}}
    assert found.missing == values.count(None)
    assert found.table["count"].to_list() == sorted(found.table["count"], reverse=True)


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([1, 2, 2]),
        pl.Series([1.0, 2.0, 2.0]),
        pl.Series(["1", "2", "2"]),
        pl.Series(["1", "2", "2"], dtype=pl.Categorical),
        pl.Series(["1", "2", "2"], dtype=pl.Enum(["1", "2", "3"])),
    ],
)
def test_a_code_is_the_same_category_as_integer_float_and_text(column):
    assert summary.categories(column).table.rows() == [("2", 2), ("1", 1)]


def test_floats_that_are_no_integers_stay_apart():
    found = summary.categories(pl.Series([1.5, 1.0, float("nan"), None]))
    assert found.table.rows() == [("1.0", 1), ("1.5", 1)]
    assert found.missing == 2


@pytest.mark.parametrize("value", [float("inf"), 1e300])
def test_floats_beyond_integers_are_categories_still(value):
    assert summary.categories(pl.Series([value])).rows == 1
    assert summary.categories(pl.Series([value])).missing == 0


def test_nested_values_are_no_categories():
    found = summary.categories(pl.Series([["a"], None, ["b"]]))
    assert (found.missing, found.invalid, len(found.table)) == (1, 2, 0)


@pytest.mark.parametrize("read", [summary.numbers, summary.categories])
def test_a_column_without_rows_or_type_is_empty(read):
    assert read(pl.Series([], dtype=pl.Null)).rows == 0
    assert read(pl.Series([None, None])).missing == 2
