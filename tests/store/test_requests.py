"""Requests, votes, drafts, runs and deployments as Postgres keeps them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from actions.requests import Place, RunProgress, StageProgress, State
from actions.store import Deployment, DraftKey, Meaning, StaleError, StoredDraft
from infra.store import tables as t
from tests.support.projects import registered
from tests.support.requests import HERE, NOW, needing, plan, request, vote


async def test_a_request_comes_back_as_it_was_stored(store):
    kept = request(
        7, note="waits <!channel>", origin="event:1", plan=needing((2, "approver"), (1, "risk"))
    )
    async with store.transaction() as tx:
        await tx.add_request(kept)
    async with store.transaction() as tx:
        assert await tx.request(7) == kept
        assert await tx.request(8) is None
        assert await tx.request_from("event:1") == kept
        assert await tx.request_from("event:2") is None


async def test_one_message_makes_one_request(store):
    async with store.transaction() as tx:
        await tx.add_request(request(1, origin="event:1"))
    with pytest.raises(IntegrityError, match="origin"):
        async with store.transaction() as tx:
            await tx.add_request(request(2, origin="event:1"))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    hyperparameters=st.dictionaries(
        st.text("abcé_", min_size=1, max_size=5),
        st.floats(allow_nan=False, allow_infinity=False)
        | st.integers()
        | st.booleans()
        | st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20),
        max_size=5,
    )
)
async def test_a_plan_has_the_same_digest_after_it_was_stored(store, hyperparameters):
    shown = plan(conf={"hyperparameters": hyperparameters})
    async with store.transaction() as tx:
        number = await tx.next_request()
        await tx.add_request(request(number, plan=shown))
        stored = await tx.request(number)
    assert stored.plan.digest == shown.digest


async def test_saving_needs_the_version_that_was_read(store):
    async with store.transaction() as tx:
        await tx.add_request(request(1))
    async with store.transaction() as tx:
        first = await tx.request(1)
        saved = await tx.save_request(first.moved(State.CANCELLED, NOW))
        assert (saved.version, saved.state) == (2, State.CANCELLED)
    with pytest.raises(StaleError, match="R1 was changed"):
        async with store.transaction() as tx:
            await tx.save_request(first.moved(State.QUEUED, NOW))
    async with store.transaction() as tx:
        assert (await tx.request(1)).state is State.CANCELLED


async def test_saving_what_was_never_stored_is_refused(store):
    with pytest.raises(StaleError):
        async with store.transaction() as tx:
            await tx.save_request(request(99))


async def test_of_two_who_read_the_same_one_wins(store):
    async with store.transaction() as tx:
        await tx.add_request(request(1))
    read = asyncio.Barrier(2)

    async def move(to):
        async with store.transaction() as tx:
            seen = await tx.request(1)
            await read.wait()
            await tx.save_request(seen.moved(to, NOW))

    results = await asyncio.gather(
        move(State.CANCELLED), move(State.QUEUED), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["NoneType", "StaleError"]


async def test_a_locked_request_is_read_by_one_at_a_time(store):
    async with store.transaction() as tx:
        await tx.add_request(request(1))

    async def confirm():
        async with store.transaction() as tx:
            seen = await tx.request(1, lock=True)
            if seen.state is not State.AWAITING_CONFIRMATION:
                return "late"
            await tx.save_request(seen.moved(State.QUEUED, NOW))
            return "confirmed"

    results = await asyncio.gather(*(confirm() for _ in range(6)))
    assert sorted(results) == ["confirmed"] + ["late"] * 5


async def test_numbers_are_never_given_twice(store):
    async def number():
        async with store.transaction() as tx:
            return await tx.next_request()

    numbers = await asyncio.gather(*(number() for _ in range(30)))
    assert len(set(numbers)) == 30
    assert min(numbers) >= 1


async def test_requests_are_found_by_what_they_are(store):
    async with store.transaction() as tx:
        await tx.add_request(request(1))
        await tx.add_request(request(2, state=State.RUNNING, requester_id="UBEN00001"))
        await tx.add_request(request(3, project="fraud", command="deploy_model"))

        async def numbers(**wanted):
            return [found.number for found in await tx.requests(**wanted)]

        assert await numbers() == [3, 2, 1]
        assert await numbers(limit=1) == [3]
        assert await numbers(project="claims-frequency") == [2, 1]
        assert await numbers(states=(State.RUNNING, State.QUEUED)) == [2]
        assert await numbers(user="UBEN00001") == [2]
        assert await numbers(commands=("deploy_model",)) == [3]
        assert await numbers(project="nothing") == []


async def test_it_means_the_threads_request_then_the_speakers_own(store):
    elsewhere = replace(HERE, thread="1700000099.000100")
    async with store.transaction() as tx:
        await tx.add_request(request(1, project="of-the-thread", requester_id="UBEN00001"))
        await tx.add_request(request(2, project="mine", place=elsewhere))
        await tx.add_request(request(3, project=None))
        await tx.add_request(request(4, project="old", created=NOW - timedelta(days=2)))
        await tx.add_request(
            request(5, project="far", place=Place(HERE.team, "COTHER", HERE.thread))
        )

        async def in_thread(place):
            found = await tx.last_request_in_thread(place)
            return found and found.project

        async def own(place, user="UANA00001"):
            found = await tx.last_request_of(place, user, NOW - timedelta(hours=8))
            return found and found.project

        assert await in_thread(elsewhere) == "mine"
        assert await in_thread(HERE) == "old"  # said in this very thread, however long ago
        assert await in_thread(replace(HERE, thread="1.1")) is None
        assert await in_thread(replace(HERE, thread=None)) is None
        assert await own(HERE) == "mine"
        assert await own(HERE, "UBEN00001") == "of-the-thread"
        assert await own(HERE, "UCHLOE001") is None
        assert await own(Place(HERE.team, "CNOWHERE", HERE.thread)) is None


async def test_a_person_votes_once_on_a_plan_and_anew_on_a_new_one(store):
    first, second = needing((1, "approver")), needing((1, "approver"), title="Another")
    second = second.model_copy(update={"conf": {"other": 1}})
    async with store.transaction() as tx:
        await tx.add_request(request(1, plan=first))
        assert await tx.add_vote(vote(first)) is True
        assert await tx.add_vote(vote(first, approve=False)) is False
        assert await tx.add_vote(vote(first, "UCHLOE001", "risk", reason="fine")) is True
        assert await tx.add_vote(vote(second)) is True
        assert [(v.voter_id, v.approve, v.roles) for v in await tx.votes(1)] == [
            ("UBEN00001", True, ("approver",)),
            ("UCHLOE001", True, ("risk",)),
            ("UBEN00001", True, ("approver",)),
        ]
        assert await tx.votes(2) == ()


async def test_a_vote_needs_its_request(store):
    with pytest.raises(IntegrityError):
        async with store.transaction() as tx:
            await tx.add_vote(vote(plan()))


async def test_a_draft_is_replaced_and_ended(store):
    key = DraftKey("T1", "C1", "1.1", "UANA00001")
    other = replace(key, user="UBEN00001")
    async with store.transaction() as tx:
        assert await tx.draft(key) is None
        await tx.save_draft(key, StoredDraft("train_model", {}, "project"))
        await tx.save_draft(key, StoredDraft("train_model", {"project": "x"}, None))
        await tx.save_draft(other, StoredDraft("deploy_model", {}, "project"))
    async with store.transaction() as tx:
        assert await tx.draft(key) == StoredDraft("train_model", {"project": "x"}, None)
        await tx.save_draft(key, None)
        await tx.save_draft(key, None)
    async with store.transaction() as tx:
        assert await tx.draft(key) is None
        assert await tx.draft(other) is not None


async def test_a_run_is_replaced_by_what_is_known_later(store):
    seen = RunProgress(
        run_id="demo-R1-a1",
        dag="train_model",
        state="running",
        stages=(StageProgress(name="train", state="running", started=NOW),),
        metrics={"gini": 0.3},
    )
    async with store.transaction() as tx:
        await tx.add_request(request(1))
        assert await tx.run(1) is None
        await tx.save_run(1, seen)
        later = seen.model_copy(update={"state": "success", "ended": NOW})
        await tx.save_run(1, later)
        assert await tx.run(1) == later


async def test_one_deployment_of_a_project_and_environment_runs_at_a_time(store):
    def deployment(number, state, environment="staging", project="claims-frequency"):
        return request(
            number,
            command="deploy_model",
            project=project,
            state=state,
            plan=plan(environment=environment),
        )

    async with store.transaction() as tx:
        await tx.add_request(deployment(1, State.RUNNING))
        await tx.add_request(deployment(2, State.QUEUED))
        await tx.add_request(deployment(3, State.RUNNING, "production"))
        await tx.add_request(deployment(4, State.RUNNING, project="fraud"))
        await tx.add_request(request(5, state=State.RUNNING))
    async with store.transaction() as tx:
        queued = await tx.request(2)
    with pytest.raises(IntegrityError, match="one_deployment"):
        async with store.transaction() as tx:
            await tx.save_request(queued.moved(State.RUNNING, NOW))
    async with store.transaction() as tx:
        await tx.save_request((await tx.request(1)).moved(State.SUCCEEDED, NOW))
        await tx.save_request((await tx.request(2)).moved(State.RUNNING, NOW))


async def test_a_deployment_is_recorded_once_a_request(store, engine):
    made = Deployment("p", "staging", "demo-p-staging", "demo-R1-a1", 3, 1, NOW)
    async with store.transaction() as tx:
        await tx.add_request(request(1))
        await tx.add_deployment(made)
        await tx.add_deployment(replace(made, model_version=4))
    async with engine.connect() as connection:
        query = select(func.count(), func.max(t.deployments.c.model_version))
        assert (await connection.execute(query)).one() == (1, 3)


async def test_a_project_comes_back_with_all_its_types(store):
    made = registered()
    async with store.transaction() as tx:
        assert await tx.project("claims-frequency") is None
        await tx.save_project(made)
        await tx.save_project(made.model_copy(update={"revision": "abc"}))
    async with store.transaction() as tx:
        found = await tx.project("claims-frequency")
        assert found == made.model_copy(update={"revision": "abc"})
        assert await tx.projects() == [found]


async def test_what_was_meant_is_kept_once_and_settled(store):
    meant = Meaning("bake it", "train_model", "UANA", "f" * 64)
    async with store.transaction() as tx:
        await tx.add_meaning("click:1", meant)
        await tx.add_meaning("click:1", meant)
        await tx.add_meaning("click:2", Meaning("cook it", "deploy_model", "UBEN", None))
    async with store.transaction() as tx:
        (first, kept), (second, other) = await tx.meanings()
        assert (kept, other.command) == (meant, "deploy_model")
        await tx.settle_meaning(first, taken=True)
        await tx.settle_meaning(second, taken=False)
        assert list(await tx.meanings()) == []
