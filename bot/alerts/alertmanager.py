"""Prometheus Alertmanager's webhook, version 4.

prometheus.io/docs/alerting/latest/configuration/#webhook_config: `groupKey`, `status`, the labels and
annotations of the group, and `alerts[]` with a fingerprint of their labels. Its `http_config` sends a
bearer token or basic credentials.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AwareDatetime, FailFast, Field

from actions.incidents.alert import Alert, AlertStatus
from bot.alerts.credentials import Credentials
from bot.alerts.payload import (
    DESCRIPTION,
    NAME,
    TITLE,
    Shape,
    clip,
    figure,
    fingerprint,
    labels,
    link,
    moment,
    optional,
    read,
)
from bot.alerts.severity import severity
from bot.alerts.source import Delivery, Incoming

NAME_OF_SOURCE = "alertmanager"


class _Alert(Shape):
    status: Literal["firing", "resolved"]
    fingerprint: str
    labels: dict[str, str]
    annotations: dict[str, str] = Field(default_factory=dict)
    starts_at: AwareDatetime = Field(alias="startsAt")
    ends_at: AwareDatetime | None = Field(default=None, alias="endsAt")
    generator_url: str | None = Field(default=None, alias="generatorURL")


class _Payload(Shape):
    version: Literal["4"]
    group_key: str = Field(alias="groupKey")
    status: Literal["firing", "resolved"]
    alerts: Annotated[list[_Alert], FailFast()]


@dataclass(frozen=True, slots=True)
class Alertmanager:
    """`POST /alerts/alertmanager`.

    The model is the label `model` or `endpoint`, the environment `environment` or `env`, the version
    `version`; value and threshold are annotations of these names, where a rule has them.
    """

    credentials: Credentials
    name: str = NAME_OF_SOURCE

    async def authenticate(self, incoming: Incoming) -> None:
        """As its `http_config` sends."""
        self.credentials.check(incoming)

    def parse(self, incoming: Incoming) -> Delivery:
        """All alerts of the group."""
        said = read(_Payload, incoming.body)
        return Delivery(tuple([_alert(self.name, alert) for alert in said.alerts]))


def _alert(source: str, said: _Alert) -> Alert:
    tags, notes = said.labels, said.annotations
    rule = tags.get("alertname", "")
    resolved = said.status == "resolved"
    return Alert(
        source=source,
        fingerprint=fingerprint(source, said.fingerprint),
        status=AlertStatus.RESOLVED if resolved else AlertStatus.FIRING,
        severity=severity(tags.get("severity")),
        title=clip(notes.get("summary") or rule, TITLE),
        description=clip(notes.get("description") or notes.get("message") or "", DESCRIPTION),
        monitor=clip(rule, NAME),
        monitor_type=clip(tags.get("monitor_type") or rule, NAME),
        model=clip(tags.get("model") or tags.get("endpoint") or "", NAME),
        environment=optional(tags.get("environment") or tags.get("env")),
        version=optional(tags.get("version")),
        value=figure(notes.get("value")),
        threshold=figure(notes.get("threshold")),
        labels=labels(tags),
        link=link(said.generator_url),
        # While an alert fires, its end is year 1, or when it would end by itself.
        occurred=moment(said.ends_at if resolved else said.starts_at),
    )
