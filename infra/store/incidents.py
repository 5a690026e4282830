"""Incidents on Postgres: each as its events made it, and the events."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from procrastinate import App
from pydantic import TypeAdapter
from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actions.incidents.alert import Alert
from actions.incidents.events import Fired, dump
from actions.incidents.incident import Incident
from actions.incidents.store import Change
from actions.registration import RegisteredProject
from actions.store import StaleError
from infra.store import tables as t
from infra.store.alerts import folded, settled, take
from infra.store.transaction import PostgresTransaction

_json = TypeAdapter(Incident)


class PostgresIncidents:
    """`actions.incidents.store.Incidents` on one connection."""

    def __init__(self, connection: AsyncConnection, queue: App) -> None:
        self._connection = connection
        self._rest = PostgresTransaction(connection, queue)

    async def latest(self, fingerprints: Collection[str]) -> Mapping[str, Incident]:
        c = t.incidents.c
        newest = (
            select(c.number)
            .where(c.fingerprint.in_(fingerprints))
            .ext(distinct_on(c.fingerprint))
            .order_by(c.fingerprint, c.number.desc())
        )
        query = select(c.incident).where(c.number.in_(newest)).order_by(c.fingerprint)
        rows = (await self._connection.execute(query.with_for_update())).scalars()
        found = [_json.validate_python(row) for row in rows]
        return {incident.fingerprint: incident for incident in found}

    async def new_numbers(self, count: int) -> Sequence[int]:
        several = func.generate_series(1, count).table_valued("at")
        query = select(t.incident_numbers.next_value()).select_from(several)
        return (await self._connection.execute(query)).scalars().all()

    async def save(self, changes: Sequence[Change]) -> None:
        new = [each for each in changes if isinstance(each.events[0], Fired)]
        known = [each for each in changes if not isinstance(each.events[0], Fired)]
        if new:
            await self._connection.execute(insert(t.incidents), [_values(each) for each in new])
        if known:
            await self._update(known)
        events = [
            {"incident": each.incident.number, "version": event.version, "event": dump(event)}
            for each in changes
            for event in each.events
        ]
        if events:
            await self._connection.execute(insert(t.incident_events), events)

    async def _update(self, changes: Sequence[Change]) -> None:
        c = t.incidents.c
        unchanged = (c.number == bindparam("at"), c.version == bindparam("before"))
        rows = [
            _values(each)
            | {"at": each.incident.number, "before": each.incident.version - len(each.events)}
            for each in changes
        ]
        names: dict[str, Any] = {name: bindparam(name) for name in _values(changes[0])}
        done = await self._connection.execute(
            update(t.incidents).where(*unchanged).values(**names), rows
        )
        if done.rowcount != len(rows):
            which = ", ".join(each.incident.id for each in changes)
            msg = f"{which}: changed by somebody else meanwhile."
            raise StaleError(msg)

    async def projects(self) -> Sequence[RegisteredProject]:
        return await self._rest.projects()


@dataclass(frozen=True, slots=True)
class PostgresBatch:
    """`actions.incidents.store.Batch` on one connection."""

    connection: AsyncConnection
    alerts: Mapping[int, Alert]
    incidents: PostgresIncidents

    async def folded(self, incidents: Mapping[int, int | None]) -> None:
        await folded(self.connection, incidents)


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
            yield PostgresBatch(
                connection,
                {each.id: each.alert for each in stored},
                PostgresIncidents(connection, self._queue),
            )


def _values(change: Change) -> dict[str, Any]:
    incident = change.incident
    return {
        "number": incident.number,
        "fingerprint": incident.fingerprint,
        "project": incident.project,
        "environment": incident.alert.environment,
        "severity": incident.severity.value,
        "state": incident.state.value,
        "since": incident.since,
        "version": incident.version,
        "incident": _json.dump_python(incident, mode="json"),
    }
