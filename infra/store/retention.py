"""What came in is kept for a time: what became of it stays, in requests, incidents and the audit."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, delete, select
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
        alerts, envelopes = t.alerts.c, t.envelopes.c
        return await self._delete(
            t.alerts, (alerts.received < before) & alerts.folded.is_not(None)
        ) + await self._delete(
            t.envelopes, (envelopes.received < before) & envelopes.handled.is_not(None)
        )

    async def _delete(self, table: Table, which: ColumnElement[bool]) -> int:
        gone = 0
        while True:
            oldest = select(table.c.id).where(which).order_by(table.c.id).limit(_AT_ONCE)
            async with self._engine.begin() as connection:
                done = await connection.execute(delete(table).where(table.c.id.in_(oldest)))
            gone += done.rowcount
            if done.rowcount < _AT_ONCE:
                return gone
