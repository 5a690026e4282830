"""What alerts and time do to an incident.

| state of the incident | it fires | its source says it is over | time |
| --- | --- | --- | --- |
| none, or resolved longer ago than the reopen window | a new incident | nothing | |
| firing, reopened, acknowledged | counted; severity raised, never lowered | resolved | |
| snoozed | as above; of higher severity: firing again | resolved | at its end: firing |
| resolved within the reopen window | reopened, with the new alert's severity | nothing | |
| flapping, in any open state | counted | stays open | calm: resolved if its source said so |

It is flapping once it went from firing to resolved by its source, or back, more than `flap.changes`
times `within` a while, until nothing of the kind happened for as long as `calm`.

Deliveries overtake each other. What occurred before the end that the source told is counted and
reopens nothing; an end that occurred before the latest firing ends nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from actions.incidents.alert import Alert, AlertStatus
from actions.incidents.events import (
    Cleared,
    Event,
    Fired,
    FlappingEnded,
    FlappingStarted,
    Link,
    Reopened,
    Resolved,
    Seen,
    Severity,
    SeverityRaised,
    Unsnoozed,
    Waking,
)
from actions.incidents.incident import Incident, State, Story
from actions.incidents.moments import utc
from actions.incidents.settings import Alerting, Flap


@dataclass(frozen=True, slots=True)
class Opening:
    """What a new incident takes from elsewhere: its number, the model's project, where to look."""

    number: int
    project: str | None
    links: tuple[Link, ...] = ()


def observe(
    incident: Incident | None,
    alerts: Sequence[Alert],
    now: datetime,
    policy: Alerting,
    opening: Opening | None = None,
) -> tuple[Incident | None, tuple[Event, ...]]:
    """The incident after a batch of alerts of one fingerprint, in the order in which they came.

    `incident` is the fingerprint's latest, None where there was none. What is returned is that one,
    or a new one where it was over for too long; the events are the returned one's. `opening` is
    needed only where a new one can come: `incident` is None or not open.

    Raises:
        ValueError: Alerts of several fingerprints, or no `opening` for a new incident.
    """
    known = {alert.fingerprint for alert in alerts}
    if incident is not None:
        known.add(incident.fingerprint)
    if len(known) > 1:
        raise ValueError(f"alerts of {len(known)} fingerprints; an incident has one")
    story = Story(None if _done(incident, alerts, now, policy) else incident, now)
    _time_passes(story, policy.flap)
    for status, run in groupby(alerts, key=lambda alert: alert.status):
        if status is AlertStatus.FIRING:
            _fires(story, list(run), policy.flap, opening)
        else:
            _ends(story, list(run), policy.flap)
    return story.incident or incident, tuple(story.events)


def tick(incident: Incident, now: datetime, policy: Alerting) -> tuple[Incident, tuple[Event, ...]]:
    """The incident after what only had to wait: the end of a snooze, calm after flapping."""
    story = Story(incident, now)
    _time_passes(story, policy.flap)
    return story.incident or incident, tuple(story.events)


def wakes(incident: Incident, policy: Alerting) -> datetime | None:
    """When `tick` has something to do, if nothing happens before; None: never."""
    calm = _calm_at(incident, policy.flap)
    moments = [moment for moment in (incident.snoozed_until, calm) if moment is not None]
    return min(moments, default=None)


def _done(
    incident: Incident | None, alerts: Sequence[Alert], now: datetime, policy: Alerting
) -> bool:
    """Whether these alerts are of another incident: this one is over for too long."""
    if incident is None or incident.resolved_at is None:
        return False
    if utc(now) - incident.resolved_at < policy.reopen_window:
        return False
    at = utc(now)
    return any(one.status is AlertStatus.FIRING and not _late(incident, one, at) for one in alerts)


def _time_passes(story: Story, flap: Flap) -> None:
    incident = story.incident
    if incident is None:
        return
    calm = _calm_at(incident, flap)
    if calm is not None and calm <= story.at:
        was = story.happened(FlappingEnded(version=story.next, at=story.at))
        if incident.cleared:
            was = story.happened(
                Resolved(
                    version=story.next, at=story.at, by=None, reason=None, ended=incident.ended
                )
            )
        incident = was
    if incident.snoozed_until is not None and incident.snoozed_until <= story.at:
        story.happened(Unsnoozed(version=story.next, at=story.at, why=Waking.OVER))


def _calm_at(incident: Incident, flap: Flap) -> datetime | None:
    return incident.changes[-1] + flap.calm if incident.flapping else None


def _fires(story: Story, run: list[Alert], flap: Flap, opening: Opening | None) -> None:
    """A run of alerts that fire."""
    incident, at = story.incident, story.at
    newest = _newest(run, at)
    severity = max((Severity(alert.severity) for alert in run), key=lambda one: one.rank)
    occurred = _latest(_occurred(newest, at), incident.occurred if incident else None)
    if incident is None:
        if opening is None:
            raise ValueError("a new incident needs its number; pass `opening`")
        story.happened(
            Fired(
                version=story.next,
                at=at,
                number=opening.number,
                project=opening.project,
                links=opening.links,
                count=len(run),
                severity=severity,
                alert=newest,
                occurred=occurred,
            )
        )
        return
    late = all(_late(incident, alert, at) for alert in run)
    if incident.state is State.RESOLVED and not late:
        story.happened(
            Reopened(
                version=story.next,
                at=at,
                count=len(run),
                severity=severity,
                alert=newest,
                occurred=occurred,
            )
        )
        _damp(story, incident, flap)
        return
    news = None if late or _says_nothing_new(incident, newest, at) else newest
    story.happened(
        Seen(version=story.next, at=at, count=len(run), alert=news, occurred=occurred, late=late)
    )
    if incident.open and not late and severity.rank > incident.severity.rank:
        _worsens(story, incident, severity)


def _worsens(story: Story, incident: Incident, severity: Severity) -> None:
    story.happened(
        SeverityRaised(version=story.next, at=story.at, was=incident.severity, severity=severity)
    )
    if incident.state is State.SNOOZED:
        # Quiet was wanted for a lesser trouble.
        story.happened(Unsnoozed(version=story.next, at=story.at, why=Waking.WORSE))


def _ends(story: Story, run: list[Alert], flap: Flap) -> None:
    """A run of alerts that say that it is over."""
    incident, at = story.incident, story.at
    if incident is None or not incident.open:
        return
    ended = _occurred(_newest(run, at), at)
    overtaken = ended is not None and incident.occurred is not None and ended < incident.occurred
    if overtaken or incident.cleared:
        return
    if not incident.flapping:
        _damp(story, incident, flap)
    if story.incident is not None and story.incident.flapping:
        story.happened(Cleared(version=story.next, at=at, ended=ended))
    else:
        story.happened(Resolved(version=story.next, at=at, by=None, reason=None, ended=ended))


def _damp(story: Story, before: Incident, flap: Flap) -> None:
    """Start damping, if the change that happens now to the incident `before` is one too many."""
    recent = [change for change in before.changes if change > story.at - flap.within]
    if len(recent) + 1 > flap.changes:
        story.happened(FlappingStarted(version=story.next, at=story.at, changes=len(recent) + 1))


def _newest(run: list[Alert], at: datetime) -> Alert:
    """The one that occurred last; of those that tell no time, or the same, the last to come."""
    newest = run[0]
    for alert in run[1:]:
        if (_occurred(alert, at) or at) >= (_occurred(newest, at) or at):
            newest = alert
    return newest


def _occurred(alert: Alert, at: datetime) -> datetime | None:
    """When it occurred; now where the source's clock is ahead, or no end could ever follow."""
    if alert.occurred is None:
        return None
    try:
        return min(utc(alert.occurred), at)
    except OverflowError:  # Year 1 or 9999, and in UTC the one before or after.
        return None


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment is not None), default=None)


def _late(incident: Incident, alert: Alert, at: datetime) -> bool:
    """Whether the alert is of a time that was over by its own source's word."""
    occurred = _occurred(alert, at)
    return incident.ended is not None and occurred is not None and occurred <= incident.ended


def _says_nothing_new(incident: Incident, alert: Alert, at: datetime) -> bool:
    occurred = _occurred(alert, at)
    if occurred is not None and incident.occurred is not None and occurred < incident.occurred:
        return True
    return replace(alert, occurred=None) == replace(incident.alert, occurred=None)
