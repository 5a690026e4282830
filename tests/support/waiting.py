"""Waiting for what happens by itself: poll with a deadline, never a fixed sleep."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


async def eventually(check: Callable[[], object], what: str, seconds: float = 15.0):
    """The first truthy answer of `check` (plain or coroutine); fails naming `what` at the deadline."""
    found: object = None
    try:
        async with asyncio.timeout(seconds):
            while True:
                found = check()
                if isinstance(found, Awaitable):
                    found = await found
                if found:
                    return found
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"{what}: not within {seconds:g} s (last: {found!r})") from None
