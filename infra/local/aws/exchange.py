"""One request to an endpoint and what came of it, as metrics and data capture tell of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request to an endpoint and what came of it."""

    endpoint: str
    config: str  # the endpoint configuration of the fleet that answered
    variant: str
    at: datetime  # when the request came, in UTC
    request_type: str
    request: bytes
    response_type: str
    response: bytes
    status: int
    latency: float  # seconds the model took
    inference_id: str | None
    custom_attributes: str | None

    @property
    def is_answered(self) -> bool:
        """Whether the model answered with a prediction rather than with an error."""
        return 200 <= self.status < 300
