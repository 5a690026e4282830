import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from policies import lapses

from monitoring import profile
from monitoring.findings import Finding, Verdict
from monitoring.histogram import MOST_COLUMNS, drifting, histogram
from monitoring.schema import Schema, Task


def built(**columns):
    frame = pl.DataFrame(columns)
    target = pl.Series("y", [0.0] * len(frame))
    schema = Schema(tuple(columns), Task.REGRESSION, target="y")
    return profile.build(schema, frame.with_columns(target))


def finding(column, value, check="data_drift", threshold=0.1):
    return Finding("m", check, column, None, value, threshold, None, Verdict.OK, "low")


def test_deciles_hold_a_tenth_each_of_what_they_were_made_from(reference):
    found = histogram(reference, lapses(20_000, seed=1), "age")
    assert len(found.labels) == 10
    assert found.reference == pytest.approx((0.1,) * 10, abs=1e-3)
    assert found.current == found.reference


def test_drift_shows_in_the_outer_bars(reference):
    found = histogram(reference, lapses(5_000, seed=2, shift=1.0), "age")
    assert found.current[-1] > 3 * found.reference[-1]
    assert found.labels[0].startswith("≤ ")
    assert found.labels[-1].startswith("> ")


def test_categories_stand_by_their_frequency_with_new_and_missing_ones_last(reference):
    window = pl.DataFrame({"product": ["whole"] * 6 + ["pet"] * 3 + [None]})
    found = histogram(reference, window, "product")
    assert found.labels == ("term", "whole", "unit", "other", "missing")
    assert found.reference == pytest.approx((0.6, 0.3, 0.1, 0, 0), abs=0.02)
    assert found.current == (0, 0.6, 0, 0.3, 0.1)


def test_values_that_stand_apart_are_named_and_empty_buckets_are_left_out():
    found = histogram(built(c=[0, 1, 1, 5]), pl.DataFrame({"c": [0, 3, 9]}), "c")
    bars = dict(zip(found.labels, zip(found.reference, found.current, strict=True), strict=True))
    third = pytest.approx(1 / 3)
    assert bars == {
        "0": (0.25, third),
        "1": (0.5, 0),
        "1 – 5": (0, third),
        "5": (0.25, 0),
        "> 5": (0, third),
    }


def test_rare_categories_share_a_bar():
    values = [f"v{number:02}" for number in range(30) for _ in range(30 - number)]
    found = histogram(built(c=values), pl.DataFrame({"c": values}), "c")
    assert (len(found.labels), found.labels[-1]) == (13, "other")
    assert found.reference == pytest.approx(found.current)


@pytest.mark.parametrize(
    ("window", "column"),
    [
        (pl.DataFrame({"other": [1]}), "age"),
        (pl.DataFrame({"age": [1.0]}), "unknown"),
        (pl.DataFrame({"age": []}, schema={"age": pl.Float64}), "age"),
        (pl.DataFrame(), "age"),
    ],
)
def test_without_anything_to_draw_there_is_none(reference, window, column):
    assert histogram(reference, window, column) is None


def test_the_columns_furthest_beyond_their_threshold_are_drawn_and_no_more():
    found = [finding(f"c{number}", number / 100) for number in range(20)]
    found += [finding("strict", 0.02, threshold=0.001), finding("never", 9.0, "missing_values")]
    found += [finding(None, 5.0), finding("unknown", None)]
    names = drifting(found)
    assert names[:3] == ["strict", "c19", "c18"]
    assert len(names) == MOST_COLUMNS


cells = st.none() | st.floats() | st.integers(-5, 5)


@given(st.lists(cells, min_size=1, max_size=40), st.lists(cells, max_size=40))
def test_shares_are_of_all_rows(before, now):
    made = built(c=pl.Series(before, dtype=pl.Float64, strict=False))
    found = histogram(
        made, pl.DataFrame({"c": pl.Series(now, dtype=pl.Float64, strict=False)}), "c"
    )
    if found is None:
        assert not now
        return
    assert len(found.labels) == len(found.reference) == len(found.current)
    assert sum(found.reference) == pytest.approx(1)
    assert sum(found.current) == pytest.approx(1)
