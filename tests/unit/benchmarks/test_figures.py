import pytest

from benchmarks.figures import by_segment, percentile, segments, summarise, whole


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([3.0], 99, 3.0),
        ([4.0, 1.0, 3.0, 2.0], 50, 2.5),
        ([4.0, 1.0, 3.0, 2.0], 0, 1.0),
        ([4.0, 1.0, 3.0, 2.0], 100, 4.0),
        ([float(value) for value in range(101)], 99, 99.0),
        ([0.0, 10.0], 99, 9.9),
    ],
)
def test_percentile(values, percent, expected):
    assert percentile(values, percent) == pytest.approx(expected)


def test_percentile_leaves_its_values_as_they_are():
    values = [2.0, 1.0]
    percentile(values, 50)
    assert values == [2.0, 1.0]


@pytest.mark.parametrize("percent", [-1, 100.5])
def test_no_percentage(percent):
    with pytest.raises(ValueError, match="is no percentage"):
        percentile([1.0], percent)


@pytest.mark.parametrize("of_none", [lambda: percentile([], 50), lambda: summarise([])])
def test_no_values(of_none):
    with pytest.raises(ValueError, match="no values"):
        of_none()


def test_summary_as_json_is_rounded():
    found = summarise([0.1, 0.2, 0.30004]).as_json()
    assert found == {"count": 3, "mean": 0.2, "p50": 0.2, "p99": 0.298}


def test_segments_sum_up_to_the_whole():
    run = {"sent": 100.0, "stored": 100.5, "answered": 103.0}
    assert segments(run) == {"stored": 0.5, "answered": 2.5}
    assert whole(run) == 3.0
    assert whole(run, "stored") == 0.5


def test_milestone_before_its_predecessor_counts_as_reached_with_it():
    assert segments({"a": 1.0, "b": 3.0, "c": 2.0, "d": 4.0}) == {"b": 2.0, "c": 0.0, "d": 1.0}


def test_by_segment_over_runs():
    found = by_segment([{"a": 0.0, "b": 1.0}, {"a": 5.0, "b": 8.0}])
    assert (found["b"].count, found["b"].mean) == (2, 2.0)
