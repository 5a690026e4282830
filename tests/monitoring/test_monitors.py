import json
import math
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest
import yaml

from monitoring.metrics import METRICS
from monitoring.monitors import Check, Monitor, MonitorError, Severity, Statistic, parse

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


# ------------------------------------------------------------------ as plans carry them


@pytest.fixture(scope="module")
def planned():
    """The monitors of a deployment's plan, by the schema that is made from `project.yaml`'s model."""
    path = Path(__file__).parents[2] / "dags/schemas/deploy_model.json"
    return json.loads(path.read_text())["$defs"]["Monitor"]["properties"]


def test_plans_name_the_same_fields_as_we_read(planned):
    assert set(planned) == {each.name for each in fields(Monitor)}


@pytest.mark.parametrize(("key", "kind"), [("check", Check), ("severity", Severity)])
def test_plans_know_the_same_words(planned, key, kind):
    assert set(planned[key]["enum"]) == set(get_args(kind))


def test_plans_know_the_same_statistics_and_metrics(planned):
    statistics, metrics = (planned[key]["anyOf"][0]["enum"] for key in ("statistic", "metric"))
    assert set(statistics) == set(get_args(Statistic))
    assert set(metrics) == {*METRICS, "positive_rate", "training", "prediction"}


def test_defaults_of_plans_are_ours(planned):
    defaults = {key: each["default"] for key, each in planned.items() if "default" in each}
    assert parse([SOUND | defaults]) == parse([SOUND])


@pytest.mark.parametrize("name", ["claims-frequency", "digit-reader"])
def test_the_examples_monitors_are_read(name):
    path = Path(__file__).parents[2] / f"examples/{name}/project.yaml"
    monitors = yaml.safe_load(path.read_text())["monitors"]
    assert [each.name for each in parse(monitors)] == [each["name"] for each in monitors]
