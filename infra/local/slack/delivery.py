"""From the workspace to the app: over Socket Mode or as signed HTTP requests, with retries."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import time
import urllib.parse
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

import aiohttp

from infra.local.slack.errors import Json

log = logging.getLogger(__name__)

EVENTS, INTERACTIVE, COMMANDS = "events_api", "interactive", "slash_commands"


class UnansweredError(Exception):
    """The app did not acknowledge in time; `reason` as Slack names it in a retry."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Transport(Protocol):
    async def send(self, kind: str, payload: Json, attempt: int, reason: str) -> Json:
        """Delivers once; the app's answer, {} for an empty one. Raises UnansweredError."""
        ...


class Delivery:
    """Events are retried at Slack's pace; interactions and commands get one try."""

    def __init__(self, transport: Transport, retry_delays: Sequence[float]) -> None:
        self._transport = transport
        self._retry_delays = tuple(retry_delays)
        self._tasks: set[asyncio.Task[None]] = set()

    def event(self, payload: Json) -> None:
        """Sends an event and retries it until it is acknowledged; does not wait for either."""
        self._spawn(self._insist(payload))

    def notice(self, kind: str, payload: Json) -> None:
        """Sends what needs no answer (a view was closed), once, without waiting."""
        self._spawn(self._once(kind, payload))

    async def ask(self, kind: str, payload: Json) -> Json:
        """Sends an interaction or a command and waits for its answer. Raises UnansweredError."""
        return await self._transport.send(kind, payload, 0, "")

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _once(self, kind: str, payload: Json) -> None:
        try:
            await self._transport.send(kind, payload, 0, "")
        except UnansweredError as error:
            log.warning("%s not acknowledged: %s", payload.get("type"), error.reason)

    async def _insist(self, payload: Json) -> None:
        reason = ""
        for attempt, delay in enumerate((0.0, *self._retry_delays)):
            if delay:
                await asyncio.sleep(delay)
            try:
                await self._transport.send(EVENTS, payload, attempt, reason)
                return
            except UnansweredError as error:
                reason = error.reason
        log.warning("event %s given up: %s", payload.get("event_id"), reason)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Slack's v0 signature of a request body."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class HttpTransport:
    """Posts to the app's one request URL, signed as Slack signs."""

    def __init__(self, url: str, signing_secret: str, ack_timeout: float) -> None:
        self._url = url
        self._secret = signing_secret
        self._timeout = aiohttp.ClientTimeout(total=ack_timeout)
        self._session: aiohttp.ClientSession | None = None

    async def send(self, kind: str, payload: Json, attempt: int, reason: str) -> Json:
        if kind == EVENTS:
            body, content_type = json.dumps(payload), "application/json"
        else:
            form = payload if kind == COMMANDS else {"payload": json.dumps(payload)}
            body, content_type = urllib.parse.urlencode(form), "application/x-www-form-urlencoded"
        headers = {"Content-Type": content_type, **self._sign(body.encode())}
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}
        return await self._post(body, headers)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _sign(self, body: bytes) -> dict[str, str]:
        timestamp = str(int(time.time()))
        return {
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(self._secret, timestamp, body),
        }

    async def _post(self, body: str, headers: dict[str, str]) -> Json:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        try:
            async with self._session.post(
                self._url, data=body, headers=headers, timeout=self._timeout
            ) as answer:
                text = await answer.text()
                if answer.status != 200:
                    raise UnansweredError("http_error")
        except TimeoutError as error:
            raise UnansweredError("http_timeout") from error
        except aiohttp.ClientError as error:
            raise UnansweredError("connection_failed") from error
        if not text.strip():
            return {}
        try:
            read = json.loads(text)
        except ValueError:
            return {"text": text}
        return read if isinstance(read, dict) else {"text": text}
