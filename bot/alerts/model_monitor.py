"""SageMaker Model Monitor's `constraint_violations.json`, sent as the file is.

docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-violations.html; the monitors of
bias name a facet in place of a feature, those of attributions a label, those of quality a metric. The
file does not say whose it is, so the sender names that in the query:
`POST /alerts/model_monitor?endpoint=…[&schedule=…][&environment=…]`.
"""

from dataclasses import dataclass
from typing import Annotated

from pydantic import FailFast

from actions.incidents.alert import Alert, AlertStatus
from bot.alerts.credentials import Credentials
from bot.alerts.payload import (
    DESCRIPTION,
    NAME,
    TITLE,
    Shape,
    clip,
    fingerprint,
    labels,
    optional,
    read,
)
from bot.alerts.severity import DEFAULT
from bot.alerts.source import Delivery, Incoming, PayloadError

NAME_OF_SOURCE = "model_monitor"


class _Violation(Shape):
    constraint_check_type: str
    description: str = ""
    feature_name: str | None = None
    facet: str | None = None
    facet_value: str | None = None
    label: str | None = None
    metric_name: str | None = None


class _Payload(Shape):
    violations: Annotated[list[_Violation], FailFast()]


@dataclass(frozen=True, slots=True)
class ModelMonitor:
    """`POST /alerts/model_monitor`."""

    credentials: Credentials
    name: str = NAME_OF_SOURCE

    async def authenticate(self, incoming: Incoming) -> None:
        """By the sender's bearer token."""
        self.credentials.check(incoming)

    def parse(self, incoming: Incoming) -> Delivery:
        """One alert a violation; none for a file without any."""
        endpoint = incoming.query.get("endpoint", "").strip()
        if not endpoint:
            raise PayloadError("?endpoint", "Name the endpoint in the query: ?endpoint=…")
        said = read(_Payload, incoming.body)
        place = _Place(
            endpoint, incoming.query.get("schedule", ""), incoming.query.get("environment")
        )
        return Delivery(tuple([_alert(self.name, place, each) for each in said.violations]))


@dataclass(frozen=True, slots=True)
class _Place:
    endpoint: str
    schedule: str
    environment: str | None


def _alert(source: str, place: _Place, said: _Violation) -> Alert:
    about = {
        "feature": said.feature_name or "",
        "facet": said.facet or "",
        "facet_value": said.facet_value or "",
        "label": said.label or "",
        "metric": said.metric_name or "",
    }
    check = said.constraint_check_type
    subject = " ".join([text for text in about.values() if text])
    return Alert(
        source=source,
        fingerprint=fingerprint(
            source, place.endpoint, place.schedule, place.environment, check, *about.values()
        ),
        status=AlertStatus.FIRING,
        severity=DEFAULT,
        title=clip(f"{check}: {subject}" if subject else check, TITLE),
        description=clip(said.description, DESCRIPTION),
        monitor=clip(place.schedule or check, NAME),
        monitor_type=clip(check, NAME),
        model=clip(place.endpoint, NAME),
        environment=optional(place.environment),
        version=None,
        value=None,
        threshold=None,
        labels=labels(about | {"endpoint": place.endpoint, "schedule": place.schedule}),
        link=None,
        occurred=None,
    )
