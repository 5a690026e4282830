"""Monitors: the checks on a live model that `project.yaml` asks for.

What they mean, and what each takes where it says nothing, is in `docs/monitoring.md`; the DAG
`monitor_models` reads them from JSON as they are here (`dags/monitoring/monitors.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Literal

from pydantic import Field, model_validator

from actions.config import Strict
from actions.config_types import Duration, Text, Word

Check = Literal[
    "data_drift",
    "prediction_drift",
    "label_drift",
    "multivariate_drift",
    "concept_drift",
    "performance",
    "estimated_performance",
    "class_imbalance",
    "bias",
    "missing_values",
    "values_range",
    "new_values",
    "value_types",
    "activity",
    "staleness",
]
Statistic = Literal["jensen_shannon", "psi", "ks"]
Metric = Literal[
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1",
    "roc_auc",
    "log_loss",
    "brier",
    "mae",
    "rmse",
    "poisson_deviance",
    "positive_rate",
    "training",
    "prediction",
]
Severity = Literal["low", "medium", "high"]

_DRIFT = ("data_drift", "prediction_drift", "label_drift")
_MEASURING = ("performance", "estimated_performance", "bias")
_STALE = ("training", "prediction")
_LONGEST = timedelta(days=90)
"""Captured data is read anew for each run, so a window cannot reach back for ever."""


class Monitor(Strict):
    """One check on the live model."""

    name: Word = Field(description="such as claims-drift")
    check: Check = Field(description="what is looked at")
    columns: tuple[Text, ...] = Field(default=(), description="columns; none means all")
    slices: tuple[Text, ...] = Field(
        default=(), description="columns whose groups are compared (bias)"
    )
    metric: Metric | None = Field(
        default=None, description="of performance and bias; of staleness: training or prediction"
    )
    statistic: Statistic | None = Field(default=None, description="how drift is measured")
    window: Duration = Field(default=timedelta(days=1), description="how far back, such as P1D")
    threshold: float | None = Field(
        default=None, gt=0, description="when it alerts; none means the check's own"
    )
    severity: Severity = Field(default="medium", description="of the alert")

    @model_validator(mode="after")
    def _fitting(self) -> Monitor:
        if self.window > _LONGEST:
            raise ValueError("a monitor looks back 90 days at most")
        if self.statistic is not None and self.check not in _DRIFT:
            raise ValueError(f"{self.check} has no statistic; {_listed(_DRIFT)} have one")
        if self.slices and self.check != "bias":
            raise ValueError(f"{self.check} has no slices; bias has them")
        if self.check == "bias" and not self.slices:
            raise ValueError("bias needs slices: the columns whose groups are compared")
        if self.metric is not None:
            self._see_metric(self.metric)
        return self

    def _see_metric(self, metric: str) -> None:
        if self.check == "staleness":
            if metric not in _STALE:
                raise ValueError(f"staleness is of {' or '.join(_STALE)}, not of {metric}")
        elif self.check not in _MEASURING:
            raise ValueError(f"{self.check} has no metric; {_listed(_MEASURING)} have one")
        elif metric in _STALE:
            raise ValueError(f"{self.check} needs a metric such as f1 or mae, not {metric}")
        elif metric == "positive_rate" and self.check != "bias":
            raise ValueError("positive_rate is compared between slices; only bias has it")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
