"""What an incident's thread says: one line for each thing that happened."""

from collections.abc import Sequence
from functools import singledispatch

from actions.answers import Answer
from actions.incidents.events import (
    Acknowledged,
    Escalated,
    Event,
    FlappingEnded,
    FlappingStarted,
    Reopened,
    Resolved,
    SeverityRaised,
    Snoozed,
    Unsnoozed,
    Waking,
)
from actions.incidents.incident import Incident
from actions.incidents.moments import spoken


def line(incident: Incident, events: Sequence[Event]) -> Answer:
    """The message that tells these events; without one it reminds that nobody took the incident."""
    if not events:
        since = spoken(incident.firing_since)
        return Answer(
            text=f"{incident.id} still needs somebody: firing since {since}, {_times(incident)}.",
            tone="warning",
        )
    told = [text for event in events if (text := said(event, incident))]
    people = [
        one
        for event in events
        if isinstance(event, Escalated)
        for one in (*event.people, *event.groups)
    ]
    taken = [
        event.taken_from.id
        for event in events
        if isinstance(event, Acknowledged) and event.taken_from is not None
    ]
    return Answer(text="\n".join(told), mentions=tuple(dict.fromkeys([*people, *taken])))


@singledispatch
def said(event: object, incident: Incident) -> str:
    """What happened, in a sentence; nothing for what the message itself shows."""
    del event, incident
    return ""


@said.register
def _(event: Acknowledged, incident: Incident) -> str:
    if event.taken_from is not None:
        return f"{event.by.name} takes {incident.id} over from {event.taken_from.name}."
    return f"{event.by.name} is on it. Reminders and escalation stop."


@said.register
def _(event: Snoozed, incident: Incident) -> str:
    return f"{event.by.name} snoozed {incident.id} until {spoken(event.until)}."


@said.register
def _(event: Unsnoozed, incident: Incident) -> str:
    if event.why is Waking.WORSE:
        return f"The snooze of {incident.id} ended early: it is worse now, so it needs somebody."
    return f"The snooze of {incident.id} is over and the trouble is not: it needs somebody."


@said.register
def _(event: SeverityRaised, incident: Incident) -> str:
    return f"{incident.id} got worse: severity {event.was} → {event.severity}."


@said.register
def _(event: Resolved, incident: Incident) -> str:
    if event.by is None and event.reason:
        return f"{incident.id} is over: {event.reason}."
    if event.by is None:
        ended = f" at {spoken(event.ended)}" if event.ended else ""
        return f"{incident.id} is over{ended}, says {incident.alert.source}."
    because = f": {event.reason}" if event.reason else "."
    return f"{event.by.name} resolved {incident.id}{because}"


@said.register
def _(event: Reopened, incident: Incident) -> str:
    return f"{incident.id} fires again, soon after it was resolved; severity {event.severity}."


@said.register
def _(_event: Escalated, incident: Incident) -> str:
    return (
        f"Nobody has acknowledged {incident.id} since {spoken(incident.firing_since)}. "
        "Could you look at it, please?"
    )


@said.register
def _(event: FlappingStarted, incident: Incident) -> str:
    return (
        f"{incident.id} comes and goes ({event.changes} changes so soon after each other). "
        "I say no more of each until it is calm."
    )


@said.register
def _(_event: FlappingEnded, incident: Incident) -> str:
    return f"{incident.id} has been calm for a while."


def _times(incident: Incident) -> str:
    return f"{incident.count} alerts" if incident.count != 1 else "1 alert"
