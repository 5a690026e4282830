"""Injections change what was asked for, in as many rows as was asked for, and nothing besides."""

import json
from random import Random
from statistics import mean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.traffic.holdout import Example
from bot.traffic.injections import (
    NEW_SHARE,
    Drift,
    InjectionError,
    Missing,
    NewCategory,
    changed,
    changes,
)

COLUMNS = {
    "age": st.none() | st.integers(-1000, 1000),
    "weight": st.none() | st.floats(-1e6, 1e6),
    "region": st.none() | st.sampled_from(["north", "south", "east"]),
    "smokes": st.none() | st.booleans(),
}
ROWS = st.lists(st.fixed_dictionaries(COLUMNS), min_size=1, max_size=40)
INJECTIONS = st.one_of(
    st.builds(Drift, st.sampled_from(["age", "weight"]), st.floats(-10, 10)),
    st.builds(Drift, st.sampled_from(["region", "smokes"]), st.floats(0, 1)),
    st.builds(Missing, st.sampled_from(sorted(COLUMNS)), st.floats(0, 1)),
    st.builds(NewCategory, st.just("region"), st.just("moon")),
)


def examples(rows):
    return [Example(row, 0) for row in rows]


def played(rows, *injections, seed=1):
    """The rows with the injections in them; refuses to have changed what it was given."""
    before = json.dumps(rows)
    made = changes(injections, examples(rows))
    random = Random(seed)
    found = [changed(row, made, random) for row in rows]
    assert json.dumps(rows) == before
    return found


def present(rows, column):
    return [row[column] for row in rows if row[column] is not None]


@given(rows=ROWS, injection=INJECTIONS, seed=st.integers())
def test_only_its_column_changes_and_always_alike(rows, injection, seed):
    if isinstance(injection, Drift) and not present(rows, injection.column):
        with pytest.raises(InjectionError, match="no values that could drift"):
            played(rows, injection)
        return
    found = played(rows, injection, seed=seed)
    others = [name for name in COLUMNS if name != injection.column]
    assert [{name: row[name] for name in others} for row in found] == [
        {name: row[name] for name in others} for row in rows
    ]
    assert found == played(rows, injection, seed=seed)
    json.dumps(found, allow_nan=False)


@given(rows=ROWS, amount=st.floats(-10, 10), column=st.sampled_from(["age", "weight"]))
def test_numbers_move_together_by_standard_deviations(rows, amount, column):
    values = present(rows, column)
    if not values:
        return
    moved = present(played(rows, Drift(column, amount)), column)
    step = amount * (pstdev(values) or 1)
    if column == "age":
        assert all(isinstance(value, int) for value in moved)
        [whole] = {after - before for before, after in zip(values, moved, strict=True)}
        assert abs(whole - step) <= 1
        assert (whole > 0) == (step > 0)
        assert (whole < 0) == (step < 0)
    else:
        assert mean(moved) - mean(values) == pytest.approx(step, rel=1e-6, abs=1e-6)
        assert pstdev(moved) == pytest.approx(pstdev(values), rel=1e-6, abs=1e-6)


@given(rows=ROWS, share=st.sampled_from([0, 1]))
def test_none_and_all_are_exact(rows, share):
    missing = played(rows, Missing("age", share))
    assert missing == ([{**row, "age": None} for row in rows] if share else rows)
    if present(rows, "region"):
        found = {row["region"] for row in played(rows, Drift("region", share))}
        assert found == {row["region"] for row in rows} if not share else len(found) == 1


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_share_is_that_share_of_the_rows(share):
    rows = [{"age": 1, "region": "north" if number else "south"} for number in range(4000)]
    lost = sum(row["age"] is None for row in played(rows, Missing("age", share)))
    rare = sum(row["region"] == "south" for row in played(rows, Drift("region", share)))
    # Six standard deviations of a binomial.
    assert lost == pytest.approx(4000 * share, abs=6 * (4000 * share * (1 - share)) ** 0.5)
    assert rare == pytest.approx(4000 * share, abs=6 * (4000 * share * (1 - share)) ** 0.5)


def test_a_new_category_comes_in_its_share_of_the_rows():
    rows = [{"region": "north"}] * 4000
    found = [row["region"] for row in played(rows, NewCategory("region", "moon"))]
    assert set(found) == {"north", "moon"}
    assert found.count("moon") == pytest.approx(4000 * NEW_SHARE, abs=160)


def test_the_rarest_value_is_what_a_text_column_drifts_to():
    rows = [{"region": name} for name in ("north", "north", "east", "south", "south", None)]
    assert {row["region"] for row in played(rows, Drift("region"))} == {"east"}


def test_injections_come_in_their_order():
    rows = [{"age": value} for value in (1, 2, 3, 4)]
    both = played(rows, Drift("age", 100), Missing("age", 1.0))
    assert both == [{"age": None}] * 4
    assert played(rows, Missing("age", 1.0), Drift("age", 100)) == both


def test_a_constant_moves_by_the_amount_itself():
    assert played([{"weight": 2.0}] * 3, Drift("weight", -1.5)) == [{"weight": 0.5}] * 3
    assert played([{"age": 2}] * 3, Drift("age", 0.2)) == [{"age": 3}] * 3
    assert played([{"age": 2}] * 3, Drift("age", 0)) == [{"age": 2}] * 3


@pytest.mark.parametrize(
    ("injection", "words"),
    [
        (Drift("visits"), "not asked about 'visits'; its columns are age, region"),
        (Missing("visits", 0.5), "not asked about 'visits'"),
        (NewCategory("visits", "x"), "not asked about 'visits'"),
        (Drift("region", 1.5), "a share of the rows, from 0 to 1"),
        (Drift("region", -0.1), "a share of the rows"),
        (NewCategory("age", "old"), "holds no text"),
        (NewCategory("region", "north"), "'north' is no new value"),
    ],
)
def test_what_cannot_be_done_to_a_column_is_said(injection, words):
    rows = [{"age": 1, "region": "north"}]
    with pytest.raises(InjectionError, match=words):
        changes([injection], examples(rows))
