import itertools
from datetime import UTC, datetime, timedelta

import pytest
import traffic
from project import BUCKET

from cooper_dags import windows

NUMBERS = itertools.count(1)
HOUR = timedelta(hours=1)


@pytest.fixture
def s3(cloud):
    return cloud.client("s3")


@pytest.fixture
def end():
    """What is written now was there before."""
    return datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=1)


@pytest.fixture
def endpoint():
    return f"tests-window-{next(NUMBERS)}"


def read(s3, endpoint, end, span=HOUR, columns=("x", "prediction", "y")):
    watch = {"endpoint": endpoint, "monitoring": {"capture": f"s3://{BUCKET}/capture"}}
    found = windows.of(s3, watch, BUCKET)
    return found.rows(end - span, end, columns, ("x",), "y")


def one(x, at, **more):
    return traffic.record({"instances": [[x]]}, [2 * x], at, **more)


def test_rows_of_the_window_in_the_order_of_time(s3, endpoint, end):
    times = [end - timedelta(minutes=minutes) for minutes in (5, 50, 61, 30)]
    for number, at in enumerate(times):
        traffic.captured(s3, endpoint, at, [one(number, at)])
    rows, reading = read(s3, endpoint, end)
    assert rows["x"].to_list() == [1.0, 3.0, 0.0]
    assert rows["prediction"].to_list() == [2.0, 6.0, 0.0]
    # Files of the hour before may reach into the window.
    assert (reading.rows, reading.unreadable) == (3, {})


def test_window_over_midnight_and_months(s3, endpoint):
    end = datetime(2027, 3, 1, 0, 30, tzinfo=UTC)  # LastModified is long before
    for at in (end - timedelta(minutes=10), end - timedelta(minutes=50)):
        traffic.captured(s3, endpoint, at, [one(at.minute, at)])
    rows, reading = read(s3, endpoint, end)
    assert rows["x"].to_list() == [40.0, 20.0]
    assert (reading.files, reading.files_there) == (2, 2)


def test_file_begun_in_the_hour_before_counts_with_its_later_rows(s3, endpoint):
    end = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
    begun = end - timedelta(minutes=61)
    traffic.captured(s3, endpoint, begun, [one(1, begun), one(2, end - timedelta(minutes=59))])
    rows, _ = read(s3, endpoint, end)
    assert rows["x"].to_list() == [2.0]


def test_what_came_after_the_windows_end_is_not_seen(s3, endpoint):
    end = datetime.now(UTC) - timedelta(minutes=5)
    at = end - timedelta(minutes=1)
    traffic.captured(s3, endpoint, at, [one(1, at, event="e")])
    traffic.labels(s3, endpoint, at, [traffic.truth("e", "1")])
    rows, reading = read(s3, endpoint, end)
    assert (len(rows), reading.files_there) == (0, 0)
    later, _ = read(s3, endpoint, datetime.now(UTC) + timedelta(minutes=1))
    assert later["y"].to_list() == [1.0]


def test_nothing_at_all_is_an_empty_window(s3, endpoint, end):
    rows, reading = read(s3, endpoint, end)
    assert (len(rows), rows.columns) == (0, [])
    assert reading.document()["files_there"] == 0


def test_other_endpoints_and_variants_are_not_read(s3, endpoint, end):
    at = end - timedelta(minutes=5)
    traffic.captured(s3, f"{endpoint}-more", at, [one(1, at)])
    traffic.put(s3, f"capture/{endpoint}/Shadow", at, [one(1, at)])
    assert len(read(s3, endpoint, end)[0]) == 0


def test_unreadable_lines_are_counted_with_their_reasons(s3, endpoint, end):
    at = end - timedelta(minutes=5)
    bad = traffic.record({"instances": [[1, 2]]}, [3], at)
    traffic.captured(s3, endpoint, at, ["{", one(1, at), "", bad, bad])
    rows, reading = read(s3, endpoint, end)
    assert len(rows) == 1
    assert reading.document()["unreadable"] == 3
    assert reading.document()["reasons"] == [
        "a row has 2 values for 1 columns",
        "the line is no JSON",
    ]


def test_labels_find_their_rows_by_the_callers_id_whenever_they_come(s3, endpoint, end):
    at = end - timedelta(minutes=50)
    batch = traffic.record({"instances": [[7], [8]]}, [14, 16], at, inference="batch")
    traffic.captured(s3, endpoint, at, [one(1, at, event="a"), one(2, at, event="b"), batch])
    traffic.labels(s3, endpoint, at, [traffic.truth("a", "5")], "00")
    traffic.labels(
        s3,
        endpoint,
        end - timedelta(minutes=2),
        [traffic.truth("a", "6"), traffic.truth("batch", "1,2"), traffic.truth("b", "1,2"), "{"],
        "01",
    )
    rows, reading = read(s3, endpoint, end)
    found = dict(zip(rows["x"].to_list(), rows["y"].to_list(), strict=True))
    # The latest label counts; one that has not a value for each row is of something else.
    assert found == {1.0: 6.0, 2.0: None, 7.0: 1.0, 8.0: 2.0}
    assert (reading.labelled, reading.document()["unreadable"]) == (3, 1)


def test_request_that_was_sent_twice_under_one_id_has_one_label(s3, endpoint, end):
    at = end - timedelta(minutes=5)
    traffic.captured(s3, endpoint, at, [one(1, at, inference="i"), one(1, at, inference="i")])
    traffic.labels(s3, endpoint, at, [traffic.truth("i", "5")])
    assert read(s3, endpoint, end)[0]["y"].to_list() == [5.0, 5.0]


def test_label_without_a_value_is_none(s3, endpoint, end):
    at = end - timedelta(minutes=5)
    traffic.captured(s3, endpoint, at, [one(1, at, event="a")])
    traffic.labels(s3, endpoint, at, [traffic.truth("a", "null", "JSON")])
    assert read(s3, endpoint, end)[0]["y"].to_list() == [None]


def test_more_than_fits_is_drawn_by_whole_files_always_the_same(
    s3, endpoint, end, monkeypatch, request
):
    at = end - timedelta(minutes=5)
    for file in range(10):
        records = [one(100 * file + row, at) for row in range(10)]
        traffic.captured(s3, endpoint, at, records, f"{file:02}")
    monkeypatch.setattr(windows, "MOST_ROWS", 30)
    rows, reading = read(s3, endpoint, end)
    assert (len(rows), reading.files, reading.files_there) == (30, 3, 10)
    assert len({x // 100 for x in rows["x"].to_list()}) == 3
    again, _ = read(s3, endpoint, end)
    assert again.equals(rows)


def test_bytes_are_bounded_too_but_one_file_is_always_read(s3, endpoint, end, monkeypatch):
    at = end - timedelta(minutes=5)
    for file in range(3):
        traffic.captured(s3, endpoint, at, [one(file, at)])
    monkeypatch.setattr(windows, "MOST_BYTES", 1)
    rows, reading = read(s3, endpoint, end)
    assert (len(rows), reading.files) == (1, 1)


def test_chunks_are_put_together_whatever_their_types(s3, endpoint, end, monkeypatch):
    monkeypatch.setattr(windows, "_CHUNK", 1)
    at = end - timedelta(minutes=5)
    values = [1, "2", None, True, [3]]
    records = [traffic.record({"instances": [[x]]}, [0], at, event=f"e{x}") for x in values]
    traffic.captured(s3, endpoint, at, records)
    rows, _ = read(s3, endpoint, end)
    assert sorted(rows["x"].to_list(), key=str) == ["1", "2", None, "[3]", "true"]


def test_last_prediction_is_found_over_any_time(s3, endpoint):
    traffic_of = windows.Traffic(s3, f"s3://{BUCKET}/capture/{endpoint}/AllTraffic", "s3://b/l")
    now = datetime.now(UTC)
    assert traffic_of.last_at(now + HOUR) is None
    for at in (datetime(2025, 12, 31, 23, tzinfo=UTC), datetime(2026, 2, 1, 3, tzinfo=UTC)):
        traffic.captured(s3, endpoint, at, [one(1, at)])
    last = traffic_of.last_at(now + HOUR)
    assert abs((last - now).total_seconds()) < 120
    assert traffic_of.last_at(now - HOUR) is None
