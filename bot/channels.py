"""Channels by name: configuration says `#ml`, and Slack's history and edits want an id."""

import time

from slack_sdk.web.async_client import AsyncWebClient

_FRESH_SECONDS = 600.0
# A name that is not there may be one that somebody is just making.
_MISSING_SECONDS = 30.0


class Channels:
    """Ids of channels; what Slack listed is good for ten minutes."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._ids: dict[str, str] = {}
        self._listed = -_FRESH_SECONDS

    async def id(self, name: str) -> str | None:
        """The id of `#ml`; what is no name is one already. None: no such channel for us."""
        if not name.startswith("#"):
            return name
        age = time.monotonic() - self._listed
        if age > (_FRESH_SECONDS if name in self._ids else _MISSING_SECONDS):
            await self._list()
        return self._ids.get(name)

    async def _list(self) -> None:
        found: dict[str, str] = {}
        cursor: str | None = None
        while cursor is None or cursor:
            page = await self._client.conversations_list(
                types="public_channel,private_channel",
                exclude_archived=True,
                limit=200,
                cursor=cursor or "",
            )
            found |= {f"#{channel['name']}": str(channel["id"]) for channel in page["channels"]}
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
        self._ids, self._listed = found, time.monotonic()
