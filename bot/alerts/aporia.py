"""Aporia's webhook: ten keys, documented as a table at docs.aporia.com/integrations/webhook.

It has no status, no time and no signature: every delivery is a new alert, and the secret is a header
that the user sets in Aporia. The types of ids and the case of severities are not documented, so both
are read leniently; a type of monitor that we do not know passes through.
"""

from dataclasses import dataclass

from pydantic import ConfigDict

from actions.incidents.alert import Alert, AlertStatus
from bot.alerts.credentials import Credentials
from bot.alerts.mrkdwn import mrkdwn
from bot.alerts.payload import (
    DESCRIPTION,
    NAME,
    TITLE,
    Shape,
    clip,
    fingerprint,
    labels,
    link,
    optional,
    read,
)
from bot.alerts.severity import severity
from bot.alerts.source import Delivery, Incoming

NAME_OF_SOURCE = "aporia"


class _Payload(Shape):
    model_config = ConfigDict(coerce_numbers_to_str=True)

    alert_id: str
    monitor_type: str
    monitor_id: str
    monitor_name: str
    model_id: str
    model_name: str
    severity: str | None = None
    environment: str | None = None
    pretty_description: str | None = None
    dashboard_link: str | None = None


@dataclass(frozen=True, slots=True)
class Aporia:
    """`POST /alerts/aporia`."""

    credentials: Credentials
    name: str = NAME_OF_SOURCE

    async def authenticate(self, incoming: Incoming) -> None:
        """By the header that is set in Aporia."""
        self.credentials.check(incoming)

    def parse(self, incoming: Incoming) -> Delivery:
        """One alert."""
        said = read(_Payload, incoming.body)
        ids = {"alert_id": said.alert_id, "model_id": said.model_id, "monitor_id": said.monitor_id}
        alert = Alert(
            source=self.name,
            fingerprint=fingerprint(self.name, said.model_id, said.monitor_id, said.environment),
            status=AlertStatus.FIRING,
            severity=severity(said.severity),
            title=clip(said.monitor_name, TITLE),
            # Cut before it is read, so that a huge text costs nothing.
            description=clip(
                mrkdwn(clip(said.pretty_description or "", 2 * DESCRIPTION)), DESCRIPTION
            ),
            monitor=clip(said.monitor_name, NAME),
            monitor_type=clip(said.monitor_type, NAME),
            model=clip(said.model_name, NAME),
            environment=optional(said.environment),
            version=None,
            value=None,
            threshold=None,
            labels=labels(ids),
            link=link(said.dashboard_link),
            occurred=None,
        )
        return Delivery((alert,))
