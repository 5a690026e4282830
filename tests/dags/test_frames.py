import math

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from cooper_dags import frames
from monitoring.profile import profile_column


def column(*values):
    return frames.frame([{"c": value} for value in values], ["c"])["c"]


def test_numbers_are_numbers_and_anything_else_is_text():
    assert column(1, 2.5, None).to_list() == [1.0, 2.5, None]
    assert column(*[True, None]).dtype == pl.Boolean
    assert column("a", None).to_list() == ["a", None]
    assert column(*[1, "a", True, [2]]).to_list() == ["1", "a", "true", "[2]"]
    assert column(None, None).dtype == pl.Null


def test_only_columns_that_are_asked_for_and_occur_are_there():
    rows = [{"a": 1, "secret": "x"}, {"b": 2}]
    found = frames.frame(rows, ["b", "a", "c"])
    assert found.to_dict(as_series=False) == {"b": [None, 2.0], "a": [1.0, None]}


def test_what_no_float_holds_is_infinite():
    assert column(10**400, -(10**400), 1).to_list() == [math.inf, -math.inf, 1.0]


def test_texts_are_capped_and_valid():
    found = column("x" * 5000, "half \ud800 pair")
    assert (len(found[0]), found[1]) == (1000, "half ? pair")


def test_parts_of_other_types_become_text_alike():
    parts = [
        frames.frame([{"c": 1, "d": 1}], ["c", "d"]),
        frames.frame([{"c": "1"}], ["c"]),
        frames.frame([{"c": None}], ["c"]),
    ]
    found = frames.joined(parts)
    assert found.to_dict(as_series=False) == {"c": ["1", "1", None], "d": [1.0, None, None]}
    assert len(frames.joined([])) == 0


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
anything = scalars | st.lists(scalars, max_size=2) | st.dictionaries(st.text(max_size=2), scalars)


@given(st.lists(st.lists(anything, min_size=1, max_size=5), min_size=1, max_size=3))
def test_whatever_comes_can_be_summarised(parts):
    found = frames.joined([frames.frame([{"c": v} for v in part], ["c"]) for part in parts])
    assert len(found) == sum(map(len, parts))
    for is_category in (True, False):
        made = profile_column(found["c"], is_category=is_category, kept_values=10)
        assert made.rows == len(found)
