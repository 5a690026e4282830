"""Labels in the format of SageMaker's ground truth."""

import csv
import io
import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.traffic.labels import ground_truth, label_key


def test_one_row_is_exactly_what_aws_documents():
    assert json.loads(ground_truth("aaaa-bbbb-cccc", [1]) or "") == {
        "groundTruthData": {"data": "1", "encoding": "CSV"},
        "eventMetadata": {"eventId": "aaaa-bbbb-cccc"},
        "eventVersion": "0",
    }


@pytest.mark.parametrize(
    ("labels", "data"),
    [
        ([2.5], "2.5"),
        ([True], "true"),
        ([False], "false"),
        (["north"], "north"),
        (["north, east"], '"north, east"'),
        ([3, None, 0], '3\n""\n0'),
    ],
)
def test_labels_are_csv_one_line_a_row(labels, data):
    assert json.loads(ground_truth("id", labels) or "")["groundTruthData"]["data"] == data


def test_where_no_label_is_known_there_is_no_record():
    assert ground_truth("id", [None, None]) is None


@given(st.lists(st.text(st.characters(exclude_characters="\r\0", codec="utf-8")), min_size=1))
def test_any_label_can_be_read_back(labels):
    line = ground_truth("id", labels)
    assert line is not None
    assert "\n" not in line
    rows = list(csv.reader(io.StringIO(json.loads(line)["groundTruthData"]["data"], newline="")))
    assert [row[0] for row in rows] == labels


def test_a_file_lies_in_the_hour_in_which_its_labels_came():
    key = label_key("demo-claims-staging", datetime(2026, 3, 4, 5, 6, 7, 8009, tzinfo=UTC))
    assert re.fullmatch(
        r"labels/demo-claims-staging/2026/03/04/05/06-07-008-[0-9a-f-]{36}\.jsonl", key
    )
