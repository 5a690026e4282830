"""One call of the Web API: read, authenticate, limit, do, answer."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

from infra.local.slack.errors import Json, SlackError
from infra.local.slack.hooks import message_content
from infra.local.slack.rates import Fault
from infra.local.slack.web import chat, conversations, files, surfaces, users
from infra.local.slack.web.files import WORKSPACE
from infra.local.slack.web.method import Args, Method
from infra.local.slack.workspace import Workspace

METHODS: dict[str, Method] = {
    **chat.METHODS,
    **conversations.METHODS,
    **users.METHODS,
    **surfaces.METHODS,
    **files.METHODS,
}


async def call(request: web.Request) -> web.StreamResponse:
    """POST or GET /api/{method}."""
    ws = request.app[WORKSPACE]
    name = request.match_info["method"]
    fault = ws.faults.meet(name)
    early = await _before(fault)
    if early is not None:
        return early
    try:
        args = Args(await _arguments(request))
        answer = {"ok": True, **await _serve(ws, name, args, _token(request, args))}
    except _LimitedError as limited:
        return _limited(limited.seconds)
    except SlackError as error:
        answer = error.answer()
    if fault is not None and fault.kind == "lost_answer":
        return _lose(request)
    method = METHODS.get(name)
    headers = {"X-OAuth-Scopes": ",".join(ws.options.scopes)}
    if method is not None:
        headers["X-Accepted-OAuth-Scopes"] = ",".join(method.scopes)
    return web.json_response(answer, headers=headers)


class _LimitedError(Exception):
    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


async def _serve(ws: Workspace, name: str, args: Args, token: str | None) -> Json:
    method = METHODS.get(name)
    if method is None:
        raise SlackError("unknown_method", req_method=name)
    _authenticate(ws, method, token)
    if name == "chat.postMessage":
        wait = ws.rates.post(str(args.values.get("channel")))
    else:
        wait = ws.rates.method(name, method.tier)
    if wait:
        raise _LimitedError(wait)
    return await method.handler(ws, args)


def _authenticate(ws: Workspace, method: Method, token: str | None) -> None:
    if not token:
        raise SlackError("not_authed")
    if token not in (ws.tokens.bot, ws.tokens.app):
        raise SlackError("invalid_auth")
    kind = "app" if token == ws.tokens.app else "bot"
    if method.caller not in (kind, "any"):
        raise SlackError("not_allowed_token_type")
    if method.scopes and not set(method.scopes) & set(ws.options.scopes):
        raise SlackError(
            "missing_scope",
            needed=",".join(method.scopes),
            provided=",".join(ws.options.scopes),
        )


def _token(request: web.Request, args: Args) -> str | None:
    header = request.headers.get("Authorization", "")
    if header.lower().startswith("bearer "):
        return header[7:].strip()
    return args.optional("token")


async def _arguments(request: web.Request) -> Json:
    values: Json = dict(request.query)
    if request.method != "POST":
        return values
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.text() or "{}")
        except ValueError as error:
            raise SlackError("invalid_json") from error
        if not isinstance(body, dict):
            raise SlackError("json_not_object")
        return values | body
    return values | dict(await request.post())


async def _before(fault: Fault | None) -> web.Response | None:
    """What a fault answers instead of the call."""
    if fault is None:
        return None
    if fault.kind == "ratelimited":
        return _limited(fault.retry_after)
    if fault.kind == "outage":
        return web.Response(status=fault.status, text="upstream connect error")
    if fault.kind == "error":
        return web.json_response({"ok": False, "error": fault.error})
    if fault.kind == "slow":
        await asyncio.sleep(fault.delay)
    return None


def _limited(seconds: float) -> web.Response:
    wait = max(1, int(seconds + 0.999))
    body = {"ok": False, "error": "ratelimited"}
    return web.json_response(body, status=429, headers={"Retry-After": str(wait)})


def _lose(request: web.Request) -> web.StreamResponse:
    """Cuts the connection after the call took effect."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def respond(request: web.Request) -> web.Response:
    """POST to a response_url."""
    ws = request.app[WORKSPACE]
    try:
        body: Any = await _arguments(request)
        if "payload" in body:
            body = json.loads(body["payload"])
        if not body.get("delete_original"):
            message_content(body)  # a message that cannot be sent costs no use
            files.check_images(ws, body.get("blocks"))
        ws.hooks.use(request.match_info["path"], body)
    except SlackError as error:
        gone = error.code in ("used_url", "expired_url", "invalid_token")
        return web.json_response(error.answer(), status=404 if gone else 400)
    return web.Response(text="ok")
