"""Socket Mode: single-use URLs, hello, envelopes to one socket each, acks, disconnects.

Protocol: docs.slack.dev/apis/events-api/using-socket-mode.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
import uuid
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from infra.local.slack.delivery import EVENTS, UnansweredError
from infra.local.slack.errors import Json

MOST_CONNECTIONS = 10
TICKET_SECONDS = 30.0


@dataclass(eq=False)
class _Socket:
    socket: web.WebSocketResponse
    waiting: dict[str, asyncio.Future[Json]] = field(default_factory=dict)
    leaving: bool = False


class SocketHub:
    """The sockets an app has open, and the transport over them."""

    def __init__(self, app_id: str, ack_timeout: float) -> None:
        self._app_id = app_id
        self._ack_timeout = ack_timeout
        self._tickets: dict[str, float] = {}
        self._sockets: list[_Socket] = []
        self._turn = 0
        self._changed = asyncio.Event()

    @property
    def connections(self) -> int:
        return sum(1 for one in self._sockets if not one.leaving)

    async def wait_for(self, connections: int, timeout: float = 10.0) -> None:
        """Returns once at least this many sockets are open. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            while self.connections < connections:
                self._changed.clear()
                await self._changed.wait()

    def ticket(self) -> str:
        """A ticket that opens one socket, once, within half a minute."""
        ticket = str(uuid.uuid4())
        self._tickets[ticket] = time.monotonic() + TICKET_SECONDS
        return ticket

    async def link(self, request: web.Request) -> web.StreamResponse:
        """The websocket endpoint."""
        expires = self._tickets.pop(request.query.get("ticket", ""), 0.0)
        if expires < time.monotonic():
            return web.Response(status=408, text="this URL was used before or is too old")
        # The server pings too, so that a client that vanished is noticed.
        socket = web.WebSocketResponse(heartbeat=30, autoping=True)
        await socket.prepare(request)
        if self.connections >= MOST_CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        await self._serve(_Socket(socket))
        return socket

    async def send(self, kind: str, payload: Json, attempt: int, reason: str) -> Json:
        open_sockets = [one for one in self._sockets if not one.leaving]
        if not open_sockets:
            raise UnansweredError("connection_failed")
        self._turn += 1
        chosen = open_sockets[self._turn % len(open_sockets)]
        envelope: Json = {
            "envelope_id": str(uuid.uuid4()),
            "payload": payload,
            "type": kind,
            "accepts_response_payload": kind != EVENTS,
        }
        if kind == EVENTS:
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        return await self._deliver(chosen, envelope)

    async def disconnect(self, reason: str, grace: float = 0.5) -> None:
        """Tells every socket to go (`warning` only announces it), closing after `grace` seconds.

        No payload goes to a socket that was asked for a refresh.
        """
        told = list(self._sockets)
        message = {
            "type": "disconnect",
            "reason": reason,
            "debug_info": {"host": "applink-simulator", "build_number": 1},
        }
        for one in told:
            one.leaving = one.leaving or reason != "warning"
            await one.socket.send_json(message)
        if reason != "warning":
            await asyncio.sleep(grace)
            for one in told:
                await one.socket.close()

    async def close(self) -> None:
        for one in list(self._sockets):
            await one.socket.close(code=1001, message=b"going away")

    async def _serve(self, one: _Socket) -> None:
        self._sockets.append(one)
        await one.socket.send_json(self._hello())
        self._changed.set()
        try:
            async for message in one.socket:
                if message.type == WSMsgType.TEXT:
                    _acknowledge(one, message.data)
        finally:
            self._sockets.remove(one)
            for waiting in one.waiting.values():
                if not waiting.done():
                    waiting.set_exception(UnansweredError("connection_failed"))

    async def _deliver(self, one: _Socket, envelope: Json) -> Json:
        waiting: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        one.waiting[envelope["envelope_id"]] = waiting
        try:
            async with asyncio.timeout(self._ack_timeout):
                await one.socket.send_json(envelope)
                return await waiting
        except TimeoutError as error:
            raise UnansweredError("timeout") from error
        except ConnectionError as error:
            raise UnansweredError("connection_failed") from error
        finally:
            one.waiting.pop(envelope["envelope_id"], None)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._sockets),
            "debug_info": {
                "host": f"applink-{secrets.token_hex(2)}",
                "build_number": 1,
                "approximate_connection_time": 18060,
            },
            "connection_info": {"app_id": self._app_id},
        }


def _acknowledge(one: _Socket, text: str) -> None:
    try:
        message = json.loads(text)
    except ValueError:
        return
    if not isinstance(message, dict):
        return
    waiting = one.waiting.get(str(message.get("envelope_id")))
    if waiting is not None and not waiting.done():
        payload = message.get("payload")
        waiting.set_result(payload if isinstance(payload, dict) else {})
