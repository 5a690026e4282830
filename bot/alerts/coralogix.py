"""Coralogix' generic outbound webhook, with the body that it proposes.

coralogix.com/docs/user-guides/alerting/outbound-webhooks/generic-outbound-webhooks-alert-webhooks.
The body is a template that users may edit, and a placeholder without a value arrives as it was
written (`$ALERT_THRESHOLD`), so only the identity and the action must be there. The secret is the
header `Authorization: Bearer …`, which users add to the webhook.
"""

import json
from dataclasses import dataclass
from typing import Annotated

from pydantic import ConfigDict, FailFast, JsonValue

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
from bot.alerts.source import Delivery, Incoming, PayloadError

NAME_OF_SOURCE = "coralogix"


class _Field(Shape):
    key: str
    value: JsonValue = None


class _Payload(Shape):
    model_config = ConfigDict(coerce_numbers_to_str=True)

    alert_id: str
    alert_action: str
    name: str
    description: str | None = None
    threshold: str | None = None
    group_by_labels: JsonValue = None
    alert_url: str | None = None
    fields: Annotated[tuple[_Field, ...], FailFast()] = ()


@dataclass(frozen=True, slots=True)
class Coralogix:
    """`POST /alerts/coralogix`.

    Model and environment are fields of these names, where users add them; else the subsystem stands
    for the model, as Coralogix names what logs.
    """

    credentials: Credentials
    name: str = NAME_OF_SOURCE

    async def authenticate(self, incoming: Incoming) -> None:
        """By its bearer token."""
        self.credentials.check(incoming)

    def parse(self, incoming: Incoming) -> Delivery:
        """One alert, fired or resolved."""
        said = read(_Payload, incoming.body)
        fields = {field.key: _said(field.value) for field in said.fields}
        application, subsystem = fields.get("application", ""), fields.get("subsystem", "")
        group = _said(said.group_by_labels)
        alert = Alert(
            source=self.name,
            fingerprint=fingerprint(self.name, said.alert_id, group, application, subsystem),
            status=_status(said.alert_action),
            severity=severity(fields.get("priority") or fields.get("severity")),
            title=clip(said.name, TITLE),
            description=clip(_said(said.description), DESCRIPTION),
            monitor=clip(said.name, NAME),
            monitor_type=self.name,
            model=clip(fields.get("model") or subsystem or application, NAME),
            environment=optional(fields.get("environment")),
            version=optional(fields.get("version")),
            value=None,
            threshold=figure(said.threshold),
            labels=labels({"alert_id": said.alert_id, "group_by": group} | fields),
            link=link(said.alert_url),
            occurred=moment(fields.get("timestampISO")),
        )
        return Delivery((alert,))


def _status(action: str) -> AlertStatus:
    """`TRIGGERED` or `RESOLVED`; older bodies say `trigger` and `resolve`."""
    word = action.strip().casefold()
    if word.startswith("trigger"):
        return AlertStatus.FIRING
    if word.startswith("resolve"):
        return AlertStatus.RESOLVED
    raise PayloadError("alert_action", "Input should be 'TRIGGERED' or 'RESOLVED'")


def _said(value: JsonValue) -> str:
    """A value as text; nothing for a placeholder that was not filled in."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    unfilled = value is None or (text.startswith("$") and text[1:].replace("_", "").isalpha())
    return "" if unfilled else text
