"""Digests that are due: each once, whoever dies; what was missed once; to nobody who may not read."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from actions.digests.recurrence import Recurrence
from actions.requests import State
from tests.scenario.approvals.steps import under
from tests.support.bot import drawn, running_bot
from tests.support.projects import registered
from tests.support.requests import request
from tests.support.waiting import eventually
from tests.support.world import nowhere, policy

NOTHING = "Nothing to report for claims-frequency since "


async def subscribed(cooper, text="daily at 9", where="#ml"):
    await cooper.types("ana", where, f'subscribe "{text}"')
    await cooper.told("ana", where, "I send the digest")


async def digests(cooper, where="#ml"):
    """Cooper's messages in the channel for everybody."""
    await cooper.settled()
    return [drawn(m) for m in await cooper.from_bot("chloe", where)]


async def sent(cooper, count=1):
    """Wait until so many digests were sent."""

    async def enough():
        return len(await cooper.rows("SELECT 1 FROM digests")) >= count

    await eventually(enough, f"{count} digests were sent")


async def test_a_due_digest_comes_once_and_again_at_its_next_time(cooper, clock):
    await subscribed(cooper)
    assert await digests(cooper) == []
    clock.passes(days=1)
    await sent(cooper)
    [first] = await digests(cooper)
    assert NOTHING in first
    clock.passes(days=1)
    await sent(cooper, 2)
    assert len(await digests(cooper)) == 2


async def test_two_workers_send_one_and_so_does_the_one_that_is_left(
    workspace, database_url, tmp_path, clock
):
    async with running_bot(workspace, database_url, tmp_path, poll_seconds=0.05) as cooper:
        await cooper.knows(registered())
        await subscribed(cooper)
        async with running_bot(
            workspace, database_url, tmp_path, dies=True, poll_seconds=0.05
        ) as other:
            clock.passes(days=1)
            await sent(cooper)
            assert len(await digests(cooper)) == 1
            clock.passes(days=1)
            for task in other.tasks:
                task.cancel()
            await asyncio.gather(*other.tasks, return_exceptions=True)
        await sent(cooper, 2)
        assert len(await digests(cooper)) == 2


async def test_what_was_missed_while_nobody_worked_is_made_up_for_once(
    workspace, database_url, tmp_path, clock
):
    async with running_bot(workspace, database_url, tmp_path) as cooper:
        await cooper.knows(registered())
        await subscribed(cooper)
    clock.passes(days=5)
    async with running_bot(workspace, database_url, tmp_path) as cooper:
        await sent(cooper)
        [only] = await digests(cooper)
        assert "I was away, so this makes up for the digests that were due since " in only
        [row] = await cooper.rows("SELECT due FROM subscriptions")
        assert row["due"] > clock()


async def test_what_happened_is_in_it_for_those_who_may_see(cooper, clock):
    await subscribed(cooper)
    await cooper.types("ana", "#ml", "train claims-frequency")
    card = await cooper.card("#ml", "R1", "awaiting_confirmation")
    await cooper.clicks("ana", "#ml", "confirm", card["ts"])
    await cooper.card("#ml", "R1", "queued")
    clock.passes(days=1)
    told = await cooper.told("chloe", "#ml", "Digest of claims-frequency")
    assert "1 run under way" in drawn(told)
    assert "R1 Train claims-frequency" in drawn(told)


async def test_unsubscribed_means_no_more(cooper, clock):
    await subscribed(cooper)
    await cooper.types("ana", "#ml", "unsubscribe")
    await cooper.told("ana", "#ml", "No more digests to #ml")
    await subscribed(cooper, where="#ml-alerts")
    clock.passes(days=1)
    await sent(cooper)
    assert await digests(cooper, "#ml") == []
    assert len(await digests(cooper, "#ml-alerts")) == 1


async def test_when_its_maker_may_see_nothing_any_more_it_ends_and_says_so_once(
    workspace, database_url, tmp_path, clock
):
    async with running_bot(workspace, database_url, tmp_path) as cooper:
        await cooper.knows(registered())
        await subscribed(cooper)
    clock.passes(days=1)
    config = under(tmp_path, **{"people: [UANA00001] # Ana": "people: [UEVE00001]"})
    async with running_bot(workspace, database_url, tmp_path, config=config) as cooper:
        told = await cooper.told("chloe", "#ml", "This digest has ended: Ana Lima, who set it up")
        assert "may no longer see any project" in drawn(told)
        clock.passes(days=1)
        assert len(await digests(cooper)) == 1
        assert await cooper.rows("SELECT 1 FROM subscriptions") == []
        [entry] = await cooper.rows("SELECT who FROM audit WHERE what = 'digest ended'")
        assert entry["who"] == "cooper"


async def test_when_cooper_is_taken_out_of_the_channel_its_maker_hears_of_it(
    cooper, workspace, clock
):
    await subscribed(cooper)
    workspace.workspace.store.remove_member("CML000001", workspace.workspace.directory.bot)
    clock.passes(days=1)

    async def ended():
        return await cooper.rows("SELECT 1 FROM audit WHERE what = 'digest ended'")

    await eventually(ended, "it has ended")
    told = await cooper.told("ana", "@cooper", "Your digest of all projects has ended")
    assert "I am not in it" in drawn(told)
    assert await cooper.rows("SELECT 1 FROM subscriptions") == []


# The sender alone, on a clock of the test's.


class DeadError(Exception):
    """The process is gone; nothing after this statement happened."""


def dies_at(engine, statement):
    """The process dies before its nth statement or commit from now on."""
    left = [statement]

    def count(*_):
        left[0] -= 1
        if left[0] == 0:
            raise DeadError

    event.listen(engine.sync_engine, "before_cursor_execute", count)
    event.listen(engine.sync_engine, "commit", count)

    def revive():
        event.remove(engine.sync_engine, "before_cursor_execute", count)
        event.remove(engine.sync_engine, "commit", count)
        return left[0] <= 0

    return revive


async def test_killed_at_any_line_it_is_said_once(sender):
    """Whatever statement was the last, the next worker sends what was not sent, and that once."""
    made, lines = await sender.subscribed(), 0
    while True:
        lines += 1
        sender.at += timedelta(days=1)
        revive = dies_at(sender.engine, lines)
        try:
            await sender.send()
        except* DeadError:
            pass
        died = revive()
        await sender.send()
        said = [each["key"] for each in await sender.said()]
        assert len(said) == lines
        assert len(set(said)) == lines
        if not died:
            break
    assert lines > 10
    async with sender.store.transaction() as tx:
        [kept] = await tx.digests.of_channel(made.team, made.channel)
    assert kept.covered == sender.at


async def test_nothing_is_sent_before_its_time(sender):
    made = await sender.subscribed()
    sender.at = made.due - timedelta(microseconds=1)
    assert await sender.send() == 0
    sender.at = made.due
    assert await sender.send() == 1
    assert await sender.send() == 0


async def test_each_covers_from_where_the_last_one_ended(sender):
    await sender.subscribed()
    sender.at = datetime(2026, 11, 21, 9, 5, tzinfo=UTC)
    await sender.send()
    sender.at = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    await sender.send()
    first, second = [each["text"] for each in await sender.said()]
    assert "since Fri 20 Nov 09:00 UTC." in first
    assert "since Sat 21 Nov 09:05 UTC." in second
    assert "were due since Sun 22 Nov 09:00 UTC." in second


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        # 02:30 is skipped on the 28th of March, and comes twice on the 31st of October.
        ("2027-03-26T12:00:00Z", ["27T01:30", "28T01:00", "29T00:30"]),
        ("2027-10-29T12:00:00Z", ["30T00:30", "31T00:30", "01T01:30"]),
    ],
)
async def test_over_a_clock_change_each_day_has_its_digest(sender, start, expected):
    sender.at = datetime.fromisoformat(start)
    await sender.subscribed(recurrence=Recurrence("30 2 * * *", "Europe/Berlin"))
    until, times = sender.at + timedelta(days=3), []
    while sender.at < until:
        if await sender.send():
            times.append(sender.at)
        sender.at += timedelta(minutes=30)
    assert [f"{each:%dT%H:%M}" for each in times] == expected


async def test_one_broken_digest_holds_up_no_other(sender, monkeypatch):
    await sender.subscribed(number=1, channel="CMLALERT1")
    await sender.subscribed(number=2)
    sender.at += timedelta(days=1)
    get = sender.world.channels.get

    async def broken(channel):
        if channel == "CMLALERT1":
            raise ConnectionError("Slack hangs up")
        return await get(channel)

    with monkeypatch.context() as patched:
        patched.setattr(sender.world.channels, "get", broken)
        with pytest.raises(ExceptionGroup) as raised:
            await sender.send()
    assert raised.group_contains(ConnectionError)
    assert [each["channel"] for each in await sender.said()] == ["CML000001"]
    assert await sender.send() == 1
    assert [each["channel"] for each in await sender.said()] == ["CML000001", "CMLALERT1"]


async def test_one_who_left_the_company_has_no_digest(sender, workspace):
    await sender.subscribed()
    users = workspace.workspace.directory
    real = users.user
    users.user = lambda user: {**real(user), "deleted": True} if user == "UANA00001" else real(user)
    sender.at += timedelta(days=1)
    assert await sender.send() == 0
    [said] = await sender.said()
    assert "This digest has ended: Ana Lima" in said["text"]


async def test_one_whom_slack_no_longer_knows_has_none_either(sender):
    await sender.subscribed(by_id="UGONE0001", channel="CRANDOM01")
    sender.at += timedelta(days=1)
    assert await sender.send() == 0
    assert await sender.said() == []
    async with sender.store.transaction() as tx:
        assert await tx.digests.due(sender.at + timedelta(days=9)) == []


async def test_it_shows_the_projects_that_its_maker_may_see_now(sender):
    only = "people: [UANA00001]\n    projects: [claims-frequency]"
    sender.world = replace(sender.world, policy=policy(**{"people: [UANA00001] # Ana": only}))
    await sender.subscribed()
    sender.at += timedelta(days=1)
    async with sender.store.transaction() as tx:
        await tx.save_project(registered(name="fraud", aliases=[]))
        for number, project in enumerate(("claims-frequency", "fraud"), 1):
            await tx.add_request(
                request(
                    number,
                    project=project,
                    state=State.FAILED,
                    changed=sender.at - timedelta(hours=1),
                )
            )
    await sender.send()
    async with sender.engine.connect() as connection:
        row = await connection.exec_driver_sql("SELECT answer::text FROM messages")
        answer = row.scalar_one()
    assert "R1 Train" in answer
    assert "R2" not in answer
    assert "fraud" not in answer


class Slow:
    """MLflow that does not answer, and takes its time: meanwhile this happens."""

    def __init__(self, meanwhile) -> None:
        self._meanwhile = meanwhile

    async def history(self, *about):
        await self._meanwhile()
        return await nowhere().drift.history(*about)


@pytest.mark.parametrize("change", ["ends", "moves"])
async def test_a_subscription_that_changes_while_mlflow_is_asked_is_left_to_the_next_round(
    sender, change
):
    made = await sender.subscribed()
    sender.at = made.due

    async def meanwhile():
        async with sender.store.transaction() as tx:
            if change == "ends":
                await tx.digests.end(made.number)
            else:
                await tx.digests.save(replace(made, due=made.due + timedelta(hours=1)))

    sender.world = replace(sender.world, drift=Slow(meanwhile))
    assert await sender.send() == 0
    assert await sender.said() == []
    sender.world = replace(sender.world, drift=nowhere().drift)
    sender.at += timedelta(hours=1)
    assert await sender.send() == (0 if change == "ends" else 1)
