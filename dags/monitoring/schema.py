"""Which column of a model's data means what."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Task(StrEnum):
    """What the model predicts. `count` is a regression of numbers from 0 up (Poisson)."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"
    COUNT = "count"

    @property
    def classifies(self) -> bool:
        return self in {Task.BINARY, Task.MULTICLASS}


class SchemaError(ValueError):
    """The schema contradicts itself or the data; says where and what to do."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The roles of a model's columns, by name.

    `scores` gives each class its column of calibrated probabilities, for a binary task that of the
    `positive` class alone. `categories` are columns of numbers that are codes. `timestamp` is when a
    row was predicted.

    Raises SchemaError where it contradicts itself.
    """

    features: tuple[str, ...]
    task: Task
    prediction: str | None = None
    target: str | None = None
    scores: tuple[tuple[str, str], ...] = ()
    positive: str | None = None
    categories: tuple[str, ...] = ()
    timestamp: str | None = None
    columns: tuple[str, ...] = field(init=False)
    """All that are profiled: features, prediction, scores, target."""

    def __post_init__(self) -> None:
        named = [self.prediction, *(column for _, column in self.scores), self.target]
        columns = (*self.features, *(name for name in named if name is not None))
        twice = sorted({name for name in columns if columns.count(name) > 1})
        if twice:
            raise SchemaError(f"{twice[0]!r} has two roles; a column has one.")
        if self.timestamp in columns:
            raise SchemaError(f"{self.timestamp!r} is the timestamp; leave it out of the others.")
        if self.scores and not self.task.classifies:
            raise SchemaError(f"a {self.task} model has no class probabilities; leave scores out.")
        if self.task is Task.BINARY and [name for name, _ in self.scores] not in (
            [],
            [self.positive],
        ):
            raise SchemaError("a binary model has one column of scores: the positive class's.")
        if self.task is Task.BINARY and self.positive is None:
            raise SchemaError("a binary model needs `positive`: the class that is looked for.")
        if self.task is Task.MULTICLASS and 0 < len(self.scores) < 3:
            raise SchemaError("a multiclass model has a column of scores for each class.")
        object.__setattr__(self, "columns", columns)

    def is_category(self, column: str) -> bool | None:
        """True and False where the role decides; None where the column's type does."""
        if column in self.categories:
            return True
        if column in {name for _, name in self.scores}:
            return False
        if column in {self.prediction, self.target}:
            return self.task.classifies
        return None

    def document(self) -> dict[str, Any]:
        """As `parse` reads it."""
        names = ("features", "prediction", "target", "positive", "categories", "timestamp")
        plain = {name: getattr(self, name) for name in names}
        return {**plain, "task": self.task.value, "scores": dict(self.scores)}


def parse(document: dict[str, Any]) -> Schema:
    """Read a schema as `Schema.document` writes it. Raises SchemaError."""
    try:
        return Schema(
            features=tuple(document["features"]),
            task=Task(document["task"]),
            prediction=document.get("prediction"),
            target=document.get("target"),
            scores=tuple((document.get("scores") or {}).items()),
            positive=document.get("positive"),
            categories=tuple(document.get("categories") or ()),
            timestamp=document.get("timestamp"),
        )
    except KeyError as error:
        raise SchemaError(f"the schema has no {error}.") from None
    except (TypeError, AttributeError) as error:
        raise SchemaError(f"the schema is of another shape: {error}.") from None
    except ValueError as error:
        raise SchemaError(str(error)) from None
