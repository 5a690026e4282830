"""What alerts and incidents ask of the database."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from actions.incidents.alert import Alert
from actions.incidents.events import Event
from actions.incidents.incident import Incident
from actions.registration import RegisteredProject


class AlertsRefusedError(Exception):
    """The database did not take the alerts; nothing was accepted, or nobody can say whether."""


class UnstorableError(Exception):
    """The database cannot hold one of the texts; nothing was accepted."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An alert to store. Of those with the same `delivery`, one is."""

    alert: Alert
    delivery: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """An incident, and the new events, its last ones, that made it so."""

    incident: Incident
    events: tuple[Event, ...]


class Incidents(Protocol):
    """Incidents and their events, within one transaction."""

    async def latest(self, fingerprints: Collection[str]) -> Mapping[str, Incident]:
        """The latest incident of each fingerprint that has one, locked until the commit."""

    async def new_numbers(self, count: int) -> Sequence[int]:
        """Numbers that no incident has; gaps are fine, repeats are not."""

    async def save(self, changes: Sequence[Change]) -> None:
        """Keep all changes, each of another incident.

        Raises:
            actions.store.StaleError: Somebody else changed one since it was read; none is kept.
        """

    async def projects(self) -> Sequence[RegisteredProject]:
        """Every registered project."""


class Batch(Protocol):
    """Alerts that wait, nobody else's until the commit."""

    @property
    def alerts(self) -> Mapping[int, Alert]:
        """By their ids, in the order of arrival."""

    @property
    def incidents(self) -> Incidents:
        """Within the batch's transaction."""

    async def folded(self, incidents: Mapping[int, int | None]) -> None:
        """These alerts are done with: id to the number of their incident, or None for none."""


class Waiting(Protocol):
    """The alerts that no incident has yet."""

    def batch(self, limit: int) -> AbstractAsyncContextManager[Batch]:
        """The oldest of them, `limit` at most; what is done within is committed at the end."""
