"""What came in is kept for a time: what became of it stays, in requests, incidents and the audit."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, delete, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.store import tables as t

_AT_ONCE = 5_000
"""Rows of one transaction, so that nobody waits for it."""


class Retention:
    """Forgets alerts that are folded and Slack's payloads that are handled, `days` after they came."""

    def __init__(self, engine: AsyncEngine, days: float) -> None:
        self._engine = engine
        self._kept = timedelta(days=days)

    async def forget(self, now: datetime) -> int:
        """Delete what is older; how many rows. What still waits for its work is never deleted."""
        before = now - self._kept
        alerts = await self._delete(t.alerts, t.alerts.c.folded, before)
        return alerts + await self._delete(t.envelopes, t.envelopes.c.handled, before)

    async def _delete(self, table: Table, done: ColumnElement[datetime], before: datetime) -> int:
        """Go by the ids, which rise with the time, to the first rows that are not old: no index is needed."""
        gone, last = 0, 0
        while True:
            rows = (
                select(table.c.id, table.c.received)
                .where(table.c.id > last)
                .order_by(table.c.id)
                .limit(_AT_ONCE)
                .subquery()
            )
            async with self._engine.begin() as connection:
                ends = select(func.max(rows.c.id), func.min(rows.c.received))
                end, oldest = (await connection.execute(ends)).one()
                if end is None or oldest >= before:
                    return gone
                old = table.c.id.between(last + 1, end) & (table.c.received < before)
                result = await connection.execute(delete(table).where(old & done.is_not(None)))
            gone, last = gone + result.rowcount, end
