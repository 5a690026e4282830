"""Monitors: which check, on what, with which threshold. Read from JSON made of `project.yaml`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any, Literal, get_args

from monitoring.metrics import METRICS

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
Statistic = Literal["psi", "ks", "jensen_shannon"]
Severity = Literal["low", "medium", "high"]

DEFAULT_STATISTIC: Statistic = "jensen_shannon"
STATISTICS: Mapping[str, float] = {"jensen_shannon": 0.1, "psi": 0.1, "ks": 0.1}
"""The thresholds of drift where a monitor has none."""
THRESHOLDS: Mapping[str, float] = {
    "multivariate_drift": 0.6,
    "concept_drift": 0.05,
    "bias": 0.1,
    "missing_values": 0.05,
    "values_range": 0.01,
    "new_values": 0.01,
    "value_types": 0.01,
    "activity": 0.5,
    "staleness": 30.0,
}
"""Likewise of other checks; those that are missing take theirs from the profile."""
_DRIFT = ("data_drift", "prediction_drift", "label_drift")
_MEASURING = ("performance", "estimated_performance", "bias")
_RATES = (*METRICS, "positive_rate")
_STALE = ("training", "prediction")
_DURATION = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)


class MonitorError(ValueError):
    """A monitor is not as it should be; says which one and what is wrong."""


@dataclass(frozen=True, slots=True)
class Monitor:
    """One check on the live model, as in `project.yaml`.

    `columns` none means all that the check can look at. `slices` (bias) are columns. `metric` is of
    performance and bias; of staleness it is `training` or `prediction`. `statistic` is of drift.
    `threshold` None means the default: `STATISTICS`, `THRESHOLDS`, or one derived from the profile.
    """

    name: str
    check: Check
    columns: tuple[str, ...] = ()
    slices: tuple[str, ...] = ()
    metric: str | None = None
    statistic: Statistic | None = None
    window: timedelta = field(default=timedelta(days=1))
    threshold: float | None = None
    severity: Severity = "medium"

    def __post_init__(self) -> None:
        """Raises MonitorError."""
        self._see("check", self.check, get_args(Check))
        self._see("severity", self.severity, get_args(Severity))
        if self.statistic is not None:
            self._see("statistic", self.statistic, get_args(Statistic))
            self._see_fit("statistic", _DRIFT)
        if self.metric is not None:
            self._see_fit("metric", (*_MEASURING, "staleness"))
            self._see("metric", self.metric, _STALE if self.check == "staleness" else _RATES)
        if self.slices:
            self._see_fit("slices", ("bias",))
        elif self.check == "bias":
            raise self._error("bias needs slices: the columns whose groups are compared")
        if self.threshold is not None and not 0 < self.threshold < math.inf:
            raise self._error(f"threshold is {self.threshold}, should be above 0")
        if self.window <= timedelta(0):
            raise self._error("window should be longer than nothing")

    def _see(self, key: str, value: str, known: tuple[str, ...]) -> None:
        if value not in known:
            raise self._error(f"{key} {value!r} is not one of {', '.join(known)}")

    def _see_fit(self, key: str, checks: tuple[str, ...]) -> None:
        if self.check not in checks:
            raise self._error(f"{self.check} has no {key}; {', '.join(checks)} have one")

    def _error(self, what: str) -> MonitorError:
        return MonitorError(f"monitor {self.name!r}: {what}.")

    def default_threshold(self) -> float | None:
        """The threshold, or the check's own; None where only the profile knows one."""
        if self.threshold is not None:
            return self.threshold
        if self.check in _DRIFT:
            return STATISTICS[self.statistic or DEFAULT_STATISTIC]
        return THRESHOLDS.get(self.check)


def parse(documents: Iterable[Mapping[str, Any]]) -> tuple[Monitor, ...]:
    """Read monitors from JSON; `window` is an ISO 8601 duration such as P1D.

    Raises MonitorError, also where a name stands twice.
    """
    found = tuple(_monitor(document) for document in documents)
    names = [each.name for each in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise MonitorError(f"monitor {twice!r} stands twice; each name once.")
    return found


def _monitor(document: Mapping[str, Any]) -> Monitor:
    known = {each.name for each in fields(Monitor)}
    name = document.get("name", "?")
    unknown = sorted(set(document) - known)
    if unknown:
        raise MonitorError(f"monitor {name!r}: there is no {unknown[0]!r}.")
    absent = next((key for key in ("name", "check") if key not in document), None)
    if absent:
        raise MonitorError(f"monitor {name!r}: {absent} is missing.")
    given = {key: value for key, value in document.items() if value is not None}
    given |= {key: _names(name, key, given[key]) for key in ("columns", "slices") if key in given}
    threshold = given.get("threshold")
    if threshold is not None and (
        isinstance(threshold, bool) or not isinstance(threshold, int | float)
    ):
        raise MonitorError(f"monitor {name!r}: threshold is {threshold!r}, should be a number.")
    if "window" in given:
        given["window"] = _duration(name, given["window"])
    return Monitor(**given)


def _names(monitor: str, key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise MonitorError(f"monitor {monitor!r}: {key} should be a list of columns.")
    return tuple(value)


def _duration(monitor: str, value: Any) -> timedelta:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None or not any(match.groups()):
        raise MonitorError(f"monitor {monitor!r}: window is {value!r}, not a duration such as P1D.")
    return timedelta(**{unit: int(number) for unit, number in match.groupdict("0").items()})
