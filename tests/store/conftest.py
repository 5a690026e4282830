from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from procrastinate import App
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.store.database import engine as new_engine
from infra.store.database import queue as new_queue
from infra.store.transaction import PostgresStore
from tests.store.books import CLAIMS, FOREIGN, OTHER, Books
from tests.support.postgres import database_url, postgres

__all__ = ["database_url", "postgres"]


@pytest.fixture
async def engine(database_url) -> AsyncIterator[AsyncEngine]:
    made = new_engine(database_url, pool_size=10)
    yield made
    await made.dispose()


@pytest.fixture
def queue(database_url) -> App:
    return new_queue(database_url)


@pytest.fixture
def store(engine, queue) -> PostgresStore:
    return PostgresStore(engine, queue)


@pytest.fixture
async def books(store) -> Books:
    """The database with three projects, of which two are one team's."""
    async with store.transaction() as tx:
        for project in (CLAIMS, OTHER, FOREIGN):
            await tx.save_project(project)
    return Books(store)
