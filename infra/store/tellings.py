"""What people were told of incidents, and where the incidents' messages are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actions.incidents.events import Event, load
from actions.incidents.incident import Incident, State
from actions.incidents.notifying import Told
from actions.incidents.store import Root, Telling
from infra.store import tables as t
from infra.store.incidents import to_incident

_m, _i = t.incident_messages.c, t.incidents.c
_TOLD = ("shown", "said", "posted", "edited", "spoken", "alarmed")


class PostgresTellings:
    """`actions.incidents.store.Tellings` on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def pending(self, since: datetime) -> Sequence[Telling]:
        ended = (_i.state == State.RESOLVED.value) & (_i.resolved >= since)
        untold = func.least(_m.shown, _m.said) < _i.version
        # An index each: what ended long ago is not even looked at.
        return await self._all((_i.state != State.RESOLVED.value) | (ended & untold))

    async def open(self) -> Sequence[Telling]:
        return await self._all(_i.state != State.RESOLVED.value)

    async def of(self, number: int) -> Telling | None:
        found = await self._all(_i.number == number)
        return found[0] if found else None

    async def begun_by(self, root: Root) -> Incident | None:
        found = await self._all((_m.channel == root.channel) & (_m.ts == root.ts))
        return found[0].incident if found else None

    async def told(self, tellings: Sequence[Telling]) -> None:
        if not tellings:
            return
        new = insert(t.incident_messages)
        told = {name: new.excluded[name] for name in ("sent_to", *_TOLD)}
        await self._connection.execute(
            new.on_conflict_do_update(index_elements=["incident"], set_=told),
            [_values(each) for each in tellings],
        )

    async def _all(self, which: ColumnElement[bool]) -> list[Telling]:
        rows = (await self._connection.execute(_query(which))).mappings().all()
        behind = [row["number"] for row in rows if row["posted"] is not None]
        news = await self._news(behind)
        return [_to_telling(row, tuple(news.get(row["number"], ()))) for row in rows]

    async def _news(self, incidents: Sequence[int]) -> dict[int, list[Event]]:
        """What happened since people were told, by incident."""
        if not incidents:
            return {}
        e = t.incident_events.c
        query = (
            select(e.incident, e.event)
            .join(t.incident_messages, _m.incident == e.incident)
            .where(e.incident.in_(incidents), e.version > func.least(_m.shown, _m.said))
            .order_by(e.incident, e.version)
        )
        found: dict[int, list[Event]] = {}
        for row in (await self._connection.execute(query)).all():
            found.setdefault(row.incident, []).append(load(row.event))
        return found


@dataclass(frozen=True, slots=True)
class IncidentMessage:
    """An incident's message. `tried`: an earlier try may have posted it; `drawn`: how it looks."""

    root: Root | None
    tried: bool
    drawn: str | None


class IncidentMessages:
    """Where the incidents' messages are in Slack, for who posts them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def take(self, number: int) -> IncidentMessage | None:
        """The message as it was, marked as tried from now on; None where nothing is to be told."""
        this = _m.incident == number
        async with self._engine.begin() as connection:
            query = select(t.incident_messages).where(this).with_for_update()
            row = (await connection.execute(query)).mappings().one_or_none()
            if row is None:
                return None
            mark = update(t.incident_messages).where(this).values(posting=True)
            await connection.execute(mark)
        return IncidentMessage(_root(row), row["posting"], row["drawn"])

    async def shown(self, number: int, root: Root, drawn: str) -> None:
        """The message is there, and looks like `drawn`."""
        values = {"channel": root.channel, "ts": root.ts, "drawn": drawn}
        done = update(t.incident_messages).where(_m.incident == number).values(**values)
        async with self._engine.begin() as connection:
            await connection.execute(done)


def _query(which: ColumnElement[bool]) -> Select[Any]:
    both = t.incidents.outerjoin(t.incident_messages, _m.incident == _i.number)
    told = [_m[name] for name in ("sent_to", "channel", "ts", *_TOLD)]
    return select(_i.number, _i.incident, *told).select_from(both).where(which).order_by(_i.number)


def _to_telling(row: Any, news: tuple[Event, ...]) -> Telling:
    told = Told() if row["shown"] is None else Told(**{name: row[name] for name in _TOLD})
    return Telling(to_incident(row["incident"]), told, row["sent_to"], _root(row), news)


def _root(row: Any) -> Root | None:
    return Root(row["channel"], row["ts"]) if row["ts"] is not None else None


def _values(telling: Telling) -> dict[str, Any]:
    told = {name: getattr(telling.told, name) for name in _TOLD}
    return {"incident": telling.incident.number, "sent_to": telling.channel, **told}
