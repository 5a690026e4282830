"""chat.*: posting, editing, deleting, links, streamed answers."""

from __future__ import annotations

from typing import Any

from infra.local.slack.errors import Json, SlackError
from infra.local.slack.hooks import message_content
from infra.local.slack.limits import TEXT_CHARACTERS
from infra.local.slack.web.files import check_images
from infra.local.slack.web.method import Args, Method, require_channel
from infra.local.slack.workspace import Workspace

_METADATA_BYTES = 8000


async def post_message(ws: Workspace, args: Args) -> Json:
    channel = _target(ws, args.text("channel"))
    content = _content(ws, args)
    message = ws.messages.from_bot(
        channel, content, args.optional("thread_ts"), broadcast=args.flag("reply_broadcast")
    )
    return {"channel": channel, "ts": message["ts"], "message": _shown(message)}


async def update(ws: Workspace, args: Args) -> Json:
    channel = require_channel(ws, args.text("channel"))
    before = _own_message(ws, channel, args.text("ts"), "cant_update_message")
    content = _content(ws, args)
    if "blocks" not in args.values and before.get("blocks") and not content.get("blocks"):
        content["blocks"] = []  # text alone replaces blocks, as in Slack
    message = ws.messages.update(channel, before["ts"], content)
    return {
        "channel": channel,
        "ts": message["ts"],
        "text": message["text"],
        "message": _shown(message),
    }


async def delete(ws: Workspace, args: Args) -> Json:
    channel = require_channel(ws, args.text("channel"))
    message = _own_message(ws, channel, args.text("ts"), "cant_delete_message")
    ws.messages.delete(channel, message["ts"])
    return {"channel": channel, "ts": message["ts"]}


async def post_ephemeral(ws: Workspace, args: Args) -> Json:
    channel = require_channel(ws, args.text("channel"), member=True)
    user = args.text("user")
    if ws.directory.person(user) is None or not ws.directory.is_member(channel, user):
        raise SlackError("user_not_in_channel")
    message = ws.messages.from_bot(
        channel, _content(ws, args), args.optional("thread_ts"), only_for=user
    )
    return {"message_ts": message["ts"]}


async def get_permalink(ws: Workspace, args: Args) -> Json:
    channel = require_channel(ws, args.text("channel"))
    ts = args.text("message_ts")
    message = ws.store.message(channel, ts)
    if message is None:
        raise SlackError("message_not_found")
    link = f"{ws.base_url}/archives/{channel}/p{ts.replace('.', '')}"
    root = message.get("thread_ts")
    if root and root != ts:
        link += f"?thread_ts={root}&cid={channel}"
    return {"channel": channel, "permalink": link}


async def start_stream(ws: Workspace, args: Args) -> Json:
    channel = _target(ws, args.text("channel"))
    content = {"text": args.optional("markdown_text") or "", "streaming_state": "in_progress"}
    message = ws.messages.from_bot(channel, content, args.text("thread_ts"))
    return {"channel": channel, "ts": message["ts"]}


async def append_stream(ws: Workspace, args: Args) -> Json:
    message = _streaming(ws, args)
    channel = args.text("channel")
    text = message["text"] + (args.optional("markdown_text") or "")
    ws.messages.update(channel, message["ts"], {"text": _fits(text)})
    return {"channel": channel, "ts": message["ts"]}


async def stop_stream(ws: Workspace, args: Args) -> Json:
    message = _streaming(ws, args)
    channel = args.text("channel")
    text = message["text"] + (args.optional("markdown_text") or "")
    content: Json = {"text": _fits(text), "streaming_state": "completed"}
    blocks = args.structure("blocks", "invalid_blocks_format")
    if blocks or args.values.get("metadata"):
        content |= message_content({"text": text, "blocks": blocks, "metadata": _metadata(args)})
        check_images(ws, blocks)
    done = ws.messages.update(channel, message["ts"], content)
    return {"channel": channel, "ts": message["ts"], "message": _shown(done)}


def _target(ws: Workspace, name: str) -> str:
    """Where a post goes: a channel, a person's direct conversation, by id or by #name."""
    if ws.directory.person(name) is not None:
        return ws.directory.open_dm(name)
    channel = require_channel(ws, name)
    inside = ws.directory.is_member(channel, ws.directory.bot)
    if not inside and "chat:write.public" not in ws.options.scopes:
        raise SlackError("not_in_channel")
    return channel


def _content(ws: Workspace, args: Args) -> Json:
    content = message_content(
        {
            "text": _fits(args.optional("text") or args.optional("markdown_text") or ""),
            "blocks": args.structure("blocks", "invalid_blocks_format"),
            "attachments": args.structure("attachments"),
            "metadata": _metadata(args),
        }
    )
    check_images(ws, content.get("blocks"))
    return content


def _fits(text: str) -> str:
    if len(text) > TEXT_CHARACTERS:
        raise SlackError("msg_too_long")
    return text


def _metadata(args: Args) -> Json | None:
    found: Any = args.structure("metadata", "invalid_metadata_format")
    if found is None:
        return None
    shaped = isinstance(found, dict) and isinstance(found.get("event_type"), str)
    if not shaped or not isinstance(found.get("event_payload"), dict):
        raise SlackError("invalid_metadata_schema")
    if len(str(found)) > _METADATA_BYTES:
        raise SlackError("metadata_too_large")
    return {"event_type": found["event_type"], "event_payload": found["event_payload"]}


def _own_message(ws: Workspace, channel: str, ts: str, otherwise: str) -> Json:
    message = ws.store.message(channel, ts)
    hidden = message is not None and (
        message.get("subtype") == "tombstone" or ws.store.audience(channel, ts)
    )
    if message is None or hidden:
        raise SlackError("message_not_found")
    if message.get("user") != ws.directory.bot:
        raise SlackError(otherwise)
    return message


def _streaming(ws: Workspace, args: Args) -> Json:
    channel = require_channel(ws, args.text("channel"))
    message = _own_message(ws, channel, args.text("ts"), "message_not_owned_by_app")
    if message.get("streaming_state") != "in_progress":
        raise SlackError("message_not_in_streaming_state")
    return message


def _shown(message: Json) -> Json:
    return {name: value for name, value in message.items() if name != "metadata"}


METHODS = {
    "chat.postMessage": Method(post_message, 4, ("chat:write",)),
    "chat.update": Method(update, 3, ("chat:write",)),
    "chat.delete": Method(delete, 3, ("chat:write",)),
    "chat.postEphemeral": Method(post_ephemeral, 4, ("chat:write",)),
    "chat.getPermalink": Method(get_permalink, 4),
    "chat.startStream": Method(start_stream, 2, ("chat:write",)),
    "chat.appendStream": Method(append_stream, 4, ("chat:write",)),
    "chat.stopStream": Method(stop_stream, 2, ("chat:write",)),
}
