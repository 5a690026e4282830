"""Subscriptions to digests on Postgres, and what was sent for them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.digests.periods import Window
from actions.digests.recurrence import Recurrence
from actions.digests.store import Sent
from actions.digests.subscription import Subscription
from actions.requests import Request, State
from infra.store import tables as t
from infra.store.rows import to_request

_ENDED = (State.SUCCEEDED.value, State.FAILED.value, State.STOPPED.value)


class PostgresDigests:
    """`actions.digests.store.Digests` on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def new_number(self) -> int:
        value = await self._connection.execute(t.subscription_numbers.next_value().select())
        return int(value.scalar_one())

    async def of_channel(
        self, team: str, channel: str, *, lock: bool = False
    ) -> Sequence[Subscription]:
        c = t.subscriptions.c
        query = select(t.subscriptions).where(c.team == team, c.channel == channel)
        query = query.order_by(c.project)
        return await self._all(query.with_for_update() if lock else query)

    async def standing(self, team: str) -> Sequence[Subscription]:
        c = t.subscriptions.c
        query = select(t.subscriptions).where(c.team == team, c.standing)
        return await self._all(query.order_by(c.number))

    async def save(self, subscription: Subscription) -> None:
        values = _values(subscription)
        statement = insert(t.subscriptions).values(**values)
        await self._connection.execute(
            statement.on_conflict_do_update(index_elements=["number"], set_=values)
        )

    async def end(self, number: int) -> None:
        c = t.subscriptions.c
        await self._connection.execute(delete(t.subscriptions).where(c.number == number))

    async def due(self, now: datetime) -> Sequence[Subscription]:
        c = t.subscriptions.c
        query = select(t.subscriptions).where(c.due <= now)
        return await self._all(query.order_by(c.due, c.number))

    async def take(self, number: int) -> Subscription | None:
        query = select(t.subscriptions).where(t.subscriptions.c.number == number)
        found = await self._all(query.with_for_update())
        return found[0] if found else None

    async def record(self, sent: Sent) -> bool:
        statement = insert(t.digests).values(
            subscription=sent.subscription,
            due=sent.due,
            since=sent.window.since,
            until=sent.window.until,
        )
        once = statement.on_conflict_do_nothing().returning(t.digests.c.due)
        return (await self._connection.execute(once)).first() is not None

    async def ended_runs(
        self, commands: Sequence[str], projects: Sequence[str], window: Window
    ) -> Sequence[Request]:
        c = t.requests.c
        query = select(t.requests).where(
            c.command.in_(commands),
            c.project.in_(projects),
            c.state.in_(_ENDED),
            c.changed >= window.since,
            c.changed < window.until,
        )
        rows = await self._connection.execute(query.order_by(c.changed, c.number))
        return [to_request(row) for row in rows.mappings()]

    async def _all(self, query: Select[Any]) -> list[Subscription]:
        rows = (await self._connection.execute(query)).mappings()
        return [_to_subscription(row) for row in rows]


def _values(subscription: Subscription) -> dict[str, Any]:
    return {
        "number": subscription.number,
        "team": subscription.team,
        "channel": subscription.channel,
        "project": subscription.project or "",
        "cron": subscription.recurrence.cron,
        "timezone": subscription.recurrence.timezone,
        "by_id": subscription.by_id,
        "by_name": subscription.by_name,
        "made": subscription.made,
        "due": subscription.due,
        "covered": subscription.covered,
        "standing": subscription.standing,
    }


def _to_subscription(row: RowMapping) -> Subscription:
    return Subscription(
        number=row["number"],
        team=row["team"],
        channel=row["channel"],
        project=row["project"] or None,
        recurrence=Recurrence(row["cron"], row["timezone"]),
        by_id=row["by_id"],
        by_name=row["by_name"],
        made=row["made"],
        due=row["due"],
        covered=row["covered"],
        standing=row["standing"],
    )
