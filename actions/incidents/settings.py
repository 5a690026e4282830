"""`alerting:` in `cooper.yaml`: when people hear of an incident, and where.

The words and defaults are Alertmanager's
(https://prometheus.io/docs/alerting/latest/configuration/#route) where it has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, model_validator

from actions.config import Fault, Plain, Strict, pick
from actions.config_types import (
    Channel,
    Duration,
    SlackGroup,
    SlackUser,
    TimeOfDay,
    TimeZone,
    duration,
    iso,
)
from actions.incidents.events import Severity
from actions.incidents.incident import MOST_CHANGES
from actions.incidents.matchers import MAX_MATCHERS, Matcher, MatcherError, is_label, parse


def _matcher(value: object) -> Matcher:
    if isinstance(value, Matcher):
        return value
    if not isinstance(value, str):
        raise MatcherError('should be a matcher such as severity="high"')
    matcher = parse(value)
    exact = matcher.label == "severity" and not matcher.operator.regex
    if exact and matcher.value not in list(Severity):
        raise MatcherError(f"{matcher.value!r} is no severity; write low, medium or high")
    return matcher


def _label(value: str) -> str:
    if not is_label(value):
        raise ValueError(f"{value[:60]!r} is no name of a label: letters, digits and _")
    return value


def _some(matchers: tuple[Matcher, ...]) -> tuple[Matcher, ...]:
    # After the matchers themselves: pydantic would count only the valid ones.
    if not 1 <= len(matchers) <= MAX_MATCHERS:
        raise ValueError(f"should hold 1 to {MAX_MATCHERS} matchers, holds {len(matchers)}")
    return matchers


Label = Annotated[str, AfterValidator(_label)]
Match = Annotated[Matcher, PlainValidator(_matcher), PlainSerializer(str, return_type=str)]
Matchers = Annotated[tuple[Match, ...], AfterValidator(_some)]


class Flap(Strict):
    """When changes between firing and resolved are no news any more."""

    changes: int = Field(
        default=4, ge=2, le=MOST_CHANGES, description="more changes than these are flapping"
    )
    within: Duration = Field(default=timedelta(hours=1), description="such as PT1H")
    calm: Duration = Field(
        default=timedelta(minutes=30), description="without a change, and it is over: PT30M"
    )


class QuietHours(Strict):
    """When incidents below `unless_severity` wait for the morning."""

    start: TimeOfDay = Field(description="such as 22:00")
    end: TimeOfDay = Field(description="such as 07:00; before start means the next day")
    timezone: TimeZone = Field(description="such as Europe/Berlin")
    unless_severity: Literal["low", "medium", "high"] = Field(
        default="high", description="what may disturb anyway"
    )

    @model_validator(mode="after")
    def _some_time(self) -> QuietHours:
        if self.start == self.end:
            raise ValueError("start and end are the same, so there is no quiet in between")
        return self


class EscalationStep(Strict):
    """Whom an incident reaches that nobody has acknowledged for so long."""

    after: Duration = Field(description="such as PT30M")
    people: tuple[SlackUser, ...] = Field(default=(), description="Slack member IDs")
    groups: tuple[SlackGroup, ...] = Field(default=(), description="Slack user group IDs")

    @model_validator(mode="after")
    def _somebody(self) -> EscalationStep:
        if not self.people and not self.groups:
            raise ValueError("reaches nobody; name people or groups")
        return self


def _in_order(steps: tuple[EscalationStep, ...]) -> tuple[EscalationStep, ...]:
    for before, after in pairwise(steps):
        if after.after <= before.after:
            raise ValueError(
                f"the step after {iso(after.after)} should come later than the one before it, "
                f"after {iso(before.after)}"
            )
    return steps


Chain = Annotated[tuple[EscalationStep, ...], AfterValidator(_in_order)]


class InhibitRule(Strict):
    """While an incident matches `source`, those that match `target` are muted."""

    source: Matchers = Field(description="matchers of what mutes")
    target: Matchers = Field(description="matchers of what is muted")
    equal: tuple[Label, ...] = Field(
        default=("model", "environment"), description="labels that must be the same in both"
    )


class Route(Strict):
    """How incidents that meet all matchers are handled; what is left out is as outside of routes."""

    matchers: Matchers = Field(description='such as severity="high"')
    channel: Channel | None = Field(default=None, description='such as "#ml-oncall"')
    group_by: tuple[Label, ...] | None = Field(default=None, description="names of labels")
    group_wait: Duration | None = Field(default=None, description="such as PT30S")
    group_interval: Duration | None = Field(default=None, description="such as PT5M")
    repeat_interval: Duration | None = Field(default=None, description="such as PT4H")
    quiet_hours: QuietHours | None = Field(default=None, description="start, end, timezone")
    escalation: Chain | None = Field(default=None, description="a list of {after, people}")


def outage_mutes_drift() -> tuple[InhibitRule, ...]:
    """What holds where nobody says otherwise: of a model that gets no traffic, drift is no news."""
    return (
        InhibitRule(
            source=(parse('monitor_type=~"endpoint_down|model_activity|activity"'),),
            target=(parse('monitor_type=~".*drift"'),),
        ),
    )


class Alerting(Strict):
    """When people hear of incidents, and where; the first route that matches may say otherwise."""

    group_by: tuple[Label, ...] = Field(
        default=("project", "environment", "severity"),
        description="labels; incidents with the same values are announced together",
    )
    group_wait: Duration = Field(
        default=timedelta(seconds=30), description="before a group's first news: PT30S"
    )
    group_interval: Duration = Field(
        default=timedelta(minutes=5), description="between news of one group: PT5M"
    )
    repeat_interval: Duration = Field(
        default=timedelta(hours=4), description="between reminders of what nobody took: PT4H"
    )
    reopen_window: Duration = Field(
        default=timedelta(hours=1),
        description="what fires again so soon is the same incident: PT1H",
    )
    flap: Flap = Field(default=Flap(), description="changes, within, calm")
    routes: tuple[Route, ...] = Field(default=(), max_length=100, description="the first counts")
    inhibit: tuple[InhibitRule, ...] = Field(
        default_factory=outage_mutes_drift,
        max_length=50,
        description="a list of {source, target, equal}",
    )
    quiet_hours: QuietHours | None = Field(default=None, description="start, end, timezone")
    escalation: Chain = Field(default=(), description="a list of {after, people}")


def faults(data: Mapping[str, Plain]) -> Iterable[Fault]:
    """Reminders that would come oftener than news may; a route has what it does not say from outside."""
    outside: dict[str, timedelta] = {
        key: Alerting.model_fields[key].default for key in ("group_interval", "repeat_interval")
    }
    for pattern in ("alerting", "alerting.routes.*"):
        for path, part in pick(dict(data), pattern):
            if not isinstance(part, dict):
                continue
            said = {key: time for key in outside if (time := _time(part.get(key))) is not None}
            group, repeat = ((outside | said)[key] for key in outside)
            if said and repeat < group:
                key = "repeat_interval" if "repeat_interval" in said else "group_interval"
                yield Fault(
                    (*path, key),
                    f"repeat_interval {iso(repeat)} is shorter than group_interval {iso(group)}",
                    "reminders are no oftener than news",
                )
            if path == ("alerting",):
                outside |= said


def _time(written: Plain) -> timedelta | None:
    """The duration; None for what is none, which the model reports."""
    try:
        return duration(written) if isinstance(written, str) else None
    except ValueError:
        return None
