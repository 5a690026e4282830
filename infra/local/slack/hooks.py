"""response_url: five messages within thirty minutes, for whoever holds the address."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any

from infra.local.slack.directory import Directory
from infra.local.slack.errors import Json, SlackError
from infra.local.slack.limits import check_message_blocks
from infra.local.slack.posting import Messages
from infra.local.slack.store import Store

MOST_USES = 5
SECONDS = 30 * 60


@dataclass
class _Hook:
    user: str
    channel: str
    ts: str | None  # the message that was acted on; None for a slash command
    thread_ts: str | None
    issued: float
    uses: int = 0


class ResponseUrls:
    """Issues addresses and does what is posted to them."""

    def __init__(self, store: Store, directory: Directory, messages: Messages) -> None:
        self._store = store
        self._directory = directory
        self._messages = messages
        self._hooks: dict[str, _Hook] = {}

    def issue(
        self, user: str, channel: str, ts: str | None = None, thread_ts: str | None = None
    ) -> str:
        team = self._directory.seed.team.id
        path = f"actions/{team}/{secrets.randbelow(10**13)}/{secrets.token_urlsafe(18)}"
        self._hooks[path] = _Hook(user, channel, ts, thread_ts, time.monotonic())
        return f"{self._directory.base_url}/hooks/{path}"

    def use(self, path: str, body: Json) -> None:
        """Raises SlackError: `invalid_token`, `used_url`, `expired_url`, or what the message lacks."""
        hook = self._hooks.get(path)
        if hook is None:
            raise SlackError("invalid_token")
        if hook.uses >= MOST_USES:
            raise SlackError("used_url")
        if time.monotonic() - hook.issued > SECONDS:
            raise SlackError("expired_url")
        hook.uses += 1
        self.respond(hook.user, hook.channel, body, hook.ts, hook.thread_ts)

    def respond(
        self,
        user: str,
        channel: str,
        body: Json,
        ts: str | None = None,
        thread_ts: str | None = None,
    ) -> Json | None:
        """Does what a response says; the message it made, or None where it only deleted."""
        original = self._store.message(channel, ts) if ts else None
        if body.get("delete_original"):
            if original is not None and ts:
                self._messages.delete(channel, ts)
            return None
        content = message_content(body)
        if body.get("replace_original") and original is not None and ts:
            return self._messages.update(channel, ts, {"blocks": [], "attachments": []} | content)
        only_for = None if body.get("response_type") == "in_channel" else user
        thread = body.get("thread_ts") or thread_ts
        return self._messages.from_bot(channel, content, thread, only_for=only_for)


def message_content(body: Json) -> Json:
    """Text, blocks, attachments and metadata of a message someone sends; raises SlackError."""
    text: Any = body.get("text")
    blocks: Any = body.get("blocks")
    if blocks:
        check_message_blocks(blocks)
    if not text and not blocks and not body.get("attachments"):
        raise SlackError("no_text")
    content: Json = {"text": str(text or "")}
    for name in ("blocks", "attachments", "metadata"):
        if body.get(name) is not None:
            content[name] = body[name]
    return content
