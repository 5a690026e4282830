"""Alerts that wait for an incident, on Postgres: a batch a transaction."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from procrastinate import App
from sqlalchemy.ext.asyncio import AsyncEngine

from actions.incidents.alert import Alert
from infra.store.alerts import folded, settled, take
from infra.store.transaction import PostgresTransaction


@dataclass(frozen=True, slots=True)
class PostgresBatch:
    """`actions.incidents.store.Batch` in one transaction."""

    alerts: Mapping[int, Alert]
    tx: PostgresTransaction

    async def folded(self, incidents: Mapping[int, int | None]) -> None:
        await folded(self.tx.connection, incidents)


class WaitingAlerts:
    """`actions.incidents.store.Waiting` on Postgres."""

    def __init__(self, engine: AsyncEngine, queue: App) -> None:
        self._engine = engine
        self._queue = queue

    @asynccontextmanager
    async def batch(self, limit: int) -> AsyncIterator[PostgresBatch]:
        await settled(self._engine)
        async with self._engine.begin() as connection:
            stored = await take(connection, limit)
            tx = PostgresTransaction(connection, self._queue)
            yield PostgresBatch({each.id: each.alert for each in stored}, tx)
