from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from actions.config import ConfigError, load_text
from actions.project import Project, load_project, unique_names

EXAMPLE = Path(__file__).parents[3] / "examples/claims-frequency"

LEAST = """\
name: fraud
owner: UANA00001
team: risk
channel: "#ml"
image: {framework: sklearn, version: "1.4-2"}
data: {train: s3://data/fraud/train.csv, holdout: s3://data/fraud/holdout.csv, target: fraud}
metrics: [{name: auc, goal: maximise}]
"""


def read(text: str) -> Project:
    return load_text(Project, text, "project.yaml", checks=[unique_names])


def mistakes(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(text)
    return str(caught.value)


def changed(**values) -> str:
    return yaml.safe_dump({**yaml.safe_load(LEAST), **values}, sort_keys=False)


def test_the_least_file_has_sensible_defaults():
    project = read(LEAST)
    assert project.instance.default == "ml.m5.xlarge"
    assert project.instance.max_runtime == timedelta(hours=1)
    assert project.entry_points.train == "train.py"
    assert project.serving.max_latency_ms == 500
    assert project.monitors == ()


def test_the_example_says_what_the_demo_needs():
    project = load_project(EXAMPLE)
    assert project.name == "claims-frequency"
    assert project.hyperparameters["learning_rate"] == 0.05
    assert [metric.name for metric in project.metrics if metric.regex] == [
        "validation_deviance", "train_deviance",
    ]  # fmt: skip
    thresholds = project.metrics[0].thresholds
    assert thresholds is not None
    assert (thresholds.max, thresholds.min_relative_change) == (4.3, 0)


def test_a_project_survives_being_stored():
    project = load_project(EXAMPLE)
    assert Project.model_validate_json(project.model_dump_json()) == project


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"image": {"framework": "sklearn"}}, "give framework and version"),
        ({"image": {}}, "give framework and version"),
        ({"image": {"uri": "x", "framework": "sklearn", "version": "1"}}, "not both"),
        ({"image": {"framework": "sklern", "version": "1"}}, "did you mean 'sklearn'"),
        ({"image": {"framework": "sklearn", "version": 1.4}}, 'put it in quotes: "1.4"'),
        ({"instance": {"default": "m5.xlarge"}}, "an instance type such as ml.m5.xlarge"),
        ({"instance": {"count": 8, "max_count": 2}}, "count is 8, above max_count 2"),
        ({"instance": {"max_runtime": "P29D"}}, "from PT1M to P28D"),
        ({"instance": {"max_runtime": "PT1S"}}, "from PT1M to P28D"),
        ({"instance": {"max_runtime": 3600}}, "should be an ISO 8601 duration"),
        ({"instance": {"allowed": []}}, "should hold at least 1"),
        ({"entry_points": {"train": "../train.py"}}, "not a path inside the project"),
        ({"entry_points": {"trian": "t.py"}}, "did you mean 'train'"),
        ({"hyperparameters": {"depth": [1, 2]}}, "should be one value"),
        ({"hyperparameters": {"max depth": 3}}, "a name of letters, digits and _"),
        ({"hyperparameters": {"x": "y" * 2501}}, "at most 2500 characters"),
        ({"metrics": []}, "should hold at least 1"),
        ({"metrics": [{"name": "auc", "goal": "maximize"}]}, "did you mean 'maximise'"),
        ({"metrics": [{"name": "auc", "goal": "maximise", "regex": "auc=("}]}, "not a regular"),
        ({"metrics": [{"name": "auc", "goal": "maximise", "regex": "auc=.*"}]}, "one group"),
        ({"metrics": [{"name": "auc", "goal": "maximise", "regex": "(a)(b)"}]}, "has 2"),
        ({"metrics": [{"name": "a", "goal": "maximise"}, {"name": "A", "goal": "minimise"}]}, "a second metric 'A'"),
        ({"metrics": [{"name": "a", "goal": "maximise", "thresholds": {"min": 2, "max": 1}}]}, "nothing could pass"),
        ({"metrics": [{"name": "a", "goal": "maximise", "thresholds": {}}]}, "holds no threshold"),
        ({"metrics": [{"name": "a", "goal": "maximise", "thresholds": {"min_relative_change": 2}}]}, "at most 1"),
        ({"metrics": [{"name": "a", "goal": "maximise", "thresholds": {"min_absolute_change": 0}}]}, "more than 0"),
        ({"monitors": [{"name": "m", "check": "drift"}]}, "data_drift"),
        ({"monitors": [{"name": "m", "check": "activity", "window": "7d"}]}, "ISO 8601"),
        ({"monitors": [{"name": "m", "check": "activity", "window": "P91D"}]}, "90 days at most"),
        ({"monitors": [{"name": "m", "check": "data_drift", "threshold": 0}]}, "more than 0"),
        ({"monitors": [{"name": "m", "check": "data_drift", "threshold": "0.2"}]}, "number"),
        ({"monitors": [{"name": "m", "check": "data_drift", "statistic": "wasserstein"}]}, "jensen_shannon"),
        ({"monitors": [{"name": "m", "check": "activity", "statistic": "ks"}]}, "activity has no statistic; data_drift"),
        ({"monitors": [{"name": "m", "check": "data_drift", "slices": ["x"]}]}, "data_drift has no slices; bias has"),
        ({"monitors": [{"name": "m", "check": "bias"}]}, "bias needs slices"),
        ({"monitors": [{"name": "m", "check": "data_drift", "metric": "f1"}]}, "data_drift has no metric; performance"),
        ({"monitors": [{"name": "m", "check": "performance", "metric": "auc"}]}, "roc_auc"),
        ({"monitors": [{"name": "m", "check": "performance", "metric": "training"}]}, "a metric such as f1"),
        ({"monitors": [{"name": "m", "check": "performance", "metric": "positive_rate"}]}, "only bias has it"),
        ({"monitors": [{"name": "m", "check": "staleness", "metric": "f1"}]}, "of training or prediction"),
        ({"monitors": [{"name": "m", "check": "activity"}, {"name": "m", "check": "bias", "slices": ["a"]}]}, "a second monitor 'm'"),
        ({"data": {"train": "a.csv", "holdout": "a.csv", "target": "y"}}, "judged on its own data"),
        ({"data": {"train": "s3://b", "holdout": "b.csv", "target": "y"}}, "the S3 address of one object"),
        ({"owner": "ana"}, "a Slack member ID"),
        ({"name": "Fraud Detection"}, "a name: up to 32"),
        ({"aliases": ["Claims", "claims"]}, "a second alias 'claims'"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_what_would_be_right(values, expected):
    assert expected in mistakes(changed(**values))


def test_every_mistake_in_the_monitors_is_named_by_its_line():
    lines = [
        "monitors:",
        "  - {name: a, check: data_drift, threshold: -1}",
        "  - {name: b, check: bias}",
        "  - {name: c, check: staleness, metric: mae}",
        "  - {name: d, check: activity, windw: PT1H}",
    ]
    with pytest.raises(ConfigError) as caught:
        read(LEAST + "\n".join(lines))
    start = LEAST.count("\n") + 1
    assert [one.line - start for one in caught.value.problems] == [1, 2, 3, 4]


def test_monitors_are_kept_as_the_monitor_reads_them():
    monitors = [
        {"name": "drift", "check": "data_drift", "statistic": "psi", "window": "PT36H"},
        {"name": "fair", "check": "bias", "slices": ["sex"], "metric": "positive_rate"},
        {"name": "old", "check": "staleness", "metric": "training", "threshold": 60},
    ]
    drift, fair, old = read(changed(monitors=monitors)).model_dump(mode="json")["monitors"]
    assert (drift["window"], drift["statistic"], drift["threshold"]) == ("P1DT12H", "psi", None)
    assert (fair["slices"], fair["metric"]) == (["sex"], "positive_rate")
    assert (old["threshold"], old["window"], old["severity"]) == (60.0, "P1D", "medium")


def test_files_that_are_not_there_are_named_by_line_beside_other_mistakes(tmp_path):
    (tmp_path / "project.yaml").write_text(
        'name: fraud\nowner: ana\nteam: risk\nchannel: "#ml"\nsource: src\n'
        'image: {framework: sklearn, version: "1.4-2"}\n'
        "data:\n  train: data/train.csv\n  holdout: s3://data/holdout.csv\n  target: y\n"
        "metrics: [{name: auc, goal: maximise}]\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_project(tmp_path)
    found = [(one.line, one.path, one.message) for one in caught.value.problems]
    assert found == [
        (1, "entry_points.evaluate", "src/evaluate.py does not exist"),
        (1, "entry_points.train", "src/train.py does not exist"),
        (1, "serving.sample", "sample.json does not exist"),
        (2, "owner", "'ana' is not a Slack member ID such as U012AB3CD"),
        (5, "source", "src does not exist"),
        (8, "data.train", "data/train.csv does not exist"),
    ]


def test_a_folder_without_the_file_says_so(tmp_path):
    with pytest.raises(ConfigError, match=r"project\.yaml:1:1: the file does not exist"):
        load_project(tmp_path)
