"""Jobs of which one at most waits, when they fail and when their worker dies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from procrastinate import JobContext, RetryStrategy
from sqlalchemy import text

from tests.support.requests import request

OF_REQUEST_1 = {"lock": "thread:C1:", "once": "card:1"}


class SlackError(Exception):
    """What fails."""


@pytest.fixture
def jobs(engine):
    async def listed():
        query = "SELECT status::text, scheduled_at, args FROM procrastinate_jobs ORDER BY id"
        async with engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(query))]

    return listed


@pytest.fixture
def defer(store):
    async def deferred(**arguments):
        async with store.transaction() as tx:
            await tx.defer("redraw", **OF_REQUEST_1, **arguments)

    return deferred


async def worked(queue):
    await queue.run_worker_async(wait=False, delete_jobs="successful", listen_notify=False)


async def test_a_job_that_fails_while_its_like_waits_leaves_it_the_work(queue, defer, jobs):
    ran = []

    @queue.task(name="redraw", retry=RetryStrategy(max_attempts=3), pass_context=True)
    async def redraw(context: JobContext) -> None:
        ran.append(context.job.id)
        if len(ran) == 1:
            await defer()
            raise SlackError

    async with queue.open_async():
        await defer()
        await worked(queue)
    assert len(ran) == len(set(ran)) == 2
    assert await jobs() == []


async def test_what_slack_asked_to_wait_holds_for_the_one_that_takes_over(queue, defer, jobs):
    @queue.task(name="redraw", retry=RetryStrategy(wait=120))
    async def redraw() -> None:
        await defer()
        raise SlackError

    async with queue.open_async():
        await defer()
        before = datetime.now(UTC)
        await worked(queue)
    ((status, at, _),) = await jobs()
    assert status == "todo"
    assert before + timedelta(seconds=119) < at < datetime.now(UTC) + timedelta(seconds=121)


async def test_one_that_waits_for_later_is_not_hurried(queue, defer, jobs, engine):
    @queue.task(name="redraw", retry=RetryStrategy(max_attempts=3))
    async def redraw() -> None:
        await defer()
        async with engine.begin() as connection:
            await connection.execute(
                text("UPDATE procrastinate_jobs SET scheduled_at = :at WHERE status = 'todo'"),
                {"at": later},
            )
        raise SlackError

    later = datetime.now(UTC) + timedelta(hours=1)
    async with queue.open_async():
        await defer()
        await worked(queue)
    assert [(status, at) for status, at, _ in await jobs()] == [("todo", later)]


async def test_a_job_that_fails_alone_is_tried_again(queue, defer, jobs):
    ran = []

    @queue.task(name="redraw", retry=RetryStrategy(max_attempts=3), pass_context=True)
    async def redraw(context: JobContext) -> None:
        ran.append(context.job.attempts)
        if len(ran) == 1:
            raise SlackError

    async with queue.open_async():
        await defer()
        await worked(queue)
    assert ran == [0, 1]
    assert await jobs() == []


@pytest.mark.parametrize("waits", [True, False])
async def test_the_work_of_a_dead_worker_is_taken_up(queue, store, engine, jobs, waits):
    """Whether or not something else asked for it since."""
    async with store.transaction() as tx:
        await tx.add_request(request(1))
        await tx.show_card(1)
    async with queue.open_async():
        taken = await queue.job_manager.fetch_job(queues=None, worker_id=None)
        assert taken is not None
        if waits:
            async with store.transaction() as tx:
                await tx.show_card(1)
        (stalled,) = await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=30)
        await queue.job_manager.retry_job(stalled)
    assert [(status, args) for status, _, args in await jobs()] == [("todo", {"request": 1})]
