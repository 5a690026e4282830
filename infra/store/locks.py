"""Postgres's advisory locks, all in one place: two things that share a key wait for each other.

One key is for what this file names; what has a name of its own is a pair, of which the first number
tells the kinds of names apart (PostgreSQL's documentation, "Advisory Lock Functions").
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import IntEnum, unique

from sqlalchemy import TextClause, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


@unique
class Lock(IntEnum):
    """Any numbers will do that nobody else in the database takes."""

    MIGRATION = 7_301_000
    AUDIT = 7_301_001
    STORING_ALERTS = 7_301_002
    """Shared by those who store alerts, alone for who waits for them."""


@unique
class _Names(IntEnum):
    TRANSACTIONS = 7_301
    ROUNDS = 7_302


def held(lock: Lock) -> TextClause:
    """Waits for the lock, which is then this transaction's until its end."""
    return text("SELECT pg_advisory_xact_lock(:key)").bindparams(key=int(lock))


async def hold_named(connection: AsyncConnection, name: str) -> None:
    """Wait for the lock of this name, which is then the transaction's until its end."""
    key = func.hashtext(name)
    await connection.execute(select(func.pg_advisory_xact_lock(int(_Names.TRANSACTIONS), key)))


class Rounds:
    """Work that one process at a time does, by name; the others let the round pass."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[bool]:
        """Whether nobody else is at it; if so, nobody will be until the block's end."""
        key = (int(_Names.ROUNDS), func.hashtext(name))
        async with self._engine.connect() as guard:
            # No transaction stays open meanwhile: it would keep Postgres from cleaning up.
            await guard.execution_options(isolation_level="AUTOCOMMIT")
            if not await guard.scalar(select(func.pg_try_advisory_lock(*key))):
                yield False
                return
            try:
                yield True
            finally:
                await guard.execute(select(func.pg_advisory_unlock(*key)))
