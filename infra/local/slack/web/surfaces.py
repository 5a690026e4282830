"""views.*, assistant.threads.*, blocks.*, apps.connections.*: surfaces beside messages."""

from __future__ import annotations

from typing import Any

from infra.local.slack.errors import Json, SlackError, invalid_arguments
from infra.local.slack.limits import check_message_blocks
from infra.local.slack.views import Modal
from infra.local.slack.web.method import Args, Method, require_channel
from infra.local.slack.workspace import Workspace


async def open_view(ws: Workspace, args: Args) -> Json:
    return _shown(ws, ws.views.open(args.text("trigger_id"), _view(args)))


async def push_view(ws: Workspace, args: Args) -> Json:
    return _shown(ws, ws.views.push(args.text("trigger_id"), _view(args)))


async def update_view(ws: Workspace, args: Args) -> Json:
    view_id, external = args.optional("view_id"), args.optional("external_id")
    if not view_id and not external:
        raise invalid_arguments("one of view_id, external_id is required")
    return _shown(ws, ws.views.update(_view(args), view_id, external, args.optional("hash")))


async def publish_view(ws: Workspace, args: Args) -> Json:
    user = args.text("user_id")
    if ws.directory.person(user) is None:
        raise invalid_arguments("invalid `user_id`")
    view = ws.views.publish(user, _view(args), args.optional("hash"))
    ws.feed.publish({"type": "home"}, {user})
    return {"view": view}


async def set_status(ws: Workspace, args: Args) -> Json:
    channel = require_channel(ws, args.text("channel_id"))
    thread, status = args.text("thread_ts"), args.optional("status") or ""
    ws.statuses[(channel, thread)] = status
    change = {"type": "status", "channel": channel, "thread_ts": thread, "status": status}
    ws.feed.publish(change, ws.directory.audience(channel))
    return {}


async def set_suggested_prompts(ws: Workspace, args: Args) -> Json:
    channel = require_channel(ws, args.text("channel_id"))
    prompts: Any = args.structure("prompts")
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= 4:
        raise invalid_arguments("prompts must hold 1 to 4 items")
    change = {"type": "prompts", "channel": channel, "prompts": prompts}
    ws.feed.publish(change, ws.directory.audience(channel))
    return {}


async def set_title(ws: Workspace, args: Args) -> Json:
    require_channel(ws, args.text("channel_id"))
    args.text("title")
    return {}


async def validate_blocks(_ws: Workspace, args: Args) -> Json:
    blocks = args.structure("blocks", "invalid_blocks_format")
    if blocks is None:
        raise invalid_arguments("missing required field: blocks")
    check_message_blocks(blocks)
    return {}


async def open_connection(ws: Workspace, _args: Args) -> Json:
    if ws.options.events_url:
        raise SlackError("socket_mode_not_enabled")
    address = ws.base_url.replace("http", "ws", 1)
    ticket = ws.sockets.ticket()
    return {"url": f"{address}/link/?ticket={ticket}&app_id={ws.seed.app.id}"}


def _view(args: Args) -> Json:
    view: Any = args.structure("view")
    if not isinstance(view, dict):
        raise invalid_arguments("missing required field: view")
    return view


def _shown(ws: Workspace, modal: Modal) -> Json:
    ws.feed.publish({"type": "views"}, {modal.user})
    return {"view": modal.shown()}


METHODS = {
    "views.open": Method(open_view, 4),
    "views.push": Method(push_view, 4),
    "views.update": Method(update_view, 4),
    "views.publish": Method(publish_view, 4),
    "assistant.threads.setStatus": Method(set_status, 4, ("assistant:write", "chat:write")),
    "assistant.threads.setSuggestedPrompts": Method(set_suggested_prompts, 4, ("assistant:write",)),
    "assistant.threads.setTitle": Method(set_title, 4, ("assistant:write",)),
    "blocks.validate": Method(validate_blocks, 4),
    "apps.connections.open": Method(open_connection, 1, caller="app"),
}
