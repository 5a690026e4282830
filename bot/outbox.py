"""Messages to Slack, each exactly once: posts are found again after a crash, cards are edited.

A message is marked before it is posted and its `ts` stored after. Where a mark has no `ts`, an
earlier try may have posted it, so the thread is searched for its metadata first.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from slack_sdk.web.async_client import AsyncWebClient

from actions.canonical import digest
from actions.context import World
from actions.requests import Request, RunProgress
from actions.store import Store
from bot.blocks.answer import Message, draw
from bot.blocks.card import card
from bot.messenger import Messenger
from bot.pictures import Pictures, shown

if TYPE_CHECKING:
    from infra.store.outgoing import Outgoing, Outgoings


class Outbox:
    """Posts and edits; one job at a time for a thread (the queue's lock)."""

    def __init__(
        self,
        client: AsyncWebClient,
        outgoings: "Outgoings",
        store: Store,
        world: World,
        clock: Callable[[], datetime],
    ) -> None:
        self._messenger = Messenger(client)
        self._pictures = Pictures(client)
        self._outgoings = outgoings
        self._store = store
        self._world = world
        self._clock = clock

    async def post(self, message: int) -> None:
        """Post a queued message.

        Raises:
            SlackApiError: Slack is down or says to wait; the job is tried again.
        """
        waiting = await self._outgoings.take(message)
        if waiting is None or waiting.ts is not None:
            return
        ts = None
        if waiting.tried and waiting.user is None:
            ts = await self._messenger.find(waiting.place, draw(waiting.answer, waiting.key))
        if ts is None:
            chart = waiting.answer.chart
            file = await self._pictures.file(message, chart) if chart is not None else None
            ts = await shown(lambda picture: self._send(waiting, picture), file)
        await self._outgoings.posted(message, ts)
        self._pictures.forget(message)

    async def _send(self, waiting: "Outgoing", picture: str | None) -> str | None:
        drawn = draw(waiting.answer, waiting.key, picture)
        if waiting.user is not None:
            return await self._messenger.post_privately(waiting.place, waiting.user, drawn)
        return await self._messenger.post(waiting.place, drawn)

    async def show_card(self, number: int) -> None:
        """Post the request's card, or edit it where it looks different now."""
        async with self._store.transaction() as tx:
            request = await tx.request(number)
            if request is None:
                return
            progress, votes = await tx.run(number), await tx.votes(number)
        drawn = card(request, progress, votes, self._links(progress), self._clock())
        shown = digest({"text": drawn.text, "blocks": drawn.blocks, "metadata": drawn.metadata})
        known = await self._outgoings.card(number, request.place.channel)
        if known.shown == shown:
            return
        ts = known.ts
        if ts is None and known.tried:
            ts = await self._messenger.find(request.place, drawn)
        if ts is None:
            ts = await self._messenger.post(request.place, drawn)
        else:
            ts = await self._edit(request, ts, drawn)
        await self._outgoings.shown(number, ts, shown)

    async def _edit(self, request: Request, ts: str, drawn: Message) -> str | None:
        if await self._messenger.edit(request.place.channel, ts, drawn):
            return ts
        # The card may have been its own thread's beginning.
        alone = request.place.thread == ts
        place = replace(request.place, thread=None) if alone else request.place
        return await self._messenger.post(place, drawn)

    def _links(self, progress: RunProgress | None) -> tuple[tuple[str, str], ...]:
        if progress is None:
            return ()
        links = [("Airflow", self._world.orchestrator.run_url(progress.dag, progress.run_id))]
        registered = progress.reports.get("register")
        if registered is not None:
            model, version = registered["model"], registered["version"]
            links.append((f"MLflow v{version}", self._world.registry.version_url(model, version)))
        return tuple(links)
