import math
from datetime import timedelta

import pytest

from monitoring.monitors import Monitor, MonitorError, parse

SOUND = {"name": "m", "check": "data_drift"}


def test_a_monitor_of_a_project_is_read():
    (found,) = parse(
        [
            {
                "name": "input-drift",
                "check": "data_drift",
                "columns": ["age", "premium"],
                "window": "P7D",
                "threshold": 0.2,
                "severity": "high",
            }
        ]
    )
    assert found == Monitor(
        "input-drift",
        "data_drift",
        columns=("age", "premium"),
        window=timedelta(days=7),
        threshold=0.2,
        severity="high",
    )


def test_what_is_null_is_the_default():
    assert parse([SOUND | {"threshold": None, "metric": None}]) == (Monitor("m", "data_drift"),)


@pytest.mark.parametrize(
    ("text", "seconds"), [("PT1H", 3600), ("P1DT2H3M4S", 93784), ("P2W", 1209600), ("PT90M", 5400)]
)
def test_durations_are_those_of_iso_8601(text, seconds):
    assert parse([SOUND | {"window": text}])[0].window == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"check": "magic"}, "check 'magic' is not one of"),
        ({"severity": "dire"}, "severity"),
        ({"statistic": "kl"}, "statistic"),
        ({"check": "activity", "statistic": "ks"}, "activity has no statistic"),
        ({"check": "activity", "metric": "f1"}, "no metric"),
        ({"check": "performance", "metric": "gini"}, "metric 'gini'"),
        ({"check": "staleness", "metric": "f1"}, "training, prediction"),
        ({"check": "bias"}, "needs slices"),
        ({"slices": ["sex"]}, "no slices"),
        ({"threshold": 0}, "above 0"),
        ({"threshold": -0.1}, "above 0"),
        ({"threshold": math.inf}, "above 0"),
        ({"threshold": math.nan}, "above 0"),
        ({"threshold": "0.1"}, "number"),
        ({"threshold": True}, "number"),
        ({"columns": "age"}, "list"),
        ({"columns": [1]}, "list"),
        ({"window": "P"}, "duration"),
        ({"window": "PT"}, "duration"),
        ({"window": "P1DT"}, "duration"),
        ({"window": "1 day"}, "duration"),
        ({"window": 86400}, "duration"),
        ({"window": "P0D"}, "longer than nothing"),
        ({"colums": []}, "no 'colums'"),
    ],
)
def test_a_mistake_is_named_with_its_monitor(change, words):
    with pytest.raises(MonitorError, match="'m'.*" + words):
        parse([SOUND | change])


@pytest.mark.parametrize("absent", ["name", "check"])
def test_name_and_check_are_needed(absent):
    with pytest.raises(MonitorError, match=absent):
        parse([{key: value for key, value in SOUND.items() if key != absent}])


def test_a_name_stands_once():
    with pytest.raises(MonitorError, match="twice"):
        parse([SOUND, SOUND])
