"""Rows in the shape of the project's sample."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.traffic.scoring import SampleError, scoring

COLUMNS = ("a", "b", "c")
ROWS = [{"a": 1, "b": None, "c": "x"}, {"a": 2, "b": 0.5, "c": "y"}]


@pytest.mark.parametrize(
    ("sample", "body"),
    [
        (
            {"dataframe_split": {"columns": ["c", "a"], "index": [7], "data": [["z", 0]]}},
            {"dataframe_split": {"columns": ["c", "a"], "data": [["x", 1], ["y", 2]]}},
        ),
        (
            {"dataframe_records": [{"a": 0, "c": "z"}], "params": {"probabilities": True}},
            {
                "dataframe_records": [{"a": 1, "c": "x"}, {"a": 2, "c": "y"}],
                "params": {"probabilities": True},
            },
        ),
        (
            {"instances": [{"a": 0, "b": 1}]},
            {"instances": [{"a": 1, "b": None}, {"a": 2, "b": 0.5}]},
        ),
        ({"instances": [[0, 0, "z"]]}, {"instances": [[1, None, "x"], [2, 0.5, "y"]]}),
        ({"inputs": [[0, 0, "z"]]}, {"inputs": [[1, None, "x"], [2, 0.5, "y"]]}),
        ({"inputs": {"a": [0], "c": ["z"]}}, {"inputs": {"a": [1, 2], "c": ["x", "y"]}}),
    ],
)
def test_each_shape_of_the_scoring_server(sample, body):
    assert scoring(sample, COLUMNS).body(ROWS) == body


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        ({}, "no request body"),
        ({"rows": [[1]]}, "no request body"),
        ({"dataframe_split": {"columns": ["a", "age"], "data": [[1, 2]]}}, "column 'age'"),
        ({"dataframe_split": {"data": [[1]]}}, "cannot be put into the 'dataframe_split'"),
        ({"dataframe_split": {"columns": "a", "data": [[1]]}}, "cannot be put into"),
        ({"dataframe_split": {"columns": [], "data": [[]]}}, "has no columns"),
        ({"dataframe_split": None}, "cannot be put into"),
        ({"dataframe_records": []}, "cannot be put into the 'dataframe_records'"),
        ({"dataframe_records": [{}]}, "has no columns"),
        ({"instances": [1, 2, 3]}, "cannot be put into the 'instances'"),
        ({"instances": [[1, 2]]}, "lists of 3 values"),
        ({"inputs": {}}, "has no columns"),
        ({"inputs": "text"}, "cannot be put into the 'inputs'"),
    ],
)
def test_a_sample_that_rows_do_not_fit_is_refused(sample, words):
    with pytest.raises(SampleError, match=words):
        scoring(sample, COLUMNS)


@given(st.dictionaries(st.text(), st.recursive(st.integers() | st.none() | st.text(), st.lists)))
def test_any_other_sample_is_refused_and_nothing_else(sample):
    with pytest.raises(SampleError):
        scoring(sample, COLUMNS)
