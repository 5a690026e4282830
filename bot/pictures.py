"""Pictures for messages: drawn, uploaded once, and named by the message that shows them.

A file that no message shows is seen by nobody, so a crash between upload and post leaves at most
such a file. Nothing here keeps a message from going out: it goes without its picture in the end.
"""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from actions.answers import Picture
from bot.charts.drawing import png
from bot.messenger import is_unread

log = structlog.get_logger()

_TRIES = 3
_PASSING = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
# Slack reads an uploaded picture before a message may show it; mostly in about a second.
_READ_WITHIN = (0.5, 1.0, 2.0, 4.0)


class Pictures:
    """Uploads charts; remembers each by its message, so that a later try uploads none again."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._uploaded: dict[int, str] = {}
        self._failed: dict[int, int] = {}

    async def file(self, message: int, chart: Picture) -> str | None:
        """The id of the message's picture; None where it cannot be had.

        Raises:
            SlackClientError, aiohttp.ClientError, TimeoutError: A fault that may pass; at the
                third the answer is None.
        """
        if message in self._uploaded:
            return self._uploaded[message]
        try:
            file = await self._upload(chart)
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as fault:
            self._failed[message] = self._failed.get(message, 0) + 1
            if _may_pass(fault) and self._failed[message] < _TRIES:
                raise
            log.warning("no_picture", message=message, fault=str(fault))
            return None
        except Exception:
            log.exception("no_picture", message=message)
            return None
        self._uploaded[message] = file
        return file

    def forget(self, message: int) -> None:
        """The message is out."""
        self._uploaded.pop(message, None)
        self._failed.pop(message, None)

    async def _upload(self, chart: Picture) -> str:
        """The id of a file that is shared with nobody yet."""
        done = await self._client.files_upload_v2(
            filename="chart.png", content=await png(chart), title=chart.title
        )
        return str(done["files"][0]["id"])


async def shown(
    post: Callable[[str | None], Awaitable[str | None]], file: str | None
) -> str | None:
    """What `post` answers with the picture, as soon as Slack has read it; else without one."""
    if file is None:
        return await post(None)
    for pause in _READ_WITHIN:
        try:
            return await post(file)
        except SlackApiError as error:
            if not is_unread(error):
                raise
        await asyncio.sleep(pause)
    log.warning("no_picture", fault="Slack has not read the file in time", file=file)
    return await post(None)


def _may_pass(fault: Exception) -> bool:
    """Whether the same may work later: everything but a plain no of Slack's."""
    if not isinstance(fault, SlackApiError):
        return True
    return fault.response.status_code != HTTPStatus.OK or fault.response["error"] in _PASSING
