import json
from datetime import UTC, datetime

import pytest
import traffic
from hypothesis import given
from hypothesis import strategies as st

from cooper_dags import captured
from cooper_dags.captured import UnreadableError

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
ROWS = [{"x": 1, "word": "a"}, {"x": 2.5, "word": None}]


def read(body, predictions=(3, 4), features=("x", "word"), **more):
    line = json.dumps(traffic.record(body, list(predictions), AT, **more))
    return captured.record(line, features)


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": {"columns": ["x", "word"], "data": [[1, "a"], [2.5, None]]}},
        {"dataframe_split": {"data": [[1, "a"], [2.5, None]]}},
        {"dataframe_records": ROWS},
        {"instances": ROWS},
        {"instances": [[1, "a"], [2.5, None]]},
        {"inputs": {"x": [1, 2.5], "word": ["a", None]}},
        {"inputs": [[1, "a"], [2.5, None]]},
        {"dataframe_records": ROWS, "params": {"probabilities": True}},
    ],
)
@pytest.mark.parametrize("encoding", ["JSON", "BASE64"])
def test_every_body_of_the_scoring_server_gives_the_same_rows(body, encoding):
    found = read(body, encoding=encoding)
    assert found.at == AT
    assert found.rows == [
        {"x": 1, "word": "a", "prediction": 3},
        {"x": 2.5, "word": None, "prediction": 4},
    ]


@pytest.mark.parametrize(
    ("predictions", "rows"),
    [
        ([[3]], [{"prediction": 3}]),
        ([[0.2, 0.8]], [{"prediction_0": 0.2, "prediction_1": 0.8}]),
        ([{"class": "yes", "score": 0.9}], [{"class": "yes", "score": 0.9}]),
        ({"class": ["yes", "no"]}, [{"class": "yes"}, {"class": "no"}]),
        (["yes", None], [{"prediction": "yes"}, {"prediction": None}]),
    ],
)
def test_every_shape_of_an_answer_has_its_columns(predictions, rows):
    assert captured.outputs_of({"predictions": predictions}) == rows


def test_callers_own_id_comes_before_sagemakers():
    body = {"instances": [[1, "a"], [2, "b"]]}
    assert read(body, event="sagemakers").event == "sagemakers"
    assert read(body, event="sagemakers", inference="callers").event == "callers"


def record_with(**changes):
    document = traffic.record({"instances": [[1]]}, [2], AT)
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = document
        for name in parents:
            place = place[name]
        place[last] = value
    return json.dumps(document)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "the line is no JSON"),
        ("[" * 100_000, "the line is no JSON"),
        ("[]", "no eventMetadata"),
        ("{}", "no eventMetadata"),
        (record_with(eventMetadata={}), "no eventId"),
        (record_with(eventMetadata__eventId=7), "no eventId"),
        (record_with(eventMetadata__inferenceTime="yesterday"), "not whole"),
        (record_with(eventMetadata__inferenceTime="2026-11-22T08:00:00"), "no zone"),
        (record_with(captureData={}), "not whole"),
        (record_with(captureData=None), "not whole"),
        (record_with(captureData__endpointOutput=None), "output has no data"),
        (record_with(captureData__endpointInput__data="{"), "input is no JSON"),
        (record_with(captureData__endpointInput__encoding="CSV"), "input is CSV, not JSON"),
        (record_with(captureData__endpointInput__encoding="BASE64"), "input is no base64"),
        (record_with(captureData__endpointInput__data="[]"), "request is no object"),
        (record_with(captureData__endpointInput__data='{"rows": 1}'), "has none"),
        (record_with(captureData__endpointInput__data='{"inputs": 1, "instances": 1}'), "has none"),
        (record_with(captureData__endpointInput__data='{"instances": 1}'), "are no list"),
        (record_with(captureData__endpointInput__data='{"instances": [[1, 2]]}'), "2 values for 1"),
        (
            record_with(captureData__endpointInput__data='{"inputs": {"a": [1], "b": [1, 2]}}'),
            "not of one length",
        ),
        (record_with(captureData__endpointInput__data='{"dataframe_split": 1}'), "no object"),
        (record_with(captureData__endpointOutput__data='{"error": 1}'), "no predictions"),
        (record_with(captureData__endpointOutput__data='{"predictions": 1}'), "are no list"),
        (record_with(captureData__endpointOutput__data='{"predictions": []}'), "1 rows were asked"),
    ],
)
def test_what_is_no_record_says_why(line, reason):
    with pytest.raises(UnreadableError, match=reason):
        captured.record(line, ("x",))


@pytest.mark.parametrize(
    ("data", "encoding", "values"),
    [
        ("1", "CSV", [1.0]),
        ("yes", "CSV", ["yes"]),
        ("3,5,1", "CSV", [3.0, 5.0, 1.0]),
        ("3\n5\n", "CSV", [3.0, 5.0]),
        ('"a, b",c', "CSV", ["a, b", "c"]),
        ("1,", "CSV", [1.0, None]),
        ("[1, null]", "JSON", [1, None]),
        ('"yes"', "JSON", ["yes"]),
    ],
)
def test_labels_are_of_one_row_or_of_each(data, encoding, values):
    found = captured.label(json.dumps(traffic.truth("e", data, encoding)))
    assert (found.event, found.values) == ("e", values)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("x", "no JSON"),
        ("{}", "no eventMetadata"),
        (json.dumps(traffic.truth("", "1")), "no eventId"),
        (json.dumps(traffic.truth("e", 1)), r"no groundTruthData\.data"),
        (json.dumps(traffic.truth("e", "1", "XML")), "'XML', not CSV or JSON"),
        (json.dumps(traffic.truth("e", "[", "JSON")), "its data is no JSON"),
    ],
)
def test_what_is_no_label_says_why(line, reason):
    with pytest.raises(UnreadableError, match=reason):
        captured.label(line)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["columns", "data", "x", "inputs", "instances", "dataframe_split"])
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(anything, anything)
def test_nothing_that_callers_send_is_a_crash(body, predictions):
    line = json.dumps(traffic.record(body, predictions, AT))
    try:
        found = captured.record(line, ("x",))
    except UnreadableError:
        return
    assert all(isinstance(row, dict) for row in found.rows)


@given(anything)
def test_no_line_is_a_crash(document):
    for read_line in (lambda line: captured.record(line, ()), captured.label):
        try:
            read_line(json.dumps(document))
        except UnreadableError:
            continue
