"""Slack's Web API for messages: post, edit, and find again what an earlier try may have posted."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from actions.requests import Place
from bot.blocks.answer import Message

log = structlog.get_logger()

# The message or its thread is gone; nothing is left to edit.
_GONE = {"message_not_found", "thread_not_found"}
# The channel cannot be written to, or not this; trying again does not help, and others wait behind it.
_HOPELESS = {
    "cannot_reply_to_message",
    "channel_not_found",
    "is_archived",
    "messages_tab_disabled",
    "metadata_too_large",
    "msg_too_long",
    "not_in_channel",
    "restricted_action",
    "restricted_action_non_threadable_channel",
    "restricted_action_read_only_channel",
    "restricted_action_thread_locked",
    "restricted_action_thread_only_channel",
    "team_access_not_granted",
    "user_not_in_channel",
}
# Slack does not draw it, by a mistake of ours; the words alone say it as well.
_UNDRAWABLE = {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"}


class Messenger:
    """Posts and edits; raises SlackApiError where Slack is down or says to wait."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def post(self, place: Place, drawn: Message) -> str | None:
        """The new message's `ts`; None where the channel cannot be written to."""
        posted = await _sent(
            _HOPELESS,
            lambda blocks: self._client.chat_postMessage(
                channel=place.channel,
                thread_ts=place.thread,
                text=drawn.text,
                blocks=blocks,
                metadata=drawn.metadata,
                unfurl_links=False,
                unfurl_media=False,
            ),
            drawn,
        )
        return None if posted is None else str(posted["ts"])

    async def post_privately(self, place: Place, user: str, drawn: Message) -> str | None:
        """As `post`, for one person's eyes."""
        posted = await _sent(
            _HOPELESS,
            lambda blocks: self._client.chat_postEphemeral(
                channel=place.channel,
                user=user,
                thread_ts=place.thread,
                text=drawn.text,
                blocks=blocks,
            ),
            drawn,
        )
        return None if posted is None else str(posted["message_ts"])

    async def edit(self, channel: str, ts: str, drawn: Message) -> bool:
        """Change the message; False where it is gone."""
        edited = await _sent(
            _GONE,
            lambda blocks: self._client.chat_update(
                channel=channel,
                ts=ts,
                text=drawn.text,
                blocks=blocks,
                metadata=drawn.metadata,
            ),
            drawn,
        )
        return edited is not None

    async def find(self, place: Place, drawn: Message) -> str | None:
        """The `ts` of a message of ours with the same identity, posted by an earlier try."""
        if drawn.metadata is None:
            return None
        wanted = _identity(drawn.metadata)
        where: dict[str, Any] = {
            "channel": place.channel,
            "include_all_metadata": True,
            "limit": 200,
        }
        if place.thread:
            asked = self._client.conversations_replies(ts=place.thread, **where)
        else:
            asked = self._client.conversations_history(**where)
        listed = await _unless(_GONE | _HOPELESS, asked)
        for message in listed["messages"] if listed is not None else ():
            if _identity(message.get("metadata") or {}) == wanted:
                return str(message["ts"])
        return None


def is_unread(error: SlackApiError) -> bool:
    """Whether Slack refuses the message for its picture, which it has not read yet."""
    problems = error.response.get("errors") or []
    return error.response.get("error") == "invalid_blocks" and any(
        "slack_file" in str(problem) or "slack file" in str(problem) for problem in problems
    )


async def _sent(
    final: set[str],
    send: Callable[[list[dict[str, Any]]], Awaitable[AsyncSlackResponse]],
    drawn: Message,
) -> AsyncSlackResponse | None:
    """As `_unless`; without its blocks where Slack cannot draw them."""
    try:
        return await _unless(final, send(drawn.blocks))
    except SlackApiError as error:
        if error.response.get("error") not in _UNDRAWABLE or is_unread(error):
            raise
        log.warning("not_drawn", text=drawn.text[:200], slack=str(error.response.data)[:500])
        return await _unless(final, send([]))


async def _unless(
    final: set[str], asked: Awaitable[AsyncSlackResponse]
) -> AsyncSlackResponse | None:
    """Slack's answer; None where it names one of the faults that trying again does not mend."""
    try:
        return await asked
    except SlackApiError as error:
        if error.response.get("error") in final:
            return None
        raise


def _identity(metadata: dict[str, Any]) -> str:
    """What stays the same of a message of ours while its content changes."""
    payload = metadata.get("event_payload") or {}
    return json.dumps([payload.get("request"), payload.get("incident"), payload.get("key")])
