"""The declared state: what Aporia should know of a model that was deployed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["numeric", "categorical"]
"""Aporia's data types that a profile tells apart."""


@dataclass(frozen=True, slots=True)
class Feature:
    """An input. `missing` is the share of missing values in the training data, 0 to 1."""

    name: str
    kind: Kind
    missing: float


@dataclass(frozen=True, slots=True)
class Monitor:
    """A check of `project.yaml`, or one that the profile suggests.

    `threshold` is resolved as our own monitor would; None: it has none. `window` is in seconds.
    """

    name: str
    check: str
    columns: tuple[str, ...]
    statistic: str | None
    metric: str | None
    threshold: float | None
    window: int
    severity: str


@dataclass(frozen=True, slots=True)
class Declared:
    """A deployed model version: its columns by their roles, and its monitors.

    `model` is the endpoint's name. `predictions` are the prediction and, where there are any, the
    probabilities; `target` is what labels are for and which of them it is compared with.
    """

    model: str
    description: str
    task: Literal["binary", "multiclass", "regression", "count"]
    version: str
    features: tuple[Feature, ...]
    predictions: Mapping[str, Kind]
    target: Target | None
    monitors: tuple[Monitor, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """The column of labels, and the prediction that it is compared with."""

    name: str
    kind: Kind
    prediction: str


def parse(document: Mapping[str, Any]) -> Declared:
    """Read what `dataclasses.asdict` of a declared state gives, or JSON of it."""
    target = document["target"]
    return Declared(
        model=document["model"],
        description=document["description"],
        task=document["task"],
        version=document["version"],
        features=tuple(Feature(**each) for each in document["features"]),
        predictions=dict(document["predictions"]),
        target=None if target is None else Target(**target),
        monitors=tuple(
            Monitor(**{**each, "columns": tuple(each["columns"])}) for each in document["monitors"]
        ),
    )
