"""Subscribing and unsubscribing by what people type, and who may not."""

from __future__ import annotations

import pytest

from tests.scenario.approvals.steps import under
from tests.support.bot import drawn, running_bot
from tests.support.projects import registered

ROWS = "SELECT channel, project, cron, timezone, by_id, due > now() AS ahead FROM subscriptions"


async def subscriptions(cooper):
    return await cooper.rows(f"{ROWS} ORDER BY number")


async def test_a_channel_is_subscribed_at_once_on_the_speakers_clocks(cooper):
    await cooper.types("ana", "#ml", 'subscribe "every weekday at 9"')
    told = await cooper.told("ana", "#ml", "I send the digest of all projects that you may see")
    text = drawn(told)
    assert "to #ml every weekday at 09:00 (Europe/Lisbon). The next is due " in text
    assert " 09:00 WE" in text
    assert "say “unsubscribe #ml from the digest”" in text
    assert await subscriptions(cooper) == [
        {
            "channel": "CML000001",
            "project": "",
            "cron": "0 9 * * 1-5",
            "timezone": "Europe/Lisbon",
            "by_id": "UANA00001",
            "ahead": True,
        }
    ]
    [entry] = await cooper.rows("SELECT * FROM audit WHERE what = 'digest subscribed'")
    assert entry["who"] == "UANA00001"
    assert entry["detail"] == {
        "channel": "CML000001",
        "cron": "0 9 * * 1-5",
        "timezone": "Europe/Lisbon",
    }
    assert await cooper.rows("SELECT 1 FROM requests") == []


@pytest.mark.parametrize("channel", ["#ml-alerts", "<#CMLALERT1|ml-alerts>", "ml-alerts"])
async def test_another_channel_by_name_or_link(cooper, channel):
    await cooper.types("ben", "#ml", f'subscribe "daily at 8" channel={channel}')
    await cooper.told("ben", "#ml", "to #ml-alerts every day at 08:00 (Europe/Amsterdam)")
    [row] = await subscriptions(cooper)
    assert row["channel"] == "CMLALERT1"


async def test_me_is_a_direct_conversation(cooper):
    await cooper.types("ana", "#ml", 'subscribe "monday at 9" channel=me project=claims-frequency')
    told = await cooper.told("ana", "#ml", "the digest of claims-frequency to our direct messages")
    assert "“unsubscribe me from the digest”" in drawn(told)
    [row] = await subscriptions(cooper)
    assert (row["channel"], row["project"]) == ("DANA00001", "claims-frequency")


async def test_a_new_one_replaces_the_old_and_says_so(cooper):
    await cooper.types("ana", "#ml", 'subscribe "weekdays at 9"')
    await cooper.told("ana", "#ml", "every weekday at 09:00")
    await cooper.types("ben", "#ml", 'subscribe "daily at 8"')
    told = await cooper.told("ben", "#ml", "every day at 08:00")
    assert (
        "It replaces the one that Ana Lima set up, every weekday at 09:00 (Europe/Lisbon)."
    ) in drawn(told)
    [row] = await subscriptions(cooper)
    assert (row["by_id"], row["cron"]) == ("UBEN00001", "0 8 * * *")


async def test_a_project_and_all_are_two(cooper):
    await cooper.types("ana", "#ml", 'subscribe "weekdays at 9"')
    await cooper.types("ana", "#ml", 'subscribe "weekdays at 9" project=claims-frequency')
    told = await cooper.told("ana", "#ml", "the digest of claims-frequency")
    assert "replaces" not in drawn(told)
    assert [row["project"] for row in await subscriptions(cooper)] == ["", "claims-frequency"]


@pytest.mark.parametrize(
    ("who", "text", "why"),
    [
        ("dan", 'subscribe "daily at 9" channel=#claims-frequency', "Guests cannot use Cooper"),
        ("chloe", 'subscribe "daily at 9"', "may not use subscribe_digest"),
        ("ana", 'subscribe "daily at 9" project=fraud', "There is no project “fraud”"),
        ("ana", 'subscribe "daily at 9" channel=#random', "cannot post digests to #random"),
        ("ana", 'subscribe "daily at 9" channel=#nowhere', "I am not in #nowhere, or there is no"),
        ("ana", 'subscribe "daily at 9" channel=<#C0NOWHERE|x>', "I am not in that channel"),
        ("ana", 'subscribe "daily at 9" channel=<#DBEN00001>', "I am not in that channel"),
        ("ana", 'subscribe "every 15 minutes"', "once an hour at most"),
        ("ana", 'subscribe "0 9 31 2 *"', "never comes"),
    ],
)
async def test_what_cannot_be_is_refused_with_the_reason(cooper, workspace, who, text, why):
    workspace.workspace.directory.open_dm("UBEN00001")
    place = "#claims-frequency" if who == "dan" else "#ml"
    await cooper.types(who, place, text)
    await cooper.told(who, place, why)
    await cooper.settled()
    assert await subscriptions(cooper) == []
    assert await cooper.rows("SELECT 1 FROM audit WHERE what = 'digest subscribed'") == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"is_archived": True}, "it is archived"),
        ({"is_ext_shared": True}, "people from outside the company read it"),
    ],
)
async def test_a_channel_into_which_nothing_may_go_is_refused(cooper, workspace, change, why):
    changed(workspace, "CMLALERT1", **change)
    await cooper.types("ana", "#ml", 'subscribe "daily at 9" channel=<#CMLALERT1|x>')
    await cooper.told("ana", "#ml", f"cannot post digests to #ml-alerts: {why}")
    assert await subscriptions(cooper) == []


async def test_a_private_channel_is_hidden_from_those_outside(cooper, workspace):
    changed(workspace, "CMLALERT1", is_private=True)
    workspace.workspace.store.remove_member("CMLALERT1", "UANA00001")
    for said in ("ml-alerts", "<#CMLALERT1|x>"):
        await cooper.types("ana", "#ml", f'subscribe "daily at 9" channel={said}')
    await cooper.told("ana", "#ml", "I am not in #ml-alerts, or there is no such channel")
    await cooper.told("ana", "#ml", "I am not in that channel, or there is no such channel")
    await cooper.types("ben", "#ml", 'subscribe "daily at 9" channel=#ml-alerts')
    await cooper.told("ben", "#ml", "to #ml-alerts every day at 09:00")


def changed(workspace, channel, **change):
    store = workspace.workspace.store
    store.put_channel({**store.channel(channel), **change})


async def test_one_whose_projects_are_others_is_refused(workspace, database_url, tmp_path):
    only = {"people: [UANA00001] # Ana": "people: [UANA00001]\n    projects: [fraud]"}
    config = under(tmp_path, **only)
    async with running_bot(workspace, database_url, tmp_path, config=config) as cooper:
        await cooper.knows(registered())
        await cooper.types("ana", "#ml", 'subscribe "daily at 9" project=claims-frequency')
        await cooper.told("ana", "#ml", "may not use subscribe_digest for claims-frequency")
        assert await subscriptions(cooper) == []


async def test_unsubscribing_ends_all_of_the_channel(cooper):
    await cooper.types("ana", "#ml", 'subscribe "weekdays at 9"')
    await cooper.types("ana", "#ml", 'subscribe "daily at 8" project=claims-frequency')
    await cooper.types("ana", "#ml", 'subscribe "daily at 8" channel=#ml-alerts')
    await cooper.told("ana", "#ml", "to #ml-alerts")
    await cooper.types("ben", "#ml", "unsubscribe")
    told = drawn(await cooper.told("ben", "#ml", "No more digests to #ml. Ended: "))
    assert "all projects, every weekday at 09:00 (Europe/Lisbon), set up by Ana Lima" in told
    assert "claims-frequency, every day at 08:00" in told
    assert [row["channel"] for row in await subscriptions(cooper)] == ["CMLALERT1"]
    entries = await cooper.rows("SELECT who FROM audit WHERE what = 'digest unsubscribed'")
    assert [entry["who"] for entry in entries] == ["UBEN00001"] * 2


async def test_where_there_is_none_it_says_so(cooper):
    await cooper.types("ana", "#ml", "unsubscribe #ml-alerts")
    await cooper.told("ana", "#ml", "No digest goes to #ml-alerts; nothing to end.")
    await cooper.types("ana", "#ml", "unsubscribe me")
    await cooper.told("ana", "#ml", "No digest goes to our direct messages; nothing to end.")


@pytest.mark.parametrize(
    ("who", "where", "why"),
    [("dan", "#claims-frequency", "Guests"), ("chloe", "#ml", "may not use unsubscribe_digest")],
)
async def test_who_may_not_ends_nothing(cooper, who, where, why):
    await cooper.types("ana", where, 'subscribe "weekdays at 9"')
    await cooper.told("ana", where, "every weekday")
    await cooper.types(who, where, "unsubscribe")
    await cooper.told(who, where, why)
    assert len(await subscriptions(cooper)) == 1


async def test_an_envelope_that_is_handled_twice_subscribes_once(cooper):
    await cooper.types("ana", "#ml", 'subscribe "weekdays at 9"')
    await cooper.told("ana", "#ml", "every weekday")
    await cooper.handles_again()
    assert len(await cooper.rows("SELECT 1 FROM audit WHERE what = 'digest subscribed'")) == 1
