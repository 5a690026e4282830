"""conversations.*, reactions.*: channels, their history, threads and members."""

from __future__ import annotations

from collections.abc import Callable

from infra.local.slack.errors import Json, SlackError
from infra.local.slack.web.method import Args, Method, page, require_channel
from infra.local.slack.workspace import Workspace


async def list_channels(ws: Workspace, args: Args) -> Json:
    kinds = set((args.optional("types") or "public_channel").split(","))
    wrong = kinds - {"public_channel", "private_channel", "im", "mpim"}
    if wrong:
        raise SlackError("invalid_types")
    found = [body for body in ws.directory.channels() if _kind(body) in kinds]
    items, metadata = page(found, args)
    return {"channels": items, "response_metadata": metadata}


async def info(ws: Workspace, args: Args) -> Json:
    return {"channel": _object(ws, require_channel(ws, args.text("channel")))}


async def history(ws: Workspace, args: Args) -> Json:
    channel = require_channel(ws, args.text("channel"), member=True)
    found = ws.store.history(channel)
    found = [message for message in found if _within(message["ts"], args)]
    found.reverse()
    items, metadata = page(found, args, most=999)
    more = bool(metadata["next_cursor"])
    answer: Json = {"messages": _seen(items, args), "has_more": more, "pin_count": 0}
    return answer | ({"response_metadata": metadata} if more else {})


async def replies(ws: Workspace, args: Args) -> Json:
    channel = require_channel(ws, args.text("channel"), member=True)
    ts = args.text("ts")
    message = ws.store.message(channel, ts)
    if message is None:
        raise SlackError("thread_not_found")
    found = ws.store.replies(channel, message.get("thread_ts", ts))
    kept = [one for one in found if one["ts"] == ts or _within(one["ts"], args)]
    items, metadata = page(kept, args, default=1000)
    more = bool(metadata["next_cursor"])
    answer: Json = {"messages": _seen(items, args), "has_more": more}
    return answer | ({"response_metadata": metadata} if more else {})


async def open_conversation(ws: Workspace, args: Args) -> Json:
    named = args.optional("channel")
    if named:
        channel = require_channel(ws, named)
    else:
        users = (args.optional("users") or "").split(",")
        if users == [""]:
            raise SlackError("users_list_not_supplied")
        if len(users) > 1:
            raise SlackError("method_not_supported_for_channel_type")
        if ws.directory.person(users[0]) is None:
            raise SlackError("user_not_found")
        channel = ws.directory.open_dm(users[0])
    whole = _object(ws, channel)
    return {"channel": whole if args.flag("return_im") else {"id": channel}, "no_op": True}


async def members(ws: Workspace, args: Args) -> Json:
    channel = require_channel(ws, args.text("channel"))
    items, metadata = page([{"id": user} for user in ws.store.members(channel)], args)
    return {"members": [item["id"] for item in items], "response_metadata": metadata}


async def join(ws: Workspace, args: Args) -> Json:
    channel = require_channel(ws, args.text("channel"))
    body = _object(ws, channel)
    if body.get("is_im"):
        raise SlackError("method_not_supported_for_channel_type")
    if not ws.store.add_member(channel, ws.directory.bot):
        return {"channel": body, "warning": "already_in_channel"}
    ws.messages.joined(channel, ws.directory.bot)
    return {"channel": _object(ws, channel)}


async def add_reaction(ws: Workspace, args: Args) -> Json:
    return _react(ws, args, add=True, otherwise="already_reacted")


async def remove_reaction(ws: Workspace, args: Args) -> Json:
    return _react(ws, args, add=False, otherwise="no_reaction")


async def get_reactions(ws: Workspace, args: Args) -> Json:
    channel = require_channel(ws, args.text("channel"), member=True)
    message = ws.store.message(channel, args.text("timestamp"))
    if message is None:
        raise SlackError("message_not_found")
    return {"type": "message", "channel": channel, "message": _bare(message)}


def _react(ws: Workspace, args: Args, *, add: bool, otherwise: str) -> Json:
    channel = require_channel(ws, args.text("channel"), member=True)
    ts, name = args.text("timestamp"), args.text("name").strip(":")
    if not all(part.isalnum() or part in "_+-" for part in name):
        raise SlackError("invalid_name")
    if ws.store.message(channel, ts) is None:
        raise SlackError("message_not_found")
    if not ws.messages.react(channel, ts, name, ws.directory.bot, add=add):
        raise SlackError(otherwise)
    return {}


def _object(ws: Workspace, channel: str) -> Json:
    body = ws.directory.channel(channel)
    if body is None:
        raise SlackError("channel_not_found")
    return body


def _kind(body: Json) -> str:
    if body.get("is_im"):
        return "im"
    return "private_channel" if body.get("is_private") else "public_channel"


def _within(ts: str, args: Args) -> bool:
    inclusive = args.flag("inclusive")
    later: Callable[[float, float], bool] = float.__ge__ if inclusive else float.__gt__
    oldest, latest = args.optional("oldest"), args.optional("latest")
    try:
        after = oldest is None or later(float(ts), float(oldest))
        return after and (latest is None or later(float(latest), float(ts)))
    except ValueError as error:
        raise SlackError("invalid_ts_oldest" if oldest else "invalid_ts_latest") from error


def _seen(messages: list[Json], args: Args) -> list[Json]:
    if args.flag("include_all_metadata"):
        return messages
    return [_bare(message) for message in messages]


def _bare(message: Json) -> Json:
    """Without metadata, which Slack returns only to those who ask for it."""
    return {name: value for name, value in message.items() if name != "metadata"}


_READ = ("channels:read", "groups:read", "im:read")
_HISTORY = ("channels:history", "groups:history", "im:history")

METHODS = {
    "conversations.list": Method(list_channels, 2, _READ),
    "conversations.info": Method(info, 3, _READ),
    "conversations.history": Method(history, 3, _HISTORY),
    "conversations.replies": Method(replies, 3, _HISTORY),
    "conversations.open": Method(open_conversation, 3, ("im:write",)),
    "conversations.members": Method(members, 4, _READ),
    "conversations.join": Method(join, 3, ("channels:join",)),
    "reactions.add": Method(add_reaction, 3, ("reactions:write",)),
    "reactions.remove": Method(remove_reaction, 2, ("reactions:write",)),
    "reactions.get": Method(get_reactions, 3, ("reactions:read",)),
}
