"""What digests ask of the outside world."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from actions.digests.periods import Window
from actions.drift import KeptReport
from actions.people import Person


class People(Protocol):
    """Slack's members."""

    async def person(self, team: str, user: str) -> Person:
        """The person as they are now; one who left is external."""


class Traffic(Protocol):
    """What CloudWatch counts of endpoints."""

    async def invocations(self, endpoint: str, window: Window) -> int:
        """Requests that reached the endpoint in the window, those answered with errors included.

        Raises:
            CloudUnavailableError: AWS does not answer.
        """


@dataclass(frozen=True, slots=True)
class Effect:
    """How far something moved, and from how far on that is an alert."""

    value: float
    threshold: float
    column: str | None
    """None where it is about all columns together."""

    @property
    def share(self) -> float:
        """The value over its threshold: 1 alerts."""
        return self.value / self.threshold


@dataclass(frozen=True, slots=True)
class DriftReport:
    """What the monitor found at one endpoint: its newest look, and how it came to that.

    `largest` is the effect that is largest beside its own threshold, None where nothing could be
    judged. `history` holds the largest effect over its threshold at the end of each window.
    """

    at: datetime
    version: int | None
    alerts: int
    """Checks of drift that reached their thresholds."""
    largest: Effect | None
    history: tuple[tuple[datetime, float], ...]
    url: str
    """Where a person sees the newest report."""


class DriftReports(Protocol):
    """The monitor's reports, kept in MLflow."""

    async def newest(self, project: str, endpoint: str, window: Window) -> KeptReport | None:
        """The newest that can be read, of which the end lies in the window.

        Raises:
            RegistryUnavailableError: MLflow does not answer.
        """

    async def of(self, project: str, endpoint: str, window: Window) -> DriftReport | None:
        """Those of which the end lies in the window; None where there are none.

        Raises:
            RegistryUnavailableError: MLflow does not answer.
        """
