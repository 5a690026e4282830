"""The holdout as rows: typed as training saw it, and every way to be unreadable."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.traffic import holdout
from bot.traffic.holdout import HoldoutError, read_holdout, typed

CSV = """\
age,share,region,smokes,visits
41,0.5,north,True,0
17,1e-3,NA,False,3

63,.25,"south, east",true,
"""


def test_a_csv_file_is_typed_column_by_column():
    first, second, third = read_holdout(CSV.encode(), "csv", "visits")
    assert first.row == {"age": 41, "share": 0.5, "region": "north", "smokes": True}
    assert second.row == {"age": 17, "share": 0.001, "region": None, "smokes": False}
    assert third.row["region"] == "south, east"
    # Among whole numbers with a gap, pandas has floats.
    assert [first.label, second.label, third.label] == [0.0, 3.0, None]
    assert isinstance(first.row["age"], int)


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1", "-2", "+3"], [1, -2, 3]),
        (["1", "2.5"], [1.0, 2.5]),
        (["1", ""], [1.0, None]),
        (["1", "x"], ["1", "x"]),
        (["true", "1"], ["true", "1"]),
        (["1_000"], ["1_000"]),
        (["Infinity"], ["Infinity"]),
        (["12345678901234567890123"], [1.2345678901234568e22]),
        (["nan", "null", "NULL", "<NA>", ""], [None] * 5),
        ([" 7", "8 "], [7, 8]),
    ],
)
def test_a_column_is_what_all_its_cells_are(cells, values):
    assert typed(cells) == values
    assert [type(value) for value in typed(cells)] == [type(value) for value in values]


@given(st.lists(st.integers(-(10**17), 10**17), min_size=1))
def test_whole_numbers_stay_whole(values):
    assert typed([str(value) for value in values]) == values


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_stay_what_they_are(values):
    assert typed([repr(value) for value in values]) == values


_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=8)


@given(st.lists(st.tuples(_TEXT, _TEXT), min_size=1, max_size=20))
def test_whatever_text_was_written_is_read(rows):
    file = io.StringIO()
    csv.writer(file).writerows([("a", "target"), *rows])
    found = read_holdout(file.getvalue().encode(), "csv", "target")
    assert len(found) == len(rows)
    for example in found:
        json.dumps(example.row, allow_nan=False)


def test_json_lines_are_taken_as_they_are_and_gaps_are_none():
    lines = '{"a": 1, "y": "no"}\n\n{"a": null, "b": [1, 2], "y": "yes"}\n{"a": 2.5}\n'
    found = read_holdout(lines.encode(), "jsonl", "y")
    assert [example.row for example in found] == [
        {"a": 1, "b": None},
        {"a": None, "b": [1, 2]},
        {"a": 2.5, "b": None},
    ]
    assert [example.label for example in found] == ["no", "yes", None]


def test_of_a_huge_file_the_first_rows_are_read(monkeypatch):
    monkeypatch.setattr(holdout, "MOST_ROWS", 3)
    content = "a,y\n" + "1,2\n" * 10
    assert len(read_holdout(content.encode(), "csv", "y")) == 3
    assert len(read_holdout(b'{"y": 1}\n' * 10, "jsonl", "y")) == 3


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        (b"PAR1", "parquet", "is parquet; traffic can be made of csv and jsonl"),
        (b"", "csv", "has no rows"),
        (b"a,y\n", "csv", "has no rows"),
        (b"\n\n", "jsonl", "has no rows"),
        (b"a,b\n1,2\n", "csv", "no column 'y'"),
        (b"a,y,a\n1,2,3\n", "csv", "two columns of one name"),
        (b"a,y\n1,2,3\n", "csv", "line 2 of the holdout has 3 values for 2 columns"),
        (b'a,y\n"1,2\n', "csv", "is no CSV"),
        (b"a,y\n1e999,2\n", "csv", "1e999, which no JSON number can be"),
        (b"a,y\n\xff,2\n", "csv", "is no UTF-8"),
        (b'{"y": 1}\n{"y": \n', "jsonl", "line 2 of the holdout is no JSON"),
        (b'{"y": NaN}\n', "jsonl", "NaN is no JSON number"),
        (b"[1, 2]\n", "jsonl", "line 1 of the holdout is no JSON object"),
        (b'{"y": [1]}\n', "jsonl", "no labels"),
    ],
)
def test_what_cannot_be_read_is_named(content, kind, words):
    with pytest.raises(HoldoutError, match=words):
        read_holdout(content, kind, "y")


def test_a_short_line_lacks_its_last_values():
    [example] = read_holdout(b"a,b,y\n1\n", "csv", "y")
    assert (example.row, example.label) == ({"a": 1, "b": None}, None)
