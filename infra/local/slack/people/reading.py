"""What a person sees: people, channels, messages, views, the Home tab, live changes."""

from __future__ import annotations

import asyncio
import json

from aiohttp import web

from infra.local.slack.errors import Json, PersonError
from infra.local.slack.people.acting import field, where, who
from infra.local.slack.workspace import Workspace

HOME_SECONDS = 1.0
_PING_SECONDS = 15.0


async def users(ws: Workspace, _query: Json) -> Json:
    return {
        "users": ws.directory.users(),
        "usergroups": ws.directory.group_objects(with_users=True),
        "team": ws.seed.team.model_dump(),
        "app": ws.seed.app.model_dump(),
    }


async def channels(ws: Workspace, query: Json) -> Json:
    """All channels; with `user`, what that person finds, their DM, and unread counts."""
    if not query.get("user"):
        return {"channels": ws.directory.channels()}
    person = who(ws, query)
    found = []
    for body in ws.directory.channels(person.id):
        inside = ws.directory.is_member(body["id"], person.id)
        count = ws.store.unread(person.id, body["id"]) if inside else 0
        members = ws.store.members(body["id"])
        found.append(body | {"is_member": inside, "unread_count": count, "members": members})
    return {"channels": found}


async def messages(ws: Workspace, query: Json) -> Json:
    """A channel's messages, or a thread's with `thread_ts`, oldest first, metadata included."""
    viewer = who(ws, query) if query.get("user") else None
    if viewer is not None:
        channel = where(ws, query, viewer, member=False)
    else:
        channel = _any_channel(ws, query)
    thread = query.get("thread_ts")
    seen_by = viewer.id if viewer else None
    if thread:
        found = ws.store.replies(channel, str(thread), seen_by)
    else:
        found = ws.store.history(channel, viewer=seen_by)
    return {"channel": channel, "messages": found}


def _any_channel(ws: Workspace, query: Json) -> str:
    """A channel as nobody in particular: any by id, by name the open ones."""
    channel = ws.directory.find_channel(field(query, "channel"))
    if channel is None:
        raise PersonError("channel_not_found", f"no channel {query['channel']!r} here", 404)
    return channel


async def views(ws: Workspace, query: Json) -> Json:
    """A person's open modals, the one on top last."""
    person = who(ws, query)
    return {"views": [modal.shown() for modal in ws.views.stack(person.id)]}


async def home(ws: Workspace, query: Json) -> Json:
    """Opens the Home tab: tells the app, gives it a moment to publish, shows what is there.

    With `open=0` it only shows; with `tab=messages` the person opens the conversation instead.
    """
    person = who(ws, query)
    if str(query.get("open", "1")) not in ("0", "false"):
        tab = "messages" if query.get("tab") == "messages" else "home"
        before = (ws.views.home(person.id) or {}).get("hash")
        event: Json = {
            "type": "app_home_opened",
            "user": person.id,
            "channel": ws.directory.open_dm(person.id),
            "event_ts": ws.store.new_ts(),
            "tab": tab,
        }
        view = ws.views.home(person.id)
        with ws.feed.follow(person.id) as changes:
            ws.messages.emit(event | ({"view": view} if view and tab == "home" else {}))
            if tab == "home" and ws.sockets.connections:
                await _published(ws, person.id, before, changes)
    return {"view": ws.views.home(person.id)}


async def _published(
    ws: Workspace, user: str, before: str | None, changes: asyncio.Queue[Json | None]
) -> None:
    try:
        async with asyncio.timeout(HOME_SECONDS):
            while (ws.views.home(user) or {}).get("hash") == before:
                await changes.get()
    except TimeoutError:
        return  # the app did not publish: the tab stays as it was


async def live(ws: Workspace, request: web.Request) -> web.StreamResponse:
    """Server-sent events: every change that this person may see."""
    person = who(ws, dict(request.query))
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
    )
    await response.prepare(request)
    with ws.feed.follow(person.id) as changes:
        await response.write(b"retry: 1000\n\n")
        try:
            while (change := await _next(changes)) is not None:
                await response.write(change)
        except ConnectionError:
            pass  # the page was closed
    return response


async def _next(changes: asyncio.Queue[Json | None]) -> bytes | None:
    try:
        async with asyncio.timeout(_PING_SECONDS):
            change = await changes.get()
    except TimeoutError:
        return b": still here\n\n"
    return None if change is None else f"data: {json.dumps(change)}\n\n".encode()
