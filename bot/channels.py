"""Slack's conversations behind the port of `actions/channels.py`, and their ids by name."""

import time
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from actions.channels import Channel
from actions.ports import Unavailable

# There is none, or none that the app may see; a group's direct messages are among these.
_HIDDEN = {"channel_not_found", "method_not_supported_for_channel_type"}
_GONE = {"user_disabled", "user_not_found", "user_not_visible", "users_not_found"}
_PAGE = 200
_FRESH_SECONDS = 600.0
# A name that is not there may be one that somebody is just making.
_MISSING_SECONDS = 30.0


class SlackChannels:
    """The `Channels` port. Faults of Slack that may pass are the caller's, who tries again.

    Ids by name are good for ten minutes: configuration says `#ml`, and Slack's history and edits
    want an id.
    """

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._ids: dict[str, str] = {}
        self._listed = -_FRESH_SECONDS

    async def get(self, channel: str) -> Channel | None:
        try:
            found = await self._client.conversations_info(channel=channel)
        except SlackApiError as error:
            if error.response.get("error") in _HIDDEN:
                return None
            raise _explained(error) from error
        return _channel(found["channel"])

    async def called(self, name: str) -> Channel | None:
        try:
            known = await self.id(f"#{name}")
        except SlackApiError as error:
            raise _explained(error) from error
        return None if known is None else await self.get(known)

    async def direct(self, user: str) -> Channel | None:
        try:
            opened = await self._client.conversations_open(users=user)
        except SlackApiError as error:
            if error.response.get("error") in _GONE:
                return None
            raise _explained(error) from error
        return Channel(str(opened["channel"]["id"]))

    async def has_member(self, channel: str, user: str) -> bool:
        try:
            pages = await self._client.conversations_members(channel=channel, limit=_PAGE)
            async for page in pages:
                if user in page["members"]:
                    return True
        except SlackApiError as error:
            raise _explained(error) from error
        return False

    async def id(self, name: str) -> str | None:
        """The id of `#ml`; what is no name is one already. None: no such channel for us."""
        if not name.startswith("#"):
            return name
        age = time.monotonic() - self._listed
        if age > (_FRESH_SECONDS if name in self._ids else _MISSING_SECONDS):
            self._ids, self._listed = await self._list(), time.monotonic()
        return self._ids.get(name)

    async def _list(self) -> dict[str, str]:
        pages = await self._client.conversations_list(
            types="public_channel,private_channel", exclude_archived=True, limit=_PAGE
        )
        return {
            f"#{channel['name']}": str(channel["id"])
            async for page in pages
            for channel in page["channels"]
        }


def _channel(body: dict[str, Any]) -> Channel:
    if body.get("is_im"):
        return Channel(str(body["id"]))
    return Channel(
        id=str(body["id"]),
        name=str(body["name"]),
        inside=bool(body.get("is_member")),
        private=bool(body.get("is_private")),
        archived=bool(body.get("is_archived")),
        shared=bool(body.get("is_ext_shared") or body.get("is_pending_ext_shared")),
    )


def _explained(error: SlackApiError) -> Exception:
    """What the platform's owner has to mend, in words; any other fault as it is."""
    if error.response.get("error") == "missing_scope":
        return Unavailable(
            "Slack does not let me look at channels: the app lacks a scope of its manifest, so it "
            "has to be installed once more."
        )
    return error
