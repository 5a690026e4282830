from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from infra.local.slack.workspace import Options

QUICK = Options(rate_limits=False, ack_seconds=0.4, retry_delays=(0.0, 0.2))


async def eventually(check: Callable[[], object], seconds: float = 5.0):
    """The first truthy answer of `check`, which may be a coroutine function."""
    async with asyncio.timeout(seconds):
        while True:
            found = check()
            if isinstance(found, Awaitable):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.01)
