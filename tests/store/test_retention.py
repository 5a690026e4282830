"""What came in is forgotten after a time, and never what still waits for its work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from infra.store import retention
from infra.store.envelopes import Envelopes
from infra.store.retention import Retention

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
OLD, NEW = NOW - timedelta(days=31), NOW - timedelta(days=29)


@pytest.fixture
def alerts(engine):
    async def came(*rows):
        query = (
            "INSERT INTO alerts (source, fingerprint, alert, received, folded)"
            " VALUES ('monitor', :name, '{}', :received, :folded)"
        )
        async with engine.begin() as connection:
            for name, received, folded in rows:
                values = {"name": name, "received": received, "folded": folded}
                await connection.execute(text(query), values)

    return came


async def left(engine, column, table):
    async with engine.connect() as connection:
        query = text(f"SELECT {column} FROM {table} ORDER BY id")
        return list((await connection.execute(query)).scalars())


async def test_old_alerts_go_and_new_ones_and_those_that_wait_stay(engine, alerts):
    await alerts(("old", OLD, OLD), ("waits", OLD, None), ("new", NEW, NEW))
    assert await Retention(engine, days=30).forget(NOW) == 1
    assert await left(engine, "fingerprint", "alerts") == ["waits", "new"]


async def test_many_go_in_several_transactions(engine, alerts, monkeypatch):
    monkeypatch.setattr(retention, "_AT_ONCE", 2)
    await alerts(*[(str(i), OLD, OLD) for i in range(5)], ("new", NEW, NEW))
    assert await Retention(engine, days=30).forget(NOW) == 5
    assert await left(engine, "fingerprint", "alerts") == ["new"]


async def test_what_waits_does_not_hide_what_is_old_behind_it(engine, alerts, monkeypatch):
    monkeypatch.setattr(retention, "_AT_ONCE", 2)
    await alerts(("a", OLD, None), ("b", OLD, None), ("old", OLD, OLD), ("new", NEW, NEW))
    assert await Retention(engine, days=30).forget(NOW) == 1
    assert await left(engine, "fingerprint", "alerts") == ["a", "b", "new"]


async def test_what_slack_sent_goes_when_it_is_handled_and_old(engine, queue):
    envelopes = Envelopes(engine, queue)
    async with queue.open_async():
        for key in ("old", "waits", "new"):
            await envelopes.accept("event", key, {}, "lock")
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE envelopes SET received = :old WHERE key <> 'new'"), {"old": OLD}
        )
        await connection.execute(text("UPDATE envelopes SET handled = now() WHERE key <> 'waits'"))
    assert await Retention(engine, days=30).forget(NOW) == 1
    assert await left(engine, "key", "envelopes") == ["waits", "new"]
