"""What came in from Slack: stored once with its job, before it is acknowledged."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from procrastinate import App
from procrastinate.exceptions import ConnectorException
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from actions.store import EnvelopeRefusedError
from infra.store.tables import envelopes
from infra.store.transaction import PostgresTransaction


@dataclass(frozen=True, slots=True)
class Envelope:
    """A stored payload. `handled` is when its handling ended."""

    id: int
    key: str
    kind: str
    body: dict[str, Any]
    handled: datetime | None


class Envelopes:
    """The table of payloads."""

    def __init__(self, engine: AsyncEngine, queue: App) -> None:
        self._engine = engine
        self._queue = queue

    async def accept(self, kind: str, key: str, body: dict[str, Any], lock: str) -> bool:
        """Store the payload and its job together; False where it was there already.

        Payloads of the same `lock` are handled in order.

        Raises:
            EnvelopeRefusedError: The database does not answer.
        """
        statement = (
            insert(envelopes)
            .values(key=key, kind=kind, body=body)
            .on_conflict_do_nothing()
            .returning(envelopes.c.id)
        )
        try:
            async with self._engine.begin() as connection:
                stored = (await connection.execute(statement)).scalar_one_or_none()
                if stored is not None:
                    tx = PostgresTransaction(connection, self._queue)
                    await tx.defer("handle_envelope", lock=lock, envelope=stored)
        except (SQLAlchemyError, ConnectorException, OSError) as error:
            msg = f"The database did not take {key}."
            raise EnvelopeRefusedError(msg) from error
        return stored is not None

    async def get(self, envelope: int) -> Envelope:
        """The stored payload."""
        query = select(envelopes).where(envelopes.c.id == envelope)
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).mappings().one()
        return Envelope(row["id"], row["key"], row["kind"], row["body"], row["handled"])

    async def handled(self, envelope: int) -> None:
        """Its handling ended."""
        statement = update(envelopes).where(envelopes.c.id == envelope)
        async with self._engine.begin() as connection:
            await connection.execute(statement.values(handled=datetime.now(UTC)))
