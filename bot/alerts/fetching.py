"""One small document over HTTPS, as a port and as it is done."""

import ssl
from typing import Final, Protocol
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver

from bot.alerts.source import UnreachableError

_MOST: Final = 2**16
_SECONDS: Final = 5.0


class Fetch(Protocol):
    """GET an address that the caller has judged."""

    async def __call__(self, url: str) -> bytes:
        """The body of a 200.

        Raises:
            UnreachableError: No answer in time, or another one.
        """
        ...


class HttpsFetch:
    """Fetches without following redirects, at most 64 KiB, in at most five seconds.

    `trust` and `resolver` are the system's, unless given.
    """

    def __init__(
        self, *, trust: ssl.SSLContext | None = None, resolver: AbstractResolver | None = None
    ) -> None:
        self._trust = trust
        self._resolver = resolver

    async def __call__(self, url: str) -> bytes:
        """As the port says."""
        connector = aiohttp.TCPConnector(ssl=self._trust or True, resolver=self._resolver)
        limit = aiohttp.ClientTimeout(total=_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(connector=connector, timeout=limit) as session,
                session.get(url, allow_redirects=False) as answer,
            ):
                if answer.status != 200:
                    raise UnreachableError(f"{answer.host} answered with {answer.status}.")
                return await _short(answer)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # The host alone: the address may hold the token of a subscription.
            host = urlsplit(url).hostname
            raise UnreachableError(f"No answer from {host}: {type(error).__name__}.") from error


async def _short(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > _MOST:
            raise UnreachableError(f"{answer.host} answered with more than {_MOST} bytes.")
    return bytes(body)
