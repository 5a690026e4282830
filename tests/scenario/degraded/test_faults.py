"""Slack, Redis and Postgres at their worst: one effect, and people are told."""

from __future__ import annotations

import asyncio
import gc
from functools import partial

import psycopg
import pytest

from infra.local.slack.rates import Fault
from infra.local.slack.server import running_workspace
from infra.local.slack.workspace import Options
from tests.support.bot import drawn, running_bot
from tests.support.projects import registered
from tests.support.waiting import eventually


async def test_an_event_that_slack_sends_again_is_answered_once(database_url, tmp_path):
    impatient = Options(rate_limits=False, ack_seconds=0.0001, retry_delays=(0.0, 0.0, 0.1))
    async with running_workspace(tmp_path / "slack", options=impatient) as workspace:
        deliveries = []
        transport = workspace.workspace.delivery._transport
        send = transport.send

        async def counted(kind, payload, attempt, reason):
            deliveries.append((payload.get("event_id"), attempt))
            return await send(kind, payload, attempt, reason)

        transport.send = counted
        async with running_bot(workspace, database_url, tmp_path) as cooper:
            ts = await cooper.says("ana", "#ml", "@cooper hello")
            await cooper.told("ana", "#ml", "my language service", ts)
            await eventually(lambda: len(deliveries) >= 4, "Slack sent it again")
            await cooper.settled()
            assert len(await cooper.from_bot("ana", "#ml", ts)) == 1
            assert len(await cooper.rows("SELECT 1 FROM envelopes")) == 1


async def test_a_rate_limit_delays_and_does_not_double(cooper, workspace):
    limit = Fault("chat.postMessage", "ratelimited", count=4, retry_after=1)
    workspace.workspace.faults.add(limit)
    await cooper.types("ana", "#ml", "train claims-frequency")
    await cooper.card("#ml", "R1", "awaiting_confirmation")
    await cooper.settled()
    assert limit.count == 0
    assert len(await cooper.cards("#ml", "R1")) == 1


async def test_an_outage_of_slack_delays_and_does_not_double(cooper, workspace):
    workspace.workspace.faults.add(Fault("chat.postMessage", "outage", count=2))
    ts = await cooper.says("ana", "#ml", "@cooper hello")
    await cooper.told("ana", "#ml", "my language service", ts)
    await cooper.settled()
    assert len(await cooper.from_bot("ana", "#ml", ts)) == 1


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_blocks_too_long"])
async def test_what_slack_cannot_draw_is_said_in_words(cooper, workspace, error):
    workspace.workspace.faults.add(Fault("chat.postMessage", "error", error=error))
    ts = await cooper.says("ana", "#ml", "@cooper hello")

    async def said():
        return await cooper.from_bot("ana", "#ml", ts)

    [answer] = await eventually(said, "it is said")
    assert "my language service" in answer["text"]
    assert not answer.get("blocks")


async def test_a_card_that_slack_cannot_draw_is_edited_in_words(cooper, workspace):
    await cooper.types("ana", "#ml", "train claims-frequency")
    card = await cooper.card("#ml", "R1", "awaiting_confirmation")
    workspace.workspace.faults.add(Fault("chat.update", "error", error="invalid_blocks"))
    await cooper.clicks("ana", "#ml", "cancel", card["ts"])
    edited = await cooper.card("#ml", "R1", "cancelled")
    assert edited["ts"] == card["ts"]
    assert not edited.get("blocks")


async def test_what_slack_never_takes_holds_up_nothing(cooper, workspace):
    workspace.workspace.faults.add(Fault("chat.postMessage", "error", error="restricted_action"))
    await cooper.types("ana", "#ml", "list_alerts")
    await cooper.settled()
    assert await cooper.from_bot("ana", "#ml") == []
    await cooper.types("ana", "#ml", "list_alerts")
    await cooper.told("ana", "#ml", "There are no open incidents")


async def test_a_card_whose_posting_was_never_confirmed_is_found_again(cooper, workspace):
    workspace.workspace.faults.add(Fault("chat.postMessage", "lost_answer"))
    await cooper.types("ana", "#ml", "train claims-frequency")
    card = await cooper.card("#ml", "R1", "awaiting_confirmation")
    await cooper.clicks("ana", "#ml", "cancel", card["ts"])
    await cooper.card("#ml", "R1", "cancelled")
    await cooper.settled()
    assert len(await cooper.cards("#ml", "R1")) == 1


async def test_a_message_whose_posting_was_never_confirmed_is_found_again(cooper, workspace):
    workspace.workspace.faults.add(Fault("chat.postMessage", "lost_answer"))
    ts = await cooper.says("ana", "#ml", "@cooper hello")
    await cooper.told("ana", "#ml", "my language service", ts)

    async def stored():
        rows = await cooper.rows("SELECT ts FROM messages")
        return rows[0]["ts"]

    stored_ts = await eventually(stored, "its ts is known")
    [message] = await cooper.from_bot("ana", "#ml", ts)
    assert message["ts"] == stored_ts


async def test_a_worker_killed_between_posting_and_storing_posts_once(
    workspace, database_url, tmp_path
):
    async with running_bot(workspace, database_url, tmp_path) as cooper:
        await cooper.knows(registered())
        await cooper.types("ana", "#ml", "train claims-frequency")
        await cooper.card("#ml", "R1", "awaiting_confirmation")
        await cooper.settled()
        # What a crash at that line leaves behind: posted and marked, but without its ts.
        await cooper.rows("UPDATE cards SET ts = NULL, shown = NULL")
        card = (await cooper.cards("#ml", "R1"))[0]
        await cooper.clicks("ana", "#ml", "cancel", card["ts"])
        await cooper.card("#ml", "R1", "cancelled")
        assert len(await cooper.cards("#ml", "R1")) == 1


async def test_a_card_that_somebody_deleted_comes_back_at_the_next_change(cooper, workspace):
    await cooper.types("ana", "#ml", "train claims-frequency instance_count=2")
    first = await cooper.card("#ml", "R1", "awaiting_confirmation")
    await workspace.act("deletes", user="ana", channel="#ml", ts=first["ts"])
    await cooper.rows("UPDATE requests SET expires = now() - interval '1 second'")
    async with running_bot(workspace, cooper.url, cooper.settings.signing_key_file.parent):
        shown = await cooper.card("#ml", "R1", "expired")
    assert shown["ts"] != first["ts"]


async def test_a_handling_that_is_repeated_makes_one_request(cooper):
    await cooper.types("ana", "#ml", "train claims-frequency")
    await cooper.card("#ml", "R1", "awaiting_confirmation")
    await cooper.handles_again()
    assert len(await cooper.rows("SELECT 1 FROM requests")) == 1
    assert await cooper.cards("#ml", "R2") == []


async def test_what_comes_in_while_it_stops_is_still_taken(workspace, database_url, tmp_path):
    async with (
        running_bot(workspace, database_url, tmp_path) as cooper,
        await psycopg.AsyncConnection.connect(database_url) as busy,
    ):
        await busy.execute("LOCK TABLE envelopes")
        typed = asyncio.create_task(cooper.types("ana", "#ml", "help"))
        await eventually(partial(_waits_for_a_lock, cooper), "it is being stored")
        ended = asyncio.create_task(cooper.ends())
        await eventually(cooper.stop.is_set, "it is to stop")
        await busy.commit()
        await asyncio.gather(typed, ended)
        assert len(await cooper.rows("SELECT 1 FROM envelopes")) == 1
    # A connection that nobody closed would be noticed here.
    gc.collect()


async def _waits_for_a_lock(cooper):
    query = (
        "SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = database"
        " WHERE NOT granted AND datname = current_database()"
    )
    return await cooper.rows(query)


async def test_redis_may_be_killed(workspace, database_url, tmp_path, redis_server):
    async with running_bot(
        workspace, database_url, tmp_path, redis_url=f"unix://{redis_server.socket}"
    ) as cooper:
        first = await cooper.says("ana", "#ml", "@cooper hello")
        await cooper.told("ana", "#ml", "my language service", first)
        assert redis_server.keys()
        redis_server.kill()
        second = await cooper.says("ana", "#ml", "@cooper hello again")
        await cooper.told("ana", "#ml", "my language service", second)
        await cooper.settled()
        assert len(await cooper.from_bot("ana", "#ml", second)) == 1


# The connections that the server broke are nobody's to close.
@pytest.mark.filterwarnings("ignore:.*was deleted while still open:ResourceWarning")
async def test_without_postgres_nothing_is_accepted_and_people_are_told(
    workspace, database_url, tmp_path, postgres
):
    async with running_bot(workspace, database_url, tmp_path, dies=True) as cooper:
        await cooper.knows(registered())
        await cooper.types("ana", "#ml", "train claims-frequency")
        card = await cooper.card("#ml", "R1", "awaiting_confirmation")
        await cooper.settled()
        before = await cooper.rows("SELECT key FROM envelopes")
        postgres.take_down(database_url)
        await cooper.types("ben", "#ml", "train claims-frequency")
        told = await cooper.told("ben", "#ml", "I cannot reach my database")
        assert "did not take that" in drawn(told)
        await cooper.clicks("ana", "#ml", "edit", card["ts"])
        await cooper.told("ana", "#ml", "I cannot reach my database")
        assert await cooper.views("ana") == []
        postgres.bring_back(database_url)
        assert await cooper.rows("SELECT key FROM envelopes") == before
    async with running_bot(workspace, database_url, tmp_path) as cooper:
        await cooper.clicks("ana", "#ml", "confirm", card["ts"])
        await cooper.card("#ml", "R1", "queued")
    gc.collect()


async def test_a_fault_of_ours_is_admitted_to_its_person_alone(cooper):
    await cooper.types("ana", "#ml", "train claims-frequency")
    await cooper.card("#ml", "R1", "awaiting_confirmation")
    await cooper.rows("UPDATE requests SET plan = '{}' WHERE number = 1 RETURNING 1")
    await cooper.types("ana", "#ml", "status R1")
    await cooper.told("ana", "#ml", "Something went wrong on my side")
    assert not [m for m in await cooper.from_bot("ben", "#ml") if "wrong on my side" in drawn(m)]


async def test_a_nul_character_is_dropped_and_the_rest_is_read(cooper):
    await cooper.types("ana", "#ml", "he\0lp")
    await cooper.told("ana", "#ml", "What you can ask me")
