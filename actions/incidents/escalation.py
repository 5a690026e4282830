"""Whom an incident reaches that nobody acknowledged: the chain's steps, one after the other."""

from dataclasses import dataclass
from datetime import datetime

from actions.incidents.incident import Incident
from actions.incidents.moments import utc
from actions.incidents.muting import Held
from actions.incidents.notifying import Told
from actions.incidents.settings import EscalationStep


@dataclass(frozen=True, slots=True)
class DueEscalation:
    """A step of the chain whose time has come. `step` counts from 1."""

    step: int
    people: tuple[str, ...]
    groups: tuple[str, ...]


def due_escalations(
    incident: Incident,
    chain: tuple[EscalationStep, ...],
    told: Told,
    muted: Held | None,
    now: datetime,
) -> tuple[DueEscalation, ...]:
    """The steps to take now, each once; carry them out with `responding.escalate`.

    Time counts from when people last heard that the incident needs somebody, or is worse, not from
    when it fired: nobody can acknowledge what quiet hours hold back. `muted` is what `muting.held` says now; what
    nobody is to hear of reaches nobody.
    """
    if muted is not None or (start := _start(incident, told)) is None:
        return ()
    moment = utc(now)
    return tuple(
        DueEscalation(number, step.people, step.groups)
        for number, step in enumerate(chain, start=1)
        if number > incident.escalated and start + step.after <= moment
    )


def next_escalation(
    incident: Incident, chain: tuple[EscalationStep, ...], told: Told
) -> datetime | None:
    """When the next step is due, if nobody acts and nothing mutes the incident; None: never."""
    start = _start(incident, told)
    if start is None or incident.escalated >= len(chain):
        return None
    return start + chain[incident.escalated].after


def _start(incident: Incident, told: Told) -> datetime | None:
    """When people heard how it stands; None where nobody is to act, or nobody has heard yet."""
    if not incident.unattended or told.alarmed is None or told.said < incident.turned:
        return None
    return utc(told.alarmed)
