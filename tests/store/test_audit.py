"""The audit log: append-only, and a chain that shows what was done to it behind its back."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from actions.store import AuditEntry
from infra.store.audit import verify_chain

ODD = {"learning_rate": 1e16, "zero": -0.0, "tiny": 1e-320, "text": "é “<!channel>”", "none": None}


async def written(store, count=4):
    for number in range(count):
        async with store.transaction() as tx:
            await tx.audit(
                AuditEntry("UANA00001", f"did {number}", None, "p", {**ODD, "n": number})
            )


async def broken(engine):
    async with engine.connect() as connection:
        return await verify_chain(connection)


async def test_an_empty_and_a_written_log_hold(store, engine):
    assert await broken(engine) is None
    await written(store)
    assert await broken(engine) is None


async def test_many_writers_make_one_chain(store, engine):
    async def write(number):
        async with store.transaction() as tx:
            await tx.audit(AuditEntry("cooper", f"did {number}"))

    await asyncio.gather(*(write(number) for number in range(12)))
    assert await broken(engine) is None
    async with engine.connect() as connection:
        query = text("SELECT count(*), count(DISTINCT previous) FROM audit")
        assert (await connection.execute(query)).one() == (12, 12)


async def test_an_entry_goes_with_its_change(store, engine):
    async def breaks():
        async with store.transaction() as tx:
            await tx.audit(AuditEntry("cooper", "never happened"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await breaks()
    await written(store, 1)
    assert await broken(engine) is None


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit SET who = 'nobody'", "DELETE FROM audit", "TRUNCATE audit"],
)
async def test_changes_are_refused(store, engine, statement):
    await written(store, 1)
    with pytest.raises(DBAPIError, match="append-only"):
        async with engine.begin() as connection:
            await connection.execute(text(statement))
    assert await broken(engine) is None


@pytest.mark.parametrize(
    ("statement", "entry", "why"),
    [
        ("UPDATE audit SET who = 'nobody' WHERE id = 2", 2, "changed"),
        ("UPDATE audit SET what = 'did it' WHERE id = 1", 1, "changed"),
        ("UPDATE audit SET at = at - interval '1 hour' WHERE id = 3", 3, "changed"),
        ("UPDATE audit SET request = 7 WHERE id = 4", 4, "changed"),
        ("UPDATE audit SET project = NULL WHERE id = 4", 4, "changed"),
        ("""UPDATE audit SET detail = '{"n": 1}' WHERE id = 2""", 2, "changed"),
        ("UPDATE audit SET hash = 'sha256:0' WHERE id = 2", 2, "changed"),
        ("DELETE FROM audit WHERE id = 1", 2, "missing"),
        ("DELETE FROM audit WHERE id = 3", 4, "missing"),
        ("UPDATE audit SET id = 9 WHERE id = 2", 3, "missing"),
    ],
)
async def test_what_a_superuser_does_behind_the_trigger_shows(
    store, engine, database_url, statement, entry, why
):
    await written(store)
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE audit DISABLE TRIGGER audit_is_append_only")
        connection.execute(statement)
        connection.execute("ALTER TABLE audit ENABLE TRIGGER audit_is_append_only")
    found = await broken(engine)
    assert found is not None
    assert found.entry == entry
    assert why in found.why
