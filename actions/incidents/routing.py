"""Where an incident goes, and at what pace: the settings that hold for its labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from actions.incidents.matchers import all_match
from actions.incidents.settings import Alerting, EscalationStep, QuietHours


@dataclass(frozen=True, slots=True)
class Handling:
    """How one incident is handled. `channel` None: the project's own."""

    channel: str | None
    group_by: tuple[str, ...]
    group_wait: timedelta
    group_interval: timedelta
    repeat_interval: timedelta
    quiet_hours: QuietHours | None
    escalation: tuple[EscalationStep, ...]


def handling(policy: Alerting, labels: Mapping[str, str]) -> Handling:
    """What the first route that matches says, and the section where it says nothing."""
    route = next((one for one in policy.routes if all_match(one.matchers, labels)), None)
    if route is None:
        return Handling(
            channel=None,
            group_by=policy.group_by,
            group_wait=policy.group_wait,
            group_interval=policy.group_interval,
            repeat_interval=policy.repeat_interval,
            quiet_hours=policy.quiet_hours,
            escalation=policy.escalation,
        )
    return Handling(
        channel=route.channel,
        group_by=policy.group_by if route.group_by is None else route.group_by,
        group_wait=route.group_wait or policy.group_wait,
        group_interval=route.group_interval or policy.group_interval,
        repeat_interval=route.repeat_interval or policy.repeat_interval,
        quiet_hours=route.quiet_hours or policy.quiet_hours,
        escalation=policy.escalation if route.escalation is None else route.escalation,
    )


def group_key(how: Handling, labels: Mapping[str, str], channel: str) -> tuple[str, ...]:
    """The group whose incidents are announced together: its channel, and the labels it is made by.

    `channel` is the one that the incident goes to, so that no group spans two.
    """
    return (channel, *(labels.get(name, "") for name in how.group_by))
