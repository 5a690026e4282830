"""What the domain asks of the database: one transaction holds a change, its audit and its jobs."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, Self

from actions.answers import Answer
from actions.digests.store import Digests
from actions.incidents.store import Incidents, Tellings
from actions.people import Person
from actions.registration import RegisteredProject
from actions.requests import Place, Plan, Request, RunProgress, State, Vote


class StaleError(Exception):
    """Somebody else changed the row since it was read; read again and decide anew."""


class EnvelopeRefusedError(Exception):
    """The database does not answer; nothing was accepted."""


@dataclass(frozen=True, slots=True)
class DraftKey:
    """Whose draft: one per thread and speaker."""

    team: str
    channel: str
    thread: str
    user: str

    @classmethod
    def at(cls, place: Place, user: str) -> Self:
        """The speaker's in the thread, or in the channel outside of threads."""
        return cls(place.team, place.channel, place.thread or "", user)


@dataclass(frozen=True, slots=True)
class StoredDraft:
    """A form in progress."""

    command: str
    params: dict[str, Any]
    asked: str | None
    begun: dict[str, str] = field(default_factory=dict)
    """Words of which a value is still to be completed, by parameter: "every monday"."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What somebody says they meant with words that were not understood: an example to learn from."""

    text: str
    command: str
    who: str
    model: str | None
    """Hash of the language model that did not understand."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, when; `detail` is small JSON without secrets."""

    who: str
    what: str
    request: int | None = None
    project: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A configuration that an endpoint served well, from `good` on."""

    project: str
    environment: str
    endpoint: str
    endpoint_config: str
    model_version: int
    request: int
    good: datetime
    until: datetime | None = None
    """When it was replaced or taken down; None: it is the latest."""
    bad: bool = False
    """Somebody went back from it, so nobody is taken back to it."""


class Transaction(Protocol):
    """One database transaction; all or nothing, jobs included."""

    @property
    def incidents(self) -> Incidents:
        """Incidents, within this transaction."""

    @property
    def tellings(self) -> Tellings:
        """What people were told of incidents, within this transaction."""

    @property
    def digests(self) -> Digests:
        """Subscriptions to digests, within this transaction."""

    async def project(self, slug: str) -> RegisteredProject | None:
        """The registered project."""

    async def projects(self) -> Sequence[RegisteredProject]:
        """All registered projects, by name."""

    async def save_project(self, project: RegisteredProject) -> None:
        """Register, or replace an earlier registration."""

    async def next_request(self) -> int:
        """A new request number; gaps are fine, repeats are not."""

    async def add_request(self, request: Request) -> None:
        """Store a new request."""

    async def request(self, number: int, *, lock: bool = False) -> Request | None:
        """The request, locked until the transaction ends where `lock`."""

    async def request_from(self, origin: str) -> Request | None:
        """The request that the message of this key made, if it made one."""

    async def requests(
        self,
        *,
        project: str | None = None,
        states: Sequence[State] = (),
        user: str | None = None,
        commands: Sequence[str] = (),
        limit: int = 10,
    ) -> Sequence[Request]:
        """Requests, newest first."""

    async def last_request_in_thread(self, place: Place) -> Request | None:
        """The thread's latest request about a project."""

    async def last_request_of(self, place: Place, user: str, since: datetime) -> Request | None:
        """The person's latest request about a project in the channel since then."""

    async def save_request(self, request: Request) -> Request:
        """Store a change; raises StaleError where the stored version is another."""

    async def votes(self, number: int) -> tuple[Vote, ...]:
        """All votes on the request, oldest first."""

    async def add_vote(self, vote: Vote) -> bool:
        """Store a vote; False where this person already voted on this plan."""

    async def explain_vote(self, number: int, plan_digest: str, voter: str, reason: str) -> bool:
        """Add the reason of a vote against; False where there is no such vote, or it has one."""

    async def run(self, number: int) -> RunProgress | None:
        """The latest known progress of the request's run."""

    async def save_run(self, number: int, progress: RunProgress) -> None:
        """Replace the known progress."""

    async def draft(self, key: DraftKey) -> StoredDraft | None:
        """The form in progress."""

    async def save_draft(self, key: DraftKey, draft: StoredDraft | None) -> None:
        """Replace the form, or end it with None."""

    async def add_meaning(self, key: str, meaning: Meaning) -> None:
        """Keep what somebody meant, once a key."""

    async def meanings(self) -> Sequence[tuple[int, Meaning]]:
        """What was kept and not yet settled, oldest first, with its number."""

    async def settle_meaning(self, number: int, *, taken: bool) -> None:
        """It was taken among the examples, or dropped."""

    async def add_deployment(self, deployment: Deployment) -> None:
        """Record a good configuration, once a request; what served before ends with it."""

    async def deployments(
        self, projects: Sequence[str], environment: str | None = None
    ) -> Sequence[Deployment]:
        """Good configurations of the projects, newest first."""

    async def end_deployment(
        self, project: str, environment: str, at: datetime, *, bad: bool
    ) -> None:
        """The latest configuration no longer serves; `bad` where somebody went back from it."""

    async def person(self, team: str, user: str) -> Person | None:
        """The person as Slack last described them, however long ago."""

    async def trainings_since(
        self, projects: Sequence[str], since: datetime
    ) -> Sequence[tuple[Request, RunProgress | None]]:
        """Trainings that may still run or ended since then, with what is known of their runs."""

    async def served_since(
        self, projects: Sequence[str], since: datetime
    ) -> Sequence[tuple[Deployment, Plan]]:
        """What served at some time since then, newest first, with the plan that put it there."""

    async def open_changes(self, projects: Sequence[str]) -> Sequence[Request]:
        """Requests that wait for approval or are on their way to change an endpoint of these."""

    async def one_at_a_time(self, what: str) -> None:
        """Wait until nobody else is at `what`; others wait until this transaction ends."""

    async def audit(self, entry: AuditEntry) -> None:
        """Append to the audit log."""

    async def say(self, key: str, place: Place, answer: Answer, user: str | None = None) -> None:
        """Queue a message, once a key; `user` names who sees a private one."""

    async def said(self, key: str) -> bool:
        """Whether a message of this key was queued before."""

    async def show_card(self, number: int) -> None:
        """Queue a redraw of the request's card; several fall together."""

    async def tell_incidents(self) -> None:
        """Queue a look at what people are to be told of incidents; several fall together."""

    async def show_incident(self, number: int, channel: str) -> None:
        """Queue a redraw of the incident's message; several fall together.

        One at a time a channel, and after what people asked for: a flood of incidents must not
        keep anybody waiting, and Slack takes about one message a second into a channel.
        """

    async def start(self, number: int) -> None:
        """Queue the request's effect."""


class Store(Protocol):
    """The database."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Begin; commit at the end of the block, roll back on an exception."""
