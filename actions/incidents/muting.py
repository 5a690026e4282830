"""What keeps an incident from being heard of: silences, inhibition, quiet hours, a snooze."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from actions.incidents.events import Severity
from actions.incidents.incident import Incident
from actions.incidents.matchers import all_match
from actions.incidents.moments import utc
from actions.incidents.quiet import quiet_until
from actions.incidents.routing import Handling
from actions.incidents.settings import Alerting, InhibitRule, QuietHours
from actions.incidents.silences import Silence, silenced_until


class Why(StrEnum):
    """What mutes an incident."""

    INHIBITED = "inhibited"
    SILENCED = "silenced"
    SNOOZED = "snoozed"
    QUIET_HOURS = "quiet_hours"


@dataclass(frozen=True, slots=True)
class Held:
    """Muted for this reason; `until` None: nobody knows how long (an incident inhibits it)."""

    why: Why
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What mutes incidents, at one moment: the silences, and what inhibits others.

    `sources` are the labels of incidents that match the source of a rule, with that rule. Make it
    with `surroundings`, once for many incidents.
    """

    silences: tuple[Silence, ...] = ()
    sources: tuple[tuple[InhibitRule, Mapping[str, str]], ...] = ()


def surroundings(
    silences: Iterable[Silence], incidents: Iterable[Incident], policy: Alerting
) -> Surroundings:
    """Of these incidents, those that inhibit others now."""
    labels = [incident.labels for incident in incidents if incident.open]
    sources = tuple(
        (rule, theirs)
        for theirs in labels
        for rule in policy.inhibit
        if all_match(rule.source, theirs)
    )
    return Surroundings(tuple(silences), sources)


def inhibits(rule: InhibitRule, source: Mapping[str, str], target: Mapping[str, str]) -> bool:
    """Whether labels that match the rule's source mute those of `target`.

    As in Alertmanager, what matches both sides of a rule is not muted by the like, so that nothing
    mutes itself.
    """
    if any(source.get(name, "") != target.get(name, "") for name in rule.equal):
        return False
    if not all_match(rule.target, target):
        return False
    return not (all_match(rule.source, target) and all_match(rule.target, source))


def held(incident: Incident, around: Surroundings, how: Handling, now: datetime) -> Held | None:
    """What mutes the incident now, until when; None where nothing does."""
    labels = incident.labels
    if any(inhibits(rule, source, labels) for rule, source in around.sources):
        return Held(Why.INHIBITED, None)
    found = _first(incident, labels, around, how, utc(now))
    if found is None or found.until is None:
        return found
    # One may end within another.
    until = found.until
    while (more := _first(incident, labels, around, how, until)) is not None:
        assert more.until is not None
        until = more.until
    return Held(found.why, until)


def _first(
    incident: Incident,
    labels: Mapping[str, str],
    around: Surroundings,
    how: Handling,
    now: datetime,
) -> Held | None:
    if (until := silenced_until(around.silences, labels, now)) is not None:
        return Held(Why.SILENCED, until)
    if incident.snoozed_until is not None and incident.snoozed_until > now:
        return Held(Why.SNOOZED, incident.snoozed_until)
    if how.quiet_hours is not None and (until := _hush(how.quiet_hours, incident, now)):
        return Held(Why.QUIET_HOURS, until)
    return None


def _hush(quiet: QuietHours, incident: Incident, now: datetime) -> datetime | None:
    if incident.severity.rank >= Severity(quiet.unless_severity).rank:
        return None
    return quiet_until(quiet, now)
