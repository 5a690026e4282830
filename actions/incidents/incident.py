"""An incident: one trouble, from the alerts that told of it to the people who ended it.

`firing → acknowledged → snoozed → resolved → reopened`, keyed by the alerts' fingerprint. At most
one incident of a fingerprint is open. All that it holds follows from its events (`events.py`):
`evolve` adds one, `replay` makes the incident of all of them. What may happen is decided elsewhere:
by alerts and time in `observing.py`, by people in `responding.py`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import singledispatch
from types import MappingProxyType

from actions.incidents.alert import Alert
from actions.incidents.events import (
    Acknowledged,
    Cleared,
    Escalated,
    Event,
    Fired,
    FlappingEnded,
    FlappingStarted,
    Link,
    Reopened,
    Resolved,
    Responder,
    Seen,
    Severity,
    SeverityRaised,
    Snoozed,
    Unsnoozed,
)
from actions.incidents.moments import spoken, utc

MOST_CHANGES = 20
"""So many of the latest changes between firing and resolved are kept, to find flapping."""


class State(StrEnum):
    """Where an incident stands."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    REOPENED = "reopened"


class BrokenHistoryError(Exception):
    """The events are not those of one incident in their order, so nothing can be made of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident as its events made it.

    `version` counts the events: a store saves an incident only over the version before. `turned` is
    the version at which it last became something else to decide on (its state, who is on it, a
    higher severity); what people decided on an earlier one is stale, while more alerts of the same
    leave their decision as good as it was.
    """

    number: int
    fingerprint: str
    project: str | None
    links: tuple[Link, ...]
    alert: Alert
    """The newest that fired: title, value, threshold, the source's own link are its."""
    severity: Severity
    since: datetime
    changed: datetime
    last_seen: datetime
    firing_since: datetime
    """When it last began to need somebody: fired, reopened, or its snooze ended."""
    count: int
    """Alerts that fired, those of earlier times included if it was reopened."""
    occurred: datetime | None
    """The latest moment of firing that its source told."""
    state: State = State.FIRING
    version: int = 1
    turned: int = 1
    on_it: Responder | None = None
    snoozed_by: Responder | None = None
    snoozed_until: datetime | None = None
    resolved_at: datetime | None = None
    resolved_by: Responder | None = None
    reason: str | None = None
    ended: datetime | None = None
    """When it ended, as its source told."""
    flapping: bool = False
    cleared: bool = False
    """Flapping, and over as its source said last."""
    changes: tuple[datetime, ...] = ()
    """When it went from firing to resolved by its source, or back; the latest ones."""
    escalated: int = 0
    """Steps of the escalation chain that were taken since it needs somebody."""

    @property
    def id(self) -> str:
        """`A17`."""
        return f"A{self.number}"

    @property
    def open(self) -> bool:
        """Whether it is not over."""
        return self.state is not State.RESOLVED

    @property
    def unattended(self) -> bool:
        """Whether it is open, and nobody took it or wanted quiet."""
        return self.state in (State.FIRING, State.REOPENED)

    @property
    def model(self) -> str:
        """The project, or the source's name for the model where no project is known."""
        return self.project or self.alert.model

    @property
    def clause(self) -> str:
        """The state after the incident's id: `A17 is acknowledged by Ana`."""
        match self.state:
            case State.ACKNOWLEDGED if self.on_it:
                return f"is acknowledged by {self.on_it.name}"
            case State.SNOOZED if self.snoozed_by and self.snoozed_until:
                return f"is snoozed by {self.snoozed_by.name} until {spoken(self.snoozed_until)}"
            case State.RESOLVED if self.resolved_by:
                return f"was resolved by {self.resolved_by.name}"
            case State.RESOLVED:
                return "is over" if self.reason else "was resolved by its source"
            case State.REOPENED:
                return "is firing again"
            case _:
                return "is firing"

    @property
    def labels(self) -> Mapping[str, str]:
        """What matchers and grouping see: the alert's labels, under the incident's own.

        A label that is not there counts as empty, as in Alertmanager.
        """
        alert = self.alert
        own = {
            "source": alert.source,
            "project": self.project or "",
            "model": self.model,
            "environment": alert.environment or "",
            "version": alert.version or "",
            "severity": self.severity.value,
            "monitor": alert.monitor,
            "monitor_type": alert.monitor_type,
        }
        return MappingProxyType({**dict(alert.labels), **own})


@dataclass(slots=True)
class Story:
    """An incident while a decision is made: what happens to it, one after the other."""

    incident: Incident | None
    now: datetime
    events: list[Event] = field(default_factory=list)

    @property
    def next(self) -> int:
        """The version of the next event."""
        return self.incident.version + 1 if self.incident else 1

    @property
    def at(self) -> datetime:
        """Now in UTC, or the incident's last change where another clock was ahead of ours."""
        now = utc(self.now)
        return max(now, self.incident.changed) if self.incident else now

    def happened(self, event: Event) -> Incident:
        """The incident with this event."""
        self.incident = evolve(self.incident, event)
        self.events.append(event)
        return self.incident


def replay(events: Iterable[Event]) -> Incident:
    """The incident of these events, which are all of it.

    Raises:
        BrokenHistoryError: One is missing, twice there, or in the wrong place.
    """
    incident: Incident | None = None
    for event in events:
        incident = evolve(incident, event)
    if incident is None:
        raise BrokenHistoryError("no incident without an event")
    return incident


def evolve(incident: Incident | None, event: Event) -> Incident:
    """The incident after one more event.

    Raises:
        BrokenHistoryError: It is not the next event of this incident.
    """
    follows = 0 if incident is None else incident.version
    if event.version != follows + 1 or (incident is None) != isinstance(event, Fired):
        name = type(event).__name__
        raise BrokenHistoryError(f"{name} of version {event.version} cannot follow {follows}")
    if isinstance(event, Fired):
        return _begun(event)
    assert incident is not None
    after = _after(event, incident)
    return replace(after, version=event.version, changed=event.at)


def _begun(event: Fired) -> Incident:
    return Incident(
        number=event.number,
        fingerprint=event.alert.fingerprint,
        project=event.project,
        links=event.links,
        alert=event.alert,
        severity=event.severity,
        since=event.at,
        changed=event.at,
        last_seen=event.at,
        firing_since=event.at,
        count=event.count,
        occurred=event.occurred,
    )


@singledispatch
def _after(event: object, incident: Incident) -> Incident:
    raise BrokenHistoryError(f"{type(event).__name__} is nothing that happens to {incident.id}")


@_after.register
def _(event: Seen, incident: Incident) -> Incident:
    seen = replace(
        incident,
        count=incident.count + event.count,
        last_seen=event.at,
        alert=event.alert or incident.alert,
        occurred=event.occurred,
    )
    if not incident.cleared or event.late:
        return seen
    return replace(_changed(seen, event.at), cleared=False, ended=None)


@_after.register
def _(event: SeverityRaised, incident: Incident) -> Incident:
    # The chain starts anew: who is told of a worse trouble may be somebody else.
    return replace(incident, severity=event.severity, escalated=0, turned=event.version)


@_after.register
def _(event: Acknowledged, incident: Incident) -> Incident:
    return replace(_calm(incident, State.ACKNOWLEDGED, event), on_it=event.by)


@_after.register
def _(event: Snoozed, incident: Incident) -> Incident:
    quiet = _calm(incident, State.SNOOZED, event)
    return replace(quiet, snoozed_by=event.by, snoozed_until=event.until)


@_after.register
def _(event: Unsnoozed, incident: Incident) -> Incident:
    return replace(_calm(incident, State.FIRING, event), firing_since=event.at)


@_after.register
def _(event: Resolved, incident: Incident) -> Incident:
    over = replace(
        _calm(incident, State.RESOLVED, event),
        resolved_at=event.at,
        resolved_by=event.by,
        reason=event.reason,
        ended=event.ended,
        flapping=False,
        cleared=False,
    )
    if event.by is not None:  # What people end starts afresh.
        return replace(over, changes=())
    return over if incident.cleared else _changed(over, event.at)


@_after.register
def _(event: Reopened, incident: Incident) -> Incident:
    again = replace(
        _calm(incident, State.REOPENED, event),
        alert=event.alert,
        severity=event.severity,
        count=incident.count + event.count,
        last_seen=event.at,
        firing_since=event.at,
        occurred=event.occurred,
        resolved_at=None,
        resolved_by=None,
        reason=None,
        ended=None,
    )
    return _changed(again, event.at)


@_after.register
def _(event: Escalated, incident: Incident) -> Incident:
    return replace(incident, escalated=event.step)


@_after.register
def _(_event: FlappingStarted, incident: Incident) -> Incident:
    return replace(incident, flapping=True)


@_after.register
def _(event: Cleared, incident: Incident) -> Incident:
    return replace(_changed(incident, event.at), cleared=True, ended=event.ended)


@_after.register
def _(_event: FlappingEnded, incident: Incident) -> Incident:
    return replace(incident, flapping=False, changes=())


def _calm(incident: Incident, state: State, event: Event) -> Incident:
    """In another state, with nothing left of the one before."""
    return replace(
        incident,
        state=state,
        turned=event.version,
        on_it=None,
        snoozed_by=None,
        snoozed_until=None,
        escalated=0,
    )


def _changed(incident: Incident, at: datetime) -> Incident:
    """Once more from firing to resolved or back."""
    return replace(incident, changes=(*incident.changes, at)[-MOST_CHANGES:])
