"""Slack's Web API for messages: post, edit, and find again what an earlier try may have posted."""

import json
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from actions.requests import Place
from bot.blocks.answer import Message

# The message or its thread is gone; nothing is left to edit.
_GONE = {"message_not_found", "thread_not_found"}
# The channel cannot be written to; trying again does not help.
_HOPELESS = {"channel_not_found", "is_archived", "not_in_channel", "user_not_in_channel"}


class Messenger:
    """Posts and edits; raises SlackApiError where Slack is down or says to wait."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def post(self, place: Place, drawn: Message) -> str | None:
        """The new message's `ts`; None where the channel cannot be written to."""
        try:
            posted = await self._client.chat_postMessage(
                channel=place.channel,
                thread_ts=place.thread,
                text=drawn.text,
                blocks=drawn.blocks,
                metadata=drawn.metadata,
                unfurl_links=False,
                unfurl_media=False,
            )
        except SlackApiError as error:
            if error.response.get("error") in _HOPELESS:
                return None
            raise
        return str(posted["ts"])

    async def post_privately(self, place: Place, user: str, drawn: Message) -> str | None:
        """As `post`, for one person's eyes."""
        try:
            posted = await self._client.chat_postEphemeral(
                channel=place.channel,
                user=user,
                thread_ts=place.thread,
                text=drawn.text,
                blocks=drawn.blocks,
            )
        except SlackApiError as error:
            if error.response.get("error") in _HOPELESS:
                return None
            raise
        return str(posted["message_ts"])

    async def edit(self, channel: str, ts: str, drawn: Message) -> bool:
        """Change the message; False where it is gone."""
        try:
            await self._client.chat_update(
                channel=channel,
                ts=ts,
                text=drawn.text,
                blocks=drawn.blocks,
                metadata=drawn.metadata,
            )
        except SlackApiError as error:
            if error.response.get("error") in _GONE:
                return False
            raise
        return True

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
        try:
            if place.thread:
                listed = await self._client.conversations_replies(ts=place.thread, **where)
            else:
                listed = await self._client.conversations_history(**where)
        except SlackApiError as error:
            if error.response.get("error") in _GONE | _HOPELESS:
                return None
            raise
        for message in listed["messages"]:
            if _identity(message.get("metadata") or {}) == wanted:
                return str(message["ts"])
        return None


def _identity(metadata: dict[str, Any]) -> str:
    """What stays the same of a message of ours while its content changes."""
    payload = metadata.get("event_payload") or {}
    return json.dumps([payload.get("request"), payload.get("incident"), payload.get("key")])
