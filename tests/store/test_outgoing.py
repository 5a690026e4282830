"""Messages, cards and jobs: queued with the change that causes them, or not at all."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from actions.answers import Answer
from actions.store import EnvelopeRefusedError
from infra.store.envelopes import Envelopes
from infra.store.outgoing import Outgoings
from tests.support.requests import HERE, request


@pytest.fixture
def jobs(engine):
    async def listed():
        query = "SELECT task_name, lock, args, status FROM procrastinate_jobs ORDER BY id"
        async with engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(query))]

    return listed


class OddError(Exception):
    """What a test breaks a transaction with."""


async def test_a_message_is_said_once_a_key(store, jobs):
    for words in ("first", "second"):
        async with store.transaction() as tx:
            await tx.say("answer:1", HERE, Answer(text=words))
    async with store.transaction() as tx:
        await tx.say("answer:2", HERE, Answer(text="third"), "UANA00001")
    assert [(job[0], job[2]["message"]) for job in await jobs()] == [
        ("post_message", 1),
        ("post_message", 3),
    ]


async def test_many_redraws_of_a_card_are_one_job(store, jobs):
    async with store.transaction() as tx:
        await tx.add_request(request(1))
        await tx.add_request(request(2))
        for _ in range(3):
            await tx.show_card(1)
        await tx.show_card(2)
        await tx.start(1)
    async with store.transaction() as tx:
        await tx.show_card(1)
    assert [(job[0], job[2]) for job in await jobs()] == [
        ("show_card", {"request": 1}),
        ("show_card", {"request": 2}),
        ("start_request", {"request": 1}),
    ]


async def test_what_happens_in_one_thread_has_one_lock(store, jobs):
    async with store.transaction() as tx:
        await tx.add_request(request(1))
        await tx.show_card(1)
        await tx.say("a", HERE, Answer(text="x"))
    assert len({job[1] for job in await jobs()}) == 1


async def test_nothing_is_left_of_a_change_that_broke(store, jobs, engine):
    async def breaks():
        async with store.transaction() as tx:
            await tx.add_request(request(1))
            await tx.say("a", HERE, Answer(text="x"))
            await tx.show_card(1)
            await tx.start(1)
            raise OddError

    with pytest.raises(OddError):
        await breaks()
    assert await jobs() == []
    async with store.transaction() as tx:
        assert await tx.request(1) is None
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM messages"))).scalar() == 0


async def test_a_job_is_unseen_until_its_change_is_stored(store, jobs):
    async with store.transaction() as tx:
        await tx.add_request(request(1))
        await tx.start(1)
        assert await jobs() == []
    assert len(await jobs()) == 1


async def test_a_message_taken_twice_is_marked_as_tried(store, engine):
    outgoings = Outgoings(engine)
    async with store.transaction() as tx:
        await tx.say("a", HERE, Answer(text="x", tone="warning"), "UANA00001")
    first, second = await outgoings.take(1), await outgoings.take(1)
    assert (first.tried, second.tried) == (False, True)
    assert (first.user, first.answer.tone, first.place) == ("UANA00001", "warning", HERE)
    await outgoings.posted(1, "5.5")
    assert (await outgoings.take(1)).ts == "5.5"
    await outgoings.posted(1, None)
    assert (await outgoings.take(1)).ts is not None
    assert await outgoings.take(99) is None


async def test_a_card_outside_a_thread_begins_one_and_may_move(store, engine):
    outgoings = Outgoings(engine)
    nowhere = request(1).place.__class__("T0COOPER1", "CML000001", None)
    async with store.transaction() as tx:
        await tx.add_request(request(1, place=nowhere))
        await tx.add_request(request(2))
    assert (await outgoings.card(1, "CML000001")).tried is False
    assert (await outgoings.card(1, "CML000001")).tried is True
    for ts in ("5.5", "6.6"):
        await outgoings.shown(1, ts, f"sha256:{ts}")
        async with store.transaction() as tx:
            assert (await tx.request(1)).place.thread == ts
    await outgoings.card(2, "CML000001")
    await outgoings.shown(2, "7.7", "sha256:7")
    async with store.transaction() as tx:
        assert (await tx.request(2)).place == HERE


async def test_an_envelope_is_accepted_once_however_many_bring_it(engine, queue, jobs):
    envelopes = Envelopes(engine, queue)
    body = {"text": "<!channel> “ä”"}
    accepted = await asyncio.gather(
        *(envelopes.accept("event", "event:1", body, "speaker:C:U") for _ in range(8))
    )
    assert sorted(accepted) == [False] * 7 + [True]
    [job] = await jobs()
    assert job[:2] == ("handle_envelope", "speaker:C:U")
    stored = await envelopes.get(job[2]["envelope"])
    assert (stored.kind, stored.key, stored.body, stored.handled) == (
        "event",
        "event:1",
        body,
        None,
    )
    await envelopes.handled(stored.id)
    assert (await envelopes.get(stored.id)).handled is not None


async def test_an_envelope_is_refused_where_the_database_is_gone(
    postgres, database_url, engine, queue
):
    envelopes = Envelopes(engine, queue)
    assert await envelopes.accept("event", "event:1", {}, "l") is True
    postgres.take_down(database_url)
    with pytest.raises(EnvelopeRefusedError, match="event:2"):
        await envelopes.accept("event", "event:2", {}, "l")
    postgres.bring_back(database_url)
    assert await envelopes.accept("event", "event:2", {}, "l") is True
