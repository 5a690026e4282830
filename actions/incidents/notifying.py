"""When people hear of an incident, and how: its root message, edits of it, lines in its thread.

Timing is Alertmanager's (`group_wait`, `group_interval`, `repeat_interval`), but every incident has a
message of its own, so grouping says when root messages may be posted: those of one group together,
`group_wait` after the first, and `group_interval` after the group's last. Intervals count from what
was really sent and not by a timer that runs free, so the decision follows from what is stored, and
is the same after a crash.

| what | posted | how |
| --- | --- | --- |
| a new incident | when its group may, unless muted | root message |
| more alerts of it | `group_interval` after the last edit | edit; an edit disturbs nobody, so nothing mutes it |
| any other change | at once | edit |
| what a person did; an escalation | at once, muted or not: it answers somebody | line |
| severity raised; a snooze that is over | at once, unless muted | line |
| reopened, resolved by its source, flapping | `group_interval` after the last line, unless muted | line |
| nobody took it | `repeat_interval` after the last line, unless muted or flapping | line without events |

What is muted is told when it no longer is, together. An incident that was over before it was posted
is never posted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from actions.incidents.events import (
    Acknowledged,
    Cleared,
    Escalated,
    Event,
    Fired,
    Reopened,
    Resolved,
    Seen,
    SeverityRaised,
    Snoozed,
    Unsnoozed,
)
from actions.incidents.incident import Incident, State
from actions.incidents.moments import utc
from actions.incidents.muting import Surroundings, Why, held
from actions.incidents.routing import Handling


class Step(StrEnum):
    """What is done in the channel."""

    POST = "post"
    EDIT = "edit"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class Notify:
    """One step, due `at` that moment; before it, decide anew.

    `at` None: once nothing inhibits the incident any more, so decide anew whenever another incident
    is resolved. `held` says what delays it. `events` are those that a line tells, or that an edit
    leaves to the line after it; a line of none reminds that nobody took the incident.
    """

    step: Step
    at: datetime | None
    held: Why | None = None
    events: tuple[Event, ...] = ()

    def due(self, now: datetime) -> bool:
        """Whether it is to be done now."""
        return self.at is not None and self.at <= utc(now)


@dataclass(frozen=True, slots=True)
class Told:
    """What people were told of an incident so far.

    `shown` and `said` are versions of the incident: as its root message shows it, and up to which
    its thread tells it. `alarmed` is when they last heard that it needs somebody, or is worse.
    """

    shown: int = 0
    said: int = 0
    posted: datetime | None = None
    edited: datetime | None = None
    spoken: datetime | None = None
    alarmed: datetime | None = None

    @property
    def since(self) -> int:
        """The version after which events are news to `decide`."""
        return min(self.shown, self.said)


@dataclass(frozen=True, slots=True)
class Group:
    """Incidents that are announced together.

    `waiting` are the moments at which those without a root message began to need somebody,
    `posted` is when the last root message of one that is open was posted.
    """

    waiting: tuple[datetime, ...] = ()
    posted: datetime | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "waiting", tuple(sorted(utc(one) for one in self.waiting)))

    def wave(self, moment: datetime, wait: timedelta) -> datetime:
        """When the wait began that ends for what fired at `moment`.

        Who comes while others wait goes with them. Those whose wait is over, but who are muted for
        longer, hasten nobody.
        """
        began: datetime | None = None
        for one in self.waiting:
            if one >= moment:
                break
            began = one if began is None or one > began + wait else began
        return moment if began is None or moment > began + wait else began


def group(members: Iterable[tuple[Incident, Told]]) -> Group:
    """The group of these incidents: all open ones of one key (`routing.group_key`)."""
    everyone = [(one, told) for one, told in members if one.open]
    waiting = (
        one.firing_since
        for one, told in everyone
        if told.posted is None and one.state is not State.SNOOZED
    )
    posts = [told.posted for _, told in everyone if told.posted is not None]
    return Group(tuple(waiting), max(posts, default=None))


def decide(
    incident: Incident,
    told: Told,
    news: Sequence[Event],
    together: Group,
    around: Surroundings,
    how: Handling,
    now: datetime,
) -> tuple[Notify, ...]:
    """What is to be done in the channel now and later, if nothing else happens.

    `news` are the incident's events after version `told.since`, `together` its group as it was
    before any of its members was posted now.
    """
    moment = utc(now)
    if told.posted is None:
        return _root(incident, together, around, how, moment)
    untold = tuple(event for event in news if event.version > told.said and _telling(event))
    steps = (
        _edit(incident, told, news, untold, how, moment),
        _line(incident, told, untold, around, how, moment),
    )
    return tuple(step for step in steps if step is not None)


def done(told: Told, notify: Notify, incident: Incident, now: datetime) -> Told:
    """What people were told with this step, which was decided and taken on this very incident."""
    moment = utc(now)
    match notify.step:
        case Step.POST:
            seen = incident.version
            return Told(seen, seen, moment, moment, moment, moment)
        case Step.EDIT:
            said = told.said if notify.events else incident.version
            return replace(told, shown=incident.version, said=said, edited=moment)
        case Step.LINE:
            said = max([told.said, *(event.version for event in notify.events)])
            alarm = any(
                isinstance(event, Reopened | Unsnoozed | SeverityRaised) for event in notify.events
            )
            alarmed = moment if alarm else told.alarmed
            return replace(told, said=said, spoken=moment, alarmed=alarmed)


def _root(
    incident: Incident, together: Group, around: Surroundings, how: Handling, now: datetime
) -> tuple[Notify, ...]:
    if not incident.open:
        return ()
    at = together.wave(incident.firing_since, how.group_wait) + how.group_wait
    if together.posted is not None:
        at = max(at, utc(together.posted) + how.group_interval)
    return (_unmuted(Notify(Step.POST, max(at, now)), incident, around, how),)


def _edit(
    incident: Incident,
    told: Told,
    news: Sequence[Event],
    untold: tuple[Event, ...],
    how: Handling,
    now: datetime,
) -> Notify | None:
    if told.shown >= incident.version:
        return None
    changed = any(event.version > told.shown and _telling(event) for event in news)
    if changed or told.edited is None:
        return Notify(Step.EDIT, now, events=untold)
    return Notify(Step.EDIT, max(now, utc(told.edited) + how.group_interval), events=untold)


def _line(
    incident: Incident,
    told: Told,
    events: tuple[Event, ...],
    around: Surroundings,
    how: Handling,
    now: datetime,
) -> Notify | None:
    if any(_answers(event) for event in events):
        return Notify(Step.LINE, now, events=events)
    spoken = utc(told.spoken or now)
    if events:
        at = min(
            event.at if _pressing(event) else max(event.at, spoken + how.group_interval)
            for event in events
        )
    elif incident.unattended and not incident.flapping:
        at = spoken + how.repeat_interval
    else:
        return None
    return _unmuted(Notify(Step.LINE, max(at, now), events=events), incident, around, how)


def _unmuted(notify: Notify, incident: Incident, around: Surroundings, how: Handling) -> Notify:
    """The step, when nothing mutes it at its time."""
    assert notify.at is not None
    muted = held(incident, around, how, notify.at)
    return notify if muted is None else replace(notify, at=muted.until, held=muted.why)


def _telling(event: Event) -> bool:
    """Whether it is a change that the thread tells; the root message counts and shows the rest."""
    return not isinstance(event, Fired | Seen | Cleared)


def _answers(event: Event) -> bool:
    """Whether somebody did it, or it is said to somebody."""
    if isinstance(event, Resolved):
        return event.by is not None
    return isinstance(event, Acknowledged | Snoozed | Escalated)


def _pressing(event: Event) -> bool:
    return isinstance(event, SeverityRaised | Unsnoozed)
