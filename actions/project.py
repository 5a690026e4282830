"""`project.yaml`: a model project as its people describe it.

Paths are relative to the folder of the file. The metric thresholds mean what MLflow's
`MetricThreshold` means (https://mlflow.org/docs/latest/ml/evaluation/model-eval/).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PlainValidator, model_validator

from actions.config import Check as ConfigCheck
from actions.config import Fault, Plain, Strict, load, pick
from actions.config_types import (
    Channel,
    Duration,
    Identifier,
    InstancePattern,
    InstanceType,
    ProjectName,
    RelativePath,
    SlackUser,
    Text,
    Word,
    relative_path,
    s3_uri,
)
from actions.monitors import Monitor

FILE = "project.yaml"
MAX_RUNTIME = timedelta(days=28)  # SageMaker's own limit for a training job

Scalar = str | int | float | bool
Goal = Literal["minimise", "maximise"]


def _scalar(value: object) -> Scalar:
    if isinstance(value, str | int | float | bool):
        if len(str(value)) > 2500:
            raise ValueError("a hyperparameter holds at most 2500 characters (SageMaker's limit)")
        return value
    raise ValueError("should be one value: text, a number, true or false")


def _log_pattern(value: str) -> str:
    try:
        groups = re.compile(value).groups
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    if groups != 1:
        raise ValueError(f"should have one group around the number, has {groups}")
    if len(value) > 500:
        raise ValueError("should have at most 500 characters (SageMaker's limit)")
    return value


def _location(value: str) -> str:
    """S3 or a path, each checked by its own rule."""
    return s3_uri(value) if value.startswith("s3:") else relative_path(value)


class Image(Strict):
    """The container image: a framework of AWS's deep-learning containers, or an own image."""

    framework: Literal["sklearn", "xgboost", "pytorch", "tensorflow"] | None = Field(
        default=None, description="a framework whose image AWS provides"
    )
    version: Text | None = Field(default=None, description='the image\'s version, such as "1.4-2"')
    uri: Text | None = Field(default=None, description="an image in a registry, instead of both")

    @model_validator(mode="after")
    def _one_kind(self) -> Image:
        named = self.framework is not None or self.version is not None
        if named and self.uri is not None:
            raise ValueError("give either framework and version, or uri, not both")
        if self.uri is None and (self.framework is None or self.version is None):
            raise ValueError('give framework and version (sklearn, "1.4-2"), or uri')
        return self


class EntryPoints(Strict):
    """Scripts inside `source`."""

    train: RelativePath = Field(default="train.py", description="the training script")
    evaluate: RelativePath = Field(default="evaluate.py", description="the evaluation script")


class Instance(Strict):
    """What training runs on unless the request says otherwise, and how far a request may go."""

    default: InstanceType = Field(default="ml.m5.xlarge", description="such as ml.m5.xlarge")
    count: int = Field(default=1, ge=1, le=64, description="instances of a training job")
    max_count: int = Field(default=4, ge=1, le=64, description="most instances a request may ask")
    allowed: tuple[InstancePattern, ...] = Field(
        default=("ml.*.*",), min_length=1, description="instance types or patterns such as ml.g5.*"
    )
    max_runtime: Duration = Field(
        default=timedelta(hours=1), description="an ISO 8601 duration such as PT1H"
    )
    volume_gb: int = Field(default=30, ge=1, le=16384, description="disk of the job in GB")
    spot: bool = Field(default=False, description="use spare capacity, which AWS may take back")

    @model_validator(mode="after")
    def _within_limits(self) -> Instance:
        if self.count > self.max_count:
            raise ValueError(f"count is {self.count}, above max_count {self.max_count}")
        if not timedelta(minutes=1) <= self.max_runtime <= MAX_RUNTIME:
            raise ValueError("max_runtime should be from PT1M to P28D")
        return self


class Data(Strict):
    """Where the data lies: an `s3://` address, or a path in the project."""

    train: Annotated[str, AfterValidator(_location)] = Field(
        description="s3://bucket/key, or a path in the project"
    )
    holdout: Annotated[str, AfterValidator(_location)] = Field(
        description="rows never trained on, for evaluation"
    )
    format: Literal["csv", "parquet", "jsonl"] = Field(default="csv", description="of both files")
    target: Text = Field(description="the column to predict")

    @model_validator(mode="after")
    def _apart(self) -> Data:
        if self.train == self.holdout:
            raise ValueError(
                "train and holdout are the same; a model would be judged on its own data"
            )
        return self


class Thresholds(Strict):
    """Bounds of one metric: of its value, and of its change against the champion."""

    min: float | None = Field(default=None, description="least value that passes")
    max: float | None = Field(default=None, description="greatest value that passes")
    min_absolute_change: float | None = Field(
        default=None, gt=0, description="least gain over the champion"
    )
    min_relative_change: float | None = Field(
        default=None, ge=0, le=1, description="least gain over the champion, as a share: 0.01"
    )
    worst_slice: float | None = Field(
        default=None, description="bound in the worst part of the holdout: least or greatest value"
    )

    @model_validator(mode="after")
    def _some(self) -> Thresholds:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g}; nothing could pass")
        if not self.model_dump(exclude_none=True):
            raise ValueError("holds no threshold; give one or leave `thresholds` out")
        return self


class Metric(Strict):
    """A metric: read from the training log by `regex`, or written by the evaluation."""

    name: Identifier = Field(description="such as validation_deviance")
    goal: Goal = Field(description="whether less or more is better")
    regex: Annotated[str, AfterValidator(_log_pattern)] | None = Field(
        default=None, description="finds the value in the training log, one group around it"
    )
    thresholds: Thresholds | None = Field(default=None, description="what a new model must reach")


class Serving(Strict):
    """The endpoint: its instance, one request body that must be answered, and how fast."""

    instance: InstanceType = Field(default="ml.m5.xlarge", description="such as ml.m5.xlarge")
    count: int = Field(default=1, ge=1, le=64, description="instances of the endpoint")
    sample: RelativePath = Field(
        default="sample.json", description="a JSON request body of MLflow's scoring server"
    )
    max_latency_ms: int = Field(
        default=500, ge=1, le=60_000, description="longest answer that counts as healthy"
    )
    max_size_mb: float | None = Field(
        default=None, gt=0, le=100_000, description="largest model that passes its evaluation, MB"
    )


class Project(Strict):
    """A whole `project.yaml`."""

    name: ProjectName = Field(description="what people call it in chat: a-z, 0-9 and -")
    description: str = Field(
        default="", max_length=300, description="one sentence for help and cards"
    )
    owner: SlackUser = Field(description="a Slack member ID such as U012AB3CD")
    team: Word = Field(description="the team that pays, such as pricing")
    channel: Channel = Field(description='where its news go, such as "#ml"')
    aliases: tuple[Text, ...] = Field(default=(), description="other names said in chat")
    image: Image = Field(description="framework and version, or uri")
    source: RelativePath = Field(default=".", description="the folder with the code")
    entry_points: EntryPoints = Field(default=EntryPoints(), description="train and evaluate")
    instance: Instance = Field(default=Instance(), description="what training runs on")
    data: Data = Field(description="train, holdout, format and target")
    hyperparameters: dict[Identifier, Annotated[Scalar, PlainValidator(_scalar)]] = Field(
        default={}, max_length=100, description="defaults, as the training script names them"
    )
    metrics: tuple[Metric, ...] = Field(min_length=1, description="at least one, the first leads")
    serving: Serving = Field(default=Serving(), description="the endpoint")
    monitors: tuple[Monitor, ...] = Field(default=(), description="checks on the live model")


def load_project(folder: Path, *, checks: Iterable[ConfigCheck] = ()) -> Project:
    """Read `project.yaml` in `folder` and check that the files it names are there.

    `checks` are further checks of the plain document. Raises ConfigError with every mistake by line.
    """

    def files(data: Mapping[str, Plain]) -> Iterable[Fault]:
        return _missing_files(folder, data)

    return load(Project, folder / FILE, checks=(unique_names, files, *checks), name=FILE)


def is_path(value: str) -> bool:
    """Whether the value is a path inside the project; what is none, the model reports."""
    try:
        relative_path(value)
    except ValueError:
        return False
    return True


def unique_names(data: Mapping[str, Plain]) -> Iterable[Fault]:
    """Metrics, monitors and aliases may stand once only."""
    plain = dict(data)
    for pattern, noun in (
        ("metrics.*.name", "metric"),
        ("monitors.*.name", "monitor"),
        ("aliases.*", "alias"),
    ):
        seen: set[str] = set()
        for path, value in pick(plain, pattern):
            if isinstance(value, str) and value.casefold() in seen:
                yield Fault(path, f"a second {noun} {value!r}", "each name once")
            seen.add(str(value).casefold())


def _missing_files(folder: Path, data: Mapping[str, Plain]) -> Iterable[Fault]:
    """Look at the plain data, so that a missing file is named beside every other mistake."""
    plain = dict(data)
    source = plain.get("source", ".")
    source = source if isinstance(source, str) else "."
    named: list[tuple[tuple[str | int, ...], Plain, str]] = [(("source",), source, "")]
    named += [
        (("entry_points", key), _at(plain, f"entry_points.{key}", default), source)
        for key, default in (("train", "train.py"), ("evaluate", "evaluate.py"))
    ]
    named.append((("serving", "sample"), _at(plain, "serving.sample", "sample.json"), ""))
    named += [(("data", key), _at(plain, f"data.{key}", None), "") for key in ("train", "holdout")]
    for path, value, base in named:
        if not isinstance(value, str) or not is_path(base or ".") or not is_path(value):
            continue
        target = folder / base / value
        if not (target.is_dir() if path == ("source",) else target.exists()):
            where = (Path(base) / value).as_posix()
            yield Fault(path, f"{where} does not exist", "a path from the folder of project.yaml")


def _at(plain: Plain, pattern: str, default: Plain) -> Plain:
    return next((value for _, value in pick(plain, pattern)), default)
