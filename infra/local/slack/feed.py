"""What changes in the workspace, as it changes, for the pages that are open."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from infra.local.slack.errors import Json

_MOST_WAITING = 1000


class Feed:
    """Hands each change to every open page whose person may see it."""

    def __init__(self) -> None:
        self._pages: dict[asyncio.Queue[Json | None], str] = {}

    @contextmanager
    def follow(self, user: str) -> Iterator[asyncio.Queue[Json | None]]:
        """A queue of changes for this person; None means that the workspace closes."""
        queue: asyncio.Queue[Json | None] = asyncio.Queue(_MOST_WAITING)
        self._pages[queue] = user
        try:
            yield queue
        finally:
            self._pages.pop(queue, None)

    def publish(self, change: Json, only_for: set[str] | None = None) -> None:
        """`only_for` are the people who may see it; None for all."""
        for queue, user in list(self._pages.items()):
            if only_for is None or user in only_for:
                self._offer(queue, change)

    def close(self) -> None:
        for queue in list(self._pages):
            self._offer(queue, None)

    def _offer(self, queue: asyncio.Queue[Json | None], change: Json | None) -> None:
        if queue.full():  # a page that stopped reading: it reloads when it comes back
            self._pages.pop(queue, None)
            while not queue.empty():
                queue.get_nowait()
            queue.put_nowait(None)
            return
        queue.put_nowait(change)
