"""Slack's Web API for messages: post, edit, and find again what an earlier try may have posted."""

import json
from collections.abc import Awaitable
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

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
        posted = await _unless(
            _HOPELESS,
            self._client.chat_postMessage(
                channel=place.channel,
                thread_ts=place.thread,
                text=drawn.text,
                blocks=drawn.blocks,
                metadata=drawn.metadata,
                unfurl_links=False,
                unfurl_media=False,
            ),
        )
        return None if posted is None else str(posted["ts"])

    async def post_privately(self, place: Place, user: str, drawn: Message) -> str | None:
        """As `post`, for one person's eyes."""
        posted = await _unless(
            _HOPELESS,
            self._client.chat_postEphemeral(
                channel=place.channel,
                user=user,
                thread_ts=place.thread,
                text=drawn.text,
                blocks=drawn.blocks,
            ),
        )
        return None if posted is None else str(posted["message_ts"])

    async def edit(self, channel: str, ts: str, drawn: Message) -> bool:
        """Change the message; False where it is gone."""
        edited = await _unless(
            _GONE,
            self._client.chat_update(
                channel=channel,
                ts=ts,
                text=drawn.text,
                blocks=drawn.blocks,
                metadata=drawn.metadata,
            ),
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
