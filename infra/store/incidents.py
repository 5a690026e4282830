"""Incidents on Postgres: each as its events made it, and the events."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from procrastinate import App
from pydantic import TypeAdapter
from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actions.incidents.alert import Alert
from actions.incidents.events import Event, Fired, dump
from actions.incidents.incident import Incident
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

    async def next_number(self) -> int:
        value = await self._connection.execute(t.incident_numbers.next_value().select())
        return int(value.scalar_one())

    async def save(self, incident: Incident, events: Sequence[Event]) -> None:
        values = _values(incident)
        if isinstance(events[0], Fired):
            await self._connection.execute(insert(t.incidents).values(**values))
        else:
            before = incident.version - len(events)
            c = t.incidents.c
            same = (c.number == incident.number, c.version == before)
            changed = await self._connection.execute(
                update(t.incidents).where(*same).values(**values)
            )
            if not changed.rowcount:
                msg = f"{incident.id} was changed by somebody else meanwhile."
                raise StaleError(msg)
        rows = [
            {"incident": incident.number, "version": event.version, "event": dump(event)}
            for event in events
        ]
        await self._connection.execute(insert(t.incident_events), rows)

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


def _values(incident: Incident) -> dict[str, Any]:
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
