"""What served well, since when and until when, and which of it may be gone back to."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from actions.commands.rollback_model import previous_good
from actions.requests import State
from actions.store import Deployment
from tests.support.requests import NOW, plan, request

CLAIMS, STAGING, PRODUCTION = "claims-frequency", "staging", "production"


class Log:
    """Deployments by their request's number; each is good a minute after the one before."""

    def __init__(self, store):
        self.store = store

    async def serves(self, number, version, environment=STAGING, project=CLAIMS, **changes):
        values = {
            "project": project,
            "environment": environment,
            "endpoint": f"demo-{project}-{environment}",
            "endpoint_config": f"demo-R{number}-a1",
            "model_version": version,
            "request": number,
            "good": minute(number),
        }
        made = Deployment(**(values | changes))
        async with self.store.transaction() as tx:
            if await tx.request(number) is None:
                await tx.add_request(
                    request(number, command="deploy_model", plan=plan(environment=environment))
                )
            await tx.add_deployment(made)
        return made

    async def ends(self, at, environment=STAGING, project=CLAIMS, *, bad=False):
        async with self.store.transaction() as tx:
            await tx.end_deployment(project, environment, at, bad=bad)

    async def served(self, environment=STAGING, *projects):
        async with self.store.transaction() as tx:
            return list(await tx.deployments(projects or (CLAIMS,), environment))

    async def before(self, config):
        """The version that a rollback would take."""
        found = previous_good(await self.served(), config)
        return found and found.model_version


def minute(number):
    return NOW + timedelta(minutes=number)


@pytest.fixture
def log(store):
    return Log(store)


async def test_a_new_one_ends_what_served_before(log):
    first = await log.serves(1, 3)
    await log.serves(2, 4)
    newest, older = await log.served()
    assert (newest.model_version, newest.until, newest.bad) == (4, None, False)
    assert (older.endpoint_config, older.good) == (first.endpoint_config, first.good)
    assert (older.until, older.bad) == (minute(2), False)


async def test_environments_and_projects_are_apart(log):
    await log.serves(1, 3)
    await log.serves(2, 4, PRODUCTION)
    await log.serves(3, 9, project="fraud")
    await log.ends(minute(9), project="fraud")
    await log.ends(minute(9), PRODUCTION, bad=True)
    [staging] = await log.served()
    assert (staging.until, staging.bad) == (None, False)
    assert [one.model_version for one in await log.served(None, CLAIMS, "fraud")] == [9, 4, 3]
    assert await log.served(STAGING, "nothing") == []


async def test_what_was_taken_down_is_not_the_latest_and_may_be_gone_back_to(log):
    await log.serves(1, 3)
    await log.ends(minute(2))
    [only] = await log.served()
    assert (only.until, only.bad) == (minute(2), False)
    await log.serves(3, 4)
    assert [one.until for one in await log.served()] == [None, minute(2)], "its end stays"
    assert await log.before("demo-R3-a1") == 3


async def test_ending_what_does_not_serve_changes_nothing(log):
    await log.ends(minute(1), bad=True)
    await log.serves(1, 3)
    await log.ends(minute(2))
    before = await log.served()
    await log.ends(minute(5), bad=True)
    assert await log.served() == before


async def test_what_is_recorded_twice_does_not_come_back_to_life(log):
    first = await log.serves(1, 3)
    await log.serves(2, 4)
    before = await log.served()
    async with log.store.transaction() as tx:
        await tx.add_deployment(first)
    assert await log.served() == before


async def test_two_workers_that_record_one_request_record_it_once(log):
    async with log.store.transaction() as tx:
        await tx.add_request(request(1, command="deploy_model"))
    results = await asyncio.gather(*(log.serves(1, 3) for _ in range(4)), return_exceptions=True)
    assert [result for result in results if isinstance(result, Exception)] == []
    [only] = await log.served()
    assert only.until is None


async def test_a_deployment_belongs_to_a_request(log):
    made = Deployment(CLAIMS, STAGING, "demo-x", "demo-R1-a1", 3, 1, NOW)
    with pytest.raises(IntegrityError):
        async with log.store.transaction() as tx:
            await tx.add_deployment(made)
    assert await log.served() == []


async def test_of_two_in_one_moment_the_later_recorded_is_the_newest(log):
    await log.serves(1, 3, good=NOW)
    await log.serves(2, 4, good=NOW)
    assert [one.model_version for one in await log.served()] == [4, 3]


async def test_nobody_goes_back_before_the_first(log):
    assert await log.before("demo-R1-a1") is None
    await log.serves(1, 3)
    assert await log.before("demo-R1-a1") is None


async def test_going_back_is_to_the_last_good_one_and_never_to_one_that_was_gone_back_from(log):
    await log.serves(1, 3)
    await log.serves(2, 4)
    assert await log.before("demo-R2-a1") == 3
    await log.ends(minute(3), bad=True)  # somebody goes back from v4 …
    await log.serves(3, 3, endpoint_config="demo-R1-a1")  # … to the configuration of v3
    assert [one.bad for one in await log.served()] == [False, True, False]
    assert await log.before("demo-R1-a1") is None, "v4 was bad, and R1 serves already"
    await log.serves(4, 5)
    assert await log.before("demo-R4-a1") == 3
    await log.ends(minute(5), bad=True)
    await log.serves(5, 3, endpoint_config="demo-R1-a1")
    assert await log.before("demo-R1-a1") is None


async def test_a_bad_one_stays_bad(log):
    await log.serves(1, 3)
    await log.ends(minute(2), bad=True)
    await log.serves(3, 4)
    await log.ends(minute(4))
    assert [one.bad for one in await log.served()] == [False, True]


async def test_where_the_live_one_is_unknown_the_latest_good_one_is_meant(log):
    await log.serves(1, 3)
    await log.serves(2, 4)
    assert await log.before("by-hand") == 4


async def test_requests_of_every_serving_command_wait_for_each_other(log):
    def changing(number, command, state):
        made = plan(environment=STAGING, dag="deploy_model")
        return request(number, command=command, state=state, plan=made)

    async with log.store.transaction() as tx:
        await tx.add_request(changing(1, "rollback_model", State.STOPPING))
    for number, command in enumerate(("deploy_model", "promote_model", "undeploy_model"), 2):
        with pytest.raises(IntegrityError, match="one_deployment"):
            async with log.store.transaction() as tx:
                await tx.add_request(changing(number, command, State.RUNNING))
