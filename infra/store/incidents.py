"""Incidents and silences on Postgres: each incident as its events made it, and the events."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, RowMapping, bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.incidents.events import Event, Fired, Responder, dump, load
from actions.incidents.incident import Incident, State
from actions.incidents.matchers import parse
from actions.incidents.silences import Silence
from actions.incidents.store import Change, KeptSilence
from actions.store import StaleError
from infra.store import tables as t

_json = TypeAdapter(Incident)


class PostgresIncidents:
    """`actions.incidents.store.Incidents` on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

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
        found = [to_incident(row) for row in rows]
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

    async def get(self, number: int, *, lock: bool = False) -> Incident | None:
        query = select(t.incidents.c.incident).where(t.incidents.c.number == number)
        if lock:
            query = query.with_for_update()
        found = (await self._connection.execute(query)).scalar_one_or_none()
        return None if found is None else to_incident(found)

    async def open(self, project: str | None = None) -> Sequence[Incident]:
        return await self._all(t.incidents.c.state != State.RESOLVED.value, project)

    async def resolved_since(
        self, moment: datetime, project: str | None = None
    ) -> Sequence[Incident]:
        c = t.incidents.c
        over = (c.state == State.RESOLVED.value) & (c.resolved >= moment)
        return await self._all(over, project)

    async def _all(self, which: ColumnElement[bool], project: str | None) -> Sequence[Incident]:
        c = t.incidents.c
        query = select(c.incident).where(which).order_by(c.number)
        if project is not None:
            query = query.where(c.project == project)
        return [to_incident(row) for row in (await self._connection.execute(query)).scalars()]

    async def events(self, number: int) -> Sequence[Event]:
        c = t.incident_events.c
        query = select(c.event).where(c.incident == number).order_by(c.version)
        return [load(row) for row in (await self._connection.execute(query)).scalars()]

    async def add_silence(self, silence: Silence) -> KeptSilence:
        added = insert(t.silences).values(**_silence_values(silence))
        number = await self._connection.execute(added.returning(t.silences.c.number))
        return KeptSilence(number.scalar_one(), silence)

    async def silences(self, now: datetime) -> Sequence[KeptSilence]:
        c = t.silences.c
        query = select(t.silences).where(c.ends > now).order_by(c.ends, c.number)
        return [_to_silence(row) for row in (await self._connection.execute(query)).mappings()]

    async def replace_silence(self, kept: KeptSilence) -> None:
        this = t.silences.c.number == kept.number
        values = _silence_values(kept.silence)
        await self._connection.execute(update(t.silences).where(this).values(**values))


def to_incident(stored: dict[str, Any]) -> Incident:
    """An incident from its JSON."""
    return _json.validate_python(stored)


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
        "resolved": incident.resolved_at,
        "version": incident.version,
        "incident": _json.dump_python(incident, mode="json"),
    }


def _silence_values(silence: Silence) -> dict[str, Any]:
    return {
        "matchers": [str(matcher) for matcher in silence.matchers],
        "starts": silence.starts,
        "ends": silence.ends,
        "by_id": silence.by.id,
        "by_name": silence.by.name,
        "reason": silence.reason,
    }


def _to_silence(row: RowMapping) -> KeptSilence:
    silence = Silence(
        matchers=tuple(parse(text) for text in row["matchers"]),
        starts=row["starts"],
        ends=row["ends"],
        by=Responder(row["by_id"], row["by_name"]),
        reason=row["reason"],
    )
    return KeptSilence(row["number"], silence)
