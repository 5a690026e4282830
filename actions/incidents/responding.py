"""What people do to an incident, and what follows in each of its states.

| state | acknowledge | snooze | resolve | escalate |
| --- | --- | --- | --- | --- |
| firing, reopened | acknowledged | snoozed | resolved | told |
| acknowledged | by the same person: nothing; by another: theirs now, and both are told | snoozed | resolved | refused |
| snoozed | acknowledged, the snooze is over | the same until then by the same person: nothing; else snoozed anew | resolved | refused |
| resolved | refused | refused | nothing | refused |

Every act names the version that it was decided on. Where the incident has become something else to
decide on since (`Incident.turned`), it is refused: an acknowledgement that was under way while the
source resolved must not open it again. What is already as wanted stays so, whatever the version,
since a second click is no mistake.
"""

from datetime import datetime, timedelta

from actions.incidents.events import Acknowledged, Escalated, Event, Resolved, Responder, Snoozed
from actions.incidents.incident import Incident, State, Story
from actions.incidents.moments import utc

MAX_REASON = 500
"""Characters of a reason; more is cut."""

LONGEST_SNOOZE = timedelta(days=366)

Outcome = tuple[Incident, tuple[Event, ...]]
"""The incident afterwards and what happened to it; no events where nothing was to do."""


class TransitionError(Exception):
    """The incident stays as it is; `incident` is what it is now."""

    def __init__(self, incident: Incident, message: str) -> None:
        super().__init__(message)
        self.incident = incident


class StaleTransitionError(TransitionError):
    """It was decided on something that the incident no longer is."""

    def __init__(self, incident: Incident, decided_on: int) -> None:
        super().__init__(
            incident,
            f"{incident.id} has changed meanwhile: it {incident.clause}, severity "
            f"{incident.severity}. Please look at it and decide again.",
        )
        self.decided_on = decided_on


class IllegalTransitionError(TransitionError):
    """No such act on an incident in this state."""

    def __init__(self, incident: Incident, act: str) -> None:
        super().__init__(incident, f"{incident.id} {incident.clause}, so it cannot be {act}.")
        self.act = act


class SnoozeTimeError(TransitionError):
    """The snooze would be over before it began, or nearly never."""

    def __init__(self, incident: Incident, until: datetime, wrong: str) -> None:
        message = f"{wrong}. Until when, within a year, should {incident.id} be quiet?"
        super().__init__(incident, message)
        self.until = until


def acknowledge(incident: Incident, by: Responder, version: int, now: datetime) -> Outcome:
    """Somebody is on it: reminders and escalation stop.

    Raises:
        StaleTransitionError: It changed since `version`.
        IllegalTransitionError: It is resolved.
    """
    if incident.on_it is not None and incident.on_it.id == by.id:
        return incident, ()
    _check(incident, version, "acknowledged", possible=incident.open)
    story = Story(incident, now)
    after = story.happened(
        Acknowledged(version=story.next, at=story.at, by=by, taken_from=incident.on_it)
    )
    return after, tuple(story.events)


def snooze(
    incident: Incident, by: Responder, until: datetime, version: int, now: datetime
) -> Outcome:
    """Somebody wants quiet until then, when it fires on if it is not resolved.

    Raises:
        StaleTransitionError: It changed since `version`.
        IllegalTransitionError: It is resolved.
        SnoozeTimeError: `until` is not after now, or more than a year away.
    """
    end = utc(until)
    if incident.snoozed_until == end and incident.snoozed_by == by:
        return incident, ()
    _check(incident, version, "snoozed", possible=incident.open)
    story = Story(incident, now)
    if end <= story.at:
        raise SnoozeTimeError(incident, until, f"{end:%Y-%m-%d %H:%M} UTC is over")
    if end > story.at + LONGEST_SNOOZE:
        raise SnoozeTimeError(incident, until, f"{end:%Y-%m-%d} is too far away")
    after = story.happened(Snoozed(version=story.next, at=story.at, by=by, until=end))
    return after, tuple(story.events)


def resolve(
    incident: Incident, by: Responder, version: int, now: datetime, reason: str | None = None
) -> Outcome:
    """Somebody says that it is over. If it fires again soon, it is the same one, reopened.

    Raises:
        StaleTransitionError: It changed since `version`.
    """
    if incident.state is State.RESOLVED:
        return incident, ()
    _check(incident, version, "resolved", possible=True)
    cut = reason.strip()[:MAX_REASON] if reason else None
    story = Story(incident, now)
    after = story.happened(
        Resolved(version=story.next, at=story.at, by=by, reason=cut or None, ended=None)
    )
    return after, tuple(story.events)


def escalate(
    incident: Incident,
    step: int,
    people: tuple[str, ...],
    groups: tuple[str, ...],
    version: int,
    now: datetime,
) -> Outcome:
    """These are told, by step number `step` of the chain (from 1); one that was taken is not again.

    Raises:
        StaleTransitionError: It changed since `version`.
        IllegalTransitionError: Somebody acknowledged or snoozed it, or it is resolved.
    """
    if incident.unattended and step <= incident.escalated:
        return incident, ()
    _check(incident, version, "escalated", possible=incident.unattended)
    story = Story(incident, now)
    after = story.happened(
        Escalated(version=story.next, at=story.at, step=step, people=people, groups=groups)
    )
    return after, tuple(story.events)


def _check(incident: Incident, version: int, act: str, *, possible: bool) -> None:
    """Stale comes first: what is no longer so explains why the act is not allowed."""
    if not incident.turned <= version <= incident.version:
        raise StaleTransitionError(incident, version)
    if not possible:
        raise IllegalTransitionError(incident, act)
