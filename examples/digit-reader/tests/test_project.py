"""project.yaml and the scripts speak of the same things."""

import json
import re
from pathlib import Path

import evaluate
import numpy as np
import pytest
import train
import yaml
from columns import FEATURES, TARGET
from training import SHAPING

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def project():
    return yaml.safe_load((ROOT / "project.yaml").read_text())


def test_every_hyperparameter_is_an_argument_with_this_default(project):
    asked = project["hyperparameters"]
    given = [part for name, value in asked.items() for part in (f"--{name}", str(value))]
    assert vars(train.parse_args(given)) == vars(train.parse_args([]))


def test_checkpoints_belong_to_all_hyperparameters(project):
    assert set(SHAPING) == set(project["hyperparameters"])


def test_each_pattern_finds_its_metric_in_every_epoch_of_the_log(project, trained):
    epochs = [line for line in trained[1].splitlines() if line.startswith("epoch=")]
    patterns = [metric["regex"] for metric in project["metrics"] if "regex" in metric]
    assert len(patterns) == 3
    for pattern in patterns:
        values = [float(re.search(pattern, line)[1]) for line in epochs]
        assert len(values) == 6
        assert all(0 <= value < 5 for value in values)


def test_every_metric_without_a_pattern_is_one_of_the_evaluation(project):
    scores = evaluate.score(np.arange(10), np.eye(10))
    named = [metric["name"] for metric in project["metrics"] if "regex" not in metric]
    assert set(named) <= set(scores)


def test_a_metric_with_a_bound_on_slices_is_in_the_slices(project):
    rows, _ = evaluate.read_holdout(ROOT / "data/holdout.csv")
    (first, *_) = evaluate.score_slices(rows, np.eye(10)[rows[TARGET]])
    for metric in project["metrics"]:
        if "worst_slice" in metric.get("thresholds", {}):
            assert metric["name"] in first


def test_the_sample_and_the_monitors_speak_of_the_features(project):
    assert project["data"]["target"] == TARGET
    sample = json.loads((ROOT / project["serving"]["sample"]).read_text())
    assert sample["dataframe_split"]["columns"] == FEATURES
    for monitor in project["monitors"]:
        assert set(monitor.get("columns", [])) <= set(FEATURES)
