"""The table of alerts on a real Postgres: stored once, taken in order, folded once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from actions.incidents.alert import Alert, AlertStatus
from actions.incidents.store import AlertsRefusedError, Arrival, UnstorableError
from bot.alerts.commits import GroupCommit
from infra.store.alerts import (
    FOLD,
    Alerts,
    folded,
    quick_engine,
    settled,
    take,
)
from infra.store.database import engine as make_engine
from infra.store.database import queue as make_queue
from infra.store.locks import Lock
from tests.support.postgres import database_url, postgres
from tests.support.waiting import eventually

__all__ = ["database_url", "postgres"]

ALERT = Alert(
    source="alertmanager",
    fingerprint="alertmanager:1a30ba71cca2921f",
    status=AlertStatus.RESOLVED,
    severity="high",
    title="“Drift” — 漂移 \\u0000 'quoted' {}",
    description="line\nline\ttab \x01",
    monitor="drift",
    monitor_type="psi",
    model="claims-frequency",
    environment="production",
    version="3",
    value=0.1 + 0.2,
    threshold=1e300,
    labels=(("a", "1"), ("b", 'x","y')),
    link="https://example.org/?a=b&c=d",
    occurred=datetime(2026, 1, 1, 12, 30, 1, 5, tzinfo=timezone(timedelta(hours=-5))),
)


@pytest.fixture
async def engine(database_url):
    made = make_engine(database_url)
    yield made
    await made.dispose()


@pytest.fixture
async def queue(database_url):
    made = make_queue(database_url)
    async with made.open_async():
        yield made


@pytest.fixture
async def alerts(database_url, engine, queue):
    quick = quick_engine(database_url)
    yield Alerts(engine, queue, quick)
    await quick.dispose()


@pytest.fixture
def rows(database_url):
    def ask(query):
        with psycopg.connect(database_url, autocommit=True) as connection:
            found = connection.execute(query)
            return found.fetchall() if found.description else []

    return ask


def several(count, **changes):
    return [Arrival(replace(ALERT, title=f"alert {number}", **changes)) for number in range(count)]


async def taken(engine, limit=100):
    async with engine.begin() as connection:
        return await take(connection, limit)


async def test_an_alert_comes_out_as_it_went_in(engine, alerts):
    plain = replace(ALERT, value=None, environment=None, occurred=None, link=None, labels=())
    assert await alerts.accept([Arrival(ALERT), Arrival(plain)]) == 2
    first, second = await taken(engine)
    assert (first.alert, second.alert) == (ALERT, plain)
    assert first.alert.occurred.utcoffset() == ALERT.occurred.utcoffset()
    assert first.received.tzinfo is not None
    assert first.id < second.id


async def test_alerts_are_taken_in_the_order_in_which_they_came(engine, alerts):
    await alerts.accept(several(300))
    await alerts.accept(several(5))
    found = [stored.alert.title for stored in await taken(engine, 302)]
    assert found == [f"alert {number}" for number in (*range(300), 0, 1)]


async def test_a_delivery_is_stored_once_however_often_it_comes(engine, alerts):
    one, other = Arrival(ALERT, "cloudwatch:1:0"), Arrival(ALERT, "cloudwatch:2:0")
    assert await alerts.accept([one, other, one]) == 2
    assert await alerts.accept([one]) == 0
    assert await alerts.accept([other, Arrival(ALERT)]) == 1
    assert len(await taken(engine)) == 3


async def test_a_delivery_that_many_bring_at_once_is_stored_once(alerts):
    arrival = Arrival(ALERT, "cloudwatch:1:0")
    stored = await asyncio.gather(*(alerts.accept([arrival]) for _ in range(8)))
    assert sorted(stored) == [0] * 7 + [1]


async def test_what_has_no_key_counts_each_time(engine, alerts):
    for _ in range(3):
        await alerts.accept([Arrival(ALERT)])
    assert len(await taken(engine)) == 3


async def test_one_job_waits_for_all_that_was_stored(alerts, rows):
    await asyncio.gather(*(alerts.accept(several(3)) for _ in range(8)))
    query = "SELECT task_name, lock, queueing_lock, status::text FROM procrastinate_jobs"
    assert rows(query) == [(FOLD, FOLD, FOLD, "todo")]


async def test_a_repeat_alone_queues_nothing(alerts, rows):
    await alerts.accept([Arrival(ALERT, "a")])
    rows("DELETE FROM procrastinate_jobs")
    await alerts.accept([Arrival(ALERT, "a")])
    assert rows("SELECT id FROM procrastinate_jobs") == []


async def test_while_a_job_is_at_work_the_next_one_waits(alerts, rows):
    await alerts.accept(several(1))
    rows("UPDATE procrastinate_jobs SET status = 'doing'")
    await alerts.accept(several(1))
    statuses = rows("SELECT status::text FROM procrastinate_jobs ORDER BY id")
    assert statuses == [("doing",), ("todo",)]


async def test_alerts_and_their_job_are_stored_together_or_not_at_all(alerts, rows):
    rows(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE 'no jobs today'; END $$; "
        "CREATE TRIGGER refuse BEFORE INSERT ON procrastinate_jobs "
        "FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    with pytest.raises(AlertsRefusedError):
        await alerts.accept(several(2))
    assert rows("SELECT count(*) FROM alerts") == [(0,)]


async def test_folding_begins_only_when_those_who_count_on_it_have_committed(engine, alerts, rows):
    """A job that waits is seen, and begins to look before the one who saw it has committed."""
    await alerts.accept(several(1))
    async with engine.connect() as holding:
        await holding.execute(text("LOCK TABLE alerts IN SHARE MODE"))
        storing = asyncio.create_task(alerts.accept(several(2)))
        await eventually(lambda: rows(_WAITS_FOR_TABLE), "two are being stored")
        settling = asyncio.create_task(settled(engine))
        await eventually(lambda: rows(_WAITS_FOR_OTHERS), "who folds waits for them")
        assert not settling.done()
        await holding.rollback()
        await asyncio.gather(storing, settling)
    assert len(await taken(engine)) == 3


_WAITS_FOR_TABLE = "SELECT pid FROM pg_locks WHERE locktype = 'relation' AND NOT granted"
_WAITS_FOR_OTHERS = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


async def test_one_who_hangs_does_not_hold_up_the_others_for_long(engine, alerts):
    async with engine.begin() as hanging:
        storing = func.pg_advisory_xact_lock_shared(int(Lock.STORING_ALERTS))
        await hanging.execute(select(storing))
        with pytest.raises(OperationalError, match="lock timeout"):
            await settled(engine)
        async with asyncio.timeout(5):
            await alerts.accept(several(1))
    await settled(engine)


async def test_what_is_folded_is_not_taken_again(engine, alerts, rows):
    await alerts.accept(several(3))
    async with engine.begin() as connection:
        first, second, _ = await take(connection, 3)
        await folded(connection, {first.id: 42, second.id: None})
    [left] = await taken(engine)
    assert left.alert.title == "alert 2"
    found = rows("SELECT incident, folded IS NOT NULL FROM alerts ORDER BY id")
    assert found == [(42, True), (None, True), (None, False)]


async def test_folding_that_fails_leaves_all_to_be_taken_again(engine, alerts):
    await alerts.accept(several(3))

    async def fails():
        async with engine.begin() as connection:
            found = await take(connection, 3)
            await folded(connection, dict.fromkeys([stored.id for stored in found], 1))
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        await fails()
    assert len(await taken(engine)) == 3


async def test_two_who_fold_at_once_take_nothing_twice(engine, alerts):
    await alerts.accept(several(50))

    async def fold():
        async with engine.begin() as connection:
            found = await take(connection, 30)
            await folded(connection, dict.fromkeys([stored.id for stored in found], 1))
            return [stored.id for stored in found]

    rounds = [await asyncio.gather(fold(), fold()) for _ in range(3)]
    ids = [number for both in rounds for each in both for number in each]
    assert len(ids) == len(set(ids)) == 50


async def test_nothing_to_fold_is_nothing(engine, alerts):
    async with engine.begin() as connection:
        assert await take(connection, 10) == []
        await folded(connection, {})


@pytest.mark.parametrize("bad", ["a\0b", "\ud800"])
async def test_a_text_that_postgres_cannot_hold_fails_alone(engine, alerts, bad):
    """Payloads are cleaned long before; should one slip through, its neighbours must not suffer."""
    poisoned = Arrival(replace(ALERT, fingerprint=bad))
    with pytest.raises(UnstorableError):
        await alerts.accept([Arrival(ALERT), poisoned])
    assert await taken(engine) == []
    commits = GroupCommit(alerts.accept)
    results = await asyncio.gather(
        *(commits.add([each]) for each in (Arrival(ALERT), poisoned, Arrival(ALERT))),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [type(None), UnstorableError, type(None)]
    assert len(await taken(engine)) == 2


async def test_a_database_that_is_gone_refuses_and_one_that_is_back_takes(
    postgres, database_url, engine, alerts
):
    await alerts.accept(several(1))
    postgres.take_down(database_url)
    with pytest.raises(AlertsRefusedError):
        await alerts.accept(several(1))
    postgres.bring_back(database_url)
    await alerts.accept(several(1))
    assert len(await taken(engine)) == 2


async def test_connections_that_postgres_closed_meanwhile_are_noticed_before_they_are_used(
    engine, alerts, rows
):
    for _ in range(2):
        await asyncio.gather(*(alerts.accept(several(1)) for _ in range(3)))
        rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await eventually(lambda: rows(_OTHERS) == [(0,)], "they are closed")
    await alerts.accept(several(1))
    assert len(await taken(engine)) == 7


_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


async def test_a_table_that_is_held_is_given_up_in_time_and_nothing_is_left_behind(engine, alerts):
    commits = GroupCommit(alerts.accept, patience=0.3)
    async with engine.begin() as connection:
        await connection.execute(text("LOCK TABLE alerts"))
        with pytest.raises(AlertsRefusedError, match=r"0\.3 s"):
            await commits.add(several(1))
    await commits.add(several(2))
    assert len(await taken(engine)) == 2


async def test_a_thousand_small_deliveries_need_few_transactions(engine, alerts):
    sizes = []

    async def write(arrivals):
        sizes.append(len(arrivals))
        await alerts.accept(arrivals)

    commits = GroupCommit(write)
    await asyncio.gather(*(commits.add(several(1)) for _ in range(1000)))
    assert sum(sizes) == 1000
    assert len(sizes) <= 3
    assert len(await taken(engine, 2000)) == 1000


async def test_the_clock_of_arrival_is_the_database_s(engine, alerts):
    before = datetime.now(UTC) - timedelta(seconds=5)
    await alerts.accept(several(1))
    [stored] = await taken(engine)
    assert before < stored.received < datetime.now(UTC) + timedelta(seconds=5)
