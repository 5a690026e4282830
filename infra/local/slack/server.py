"""The HTTP server of a workspace: Slack's side, the person side, the page."""

from __future__ import annotations

import asyncio
import html
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from infra.local.slack.errors import Json, PersonError, SlackError
from infra.local.slack.people import acting, interact, reading
from infra.local.slack.rates import Fault
from infra.local.slack.seed import Seed
from infra.local.slack.web import dispatch, files
from infra.local.slack.web.files import WORKSPACE
from infra.local.slack.workspace import Options, Tokens, Workspace

log = logging.getLogger(__name__)

PAGE = Path(__file__).with_name("page") / "dist"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_HOSTS = web.AppKey("hosts", frozenset[str])
# Nothing is fetched from elsewhere: pictures come from this machine's own servers.
_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none';"
    " img-src 'self' data: https: http://127.0.0.1:* http://localhost:*"
)

Reader = Callable[[Workspace, Json], Awaitable[Json]]

READS: dict[str, Reader] = {
    "users": reading.users,
    "channels": reading.channels,
    "messages": reading.messages,
    "views": reading.views,
    "home": reading.home,
    "options": interact.options,
}
ACTS: dict[str, Reader] = {
    "messages": acting.post_message,
    "clicks": interact.click,
    "commands": acting.run_command,
    "submits": interact.submit,
    "closes": interact.close,
    "reactions": acting.react,
    "edits": acting.edit,
    "deletes": acting.delete,
    "joins": acting.join,
    "leaves": acting.leave,
    "reads": acting.mark_read,
}


def make_app(ws: Workspace, allowed_hosts: Sequence[str] = ()) -> web.Application:
    """The application; it answers only requests addressed to loopback or `allowed_hosts`."""
    app = web.Application(client_max_size=files.MOST_BYTES + 2**20, middlewares=[_guard])
    app[WORKSPACE] = ws
    app[_HOSTS] = frozenset((*LOOPBACK, *allowed_hosts))
    app.router.add_route("*", "/api/{method:[A-Za-z.]+}", dispatch.call)
    app.router.add_get("/link/", ws.sockets.link)
    app.router.add_post("/hooks/{path:.+}", dispatch.respond)
    app.router.add_post("/upload/v1/{file}/{ticket}", files.receive)
    app.router.add_get("/files-pri/{team}/{file}/{name}", files.download)
    app.router.add_get("/files-pri/{file}", files.download)  # what an image block names
    app.router.add_get("/avatars/{user}.svg", _avatar)
    app.router.add_get("/people/events", _live)
    app.router.add_get("/people/{what}", _read)
    app.router.add_post("/people/{what}", _act)
    app.router.add_post("/control/{what}", _control)
    app.router.add_get("/healthz", _health)
    app.router.add_get("/{path:.*}", _page)
    return app


@web.middleware
async def _guard(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuses what a page elsewhere, or a name rebound to loopback, could send."""
    hosts = request.app[_HOSTS]
    host = urlsplit(f"//{request.host}").hostname or ""
    origin = request.headers.get("Origin")
    foreign = origin is not None and urlsplit(origin).netloc != request.host
    if host not in hosts or foreign or request.headers.get("Sec-Fetch-Site") == "cross-site":
        body = {"ok": False, "error": "forbidden", "message": "only this machine's own page may"}
        return web.json_response(body, status=403)
    return await handler(request)


async def _read(request: web.Request) -> web.Response:
    return await _person_side(request, READS, dict(request.query))


async def _act(request: web.Request) -> web.Response:
    try:
        body: Any = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        answer = {"ok": False, "error": "invalid_json", "message": "the body is no JSON object"}
        return web.json_response(answer, status=400)
    return await _person_side(request, ACTS, body)


async def _person_side(request: web.Request, table: dict[str, Reader], body: Json) -> web.Response:
    ws = request.app[WORKSPACE]
    handler = table.get(request.match_info["what"])
    try:
        if handler is None:
            raise PersonError("not_found", f"{request.path} is none of {', '.join(table)}", 404)
        return web.json_response({"ok": True, **await handler(ws, body)})
    except PersonError as error:
        return web.json_response(error.answer(), status=error.status)
    except SlackError as error:
        return web.json_response(error.answer(), status=400)


async def _live(request: web.Request) -> web.StreamResponse:
    try:
        return await reading.live(request.app[WORKSPACE], request)
    except PersonError as error:
        return web.json_response(error.answer(), status=error.status)


async def _control(request: web.Request) -> web.Response:
    """What a test does to the workspace: faults, disconnects."""
    ws = request.app[WORKSPACE]
    what = request.match_info["what"]
    body: Json = await request.json() if request.can_read_body else {}
    try:
        if what == "faults":
            ws.faults.add(Fault(**body))
        elif what == "clear":
            ws.faults.clear()
        elif what == "disconnect":
            await ws.sockets.disconnect(str(body.get("reason", "refresh_requested")))
        else:
            return web.json_response({"ok": False, "error": "not_found"}, status=404)
    except (TypeError, ValueError) as error:
        answer = {"ok": False, "error": "invalid_fault", "message": str(error)}
        return web.json_response(answer, status=400)
    return web.json_response({"ok": True})


async def _health(request: web.Request) -> web.Response:
    sockets = request.app[WORKSPACE].sockets.connections
    return web.json_response({"ok": True, "sockets": sockets})


async def _avatar(request: web.Request) -> web.Response:
    """A person's initials on their colour; the app's is its letter."""
    ws = request.app[WORKSPACE]
    user = ws.directory.user(request.match_info["user"])
    if user is None:
        return web.Response(status=404)
    drawn = _ROBOT if user["is_bot"] else _initials(user["real_name"])
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" width="48" height="48">'
        f'<rect width="48" height="48" fill="#{user.get("color", "0f766e")}"/>{drawn}</svg>'
    )
    return web.Response(text=svg, content_type="image/svg+xml")


_ROBOT = (
    '<path d="M24 8v6" stroke="#fff" stroke-width="3" stroke-linecap="round"/>'
    '<circle cx="24" cy="7.5" r="3" fill="#fbbf24"/>'
    '<rect x="9" y="14" width="30" height="23" rx="8" fill="#fff"/>'
    '<circle cx="18.5" cy="24" r="3.4" fill="#0f766e"/><circle cx="29.5" cy="24" r="3.4" fill="#0f766e"/>'
    '<path d="M19 31q5 3.4 10 0" stroke="#0f766e" stroke-width="2.4" fill="none" stroke-linecap="round"/>'
)


def _initials(name: str) -> str:
    letters = html.escape("".join(part[0] for part in name.split()[:2]))
    return (
        '<text x="24" y="31" fill="#fff" font-family="Helvetica Neue,Arial,sans-serif"'
        f' font-size="19" font-weight="700" text-anchor="middle">{letters}</text>'
    )


async def _page(request: web.Request) -> web.StreamResponse:
    """The built page; every path of its own leads to its index."""
    wanted = (PAGE / request.match_info["path"]).resolve()
    if wanted.is_file() and wanted.is_relative_to(PAGE.resolve()) and wanted.suffix != ".html":
        return web.FileResponse(wanted)
    index = PAGE / "index.html"
    if not index.exists():
        text = "The page is not built yet: python -m infra.local.slack.build_page\n"
        return web.Response(status=503, text=text)
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": _POLICY}
    return web.FileResponse(index, headers=headers)


@dataclass
class Running:
    """A workspace that answers. URLs end without a slash, but `api_url`, which clients extend."""

    workspace: Workspace
    port: int

    @property
    def url(self) -> str:
        return self.workspace.base_url

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"

    @property
    def people_url(self) -> str:
        return f"{self.url}/people"

    @property
    def bot_token(self) -> str:
        return self.workspace.tokens.bot

    @property
    def app_token(self) -> str:
        return self.workspace.tokens.app

    @property
    def signing_secret(self) -> str:
        return self.workspace.tokens.signing_secret

    async def read(self, what: str, **query: str) -> Json:
        """`GET /people/{what}` in this process; raises PersonError where HTTP would refuse."""
        return {"ok": True, **await READS[what](self.workspace, dict(query))}

    async def act(self, what: str, **body: Any) -> Json:
        """`POST /people/{what}` in this process; raises PersonError where HTTP would refuse."""
        return {"ok": True, **await ACTS[what](self.workspace, _as_json(body))}


def _as_json(body: Json) -> Json:
    copy: Json = json.loads(json.dumps(body))
    return copy


@asynccontextmanager
async def running_workspace(
    state: Path,
    *,
    port: int = 0,
    host: str = "127.0.0.1",
    allowed_hosts: Sequence[str] = (),
    tokens: Tokens | None = None,
    seed: Seed | None = None,
    options: Options | None = None,
) -> AsyncIterator[Running]:
    """Serves the workspace of a state folder until the block ends; port 0 takes a free one."""
    ws = Workspace(state, tokens, seed, options)
    runner = web.AppRunner(make_app(ws, allowed_hosts), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        bound = runner.addresses[0][1]
        shown = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104
        ws.base_url = f"http://{shown}:{bound}"
        yield Running(ws, bound)
    finally:
        await asyncio.shield(_shut(ws, runner))


async def _shut(ws: Workspace, runner: web.AppRunner) -> None:
    await ws.close()
    await runner.cleanup()
