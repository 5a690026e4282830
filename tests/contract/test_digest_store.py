"""Subscriptions and what was sent for them, on a real Postgres."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy.exc import IntegrityError

from actions.digests.periods import Window
from actions.digests.recurrence import Recurrence
from actions.digests.store import Sent
from actions.digests.subscription import Subscription
from actions.requests import State
from infra.store.database import engine as make_engine
from infra.store.database import queue as make_queue
from infra.store.transaction import PostgresStore
from tests.support.postgres import database_url, postgres
from tests.support.requests import NOW, request

__all__ = ["database_url", "postgres"]

DUE = datetime(2026, 11, 23, 9, tzinfo=UTC)
WEEK = Window(NOW - timedelta(days=7), NOW)


@pytest.fixture
async def store(database_url):
    engine, queue = make_engine(database_url), make_queue(database_url)
    yield PostgresStore(engine, queue)
    await engine.dispose()


def subscription(number=1, **changes):
    values = {
        "number": number,
        "team": "T0COOPER1",
        "channel": "CML000001",
        "project": None,
        "recurrence": Recurrence("0 9 * * 1-5", "Europe/Lisbon"),
        "by_id": "UANA00001",
        "by_name": "Ana Lima",
        "made": NOW,
        "due": DUE,
    }
    return Subscription(**(values | changes))


async def kept(store, *subscriptions):
    async with store.transaction() as tx:
        for each in subscriptions:
            await tx.digests.save(each)


async def of_channel(store, channel="CML000001"):
    async with store.transaction() as tx:
        return list(await tx.digests.of_channel("T0COOPER1", channel))


async def test_what_is_kept_comes_back_as_it_was(store):
    made = subscription(project="claims-frequency", covered=NOW)
    await kept(store, made)
    assert await of_channel(store) == [made]
    async with store.transaction() as tx:
        assert await tx.digests.take(1) == made


async def test_a_change_replaces(store):
    await kept(store, subscription())
    changed = subscription(recurrence=Recurrence("0 8 * * 1", "UTC"), due=DUE + timedelta(1))
    await kept(store, changed)
    assert await of_channel(store) == [changed]


async def test_a_channel_has_one_of_a_project_and_the_one_to_all_comes_first(store):
    one, all_, other = (
        subscription(1, project="claims-frequency"),
        subscription(2),
        subscription(3, channel="CMLALERT1"),
    )
    await kept(store, one, all_, other)
    assert await of_channel(store) == [all_, one]
    assert await of_channel(store, "CMLALERT1") == [other]


@pytest.mark.parametrize("project", [None, "claims-frequency"])
async def test_the_database_refuses_a_second_one(store, project):
    await kept(store, subscription(1, project=project))
    with pytest.raises(IntegrityError, match="uq_subscriptions_team"):
        await kept(store, subscription(2, project=project))
    assert len(await of_channel(store)) == 1


async def test_another_workspace_has_its_own(store):
    await kept(store, subscription(1), subscription(2, team="T0OTHER01"))
    assert len(await of_channel(store)) == 1


async def test_numbers_are_new(store):
    async with store.transaction() as tx:
        numbers = {await tx.digests.new_number() for _ in range(3)}
    async with store.transaction() as tx:
        assert await tx.digests.new_number() not in numbers
    assert len(numbers) == 3


async def test_what_is_due_comes_at_its_time_the_longest_due_first(store):
    later, first = subscription(1, due=DUE), subscription(2, project="a", due=NOW)
    await kept(store, later, first, subscription(3, project="b", due=DUE + timedelta(minutes=1)))
    async with store.transaction() as tx:
        assert await tx.digests.due(NOW - timedelta(seconds=1)) == []
        assert await tx.digests.due(DUE) == [first, later]


async def test_what_has_ended_is_gone_with_what_was_sent(store):
    await kept(store, subscription())
    async with store.transaction() as tx:
        assert await tx.digests.record(Sent(1, DUE, WEEK))
        await tx.digests.end(1)
        await tx.digests.end(7)
    assert await of_channel(store) == []
    async with store.transaction() as tx:
        assert await tx.digests.take(1) is None
        assert await tx.digests.due(DUE) == []


async def test_a_due_time_is_recorded_once(store):
    await kept(store, subscription(), subscription(2, project="a"))
    async with store.transaction() as tx:
        assert await tx.digests.record(Sent(1, DUE, WEEK))
        assert not await tx.digests.record(Sent(1, DUE, Window(NOW, DUE)))
        assert await tx.digests.record(Sent(2, DUE, WEEK))
        assert await tx.digests.record(Sent(1, DUE + timedelta(days=1), WEEK))


async def test_nothing_is_recorded_of_what_has_ended(store):
    with pytest.raises(IntegrityError):
        async with store.transaction() as tx:
            await tx.digests.record(Sent(1, DUE, WEEK))


async def test_two_who_record_at_once_are_one(store):
    await kept(store, subscription())

    async def record():
        async with store.transaction() as tx:
            return await tx.digests.record(Sent(1, DUE, WEEK))

    assert sorted(await asyncio.gather(record(), record(), record())) == [False, False, True]


async def test_who_takes_one_has_it_alone_until_the_commit(store):
    await kept(store, subscription())
    order = []
    began = asyncio.Event()

    async def first():
        async with store.transaction() as tx:
            taken = await tx.digests.take(1)
            began.set()
            await tx.digests.save(replace(taken, due=DUE + timedelta(days=1)))
            order.append("first")

    async def second():
        await began.wait()
        async with store.transaction() as tx:
            taken = await tx.digests.take(1)
            order.append("second")
            return taken.due

    _, due = await asyncio.gather(first(), second())
    assert order == ["first", "second"]
    assert due == DUE + timedelta(days=1)


async def runs(store, **wanted):
    values = {
        "commands": ("train_model", "deploy_model"),
        "projects": ("claims-frequency",),
        "window": WEEK,
    }
    async with store.transaction() as tx:
        found = await tx.digests.ended_runs(**(values | wanted))
    return [each.number for each in found]


@pytest.fixture
async def requested(store):
    """Requests of all kinds; those that ended in the week are 1, 2 and 3, in this order."""
    at = SimpleNamespace(early=WEEK.since, late=WEEK.until - timedelta(microseconds=1))
    made = [
        request(3, state=State.STOPPED, changed=at.late),
        request(1, state=State.SUCCEEDED, changed=at.early),
        request(2, state=State.FAILED, changed=at.early, command="deploy_model"),
        request(4, state=State.SUCCEEDED, changed=WEEK.until),
        request(5, state=State.SUCCEEDED, changed=WEEK.since - timedelta(microseconds=1)),
        request(6, state=State.SUCCEEDED, changed=at.late, project="other"),
        request(7, state=State.SUCCEEDED, changed=at.late, command="stop_run"),
    ]
    over = {State.SUCCEEDED, State.FAILED, State.STOPPED}
    made += [
        request(10 + i, state=state, changed=at.late)
        for i, state in enumerate(sorted(set(State) - over))
    ]
    async with store.transaction() as tx:
        for each in made:
            await tx.add_request(each)


async def test_runs_that_ended_in_the_window_come_in_their_order(store, requested):
    assert await runs(store) == [1, 2, 3]


async def test_only_the_projects_and_commands_that_were_asked_for(store, requested):
    assert await runs(store, projects=("other",)) == [6]
    assert await runs(store, projects=()) == []
    assert await runs(store, commands=("deploy_model",)) == [2]
