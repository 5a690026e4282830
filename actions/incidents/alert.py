"""An alert: one thing that some source said about a model."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AlertStatus(StrEnum):
    """What the alert says. Only sources that tell of the end send `RESOLVED`."""

    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Alert:
    """What a source's payload said, in our words. Every text is as sent, capped, not escaped.

    `fingerprint` is the identity of the trouble (not of the delivery): the same trouble told twice
    has the same one. For Aporia it is source, model id, monitor id and environment.
    `severity` is `low`, `medium` or `high`. `model` is the source's name for the model; which
    project that is, is resolved later. `value` and `threshold` are None where the source tells none
    (Aporia's webhook does not). `occurred` is when the source says it happened, with zone, or None.
    """

    source: str
    fingerprint: str
    status: AlertStatus
    severity: str
    title: str
    description: str
    monitor: str
    monitor_type: str
    model: str
    environment: str | None
    version: str | None
    value: float | None
    threshold: float | None
    labels: tuple[tuple[str, str], ...]
    link: str | None
    occurred: datetime | None
