"""Digests that stand in `cooper.yaml`: set up, changed and ended by the file alone, read by its reader's rights."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from actions.digests.standing import Standing
from tests.scenario.approvals.steps import under
from tests.support.bot import drawn, running_bot
from tests.support.projects import ROOT, registered
from tests.support.waiting import eventually
from tests.support.world import policy

TEAM = "T0COOPER1"
LAST = (ROOT / "cooper.yaml").read_text().splitlines()[-1]


def standing(*entries: str) -> dict[str, str]:
    """Pieces of the demo's policy, so that it has these digests."""
    return {LAST: f"{LAST}\ndigests:\n" + "".join(f"  - {{{each}}}\n" for each in entries)}


ALERTS = 'channel: "#ml-alerts", schedule: "0 9 * * *", timezone: UTC, reader: UANA00001'
LATER = ALERTS.replace("0 9", "30 10")


@dataclass
class File:
    """What makes the sender's subscriptions follow a file."""

    sender: object

    async def settled(self, *entries: str) -> int:
        rules = policy(**standing(*entries)) if entries else policy()
        one = self.sender
        works = Standing(one.store, rules, one.world.channels, one.people, TEAM, lambda: one.at)
        return await works.settle()

    async def rows(self):
        async with self.sender.engine.connect() as connection:
            rows = await connection.exec_driver_sql(
                "SELECT channel, project, cron, by_id, standing FROM subscriptions ORDER BY number"
            )
            return [tuple(row) for row in rows]

    async def audited(self):
        async with self.sender.engine.connect() as connection:
            rows = await connection.exec_driver_sql(
                "SELECT who, what, detail ->> 'by' FROM audit ORDER BY id"
            )
            return [tuple(row) for row in rows]


@pytest.fixture
def file(sender) -> File:
    return File(sender)


async def test_it_is_set_up_once_and_audited(file):
    assert await file.settled(ALERTS) == 1
    assert await file.settled(ALERTS) == 0
    assert await file.rows() == [("CMLALERT1", "", "0 9 * * *", "UANA00001", True)]
    assert await file.audited() == [("cooper", "digest subscribed", "cooper.yaml")]


async def test_it_follows_the_file(file):
    await file.settled(ALERTS)
    assert await file.settled(LATER) == 1
    assert await file.rows() == [("CMLALERT1", "", "30 10 * * *", "UANA00001", True)]
    assert await file.settled() == 1
    assert await file.rows() == []
    assert [what for _, what, _ in await file.audited()][-1] == "digest unsubscribed"


async def test_what_was_told_stays_told_when_its_hour_changes(file, sender):
    await file.settled(ALERTS)
    sender.at += timedelta(days=1)
    assert await sender.send() == 1
    await file.settled(LATER)
    sender.at += timedelta(days=1)
    assert await sender.send() == 1
    first, second = [each["text"] for each in await sender.said()]
    assert first != second
    async with sender.store.transaction() as tx:
        [kept] = await tx.digests.of_channel(TEAM, "CMLALERT1")
    assert kept.covered == sender.at


async def test_each_of_its_projects_has_one(file):
    assert await file.settled(f"{ALERTS}, projects: [claims-frequency, churn]") == 2
    assert [row[1] for row in await file.rows()] == ["claims-frequency", "churn"]


async def test_a_persons_own_stays_as_it_is(file, sender):
    await sender.subscribed(channel="CMLALERT1", by_id="UBEN00001", by_name="Ben")
    assert await file.settled(ALERTS) == 0
    assert await file.settled() == 0
    assert [row[3:] for row in await file.rows()] == [("UBEN00001", False)]


async def test_a_channel_without_cooper_waits_until_it_is_invited(file, sender, workspace):
    store, bot = workspace.workspace.store, workspace.workspace.directory.bot
    store.remove_member("CMLALERT1", bot)
    assert await file.settled(ALERTS) == 0
    store.add_member("CMLALERT1", bot)
    assert await file.settled(ALERTS) == 1


async def test_a_reader_without_rights_is_said_and_the_next_time_tried_again(file, sender):
    await file.settled(ALERTS.replace("UANA00001", "UDAN00001"))
    for count in (1, 2):
        sender.at += timedelta(days=1)
        assert await sender.send() == 0
        said = await sender.said()
        assert len(said) == count
        assert "may not see any project" in said[-1]["text"]
        assert await sender.send() == 0
        assert len(await file.rows()) == 1
    rights = ALERTS
    assert await file.settled(rights) == 1
    sender.at += timedelta(days=1)
    assert await sender.send() == 1


async def test_taken_out_of_the_channel_it_says_nothing_and_ends_with_the_next_look(
    file, sender, workspace
):
    await file.settled(ALERTS)
    workspace.workspace.store.remove_member("CMLALERT1", workspace.workspace.directory.bot)
    sender.at += timedelta(days=1)
    assert await sender.send() == 0
    assert await sender.said() == []
    assert await file.settled(ALERTS) == 1
    assert await file.rows() == []


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (ALERTS.replace("0 9", "* 9"), "more than once an hour"),
        (ALERTS.replace("0 9 * * *", "0 9 31 2 *"), "never comes"),
        (ALERTS.replace(", reader: UANA00001", ""), "reader"),
    ],
)
def test_a_file_that_cannot_be_followed_is_refused(entry, problem):
    with pytest.raises(Exception, match=problem):
        policy(**standing(entry))


async def test_in_slack_it_comes_and_only_the_file_ends_it(
    workspace, database_url, tmp_path, clock
):
    config = under(tmp_path, **standing(ALERTS))
    async with running_bot(
        workspace, database_url, tmp_path, config=config, poll_seconds=0.1
    ) as cooper:
        await cooper.knows(registered())

        async def set_up():
            return await cooper.rows("SELECT 1 FROM subscriptions WHERE standing")

        await eventually(set_up, "the file's digest is there")
        await cooper.types("ana", "#ml-alerts", "unsubscribe")
        told = await cooper.told("ana", "#ml-alerts", "sends the digest of all projects")
        assert "take it out there, under `digests`" in drawn(told) or "under digests" in drawn(told)
        await cooper.types("ana", "#ml-alerts", 'subscribe "daily at 8"')
        told = await cooper.told("ana", "#ml-alerts", "has the digest of all projects by")
        assert "every day at 09:00 (UTC)" in drawn(told)
        clock.passes(days=1)
        await cooper.told("chloe", "#ml-alerts", "Nothing to report for claims-frequency since ")
        assert len(await set_up()) == 1
