"""CloudWatch alarms, through an SNS topic that is subscribed to this address.

docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html. What vouches for
the sender is SNS's signature and that the topic is one of ours; a new subscription is confirmed. An
alarm has no severity, and composite and metric-math alarms have no metric of their own.
"""

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Literal

from pydantic import FailFast, Field

from actions.incidents.alert import Alert, AlertStatus
from bot.alerts.fetching import Fetch
from bot.alerts.payload import (
    DESCRIPTION,
    NAME,
    TITLE,
    Shape,
    clip,
    figure,
    fingerprint,
    labels,
    moment,
    optional,
    read,
)
from bot.alerts.severity import DEFAULT
from bot.alerts.sns import Certificates, Envelope, confirmation
from bot.alerts.source import Delivery, Incoming, UnauthenticatedError

NAME_OF_SOURCE = "cloudwatch"

# "Threshold Crossed: 1 out of the last 1 datapoints [2.0 (10/10/23 06:40:00)] was greater …"; written
# for people, so what does not fit is no value.
_DATAPOINT = re.compile(r"datapoints? [\[(]([-+.0-9eE]{1,30})[ )]")
# "2025-02-02T12:06:35.472+0000": the colon that ISO 8601's extended form has is missing.
_ZONE = re.compile(r"([+-][0-9]{2})([0-9]{2})$")


class _Dimension(Shape):
    name: str
    value: str


class _Trigger(Shape):
    MetricName: str | None = None
    Namespace: str | None = None
    Dimensions: Annotated[tuple[_Dimension, ...], FailFast()] = ()
    Threshold: float | None = Field(default=None, allow_inf_nan=False)


class _Alarm(Shape):
    AlarmName: str
    AlarmDescription: str | None = None
    AWSAccountId: str = ""
    AlarmArn: str | None = None
    Region: str = ""
    NewStateValue: Literal["ALARM", "OK", "INSUFFICIENT_DATA"]
    NewStateReason: str = ""
    StateChangeTime: str = ""
    Trigger: _Trigger = _Trigger()


class CloudWatch:
    """`POST /alerts/cloudwatch`, for the topics with these ARNs."""

    name = NAME_OF_SOURCE

    def __init__(self, topics: frozenset[str], fetch: Fetch, now: Callable[[], datetime]) -> None:
        self._topics = topics
        self._fetch = fetch
        self._certificates = Certificates(fetch, now)

    async def authenticate(self, incoming: Incoming) -> None:
        """By the topic, before anything is fetched for a stranger, and the signature."""
        envelope = read(Envelope, incoming.body)
        if envelope.TopicArn not in self._topics:
            raise UnauthenticatedError("TopicArn is not among COOPER_ALERTS_CLOUDWATCH_TOPICS.")
        await self._certificates.verify(envelope)

    def parse(self, incoming: Incoming) -> Delivery:
        """One alert for ALARM and OK; none where the data do not suffice to say either."""
        envelope = read(Envelope, incoming.body)
        if envelope.Type == "SubscriptionConfirmation":
            return Delivery((), handshake=partial(self._confirm, envelope))
        if envelope.Type == "UnsubscribeConfirmation":
            return Delivery(())
        alarm = read(_Alarm, envelope.Message, within="Message")
        if alarm.NewStateValue == "INSUFFICIENT_DATA":
            return Delivery(())
        return Delivery((_alert(self.name, alarm),), key=clip(envelope.MessageId, NAME))

    async def _confirm(self, envelope: Envelope) -> None:
        await self._fetch(confirmation(envelope))


def _alert(source: str, said: _Alarm) -> Alert:
    trigger = said.Trigger
    dimensions = {each.name: each.value for each in trigger.Dimensions}
    about = {
        "account": said.AWSAccountId,
        "region": said.Region,
        "namespace": trigger.Namespace or "",
        "metric": trigger.MetricName or "",
    }
    datapoint = _DATAPOINT.search(said.NewStateReason)
    description = "\n".join(filter(None, [said.AlarmDescription, said.NewStateReason]))
    return Alert(
        source=source,
        # Alarms of before 2019 have no ARN.
        fingerprint=fingerprint(
            source, said.AlarmArn or f"{said.AWSAccountId}/{said.Region}/{said.AlarmName}"
        ),
        status=AlertStatus.RESOLVED if said.NewStateValue == "OK" else AlertStatus.FIRING,
        severity=DEFAULT,
        title=clip(said.AlarmName, TITLE),
        description=clip(description, DESCRIPTION),
        monitor=clip(said.AlarmName, NAME),
        monitor_type=clip(trigger.MetricName or "alarm", NAME),
        model=clip(dimensions.get("EndpointName", ""), NAME),
        environment=None,
        version=optional(dimensions.get("VariantName")),
        value=figure(datapoint[1]) if datapoint else None,
        threshold=trigger.Threshold,
        labels=labels(about | dimensions),
        link=None,
        occurred=moment(_ZONE.sub(r"\1:\2", said.StateChangeTime)),
    )
