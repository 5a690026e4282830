"""`POST /alerts/{source}`: who sends, what it says, stored, and only then a 200."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

import structlog
from aiohttp import web

from actions.incidents.store import AlertsRefusedError, Arrival, UnstorableError
from bot.alerts.commits import BusyError, GroupCommit
from bot.alerts.source import (
    Delivery,
    Incoming,
    PayloadError,
    Source,
    UnauthenticatedError,
    UnreachableError,
)

log = structlog.get_logger()

RETRY_SECONDS: Final = 5
"""After how long a sender should try again."""


class Ingress:
    """Answers with small JSON: `accepted`, or `error`, `field` and `hint` (the last two may be null).

    401 the sender is not who it should be · 404 no such source, or it is off · 405 not a POST ·
    413 too large · 422 not what the source sends · 503 try again after `Retry-After` seconds.
    """

    def __init__(
        self, sources: Mapping[str, Source], switches: Mapping[str, str], commits: GroupCommit
    ) -> None:
        self._sources = sources
        self._switches = switches
        self._commits = commits

    async def handle(self, request: web.Request) -> web.Response:
        """One delivery."""
        name = request.match_info["source"]
        if request.method != "POST":
            return _refusal(405, "Alerts are sent with POST.", headers={"Allow": "POST"})
        try:
            return _accepted(await self._take(name, request))
        except _REFUSALS as error:
            answer = _refused(name, error)
            log.warning("alerts_refused", source=name, status=answer.status, problem=str(error))
            return answer

    async def _take(self, name: str, request: web.Request) -> int:
        source = self._source(name)
        incoming = Incoming(request.headers, request.query, await request.read())
        await source.authenticate(incoming)
        delivery = source.parse(incoming)
        if delivery.handshake is not None:
            await delivery.handshake()
        await self._commits.add(_arrivals(source.name, delivery))
        return len(delivery.alerts)

    def _source(self, name: str) -> Source:
        source = self._sources.get(name)
        if source is not None:
            return source
        switch = self._switches.get(name)
        if switch is None:
            hint = f"There are {', '.join(sorted(self._switches))}."
            raise _NoSourceError("There is no such source of alerts.", hint)
        raise _NoSourceError(f"The source {name} is off.", f"Set {switch} to switch it on.")


class _NoSourceError(Exception):
    """There is none of this name, or it is off."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.hint = hint


_REFUSALS = (
    _NoSourceError,
    UnauthenticatedError,
    PayloadError,
    UnstorableError,
    web.HTTPRequestEntityTooLarge,
    web.HTTPBadRequest,
    web.RequestPayloadError,
    BusyError,
    AlertsRefusedError,
    UnreachableError,
)


def _refused(name: str, error: Exception) -> web.Response:
    """What a sender is told."""
    match error:
        case _NoSourceError():
            answer = _refusal(404, str(error), hint=error.hint)
        case UnauthenticatedError():
            answer = _refusal(401, str(error), headers={"WWW-Authenticate": "Bearer"})
        case PayloadError():
            problem = f"This is not what {name} sends."
            answer = _refusal(422, problem, field=error.field, hint=error.expected)
        case UnstorableError():
            answer = _refusal(422, "A text in it cannot be stored.", field="body")
        case web.HTTPRequestEntityTooLarge():
            answer = _refusal(413, "The body is too large.", hint="Send fewer alerts at once.")
        case web.HTTPBadRequest() | web.RequestPayloadError():
            answer = _refusal(400, "The body cannot be read.", field="body")
        case _:
            again = {"Retry-After": str(RETRY_SECONDS)}
            answer = _refusal(503, str(error), hint="Please send it again.", headers=again)
    return answer


def _arrivals(source: str, delivery: Delivery) -> Sequence[Arrival]:
    if delivery.key is None:
        return [Arrival(alert) for alert in delivery.alerts]
    return [
        Arrival(alert, f"{source}:{delivery.key}:{place}")
        for place, alert in enumerate(delivery.alerts)
    ]


def _accepted(count: int) -> web.Response:
    return web.Response(body=b'{"accepted": %d}' % count, content_type="application/json")


def _refusal(
    status: int,
    error: str,
    *,
    field: str | None = None,
    hint: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    body = json.dumps({"error": error, "field": field, "hint": hint}).encode()
    return web.Response(body=body, status=status, headers=headers, content_type="application/json")
