"""The metrics' history: from the lines of a log, and those lines from CloudWatch as it pages them."""

import time

import pytest

from cooper_dags import logs
from cooper_dags.history import points
from cooper_dags.logs import Line

GROUP = "/tests/history"
LOSS = {"name": "loss", "regex": r"loss=([0-9.a-z]+)"}


def of(*texts, metrics=(LOSS,)):
    lines = [Line(1000 + i, text) for i, text in enumerate(texts)]
    return [(p.name, p.value, p.timestamp, p.step) for p in points(lines, list(metrics))]


def test_step_is_the_epoch_where_the_line_names_one():
    assert of("epoch=7; loss=0.5", "Epoch 8/20 loss=0.25") == [
        ("loss", 0.5, 1000, 7),
        ("loss", 0.25, 1001, 8),
    ]


def test_step_is_the_count_where_it_does_not():
    assert of("loss=3", "saved", "loss=2 loss=1") == [
        ("loss", 3, 1000, 0),
        ("loss", 2, 1002, 1),
        ("loss", 1, 1002, 2),
    ]


def test_values_that_are_no_finite_numbers_are_left_out():
    assert of("loss=nan", "loss=abc", "loss=inf", "loss=1.2.3", "loss=1") == [("loss", 1, 1004, 0)]


def test_metrics_without_a_pattern_and_words_like_epoch_mislead_nobody():
    other = {"name": "rmse", "regex": None}
    assert of("epochs loss=1", metrics=(LOSS, other)) == [("loss", 1, 1000, 0)]
    assert of("rmse=1", metrics=(other,)) == []


def test_pattern_without_a_group_counts_as_a_whole():
    assert of("12 7", metrics=({"name": "n", "regex": r"\d+"},)) == [
        ("n", 12, 1000, 0),
        ("n", 7, 1000, 1),
    ]


@pytest.fixture(scope="module")
def written(platform):
    """Two streams of one job and one of another, whose name begins the same."""
    client, now = platform.client("logs"), int(time.time() * 1000)
    client.create_log_group(logGroupName=GROUP)
    for stream, count in {"job-1/algo-1": 2500, "job-1/algo-2": 5, "job-10/algo-1": 3}.items():
        client.create_log_stream(logGroupName=GROUP, logStreamName=stream)
        events = [{"timestamp": now + i, "message": f"{stream} {i}"} for i in range(count)]
        client.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)
    return client


def test_all_pages_and_streams_of_one_job_are_read_in_order(written):
    found = logs.read(written, GROUP, "job-1/")
    assert len(found) == 2505
    assert [line.timestamp for line in found] == sorted(line.timestamp for line in found)
    assert not any("job-10" in line.text for line in found)


def test_reading_ends_at_its_limit(written):
    assert len(logs.read(written, GROUP, "job-1/", limit=7)) == 7


def test_streams_from_before_are_left_out(written):
    assert logs.read(written, GROUP, since=int(time.time() * 1000) + 60_000) == []


def test_log_that_does_not_exist_has_no_lines(written):
    assert logs.read(written, "/tests/nowhere", "job-1/") == []
    assert logs.tail(written, "/tests/nowhere", "job-1/", 5) == []


def test_tail_is_the_end_of_each_stream(written):
    assert logs.tail(written, GROUP, "job-1/algo-2", 2) == ["job-1/algo-2 3", "job-1/algo-2 4"]
