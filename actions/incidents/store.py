"""What alerts and incidents ask of the database."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from actions.incidents.alert import Alert
from actions.incidents.events import Event
from actions.incidents.incident import Incident
from actions.incidents.notifying import Told
from actions.incidents.silences import Silence

if TYPE_CHECKING:
    from actions.store import Transaction


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


@dataclass(frozen=True, slots=True)
class KeptSilence:
    """A silence with its number."""

    number: int
    silence: Silence

    @property
    def id(self) -> str:
        """`S3`."""
        return f"S{self.number}"


@dataclass(frozen=True, slots=True)
class Telling:
    """An incident and what people were told of it.

    `channel` is where it was sent, by the name or id that the policy gives; None while it was not.
    `root` is its message there. `news` are the events after what was told.
    """

    incident: Incident
    told: Told = field(default_factory=Told)
    channel: str | None = None
    root: "Root | None" = None
    news: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Root:
    """Where the incident's message is in Slack: the channel's id and the message's `ts`."""

    channel: str
    ts: str


class Incidents(Protocol):
    """Incidents, their events and the silences, within one transaction."""

    async def latest(self, fingerprints: Collection[str]) -> Mapping[str, Incident]:
        """The latest incident of each fingerprint that has one, locked until the commit."""

    async def new_numbers(self, count: int) -> Sequence[int]:
        """Numbers that no incident has; gaps are fine, repeats are not."""

    async def save(self, changes: Sequence[Change]) -> None:
        """Keep all changes, each of another incident.

        Raises:
            actions.store.StaleError: Somebody else changed one since it was read; none is kept.
        """

    async def get(self, number: int, *, lock: bool = False) -> Incident | None:
        """The incident, locked until the commit where `lock`."""

    async def open(self, project: str | None = None) -> Sequence[Incident]:
        """The open ones, of one project or all, oldest first."""

    async def resolved_since(
        self, moment: datetime, project: str | None = None
    ) -> Sequence[Incident]:
        """Those that ended at the moment or later and are not open again, oldest first."""

    async def events(self, number: int) -> Sequence[Event]:
        """All that happened to the incident, in order."""

    async def add_silence(self, silence: Silence) -> KeptSilence:
        """Keep a new silence."""

    async def silences(self, now: datetime) -> Sequence[KeptSilence]:
        """Those that are not over, the first to end first."""

    async def replace_silence(self, kept: KeptSilence) -> None:
        """Keep the silence as it is now, under its number."""


class Tellings(Protocol):
    """What people were told of incidents, within one transaction. One at a time writes it."""

    async def pending(self, since: datetime) -> Sequence[Telling]:
        """The open incidents, and those that ended since then and are not told to their end.

        The oldest first.
        """

    async def open(self) -> Sequence[Telling]:
        """The open incidents, oldest first."""

    async def of(self, number: int) -> Telling | None:
        """Of one incident, whatever its state."""

    async def begun_by(self, root: Root) -> Incident | None:
        """The incident whose message this is: its thread is about it."""

    async def told(self, tellings: Sequence[Telling]) -> None:
        """Keep `told` and `channel` of these."""


class Batch(Protocol):
    """Alerts that wait, nobody else's until the commit."""

    @property
    def alerts(self) -> Mapping[int, Alert]:
        """By their ids, in the order of arrival."""

    @property
    def tx(self) -> "Transaction":
        """The batch's transaction."""

    async def folded(self, incidents: Mapping[int, int | None]) -> None:
        """These alerts are done with: id to the number of their incident, or None for none."""


class Waiting(Protocol):
    """The alerts that no incident has yet."""

    def batch(self, limit: int) -> AbstractAsyncContextManager[Batch]:
        """The oldest of them, `limit` at most; what is done within is committed at the end."""
