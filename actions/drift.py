"""The monitor's report of one look at one endpoint, as `drift.json` in MLflow holds it.

The DAG `monitor_models` writes it; its fields are described in docs/monitoring.md.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, FiniteFloat

from actions.digests.periods import Window

_OF_DRIFT = frozenset({"data_drift", "prediction_drift", "label_drift", "concept_drift"})
"""Checks that are 0 where nothing changed, and alert from a threshold on."""


class _Read(BaseModel):
    # Written by a DAG of another release, perhaps: what is more is left.
    model_config = ConfigDict(extra="ignore", frozen=True)


class Finding(_Read):
    """What one monitor found of a column, a slice or the whole window."""

    monitor: str
    check: str
    column: str | None = None
    slice: str | None = None
    value: FiniteFloat | None = None
    threshold: FiniteFloat | None = None
    p_value: FiniteFloat | None = None
    verdict: Literal["ok", "alert", "no_data"]
    severity: str = "medium"
    detail: dict[str, str | float | int | bool | None] = {}

    @property
    def share(self) -> float:
        """The value over its threshold, so that findings of different checks can be ordered."""
        if self.value is None or not self.threshold:
            return 0.0
        return abs(self.value) / abs(self.threshold)

    @property
    def about(self) -> str:
        """What it is about, as people read it: the column, the slice, or all."""
        parts = [each for each in (self.column, self.slice) if each]
        return ", ".join(parts) or "all rows"

    @property
    def reason(self) -> str | None:
        """Why it could not be judged."""
        reason = self.detail.get("reason")
        return reason if isinstance(reason, str) else None


class Looked(_Read):
    """What was looked at: `rows` of the time from `start` to `end`."""

    start: AwareDatetime
    end: AwareDatetime
    rows: int


class Shares(_Read):
    """The reference and the window of one column in the same buckets; shares of all rows."""

    column: str
    labels: tuple[str, ...]
    reference: tuple[FiniteFloat, ...]
    current: tuple[FiniteFloat, ...]


class Report(_Read):
    """One look."""

    environment: str
    endpoint: str
    model_version: int
    end: AwareDatetime
    reference_rows: int
    windows: tuple[Looked, ...]
    findings: tuple[Finding, ...]
    histograms: tuple[Shares, ...] = ()

    @property
    def alerts(self) -> tuple[Finding, ...]:
        """What reached its threshold, the farthest first."""
        found = [each for each in self.findings if each.verdict == "alert"]
        return tuple(sorted(found, key=lambda each: -each.share))

    @property
    def drift(self) -> tuple[Finding, ...]:
        """What is said of drift, the farthest first."""
        found = (each for each in self.findings if each.check in _OF_DRIFT)
        return tuple(sorted(found, key=lambda each: -each.share))

    @property
    def unjudged(self) -> tuple[Finding, ...]:
        """What could not be judged."""
        return tuple(each for each in self.findings if each.verdict == "no_data")

    @property
    def rows(self) -> int:
        """Of the longest window."""
        return max((each.rows for each in self.windows), default=0)

    @property
    def start(self) -> datetime:
        """Of the longest window; the end where nothing was looked at."""
        return min((each.start for each in self.windows), default=self.end)


class KeptReport(_Read):
    """A report and its page in MLflow."""

    report: Report
    url: str


@dataclass(frozen=True, slots=True)
class DriftHistory:
    """The newest report of an endpoint, and how it came to that.

    `shares` holds the largest value of drift over its threshold (1 alerts) at the end of each window,
    oldest first.
    """

    newest: KeptReport
    shares: tuple[tuple[datetime, float], ...]


class DriftReports(Protocol):
    """The monitor's reports, kept in MLflow."""

    async def newest(self, project: str, endpoint: str, window: Window) -> KeptReport | None:
        """The newest that can be read, of which the end lies in the window.

        Raises:
            RegistryUnavailableError: MLflow does not answer.
        """

    async def history(self, project: str, endpoint: str, window: Window) -> DriftHistory | None:
        """All of which the end lies in the window; None where none of them can be read.

        Raises:
            RegistryUnavailableError: MLflow does not answer.
        """
