"""Incidents of an endpoint that is taken down are over: nothing is left that could get better."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from actions.incidents.events import Resolved
from actions.incidents.incident import Incident, State, Story
from actions.incidents.responding import Outcome
from actions.incidents.store import Change
from actions.store import AuditEntry, Deployment, Transaction

_LATE = timedelta(minutes=30)
"""So long after the end alerts may still be about what served; later ones mean something else."""


def withdraw(incident: Incident, reason: str, now: datetime) -> Outcome:
    """It is over for this reason, whoever is on it; no event where it is over already."""
    if incident.state is State.RESOLVED:
        return incident, ()
    story = Story(incident, now)
    after = story.happened(
        Resolved(version=story.next, at=story.at, by=None, reason=reason, ended=None)
    )
    return after, tuple(story.events)


async def end_with_endpoint(tx: Transaction, project: str, environment: str, now: datetime) -> None:
    """End the incidents of what served there, where nothing does any more."""
    served = await tx.deployments((project,), environment)
    if not served or any(one.until is None for one in served):
        return
    numbers = [one.number for one in await tx.incidents.open(project) if _is_about(one, served)]
    # All of them before the audit, which people's acts on one of them wait for.
    locked = [await tx.incidents.get(number, lock=True) for number in numbers]
    ended = [
        Change(*withdraw(one, "its endpoint was taken down", now))
        for one in locked
        if one is not None and one.open and _is_about(one, served)
    ]
    if not ended:
        return
    await tx.incidents.save(ended)
    for change in ended:
        incident = change.incident
        detail = {"incident": incident.id, "version": incident.version, "why": incident.reason}
        await tx.audit(AuditEntry("cooper", "resolved", None, project, detail))
    await tx.tell_incidents()


def _is_about(incident: Incident, served: Sequence[Deployment]) -> bool:
    """Whether it began while something served there, and nothing was heard of it since."""
    began = min(one.good for one in served)
    ended = max(one.until for one in served if one.until is not None)
    return (
        incident.alert.environment == served[0].environment
        and began <= incident.since
        and incident.last_seen <= ended + _LATE
    )
