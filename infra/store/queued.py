"""What a transaction queues: messages, redraws and effects, that happen only if it commits."""

from typing import Any

from procrastinate import App
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.answers import Answer
from actions.requests import Place, State
from actions.runs import SERVING
from infra.store import tables as t

# Of a job that waits while there is something else to do.
_LATER = -10


class Queued:
    """The part of `actions.store.Transaction` that queues jobs."""

    def __init__(self, connection: AsyncConnection, queue: App) -> None:
        self.connection = connection
        self._queue = queue

    async def say(self, key: str, place: Place, answer: Answer, user: str | None = None) -> None:
        statement = (
            insert(t.messages)
            .values(
                key=key,
                team=place.team,
                channel=place.channel,
                thread=place.thread,
                user=user,
                answer=answer.model_dump(mode="json"),
            )
            .on_conflict_do_nothing()
            .returning(t.messages.c.id)
        )
        message = (await self.connection.execute(statement)).scalar_one_or_none()
        if message is not None:
            await self.defer("post_message", lock=_thread_lock(place), message=message)

    async def said(self, key: str) -> bool:
        query = select(t.messages.c.id).where(t.messages.c.key == key)
        return (await self.connection.execute(query)).first() is not None

    async def show_card(self, number: int) -> None:
        query = select(t.requests.c.channel, t.requests.c.thread).where(
            t.requests.c.number == number
        )
        row = (await self.connection.execute(query)).one()
        place = Place("", row.channel, row.thread)
        await self.defer(
            "show_card", lock=_thread_lock(place), once=f"card:{number}", request=number
        )

    async def tell_incidents(self) -> None:
        await self.defer("tell_incidents", lock="tell_incidents", once="tell_incidents")

    async def show_incident(self, number: int, channel: str) -> None:
        await self.defer(
            "show_incident",
            lock=f"incidents:{channel}",
            once=f"incident:{number}",
            priority=_LATER,
            incident=number,
        )

    async def start(self, number: int) -> None:
        c = t.requests.c
        query = select(c.command, c.state, c.project, c.environment).where(c.number == number)
        row = (await self.connection.execute(query)).one()
        lock = f"request:{number}"
        if row.command in SERVING and row.state == State.QUEUED.value:
            # One after the other, so that the second sees the first under way. A stop has the
            # request's own lock: it must not wait behind those who wait for its end.
            lock = f"deploy:{row.project}:{row.environment}"
        await self.defer("start_request", lock=lock, request=number)

    async def defer(
        self,
        task: str,
        *,
        lock: str | None = None,
        once: str | None = None,
        priority: int = 0,
        **arguments: Any,
    ) -> None:
        """Queue a job in this transaction; with `once`, not where one of that name waits."""
        raw = (await self.connection.get_raw_connection()).driver_connection
        deferrer = self._queue.configure_task(
            task,
            allow_unknown=True,
            lock=lock,
            queueing_lock=once,
            priority=priority,
            connection=raw,
        )
        if once is None:
            await deferrer.defer_async(**arguments)
            return
        savepoint = await self.connection.begin_nested()
        try:
            await deferrer.defer_async(**arguments)
        except AlreadyEnqueued:
            await savepoint.rollback()
        else:
            await savepoint.commit()


def _thread_lock(place: Place) -> str:
    return f"thread:{place.channel}:{place.thread or ''}"
