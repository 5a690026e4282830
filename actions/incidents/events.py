"""What happened to an incident, in the past tense, each once and for good.

The events of an incident in the order of their versions are its history; `replay` in `incident.py`
makes the incident of them, so all that an incident is stands here.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from actions.incidents.alert import Alert


class Severity(StrEnum):
    """How bad it is. Compare by `rank`: as texts, high comes before low."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 for low, 2 for high."""
        return list(Severity).index(self)


class Waking(StrEnum):
    """Why a snooze ended before anybody acted."""

    OVER = "over"
    WORSE = "worse"


@dataclass(frozen=True, slots=True)
class Responder:
    """Somebody who acts on an incident, as Slack names them."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Link:
    """A place to look: `MLflow`, and the address there."""

    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """`version` is the incident's with this event in it, `at` when it happened, in UTC."""

    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired(_Event):
    """An incident began with `count` alerts.

    `alert` is the newest of them, `severity` their highest, `occurred` the latest moment that they
    tell.
    """

    kind: Literal["fired"] = field(default="fired", init=False)
    number: int
    project: str | None
    links: tuple[Link, ...]
    count: int
    severity: Severity
    alert: Alert
    occurred: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen(_Event):
    """`count` more alerts of an incident came.

    `alert` is the newest where it says anything else than the one before it, so that the history of
    an alert that is repeated for days stays small. `late`: they tell of what its source has already
    said is over, so they are counted and change nothing else.
    """

    kind: Literal["seen"] = field(default="seen", init=False)
    count: int
    alert: Alert | None
    occurred: datetime | None
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityRaised(_Event):
    """An alert of higher severity came."""

    kind: Literal["severity_raised"] = field(default="severity_raised", init=False)
    was: Severity
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged(_Event):
    """Somebody is on it; `taken_from` was before them."""

    kind: Literal["acknowledged"] = field(default="acknowledged", init=False)
    by: Responder
    taken_from: Responder | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snoozed(_Event):
    """Somebody wants quiet until then."""

    kind: Literal["snoozed"] = field(default="snoozed", init=False)
    by: Responder
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsnoozed(_Event):
    """The quiet is over, and the incident needs somebody again."""

    kind: Literal["unsnoozed"] = field(default="unsnoozed", init=False)
    why: Waking


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved(_Event):
    """It is over. `by` None: its source says so, and that it `ended` then (if it tells).

    With a `reason` and nobody: what it was about is no longer there.
    """

    kind: Literal["resolved"] = field(default="resolved", init=False)
    by: Responder | None
    reason: str | None
    ended: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened(_Event):
    """It fired again, soon after it was resolved, with `count` alerts."""

    kind: Literal["reopened"] = field(default="reopened", init=False)
    count: int
    severity: Severity
    alert: Alert
    occurred: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated(_Event):
    """Nobody acknowledged it in time, so these were told. `step` counts from 1."""

    kind: Literal["escalated"] = field(default="escalated", init=False)
    step: int
    people: tuple[str, ...]
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlappingStarted(_Event):
    """It fired and resolved so often that each further change is no news."""

    kind: Literal["flapping_started"] = field(default="flapping_started", init=False)
    changes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared(_Event):
    """Its source says that it is over; it stays open, since it is flapping."""

    kind: Literal["cleared"] = field(default="cleared", init=False)
    ended: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlappingEnded(_Event):
    """It was calm for long enough."""

    kind: Literal["flapping_ended"] = field(default="flapping_ended", init=False)


Event = (
    Fired
    | Seen
    | SeverityRaised
    | Acknowledged
    | Snoozed
    | Unsnoozed
    | Resolved
    | Reopened
    | Escalated
    | FlappingStarted
    | Cleared
    | FlappingEnded
)


def dump(event: Event) -> dict[str, Any]:
    """The event as JSON's types, `kind` naming it."""
    dumped: dict[str, Any] = _adapter().dump_python(event, mode="json")
    return dumped


def load(stored: dict[str, Any]) -> Event:
    """The event that `dump` wrote.

    Raises:
        pydantic.ValidationError: It is none of ours.
    """
    return _adapter().validate_python(stored)


@cache
def _adapter() -> TypeAdapter[Event]:
    return TypeAdapter(Annotated[Event, Field(discriminator="kind")])
