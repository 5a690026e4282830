"""What incidents ask of the database: one transaction holds a batch of alerts and what became of it."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from actions.incidents.alert import Alert
from actions.incidents.events import Event
from actions.incidents.incident import Incident
from actions.registration import RegisteredProject


class Incidents(Protocol):
    """Incidents and their events, within one transaction."""

    async def latest(self, fingerprints: Collection[str]) -> Mapping[str, Incident]:
        """The latest incident of each fingerprint that has one, locked until the commit."""

    async def next_number(self) -> int:
        """A number that no incident has."""

    async def save(self, incident: Incident, events: Sequence[Event]) -> None:
        """Keep the incident as these new events, its last ones, made it.

        Raises:
            actions.store.StaleError: Somebody else changed it since it was read.
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
