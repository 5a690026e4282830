"""Our own monitor: the findings of one run, with a bearer token.

```json
{"delivery": "monitor_models/2026-01-01T00:00:00+00:00/claims-frequency",
 "findings": [{"project": "claims-frequency", "version": "3", "environment": "production",
   "monitor": "drift", "check": "psi", "column": "age", "slice": null, "value": 0.31,
   "threshold": 0.2, "severity": "high", "status": "firing", "detail": "…", "link": "https://…",
   "window": {"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T01:00:00Z"}}]}
```
`delivery` names the run: sent again under the same name, its findings are stored once.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AwareDatetime, FailFast, Field, FiniteFloat

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
    link,
    moment,
    optional,
    read,
)
from bot.alerts.source import Delivery, Incoming

NAME_OF_SOURCE = "monitor"

_Name = Annotated[str, Field(min_length=1, max_length=NAME)]


class _Window(Shape):
    start: AwareDatetime
    end: AwareDatetime


class _Finding(Shape):
    project: _Name
    version: str | None = None
    environment: _Name
    monitor: _Name
    check: _Name
    column: str | None = None
    slice: str | None = None
    value: FiniteFloat | None = None
    threshold: FiniteFloat | None = None
    severity: Literal["low", "medium", "high"]
    status: Literal["firing", "resolved"]
    detail: str = ""
    link: str | None = None
    window: _Window | None = None


class _Payload(Shape):
    delivery: _Name | None = None
    findings: Annotated[list[_Finding], FailFast()]


@dataclass(frozen=True, slots=True)
class Monitor:
    """`POST /alerts/monitor`.

    The version is no part of the fingerprint: drift that goes on under a new version is one trouble.
    """

    credentials: Credentials
    name: str = NAME_OF_SOURCE

    async def authenticate(self, incoming: Incoming) -> None:
        """By our own bearer token."""
        self.credentials.check(incoming)

    def parse(self, incoming: Incoming) -> Delivery:
        """One alert a finding."""
        said = read(_Payload, incoming.body)
        alerts = tuple([_alert(self.name, finding) for finding in said.findings])
        return Delivery(alerts, key=optional(said.delivery))


def _alert(source: str, said: _Finding) -> Alert:
    subject = said.column or said.slice
    tags = {"check": said.check, "column": said.column or "", "slice": said.slice or ""}
    if said.window is not None:
        tags["window_start"] = said.window.start.isoformat()
        tags["window_end"] = said.window.end.isoformat()
    return Alert(
        source=source,
        fingerprint=fingerprint(
            source,
            said.project,
            said.environment,
            said.monitor,
            said.check,
            said.column,
            said.slice,
        ),
        status=AlertStatus(said.status),
        severity=said.severity,
        title=clip(f"{said.monitor}: {subject}" if subject else said.monitor, TITLE),
        description=clip(said.detail, DESCRIPTION),
        monitor=clip(said.monitor, NAME),
        monitor_type=clip(said.check, NAME),
        model=clip(said.project, NAME),
        environment=clip(said.environment, NAME),
        version=optional(said.version),
        value=said.value,
        threshold=said.threshold,
        labels=labels(tags),
        link=link(said.link),
        occurred=moment(said.window.end) if said.window else None,
    )
