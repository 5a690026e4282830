"""The bot process: Socket Mode, or signed HTTP where there is no app-level token."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import structlog
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.error import BoltError
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.alerts.ingress import Ingress
from bot.bootstrap import Core, alerts_in, core, policy, slack_client
from bot.ingress import listen
from bot.modals import open_modal
from bot.settings import Settings

log = structlog.get_logger()

_ANSWER_SECONDS = 3.0
"""How long Slack waits for an answer."""


def bolt_app(settings: Settings, client: AsyncWebClient, base: Core) -> AsyncApp:
    """The Bolt app with the inbox in front of everything."""
    secret = settings.slack_signing_secret
    app = AsyncApp(
        client=client,
        signing_secret=secret.get_secret_value() if secret else None,
        # Without a secret there is Socket Mode only, whose payloads are not signed.
        request_verification_enabled=secret is not None,
    )

    listen(app, base.inbox, partial(open_modal, client, base))
    return app


async def _http(app: AsyncApp, base: Core, alerts: Ingress, settings: Settings) -> web.AppRunner:
    """`/healthz`, `/alerts/…`, and `/slack/events` where a signing secret is set."""

    async def healthz(_: web.Request) -> web.Response:
        try:
            async with base.engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError):
            return web.json_response({"ok": False, "problem": "database"}, status=503)
        return web.json_response({"ok": True})

    server = web.Application(client_max_size=2**20)
    server.router.add_get("/healthz", healthz)
    server.router.add_route("*", "/alerts/{source}", alerts.handle)
    if settings.slack_signing_secret is not None:
        server.router.add_post("/slack/events", _events(app))
    runner = web.AppRunner(server, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, settings.http_host, settings.http_port).start()
    return runner


def _events(app: AsyncApp) -> Any:
    from slack_bolt.adapter.aiohttp import (
        to_aiohttp_response,
        to_bolt_request,
    )

    async def events(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    return events


_Listener = Callable[[Any, SocketModeRequest], Awaitable[None]]


class Underway:
    """What came over a socket and is not answered yet; slack-sdk starts it and forgets it."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def counting(self, listener: _Listener) -> _Listener:
        """The listener, known here while it is at work."""

        async def handled(client: Any, request: SocketModeRequest) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            try:
                await listener(client, request)
            finally:
                self._tasks.discard(task)

        return handled

    async def end(self) -> None:
        """Wait until all is answered, for as long as Slack would; its connection is still needed."""
        # What was begun in this moment is known after the next.
        await asyncio.sleep(0)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_ANSWER_SECONDS)


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Take in what Slack sends until `stop` is set.

    Raises:
        ConfigError: `cooper.yaml` has mistakes; all are named by line.
        BoltError: Neither an app-level token nor a signing secret is set.
    """
    policy(settings)
    if settings.slack_app_token is None and settings.slack_signing_secret is None:
        msg = "Set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP)."
        raise BoltError(msg)
    client = slack_client(settings)
    async with (
        core(settings) as base,
        base.queue.open_async(),
        alerts_in(settings, base) as alerts,
    ):
        app = bolt_app(settings, client, base)
        runner = await _http(app, base, alerts, settings)
        underway = Underway()
        handlers = await _sockets(app, client, settings, underway)
        log.info("bot_ready", sockets=len(handlers))
        try:
            await stop.wait()
        finally:
            for handler in handlers:
                handler.client.message_processor.cancel()
            await underway.end()
            for handler in handlers:
                await _close(handler)
            await runner.cleanup()


async def _sockets(
    app: AsyncApp, client: AsyncWebClient, settings: Settings, underway: "Underway"
) -> list[AsyncSocketModeHandler]:
    """Several connections, so that one that goes silent or is refreshed loses nothing."""
    if settings.slack_app_token is None:
        return []
    handlers = []
    for _ in range(settings.sockets):
        handler = AsyncSocketModeHandler(
            app, settings.slack_app_token.get_secret_value(), web_client=client
        )
        handler.client.socket_mode_request_listeners = [underway.counting(handler.handle)]
        await _connect(handler)
        handlers.append(handler)
    return handlers


async def _connect(handler: AsyncSocketModeHandler) -> None:
    await handler.client.connect()  # type: ignore[no-untyped-call]  # slack-sdk leaves it untyped


async def _close(handler: AsyncSocketModeHandler) -> None:
    await handler.client.close()  # type: ignore[no-untyped-call]  # slack-sdk leaves it untyped
