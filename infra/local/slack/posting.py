"""Messages come, change and go: stored, shown to open pages, told to the app."""

from __future__ import annotations

import copy
import secrets
from typing import Any

from infra.local.slack import blocks as blockkit
from infra.local.slack.delivery import Delivery
from infra.local.slack.directory import SLACKBOT, Directory
from infra.local.slack.errors import Json
from infra.local.slack.events import Payloads
from infra.local.slack.feed import Feed
from infra.local.slack.store import Store


class Messages:
    """The one place where a message is written."""

    def __init__(
        self,
        store: Store,
        directory: Directory,
        feed: Feed,
        delivery: Delivery,
        payloads: Payloads,
    ) -> None:
        self._store = store
        self._directory = directory
        self._feed = feed
        self._delivery = delivery
        self._payloads = payloads

    # Posting

    def from_bot(
        self,
        channel: str,
        content: Json,
        thread_ts: str | None = None,
        *,
        broadcast: bool = False,
        only_for: str | None = None,
    ) -> Json:
        """Posts as the app; `content` holds text, blocks, attachments, metadata, files."""
        app, team = self._directory.seed.app, self._directory.seed.team.id
        message: Json = {
            "type": "message",
            "user": app.user,
            "bot_id": app.bot,
            "app_id": app.id,
            "team": team,
            "bot_profile": {
                "id": app.bot,
                "app_id": app.id,
                "user_id": app.user,
                "name": app.name,
                "icons": {"image_48": f"{self._directory.base_url}/avatars/{app.user}.svg"},
                "deleted": False,
                "updated": 1_735_689_600,
                "team_id": team,
            },
            "text": "",
            **_content(content),
        }
        return self._add(channel, message, thread_ts, broadcast=broadcast, only_for=only_for)

    def from_person(self, channel: str, user: str, text: str, thread_ts: str | None = None) -> Json:
        """Posts as a person; `text` is markup already."""
        message: Json = {
            "type": "message",
            "user": user,
            "client_msg_id": secrets.token_hex(16),
            "text": text,
            "team": self._directory.seed.team.id,
        }
        return self._add(channel, message, thread_ts)

    def from_slackbot(self, channel: str, text: str, only_for: str) -> Json:
        """What Slack itself tells one person."""
        message: Json = {"type": "message", "user": SLACKBOT, "text": text, "username": "Slackbot"}
        return self._add(channel, message, None, only_for=only_for)

    def joined(self, channel: str, user: str, inviter: str | None = None) -> None:
        """Tells the channel and the app that someone is a member now."""
        name = "has joined the channel"
        message: Json = {"type": "message", "subtype": "channel_join", "user": user}
        message["text"] = f"<@{user}> {name}"
        if inviter:
            message["inviter"] = inviter
        self._add(channel, message, None)
        event: Json = {
            "type": "member_joined_channel",
            "user": user,
            "channel": channel,
            "channel_type": "C",
            "team": self._directory.seed.team.id,
            "event_ts": self._store.new_ts(),
        }
        self.emit(event | ({"inviter": inviter} if inviter else {}), channel)
        self._feed.publish({"type": "channels"})

    def _add(
        self,
        channel: str,
        message: Json,
        thread_ts: str | None,
        *,
        broadcast: bool = False,
        only_for: str | None = None,
    ) -> Json:
        message["ts"] = self._store.new_ts()
        root = self._root(channel, thread_ts)
        if root is not None:
            message["thread_ts"] = root["ts"]
            message["parent_user_id"] = root.get("user")
            if broadcast:
                message["subtype"] = "thread_broadcast"
        elif thread_ts and only_for:
            message["thread_ts"] = thread_ts
        self._store.put_message(channel, message, only_for)
        if root is not None and only_for is None and root.get("thread_ts") != root["ts"]:
            bare = self._bare(channel, root["ts"])
            self._store.put_message(channel, bare | {"thread_ts": root["ts"]})
        self._show(channel, message["ts"])
        if only_for is None:
            self._tell(channel, message)
        return message

    def _root(self, channel: str, thread_ts: str | None) -> Json | None:
        """The thread's root; a reply to a message that is gone lands in the channel, as in Slack."""
        if not thread_ts:
            return None
        root = self._store.message(channel, thread_ts)
        if root is None or self._store.audience(channel, thread_ts):
            return None
        above = root.get("thread_ts", thread_ts)
        return root if above == thread_ts else self._root(channel, above)

    def _tell(self, channel: str, message: Json) -> None:
        """A message event; beside it app_mention where a person names the app in a channel."""
        body = self._directory.channel(channel) or {}
        event = copy.deepcopy(message) | {"channel": channel, "event_ts": message["ts"]}
        event["channel_type"] = _channel_type(body)
        event.pop("metadata", None)
        self.emit(event, channel)
        bot = self._directory.bot
        mentioned = f"<@{bot}>" in message["text"] and message.get("user") != bot
        if mentioned and not body.get("is_im") and "subtype" not in message:
            names = "user client_msg_id text team ts thread_ts parent_user_id channel event_ts"
            mention = {name: event[name] for name in names.split() if name in event}
            self.emit({"type": "app_mention", **mention}, channel)

    # Changing

    def update(self, channel: str, ts: str, content: Json, editor: str | None = None) -> Json:
        """New content for a message that exists; what `content` leaves out of blocks stays gone."""
        before = self._bare(channel, ts)
        message = copy.deepcopy(before)
        for name in ("blocks", "attachments"):
            if name in content:
                message.pop(name, None)
        message |= _content(content)
        message["edited"] = {
            "user": editor or self._directory.bot,
            "ts": f"{self._store.new_ts().split('.')[0]}.000000",
        }
        only_for = self._store.audience(channel, ts)
        self._store.put_message(channel, message, only_for)
        self._show(channel, ts)
        if only_for is None:
            self._emit_hidden(channel, "message_changed", message=message, previous_message=before)
        return message

    def delete(self, channel: str, ts: str) -> None:
        """Removes a message; a root that has replies leaves a tombstone."""
        before = self._bare(channel, ts)
        only_for = self._store.audience(channel, ts)
        if self._store.has_replies(channel, ts):
            tombstone = {
                "type": "message",
                "subtype": "tombstone",
                "text": "This message was deleted.",
                "user": SLACKBOT,
                "hidden": True,
                "ts": ts,
                "thread_ts": ts,
            }
            self._store.put_message(channel, tombstone)
            self._show(channel, ts)
        else:
            self._store.delete_message(channel, ts)
            change = {"type": "deleted", "channel": channel, "ts": ts}
            self._feed.publish(change, self._viewers(channel, only_for))
            self._show_root(channel, before)
        if only_for is None:
            self._emit_hidden(channel, "message_deleted", deleted_ts=ts, previous_message=before)

    def react(self, channel: str, ts: str, name: str, user: str, *, add: bool) -> bool:
        """Adds or takes away a reaction; False where there was nothing to do."""
        change = self._store.react if add else self._store.unreact
        if not change(channel, ts, name, user):
            return False
        message = self._bare(channel, ts)
        self._show(channel, ts)
        event = {
            "type": "reaction_added" if add else "reaction_removed",
            "user": user,
            "reaction": name,
            "item": {"type": "message", "channel": channel, "ts": ts},
            "item_user": message.get("user"),
            "event_ts": self._store.new_ts(),
        }
        self.emit(event, channel)
        return True

    def emit(self, event: Json, channel: str | None = None) -> None:
        """Sends an event to the app, unless it happened where the app is not a member."""
        if channel is None or self._directory.is_member(channel, self._directory.bot):
            self._delivery.event(self._payloads.event(event))

    # Helpers

    def _emit_hidden(self, channel: str, subtype: str, **parts: Any) -> None:
        body = self._directory.channel(channel) or {}
        ts = self._store.new_ts()
        parts = copy.deepcopy(parts)
        for part in parts.values():
            if isinstance(part, dict):
                part.pop("metadata", None)
        event = {"type": "message", "subtype": subtype, "hidden": True, "channel": channel}
        event |= {"channel_type": _channel_type(body), "ts": ts, "event_ts": ts}
        self.emit(event | parts, channel)

    def _bare(self, channel: str, ts: str) -> Json:
        """The message as stored, without what is derived from its thread."""
        message = self._store.message(channel, ts) or {}
        for name in [
            "reply_count",
            "reply_users_count",
            "latest_reply",
            "reply_users",
            "is_locked",
            "subscribed",
            "reactions",
            "is_ephemeral",
        ]:
            message.pop(name, None)
        return message

    def _viewers(self, channel: str, only_for: str | None) -> set[str] | None:
        return {only_for} if only_for else self._directory.audience(channel)

    def _show(self, channel: str, ts: str) -> None:
        message = self._store.message(channel, ts)
        if message is None:
            return
        viewers = self._viewers(channel, self._store.audience(channel, ts))
        self._feed.publish({"type": "message", "channel": channel, "message": message}, viewers)
        self._show_root(channel, message)

    def _show_root(self, channel: str, message: Json) -> None:
        root = message.get("thread_ts")
        if root and root != message["ts"] and self._store.message(channel, root) is not None:
            self._show(channel, root)


def _content(content: Json) -> Json:
    done = {name: value for name, value in content.items() if value is not None and value != []}
    if "blocks" in done:
        done["blocks"] = blockkit.complete(done["blocks"])
    return done


def _channel_type(body: Json) -> str:
    if body.get("is_im"):
        return "im"
    return "group" if body.get("is_private") else "channel"
