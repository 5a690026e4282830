"""Alerts as they came: stored once, before they are answered, and taken in batches to be folded.

`Alerts.accept` queues the job `fold_alerts` with them, unless one waits already. That job is to call
`settled`, then `take` and `folded` in one transaction. The wait closes a gap: who saw the job wait, and
relies on it, may commit only after the job has begun to look.
"""

import select as system_select
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from procrastinate import App
from procrastinate.exceptions import ConnectorException
from pydantic import TypeAdapter
from sqlalchemy import ARRAY, BigInteger, bindparam, event, func, select, text, update
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from actions.incidents.alert import Alert
from actions.incidents.store import AlertsRefusedError, Arrival, UnstorableError
from infra.store import tables as t
from infra.store.database import sqlalchemy_url
from infra.store.locks import Lock, held
from infra.store.transaction import PostgresTransaction

FOLD: Final = "fold_alerts"
"""The job that folds alerts into incidents; also its queueing lock."""

# So long may one transaction that hangs delay the others.
_SETTLE_MILLISECONDS = 2_000

_LOCK = f"SELECT pg_advisory_xact_lock_shared({int(Lock.STORING_ALERTS)})"
_JOB_WAITS = f"SELECT FROM procrastinate_jobs WHERE queueing_lock = '{FOLD}' AND status = 'todo'"
# Arrays in their binary form: as text they cost forty times as much to write.
_INSERT = """
INSERT INTO alerts (source, fingerprint, alert, delivery)
SELECT * FROM unnest(%b::text[], %b::text[], %b::text[]::jsonb[], %b::text[])
WHERE {condition}
ON CONFLICT (delivery) WHERE delivery IS NOT NULL DO NOTHING
"""
_INSERT_ALWAYS = _INSERT.format(condition="true")
_INSERT_WHERE_JOB_WAITS = _INSERT.format(condition=f"EXISTS ({_JOB_WAITS})")

_json = TypeAdapter(Alert)


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """An alert with its place in the order of arrival."""

    id: int
    received: datetime
    alert: Alert


def quick_engine(database_url: str) -> AsyncEngine:
    """Connections on which every statement is a transaction by itself; for `Alerts`.

    Those that Postgres has closed meanwhile are found without asking it: nothing is to be read from
    a connection that idles, but its end.
    """
    made = create_async_engine(sqlalchemy_url(database_url), isolation_level="AUTOCOMMIT")

    @event.listens_for(made.sync_engine, "checkout")
    def refuse_closed(connection: Any, *_: Any) -> None:
        poll = system_select.poll()
        poll.register(connection.driver_connection.fileno(), system_select.POLLIN)
        if poll.poll(0):
            raise DisconnectionError

    return made


class Alerts:
    """The table of alerts, for those who bring some."""

    def __init__(self, engine: AsyncEngine, queue: App, quick: AsyncEngine) -> None:
        self._engine = engine
        self._queue = queue
        self._quick = quick

    async def accept(self, arrivals: Sequence[Arrival]) -> int:
        """Store all, and see that they will be folded; how many were not there already.

        Raises:
            AlertsRefusedError: The database does not answer.
            UnstorableError: A text is nothing for Postgres (NUL, half a surrogate pair).
        """
        try:
            columns = _columns(arrivals)
            return await self._where_job_waits(columns) or await self._with_job(columns)
        except (psycopg.DataError, ValueError) as error:
            raise UnstorableError(str(error)) from error
        except (SQLAlchemyError, psycopg.Error, ConnectorException, OSError) as error:
            msg = f"The database did not take {len(arrivals)} alerts."
            raise AlertsRefusedError(msg) from error

    async def _where_job_waits(self, columns: "_Columns") -> int:
        """Store them in one round trip, or nothing where no job waits; how many.

        A pipeline outside of a transaction is one, which commits at its end (PostgreSQL's
        documentation, "Pipelining"), and its statements see what was committed before each.
        """
        async with self._quick.connect() as connection:
            raw = await _driver(connection)
            async with raw.pipeline():
                await raw.execute(_LOCK)
                inserted = await raw.execute(_INSERT_WHERE_JOB_WAITS, columns)
            return inserted.rowcount

    async def _with_job(self, columns: "_Columns") -> int:
        """Store them, and the job unless one waits; how many."""
        async with self._engine.begin() as connection:
            raw = await _driver(connection)
            async with raw.pipeline():
                await raw.execute(_LOCK)
                inserted = await raw.execute(_INSERT_ALWAYS, columns)
            if inserted.rowcount:
                tx = PostgresTransaction(connection, self._queue)
                await tx.defer(FOLD, lock=FOLD, once=FOLD)
            return inserted.rowcount


async def settled(engine: AsyncEngine) -> None:
    """Wait for all that are being stored at this moment; in a transaction of its own.

    Raises:
        sqlalchemy.exc.OperationalError: One took longer than two seconds; try again.
    """
    async with engine.begin() as connection:
        limit = func.set_config("lock_timeout", str(_SETTLE_MILLISECONDS), True)  # noqa: FBT003
        await connection.execute(select(limit))
        await connection.execute(held(Lock.STORING_ALERTS))


async def take(connection: AsyncConnection, limit: int) -> list[StoredAlert]:
    """The oldest alerts that are not folded, in the order of arrival, locked until the commit."""
    c = t.alerts.c
    query = select(c.id, c.received, c.alert).where(c.folded.is_(None)).order_by(c.id).limit(limit)
    rows = (await connection.execute(query.with_for_update())).all()
    return [StoredAlert(row.id, row.received, _json.validate_python(row.alert)) for row in rows]


async def folded(connection: AsyncConnection, incidents: Mapping[int, int | None]) -> None:
    """These alerts are done with: alert id to the number of its incident, or None for no incident."""
    pairs = (
        func.unnest(
            bindparam("ids", list(incidents), ARRAY(BigInteger)),
            bindparam("numbers", list(incidents.values()), ARRAY(BigInteger)),
        )
        .table_valued("id", "number", name="pairs")
        .render_derived()
    )
    c = t.alerts.c
    done = update(t.alerts).where(c.id == pairs.c.id)
    await connection.execute(done.values(folded=text("now()"), incident=pairs.c.number))


_Columns = tuple[list[str], list[str], list[str], list[str | None]]


def _columns(arrivals: Sequence[Arrival]) -> _Columns:
    """Sources, fingerprints, the alerts as JSON, deliveries."""
    alerts = [arrival.alert for arrival in arrivals]
    return (
        [alert.source for alert in alerts],
        [alert.fingerprint for alert in alerts],
        [_json.dump_json(alert).decode() for alert in alerts],
        [arrival.delivery for arrival in arrivals],
    )


async def _driver(connection: AsyncConnection) -> psycopg.AsyncConnection[Any]:
    """The connection of psycopg itself: SQLAlchemy knows no pipelines and no binary parameters."""
    raw: Any = (await connection.get_raw_connection()).driver_connection
    assert isinstance(raw, psycopg.AsyncConnection)
    return raw
